import { NumberInput, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Retention as Kept } from '../../data/contract.ts';
import { retentionQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import classes from './Settings.module.css';

type Line = Kept['kept'][number];

const WORDS: Readonly<Record<Line['what'], readonly [title: string, about: string]>> = {
  journal: ['Journal', 'what happened to every record; ended by whole months'],
  attempts: ['Failed tries', 'of writes that are through'],
  decisions: ['Decisions', 'on conflicts; the newest of every field stays'],
  holds: ['Closed holds', 'that people or a later look have closed'],
  runs: ['Runs', 'sweeps and reconciliations; the last ten of each side stay'],
  alerts: ['Alerts that are over', 'and the notices about them'],
};

/** How long what is over is kept. */
export function Retention() {
  const query = useQuery(retentionQuery);
  return (
    <Panel
      title="What is kept how long"
      about="What explains an open hold, a dead letter or a conflict stays as long as that is open; the audit trail and revisions stay for ever"
      flush
    >
      <Loaded query={query}>
        {(retention) => (
          <>
            <ul className={classes['list']}>
              {retention.kept.map((line) => (
                <KeptRow key={`${line.what} ${String(line.days)}`} line={line} bounds={retention} />
              ))}
            </ul>
            <Text size="xs" c="dimmed" px={18} pb={12} component="div">
              {retention.lastForgottenAt === null ? (
                'A worker looks every night. Nothing was over yet.'
              ) : (
                <>
                  A worker looks every night. Something was last ended <Ago at={retention.lastForgottenAt} />.
                </>
              )}
            </Text>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function KeptRow({
  line: { what, days },
  bounds: { daysMin, daysMax },
}: {
  readonly line: Line;
  readonly bounds: Pick<Kept, 'daysMin' | 'daysMax'>;
}) {
  const isAdmin = useMay('admin');
  const [typed, setTyped] = useState<number | string>(days ?? '');
  const [title, about] = WORDS[what];
  const keep = useDeed({
    send: (next: number | null) => send('PUT', '/retention/:what', { param: { what }, json: { days: next } }),
    notDone: 'Not changed',
    stale: ['retention'],
  });
  const keepTyped = (): void => {
    if (typeof typed === 'number' && typed !== days) keep.mutate(typed);
  };
  return (
    <li className={classes['row']}>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {title}
        </Text>
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      </div>
      <Select
        size="xs"
        w={120}
        aria-label={`How long: ${title}`}
        data={[
          { value: 'days', label: 'for days' },
          { value: 'ever', label: 'for ever' },
        ]}
        value={days === null ? 'ever' : 'days'}
        disabled={!isAdmin || keep.isPending}
        allowDeselect={false}
        onChange={(next) => keep.mutate(next === 'ever' ? null : daysMax)}
      />
      {days !== null && (
        <NumberInput
          size="xs"
          w={110}
          aria-label={`Days: ${title}`}
          min={daysMin}
          max={daysMax}
          clampBehavior="blur"
          allowDecimal={false}
          value={typed}
          disabled={!isAdmin || keep.isPending}
          onChange={setTyped}
          onBlur={keepTyped}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
      )}
    </li>
  );
}
