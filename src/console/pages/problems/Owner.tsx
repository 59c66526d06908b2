import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Problem } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay, useSession } from '../../data/session.ts';

/** Who looks after a problem, and the way to say "I do". */
export function Owner({ problem }: { readonly problem: Problem }) {
  const client = useQueryClient();
  const { account } = useSession();
  const mayTake = useMay('operator');
  const isMine = problem.owner === account.email;
  const take = useMutation({
    mutationFn: () =>
      send('PUT', '/problems/:id/owner', {
        param: { id: problem.id },
        json: { owner: isMine ? null : account.email },
      }),
    onSettled: () => refresh(client, 'problems'),
  });
  return (
    <Group gap={8}>
      {problem.owner ?? 'nobody yet'}
      {mayTake && (
        <Button size="compact-xs" variant="default" loading={take.isPending} onClick={() => take.mutate()}>
          {isMine ? 'Not me' : 'I do'}
        </Button>
      )}
    </Group>
  );
}
