import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

import { useMay } from '../data/session.ts';
import type { StartedTask } from '../data/use-task.ts';

/** Begins a task, and turns as long as it runs; everybody sees it, operators may press it. */
export function TaskButton({
  task,
  variant = 'default',
  children,
}: {
  readonly task: StartedTask;
  /** Filled where it is the one thing to do. */
  readonly variant?: 'default' | 'filled';
  readonly children: ReactNode;
}) {
  const mayOperate = useMay('operator');
  return (
    <Button size="xs" variant={variant} loading={task.isBusy} disabled={!mayOperate} onClick={task.start}>
      {children}
    </Button>
  );
}
