import { Table } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import type { ReconciliationReport } from '../../data/contract.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Reconciliation.module.css';

type Row = ReconciliationReport['rows'][number];

/** One line for every field that differs; each leads to the journey of its record. */
export function Differences({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <div className={classes['scroll']} role="region" tabIndex={0} aria-label="Every difference">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Record</Table.Th>
            <Table.Th>Difference</Table.Th>
            <Table.Th>Field</Table.Th>
            <Table.Th>Holds</Table.Th>
            <Table.Th>Should hold</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={`${row.side} ${row.recordId} ${row.identityId} ${row.field}`}>
              <Table.Td className={classes['value'] ?? ''}>
                <RecordLink row={row} />
              </Table.Td>
              <Table.Td>
                {row.isDrift ? <Tag tone="dead">drift</Tag> : <Tag tone="pending">explained</Tag>}{' '}
                {row.difference}
                {!row.isDrift && (
                  <>
                    ; <Advice advice={row.why} />
                  </>
                )}
              </Table.Td>
              <Table.Td>{row.field}</Table.Td>
              <Table.Td className={classes['value'] ?? ''}>{row.holds}</Table.Td>
              <Table.Td className={classes['value'] ?? ''}>{row.golden}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function RecordLink({ row: { side, recordId, identityId } }: { readonly row: Row }) {
  const words = recordId === '' ? `${side}: none` : `${side} ${recordId}`;
  if (identityId === '') return words;
  return (
    <Link to="/records/$identity" params={{ identity: identityId }}>
      {words}
    </Link>
  );
}
