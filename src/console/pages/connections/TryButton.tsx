import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';

/** Opens the connection now and says how that went. */
export function TryButton({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const mayTry = useMay('operator');
  const attempt = useMutation({
    mutationFn: () => send('POST', '/connections/:name/test', { param: { name } }),
    onSuccess: ({ state, reason }) =>
      state === 'connected'
        ? notifications.show({
            color: 'green',
            title: `${name} is connected`,
            message: 'It could be opened just now.',
          })
        : notifications.show({ color: 'red', title: `${name} could not be opened`, message: reason ?? '' }),
    onError: (error) =>
      notifications.show({ color: 'red', title: `${name} was not tried`, message: error.message }),
    onSettled: () => refresh(client, 'connections', 'overview'),
  });
  if (!mayTry) return null;
  return (
    <Button size="xs" variant="default" loading={attempt.isPending} onClick={() => attempt.mutate()}>
      Try now
    </Button>
  );
}
