import { Button, Group } from '@mantine/core';

import type { Problem } from '../../data/contract.ts';
import { send } from '../../data/request.ts';
import { useMay, useSession } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';

/** Who looks after a problem, and the way to say "I do". */
export function Owner({ problem }: { readonly problem: Problem }) {
  const { account } = useSession();
  const mayTake = useMay('operator');
  const isMine = problem.owner === account.email;
  const take = useDeed({
    send: () =>
      send('PUT', '/problems/:id/owner', {
        param: { id: problem.id },
        json: { owner: isMine ? null : account.email },
      }),
    notDone: 'Not changed',
    stale: ['problems'],
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
