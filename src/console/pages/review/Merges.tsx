import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Merge } from '../../data/contract.ts';
import { mergesQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Ago } from '../../parts/Ago.tsx';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Match.module.css';

/** What people have said is one thing, lately, and the way to take it back. Nothing is shown where there is none. */
export function Merges() {
  const { data } = useQuery(mergesQuery);
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel
      title="Made one by a person"
      about="Each can be taken back: they are two again, with their own values"
      flush
    >
      <ul className={classes['merges']}>
        {data.items.map((merge) => (
          <MergeRow key={merge.id} merge={merge} />
        ))}
      </ul>
    </Panel>
  );
}

function MergeRow({ merge }: { readonly merge: Merge }) {
  const { id, sync, identity, title, moved, by, at } = merge;
  return (
    <li>
      <div>
        <Text size="sm" component="div">
          <To to="/records/$identity" params={{ identity }}>
            {title}
          </To>{' '}
          took in {moved.map(({ side, recordId }) => `${side} ${recordId}`).join(', ')}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {sync} · by {by}, <Ago at={at} />
        </Text>
      </div>
      <DeedButton
        may="approver"
        send={() => send('DELETE', '/merges/:id', { param: { id } })}
        done={() => ({ title: 'They are two again', message: 'What follows from it is on its way.' })}
        notDone="Not taken back"
        stale={['merges', 'holds', 'records', 'overview']}
      >
        Take back
      </DeedButton>
    </li>
  );
}
