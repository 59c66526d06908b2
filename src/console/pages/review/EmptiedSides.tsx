import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { EmptiedSide } from '../../data/contract.ts';
import { emptiedQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** Sides that show no records at all, each with the question whether that was meant. */
export function EmptiedSides() {
  const { data } = useQuery(emptiedQuery);
  return data?.items.map((emptied) => (
    <EmptiedPanel key={`${emptied.sync} ${emptied.side}`} emptied={emptied} />
  ));
}

function EmptiedPanel({ emptied: { sync, side } }: { readonly emptied: EmptiedSide }) {
  const client = useQueryClient();
  const mayDecide = useMay('approver');
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
    <Panel
      title={`${side} shows no records at all`}
      about={`${sync}: nothing is concluded from that, and nothing is deleted anywhere`}
      aside={
        <Button
          size="xs"
          color="red"
          loading={say.isPending}
          disabled={!mayDecide || say.isSuccess}
          onClick={() => say.mutate()}
        >
          It was emptied on purpose
        </Button>
      }
    >
      {say.error === null ? (
        <Text size="sm" c="dimmed">
          {say.isSuccess
            ? 'Said. This is gone once the sweep has ended.'
            : 'If it was not, check the collection, its filter and the rights of the connection: as soon as records are seen there again, this is gone.'}
        </Text>
      ) : (
        <RefusalNote error={say.error} />
      )}
    </Panel>
  );
}
