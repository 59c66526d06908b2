import { Progress, Text } from '@mantine/core';

import type { Connection } from '../data/contract.ts';
import { Ago } from './Ago.tsx';
import { count } from './numbers.ts';

/** How much of a limit is left, and until when nothing is asked for because of it. */
export function QuotaBar({ limit }: { readonly limit: Connection['limits'][number] }) {
  const left = Math.max(0, Math.floor(limit.units));
  const share = limit.unitsMax === 0 ? 0 : (left / limit.unitsMax) * 100;
  return (
    <div>
      <Text size="xs" c="dimmed" component="div" mt={6} mb={3}>
        {limit.name}: {count(left)} of {count(limit.unitsMax)} left
        {limit.pausedUntil !== null && (
          <>
            {' '}
            · goes on <Ago at={limit.pausedUntil} />
          </>
        )}
      </Text>
      <Progress
        value={share}
        size="sm"
        color={share < 10 ? 'red' : 'indigo'}
        aria-label={`${limit.name}: ${count(left)} of ${count(limit.unitsMax)} left`}
      />
    </div>
  );
}
