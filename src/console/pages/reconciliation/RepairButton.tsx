import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useTask } from '../../data/use-task.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** Has the drift looked at again and what mends it sealed as a plan. Nothing goes out before that is approved. */
export function RepairButton({ name }: { readonly name: string }) {
  const mayOperate = useMay('operator');
  const { task, isBusy, error, start } = useTask(
    () => send('POST', '/syncs/:name/reconciliation/repair', { param: { name } }),
    'syncs',
    'overview',
  );
  if (task?.state === 'done')
    return (
      <Text size="sm" role="status">
        What mends it is sealed: see and approve{' '}
        <Link to="/syncs/$sync" params={{ sync: name }} search={{ tab: 'plan' }}>
          the plan
        </Link>
        .
      </Text>
    );
  const failure = task?.failure == null ? error : new Error(task.failure.message);
  return (
    <>
      {failure !== null && <RefusalNote error={failure} />}
      <Button size="xs" loading={isBusy} disabled={!mayOperate} onClick={start}>
        Plan the repair
      </Button>
    </>
  );
}
