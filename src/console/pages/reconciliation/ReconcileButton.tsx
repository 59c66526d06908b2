import { Button } from '@mantine/core';

import { useMay } from '../../data/session.ts';
import type { StartedTask } from '../../data/use-task.ts';

/** Begins a reconciliation of all sides. */
export function ReconcileButton({
  comparing,
  again = false,
}: {
  readonly comparing: StartedTask;
  readonly again?: boolean;
}) {
  const mayOperate = useMay('operator');
  return (
    <Button
      size="xs"
      variant={again ? 'default' : 'filled'}
      loading={comparing.isBusy}
      disabled={!mayOperate}
      onClick={comparing.start}
    >
      {again ? 'Reconcile again' : 'Reconcile now'}
    </Button>
  );
}
