import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Merge } from '../../data/contract.ts';
import { mergesQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
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
  const client = useQueryClient();
  const mayDecide = useMay('approver');
  const { id, sync, identity, title, moved, by, at } = merge;
  const part = useMutation({
    mutationFn: () => send('DELETE', '/merges/:id', { param: { id } }),
    onSuccess: () =>
      notifications.show({ title: 'They are two again', message: 'What follows from it is on its way.' }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not taken back', message: error.message }),
    onSettled: () => refresh(client, 'merges', 'holds', 'records', 'overview'),
  });
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
      {mayDecide && (
        <Button size="xs" variant="default" loading={part.isPending} onClick={() => part.mutate()}>
          Take back
        </Button>
      )}
    </li>
  );
}
