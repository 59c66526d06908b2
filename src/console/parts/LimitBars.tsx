import { Progress, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Connection } from '../data/contract.ts';
import { Ago } from './Ago.tsx';
import { count } from './numbers.ts';

const LOW_SHARE = 10;

/** How much of a limit is left, and until when nothing is asked for because of it. */
export function LimitBar({ limit }: { readonly limit: Connection['limits'][number] }) {
  const { name, units, unitsMax, pausedUntil } = limit;
  return (
    <Bar name={name} left={Math.max(0, Math.floor(units))} max={unitsMax} isShort={false}>
      {pausedUntil !== null && (
        <>
          {' '}
          · goes on <Ago at={pausedUntil} />
        </>
      )}
    </Bar>
  );
}

/** How much of a limit the system says is left, and when it will be used up if nothing changes. */
export function QuotaBar({ quota }: { readonly quota: Connection['quotas'][number] }) {
  const { limit, max, used, at, usedUpAt } = quota;
  return (
    <Bar name={limit} left={Math.max(0, max - used)} max={max} isShort={usedUpAt !== null}>
      {usedUpAt === null ? (
        <>
          {' '}
          · told <Ago at={at} />
        </>
      ) : (
        <>
          {' '}
          · at this pace used up <Ago at={usedUpAt} />
        </>
      )}
    </Bar>
  );
}

function Bar({
  name,
  left,
  max,
  isShort,
  children,
}: {
  readonly name: string;
  readonly left: number;
  readonly max: number;
  /** It will not last. */
  readonly isShort: boolean;
  readonly children: ReactNode;
}) {
  const share = max === 0 ? 0 : (left / max) * 100;
  const words = `${name}: ${count(left)} of ${count(max)} left`;
  return (
    <div>
      <Text size="xs" c="dimmed" component="div" mt={6} mb={3}>
        {words}
        {children}
      </Text>
      <Progress
        value={share}
        size="sm"
        color={share < LOW_SHARE ? 'red' : isShort ? 'orange' : 'indigo'}
        aria-label={words}
      />
    </div>
  );
}
