import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconRotateClockwise } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Problem } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { counted } from '../../parts/numbers.ts';
import { ToButton } from '../../parts/To.tsx';

/**
 * Lets every case of the problem try again: from what holds then, never from what was once to be written. What was
 * stopped on purpose is not tried but decided.
 */
export function FixAll({ problem }: { readonly problem: Problem }) {
  const client = useQueryClient();
  const mayFix = useMay('operator');
  const fix = useMutation({
    mutationFn: () => send('POST', '/problems/:id/fix', { param: { id: problem.id }, json: {} }),
    onSuccess: ({ replayed }) =>
      notifications.show({
        title: `${counted(replayed, 'record')} tried again`,
        message: 'What still fails comes back here.',
      }),
    onError: (error) =>
      notifications.show({ color: 'red', title: 'Not tried again', message: error.message }),
    onSettled: () => refresh(client, 'problems', 'dead-letters', 'overview', 'records'),
  });
  if (problem.kind === 'hold')
    return (
      <ToButton to="/review" search={{ sync: problem.sync }}>
        Decide in Review
      </ToButton>
    );
  if (!mayFix || problem.state === 'resolved') return null;
  return (
    <Button
      size="xs"
      leftSection={<IconRotateClockwise size={15} />}
      loading={fix.isPending}
      onClick={() => fix.mutate()}
    >
      {problem.records === 1 ? 'Try it again' : `Try all ${counted(problem.records, 'record')} again`}
    </Button>
  );
}
