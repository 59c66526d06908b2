import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Mode, PlanGroup, PlanHead } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { counted, listed } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { Tag } from '../../parts/Tag.tsx';

/** When the plan was made, whether it still holds, and its approval. */
export function PlanHeadPanel({
  name,
  mode,
  plan,
  groups,
  again,
}: {
  readonly name: string;
  readonly mode: Mode;
  readonly plan: PlanHead;
  readonly groups: readonly PlanGroup[];
  readonly again: ReactNode;
}) {
  const canApprove = !plan.isApproved && plan.isCurrent;
  return (
    <Panel
      title={
        <Group gap={10}>
          {counted(plan.writes, 'write')}
          <PlanTag plan={plan} />
        </Group>
      }
      about={
        <>
          Sealed <Ago at={plan.sealedAt} /> from revision {plan.revision} as{' '}
          <Code>{plan.hash.slice(0, 12)}</Code>
          {plan.approvedBy !== null && ` · approved by ${plan.approvedBy}`}
        </>
      }
      aside={
        <Group gap={8}>
          {again}
          {canApprove && <Approval name={name} plan={plan} groups={groups} />}
        </Group>
      }
    >
      <Text size="sm">
        {mode === 'observe'
          ? 'Approving seals exactly these writes and lets the sync run: they are sent, and from then on changes flow by themselves.'
          : 'The sync runs: changes flow by themselves, and a guard stops what is too much at once.'}
      </Text>
    </Panel>
  );
}

function PlanTag({ plan }: { readonly plan: PlanHead }) {
  if (plan.isApproved) return <Tag tone="in-sync">approved</Tag>;
  return plan.isCurrent ? <Tag tone="held">waits for approval</Tag> : <Tag tone="excluded">out of date</Tag>;
}

function Approval({
  name,
  plan,
  groups,
}: {
  readonly name: string;
  readonly plan: PlanHead;
  readonly groups: readonly PlanGroup[];
}) {
  const client = useQueryClient();
  const mayApprove = useMay('approver');
  const [opened, dialog] = useDisclosure();
  const approve = useMutation({
    mutationFn: () => send('POST', '/syncs/:name/approval', { param: { name }, json: { hash: plan.hash } }),
    onSuccess: async () => {
      dialog.close();
      await refresh(client, 'syncs', 'overview', 'records');
    },
  });
  const what = groups.map(({ count, kind, side }) => `${counted(count, kind)} at ${side}`);
  return (
    <>
      <Button
        size="xs"
        disabled={!mayApprove}
        onClick={dialog.open}
        title={mayApprove ? '' : 'This takes the role approver'}
      >
        Approve
      </Button>
      <Modal opened={opened} onClose={dialog.close} title="Approve the plan">
        <Stack>
          <Text>
            {what.length === 0 ? 'Nothing is written now' : `This writes ${listed(what)}`}, and {name} goes
            live.
          </Text>
          <Text size="sm" c="dimmed">
            Only what you have seen: should anything have changed since, nothing is written and the plan is
            made anew.
          </Text>
          {approve.error !== null && <RefusalNote error={approve.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close}>
              Not now
            </Button>
            <Button loading={approve.isPending} onClick={() => approve.mutate()} data-autofocus>
              Approve and go live
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
