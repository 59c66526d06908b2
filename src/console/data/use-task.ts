import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { inBackground } from '../parts/in-background.ts';
import type { Task } from './contract.ts';
import { refresh, taskQuery } from './queries.ts';

export interface StartedTask {
  readonly task: Task | undefined;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly start: () => void;
}

/** Work that `begin` asks for; when it has ended, everything of these topics is asked for again. */
export function useTask(begin: () => Promise<Task>, ...topics: readonly string[]): StartedTask {
  const client = useQueryClient();
  const [taskId, setTaskId] = useState<string | null>(null);
  const beginning = useMutation({
    mutationFn: begin,
    onSuccess: (task) => setTaskId(task.id),
  });
  const { data: task } = useQuery({ ...taskQuery(taskId ?? ''), enabled: taskId !== null });
  const ended = task !== undefined && task.state !== 'running';
  const stale = topics.join(' ');
  useEffect(() => {
    if (ended) inBackground(refresh(client, ...stale.split(' ')));
  }, [client, ended, stale]);
  return {
    task,
    isBusy: beginning.isPending || task?.state === 'running',
    error: beginning.error,
    start: () => beginning.mutate(),
  };
}
