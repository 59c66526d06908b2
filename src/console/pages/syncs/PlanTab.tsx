import { Stack } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import type { Mode } from '../../data/contract.ts';
import { planQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useTask } from '../../data/use-task.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { TaskBar } from '../../parts/TaskBar.tsx';
import { TaskButton } from '../../parts/TaskButton.tsx';
import { PlanGroups } from './PlanGroups.tsx';
import { PlanHeadPanel } from './PlanHeadPanel.tsx';

/** What would be written where. Nothing is, before a person approves exactly this. */
export function PlanTab({ name, mode }: { readonly name: string; readonly mode: Mode }) {
  const query = useQuery(planQuery(name));
  const making = useTask(() => send('POST', '/syncs/:name/plan', { param: { name } }), 'syncs', 'overview');
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
                <TaskButton task={making} variant="filled">
                  Make the plan
                </TaskButton>
              </Stack>
            </Nothing>
          ) : (
            <>
              <PlanHeadPanel
                name={name}
                mode={mode}
                plan={plan}
                groups={groups}
                again={<TaskButton task={making}>Plan again</TaskButton>}
              />
              <PlanGroups groups={groups} />
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}
