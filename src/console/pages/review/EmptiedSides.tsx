import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { EmptiedSide } from '../../data/contract.ts';
import { emptiedQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { StoppedPanel } from './StoppedPanel.tsx';

/** Sides that show no records at all, each with the question whether that was meant. */
export function EmptiedSides() {
  const { data } = useQuery(emptiedQuery);
  return data?.items.map((emptied) => (
    <EmptiedPanel key={`${emptied.sync} ${emptied.side}`} emptied={emptied} />
  ));
}

function EmptiedPanel({ emptied: { sync, side } }: { readonly emptied: EmptiedSide }) {
  const client = useQueryClient();
  const say = useMutation({
    mutationFn: () => send('POST', '/syncs/:name/sides/:side/emptied', { param: { name: sync, side } }),
    onSuccess: () =>
      notifications.show({
        title: `${side} is swept again`,
        message: 'What is missing there counts as deleted; what follows elsewhere waits at the guard.',
      }),
    onSettled: () => refresh(client, 'stops', 'overview'),
  });
  return (
    <StoppedPanel
      title={`${side} shows no records at all`}
      about={`${sync}: nothing is concluded from that, and nothing is deleted anywhere`}
      label="It was emptied on purpose"
      step={say}
      isTaken={say.isSuccess}
      otherwise={
        say.isSuccess
          ? 'Said. This is gone once the sweep has ended.'
          : 'If it was not, check the collection, its filter and the rights of the connection: as soon as records are seen there again, this is gone.'
      }
    />
  );
}
