import { Button } from '@mantine/core';
import { IconRotateClockwise } from '@tabler/icons-react';

import type { Problem } from '../../data/contract.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';
import { counted } from '../../parts/numbers.ts';
import { ToButton } from '../../parts/To.tsx';

/**
 * Lets every case of the problem try again: from what holds then, never from what was once to be written. What was
 * stopped on purpose is not tried but decided.
 */
export function FixAll({ problem }: { readonly problem: Problem }) {
  const mayFix = useMay('operator');
  const fix = useDeed({
    send: () => send('POST', '/problems/:id/fix', { param: { id: problem.id }, json: {} }),
    done: ({ replayed }) => ({
      title: `${counted(replayed, 'record')} tried again`,
      message: 'What still fails comes back here.',
    }),
    notDone: 'Not tried again',
    stale: ['problems', 'dead-letters', 'overview', 'records'],
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
