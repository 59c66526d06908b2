import { Button, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { ViolationReport } from '../../data/contract.ts';
import { violationsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useTask } from '../../data/use-task.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { count, counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import type { Tone } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import { TaskBar } from '../../parts/TaskBar.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Dictionary.module.css';

/** Which stored values of a sync break a rule, and the way to their records. */
export function Violations({ sync }: { readonly sync: string }) {
  const query = useQuery(violationsQuery(sync));
  const mayLook = useMay('operator');
  const look = useTask(
    () => send('POST', '/syncs/:name/violations', { param: { name: sync } }),
    'violations',
  );
  const { task } = look;
  return (
    <Panel
      title={`Values of ${sync} that break a rule`}
      about="Every stored value is judged anew, also what was there before the rule was"
      aside={
        <Button size="xs" variant="default" disabled={!mayLook} loading={look.isBusy} onClick={look.start}>
          Look now
        </Button>
      }
    >
      {look.error !== null && <RefusalNote error={look.error} />}
      {task?.state === 'running' && <TaskBar task={task} />}
      {task?.failure != null && <RefusalNote error={new Error(task.failure.message)} />}
      <Loaded query={query}>
        {({ report }) =>
          report === null ? (
            <Text size="sm" c="dimmed">
              Nobody has looked since the server was started.
            </Text>
          ) : (
            <Report sync={sync} report={report} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Report({ sync, report }: { readonly sync: string; readonly report: ViolationReport }) {
  const { records, asOf, isCurrent, violations, waysLeftOut } = report;
  return (
    <>
      <Text size="sm" c="dimmed" component="div" mb="sm">
        {counted(records, 'record')} judged <Ago at={asOf} />
        {!isCurrent && ', by the rules as they were before the newest revision'}.{' '}
        {violations.length === 0 && 'None breaks a rule.'}
        {waysLeftOut > 0 && `${count(waysLeftOut)} more ways of breaking one are not listed.`}
      </Text>
      {violations.length > 0 && (
        <div className={classes['scroll']} role="region" tabIndex={0} aria-label={`Violations of ${sync}`}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Side</Table.Th>
                <Table.Th>Field</Table.Th>
                <Table.Th>What is wrong</Table.Th>
                <Table.Th ta="right">Records</Table.Th>
                <Table.Th>Which</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {violations.map((one) => (
                <Row key={`${one.side} ${one.field} ${one.says}`} one={one} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </>
  );
}

const TONES: Readonly<Record<string, Tone>> = { hold: 'held', flag: 'pending', correct: 'held' };

function Row({ one }: { readonly one: ViolationReport['violations'][number] }) {
  const { side, field, says, onViolation, records, examples } = one;
  return (
    <Table.Tr>
      <Table.Td>{side}</Table.Td>
      <Table.Td>{field}</Table.Td>
      <Table.Td>
        <Tag tone={TONES[onViolation] ?? 'pending'}>{onViolation}</Tag> {says}
      </Table.Td>
      <Table.Td ta="right">{count(records)}</Table.Td>
      <Table.Td className={classes['which'] ?? ''}>
        {examples.map(({ recordId, identity }) => (
          <To key={recordId} to="/records/$identity" params={{ identity }}>
            {recordId}
          </To>
        ))}
        {records > examples.length && <span>and {count(records - examples.length)} more</span>}
      </Table.Td>
    </Table.Tr>
  );
}
