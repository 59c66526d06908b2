import { Text } from '@mantine/core';
import { IconActivity } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';

import type { Run } from '../../data/contract.ts';
import { runsQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { EndlessList } from '../../parts/EndlessList.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { useNowMs } from '../../parts/now.ts';
import { count } from '../../parts/numbers.ts';
import type { Tone } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import { span } from '../../parts/time.ts';
import classes from './Activity.module.css';

const ROW_HEIGHT = 60;
const TONES: Readonly<Record<Run['state'], Tone>> = {
  running: 'pending',
  complete: 'in-sync',
  failed: 'dead',
};

/** Every complete look at a side, with what it met. */
export function Runs() {
  const query = useInfiniteQuery(runsQuery({}));
  return (
    <EndlessList
      query={query}
      label="Runs"
      rowHeight={ROW_HEIGHT}
      keyOf={({ id }) => id}
      empty={
        <Nothing icon={IconActivity} title="Nothing has run yet">
          A sweep reads a whole side and accounts for every record of it, once a day and whenever hints could
          have been missed.
        </Nothing>
      }
    >
      {(run) => <RunRow run={run} />}
    </EndlessList>
  );
}

function RunRow({ run }: { readonly run: Run }) {
  const nowMs = useNowMs();
  const tookMs = (run.endedAt === null ? nowMs : Date.parse(run.endedAt)) - Date.parse(run.startedAt);
  const counts = [
    `${count(run.seen)} seen`,
    `${count(run.changed)} changed`,
    ...(run.missing > 0 ? [`${count(run.missing)} missing`] : []),
    ...(run.unreadable > 0 ? [`${count(run.unreadable)} unreadable`] : []),
  ];
  return (
    <div className={classes['row']}>
      <Tag tone={TONES[run.state]}>{run.state}</Tag>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {run.kind} of {run.side}
        </Text>
        <Text size="xs" c="dimmed">
          {run.sync} · {run.failure?.message ?? counts.join(', ')}
        </Text>
      </div>
      <Text size="sm" c="dimmed" component="div" className={classes['when'] ?? ''}>
        <Ago at={run.startedAt} />, {run.endedAt === null ? 'running for' : 'took'} {span(tookMs)}
      </Text>
    </div>
  );
}
