import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { syncsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useTask } from '../../data/use-task.ts';
import { counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { TaskBar } from '../../parts/TaskBar.tsx';

/** Has the things of a sync compared that are not linked everywhere; what may be one is asked in the queue above. */
export function SearchPairs() {
  const { data } = useQuery(syncsQuery);
  const names = (data?.items ?? []).map(({ name }) => name);
  const [chosen, setChosen] = useState<string | null>(null);
  const mayOperate = useMay('operator');
  const name = chosen ?? names[0] ?? '';
  const search = useTask(
    () => send('POST', '/syncs/:name/matches', { param: { name } }),
    'holds',
    'overview',
  );
  const { task } = search;
  if (names.length === 0) return null;
  return (
    <Panel
      title="Search for pairs"
      about="Compares what is not linked at every side by name, address and number; links nothing"
      aside={
        <>
          {names.length > 1 && (
            <Select
              size="xs"
              aria-label="Sync to search in"
              data={names}
              value={name}
              allowDeselect={false}
              onChange={setChosen}
            />
          )}
          <Button
            size="xs"
            variant="default"
            disabled={!mayOperate}
            loading={search.isBusy}
            onClick={search.start}
          >
            Search {names.length > 1 ? '' : name}
          </Button>
        </>
      }
    >
      {search.error !== null && <RefusalNote error={search.error} />}
      {task?.state === 'running' && <TaskBar task={task} />}
      {task?.failure != null && <RefusalNote error={new Error(task.failure.message)} />}
      {task?.state === 'done' && (
        <p role="status">{counted(task.done, 'pair')} may be one, and wait above.</p>
      )}
    </Panel>
  );
}
