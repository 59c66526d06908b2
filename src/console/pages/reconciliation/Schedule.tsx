import { Text } from '@mantine/core';

import type { Reconciliation } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { count } from '../../parts/numbers.ts';

/** When the sides are compared by themselves, and which of them are being compared now. */
export function Schedule({ schedule, underWay }: Pick<Reconciliation, 'schedule' | 'underWay'>) {
  return (
    <>
      <Text size="sm" c="dimmed">
        {schedule === null ? (
          'Runs only when somebody begins it; reconcile in the sync file gives it a schedule.'
        ) : (
          <>
            Runs {schedule.says}, next <Ago at={schedule.nextAt} />.
          </>
        )}
      </Text>
      {underWay.map(({ side, since, restsUntil, seen }) => (
        <Text key={side} size="sm" role="status">
          {side} is being compared
          {seen === null ? '' : `, ${count(seen)} records so far`}
          {since !== null && (
            <>
              , since <Ago at={since} />
            </>
          )}
          {restsUntil !== null && (
            <>
              ; it goes on <Ago at={restsUntil} />
            </>
          )}
          .
        </Text>
      ))}
    </>
  );
}
