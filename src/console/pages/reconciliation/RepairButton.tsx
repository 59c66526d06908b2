import { Button, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { count } from '../../parts/numbers.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** Has the drift looked at again. What is found goes the way of any change: policies, guards, plan and approval. */
export function RepairButton({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const mayOperate = useMay('operator');
  const repair = useMutation({
    mutationFn: () => send('POST', '/syncs/:name/reconciliation/repair', { param: { name } }),
    onSuccess: () => refresh(client, 'syncs', 'overview'),
  });
  if (repair.data !== undefined)
    return (
      <Text size="sm" role="status">
        {count(repair.data.records)} records are looked at again. What follows is in{' '}
        <Link to="/syncs/$sync" params={{ sync: name }} search={{ tab: 'plan' }}>
          the plan
        </Link>
        .
      </Text>
    );
  return (
    <>
      {repair.error !== null && <RefusalNote error={repair.error} />}
      <Button size="xs" loading={repair.isPending} disabled={!mayOperate} onClick={() => repair.mutate()}>
        Look at the drift again
      </Button>
    </>
  );
}
