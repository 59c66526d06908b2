import { Select, Stack } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { reconciliationQuery, syncsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useTask } from '../../data/use-task.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { TaskBar } from '../../parts/TaskBar.tsx';
import { TaskButton } from '../../parts/TaskButton.tsx';
import { Report } from './Report.tsx';
import { Schedule } from './Schedule.tsx';
import { Trend } from './Trend.tsx';

/** Whether the systems hold what they should, and why not where they do not. */
export function Reconciliation() {
  const { sync } = useSearch({ from: '/shell/reconciliation' });
  const navigate = useNavigate({ from: '/reconciliation' });
  const query = useQuery(syncsQuery);
  const names = (query.data?.items ?? []).map(({ name }) => name);
  const chosen = sync ?? names[0];
  return (
    <Page
      title="Reconciliation"
      about="Compares every record of every side with what should stand there, independent of all feeds; writes to no system"
      actions={
        names.length > 1 && (
          <Select
            size="xs"
            aria-label="Sync"
            data={names}
            value={chosen ?? null}
            allowDeselect={false}
            onChange={(next) =>
              inBackground(navigate({ search: next === null ? {} : { sync: next }, replace: true }))
            }
          />
        )
      }
    >
      <Loaded query={query}>
        {() =>
          chosen === undefined ? (
            <Nothing icon={IconScale} title="There is no sync yet">
              As soon as a sync keeps records in step, this page proves that it does.
            </Nothing>
          ) : (
            <OfSync key={chosen} name={chosen} />
          )
        }
      </Loaded>
    </Page>
  );
}

function OfSync({ name }: { readonly name: string }) {
  const query = useQuery(reconciliationQuery(name));
  const comparing = useTask(
    () => send('POST', '/syncs/:name/reconciliation', { param: { name } }),
    'reconciliation',
    'runs',
  );
  const { task } = comparing;
  return (
    <Stack gap="lg">
      {comparing.error !== null && <RefusalNote error={comparing.error} />}
      {task?.state === 'running' && <TaskBar task={task} />}
      {task?.failure != null && <RefusalNote error={new Error(task.failure.message)} />}
      <Loaded query={query}>
        {({ report, trend, schedule, underWay }) => (
          <>
            <Schedule schedule={schedule} underWay={underWay} />
            {report === null ? (
              <Nothing icon={IconScale} title={`${name} was not reconciled yet`}>
                A reconciliation compares all records of all sides and says of every difference why it is
                there.
                <Stack align="center" mt="md">
                  <TaskButton task={comparing} variant="filled">
                    Reconcile now
                  </TaskButton>
                </Stack>
              </Nothing>
            ) : (
              <>
                <Report
                  name={name}
                  report={report}
                  again={<TaskButton task={comparing}>Reconcile again</TaskButton>}
                />
                <Trend points={trend} />
              </>
            )}
          </>
        )}
      </Loaded>
    </Stack>
  );
}
