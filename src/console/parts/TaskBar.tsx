import { Progress, Text } from '@mantine/core';

import type { Task } from '../data/contract.ts';
import { count } from './numbers.ts';

/** How far some work has come that takes longer than a request. */
export function TaskBar({ task }: { readonly task: Task }) {
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
