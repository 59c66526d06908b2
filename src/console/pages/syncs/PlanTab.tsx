import { Button, Progress, Stack, Text } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { Mode, Task } from '../../data/contract.ts';
import { planQuery, refresh, taskQuery } from '../../data/queries.ts';
import { segment, write } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { count } from '../../parts/numbers.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { PlanGroups } from './PlanGroups.tsx';
import { PlanHeadPanel } from './PlanHeadPanel.tsx';

/** What would be written where. Nothing is, before a person approves exactly this. */
export function PlanTab({ name, mode }: { readonly name: string; readonly mode: Mode }) {
  const query = useQuery(planQuery(name));
  const making = useMaking(name);
  return (
    <Stack gap="lg">
      {making.error !== null && <RefusalNote error={making.error} />}
      {making.task?.state === 'running' && <TaskBar task={making.task} />}
      {making.task?.failure != null && <RefusalNote error={new Error(making.task.failure.message)} />}
      <Loaded query={query}>
        {({ plan, groups }) =>
          plan === null ? (
            <Nothing icon={IconListCheck} title="There is no plan yet">
              A plan reads every side and says what would be written where. It writes nothing.
              <Stack align="center" mt="md">
                <MakeButton making={making} />
              </Stack>
            </Nothing>
          ) : (
            <>
              <PlanHeadPanel
                name={name}
                mode={mode}
                plan={plan}
                groups={groups}
                again={<MakeButton making={making} again />}
              />
              <PlanGroups groups={groups} />
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}

interface Making {
  readonly task: Task | undefined;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly make: () => void;
}

function useMaking(name: string): Making {
  const client = useQueryClient();
  const [taskId, setTaskId] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: () => write<Task>('POST', `/syncs/${segment(name)}/plan`),
    onSuccess: (task) => setTaskId(task.id),
  });
  const { data: task } = useQuery({ ...taskQuery(taskId ?? ''), enabled: taskId !== null });
  const ended = task !== undefined && task.state !== 'running';
  useEffect(() => {
    if (ended) inBackground(refresh(client, 'syncs', 'overview'));
  }, [client, ended]);
  return {
    task,
    isBusy: start.isPending || task?.state === 'running',
    error: start.error,
    make: () => start.mutate(),
  };
}

function MakeButton({ making, again = false }: { readonly making: Making; readonly again?: boolean }) {
  const mayOperate = useMay('operator');
  return (
    <Button
      size="xs"
      variant={again ? 'default' : 'filled'}
      loading={making.isBusy}
      disabled={!mayOperate}
      onClick={making.make}
    >
      {again ? 'Plan again' : 'Make the plan'}
    </Button>
  );
}

function TaskBar({ task }: { readonly task: Task }) {
  const share = task.total === null || task.total === 0 ? 100 : (task.done / task.total) * 100;
  return (
    <div role="status">
      <Text size="sm" mb={4}>
        {task.label}: {count(task.done)}
        {task.total !== null && ` of ${count(task.total)}`}
      </Text>
      <Progress value={share} animated={task.total === null} aria-label={task.label} />
    </div>
  );
}
