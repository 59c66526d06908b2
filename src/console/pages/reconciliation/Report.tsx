import { Anchor, Group, Table, Text } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';

import type { ReconciliationReport } from '../../data/contract.ts';
import { hrefOf } from '../../data/request.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { count } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { Differences } from './Differences.tsx';
import classes from './Reconciliation.module.css';
import { RepairButton } from './RepairButton.tsx';

/** What the newest reconciliation came to: the verdict, the classes of each side, and every difference that is listed. */
export function Report({
  name,
  report,
  again,
}: {
  readonly name: string;
  readonly report: ReconciliationReport;
  readonly again: ReactNode;
}) {
  return (
    <>
      <Panel
        title={report.drift === 0 ? 'In step' : 'Drift'}
        about={
          <>
            {report.verdict} Compared <Ago at={report.endedAt} />.
          </>
        }
        aside={
          <Group gap="sm">
            {report.drift > 0 && <RepairButton name={name} />}
            {again}
          </Group>
        }
        flush
      >
        <Classes report={report} />
      </Panel>
      {report.rows.length > 0 && (
        <Panel
          title="Differences"
          about={
            report.rowsLeftOut > 0
              ? `${count(report.rowsLeftOut)} more are counted and not listed here`
              : 'Drift first, then samples of what is explained'
          }
          aside={
            <Group gap="md">
              <FileLink name={name} format="csv" />
              <FileLink name={name} format="html" />
            </Group>
          }
          flush
        >
          <Differences rows={report.rows} />
        </Panel>
      )}
    </>
  );
}

function FileLink({ name, format }: { readonly name: string; readonly format: 'csv' | 'html' }) {
  return (
    <Anchor
      size="sm"
      href={hrefOf('/syncs/:name/reconciliation/file', { param: { name }, query: { format } })}
      download={`reconciliation-${name}.${format}`}
    >
      Download {format.toUpperCase()}
    </Anchor>
  );
}

function Classes({ report }: { readonly report: ReconciliationReport }) {
  return (
    <div className={classes['scroll']} role="region" tabIndex={0} aria-label="What each side holds">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Side</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Why</Table.Th>
            <Table.Th ta="right">Records</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {report.sides.map(({ side, same, classes: own, sample }) => (
            <Fragment key={side}>
              <Table.Tr>
                <Table.Th scope="row">{side}</Table.Th>
                <Table.Td>
                  the same
                  {sample !== null && (
                    <Tag tone="pending">{`${count(sample.drawn)} drawn of ${count(sample.of)}`}</Tag>
                  )}
                </Table.Td>
                <Table.Td>
                  <Tag tone="in-sync">in step</Tag>
                </Table.Td>
                <Table.Td ta="right">{count(same)}</Table.Td>
              </Table.Tr>
              {own.map((one) => (
                <Table.Tr key={`${one.kind} ${one.explanation ?? ''}`}>
                  <Table.Th scope="row">{side}</Table.Th>
                  <Table.Td>{one.says}</Table.Td>
                  <Table.Td>
                    {one.explanation === null ? (
                      <Tag tone="dead">drift: nothing explains it</Tag>
                    ) : (
                      <Text size="sm" component="div">
                        <Advice advice={one.why} />
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">{count(one.count)}</Table.Td>
                </Table.Tr>
              ))}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
