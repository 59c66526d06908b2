import { z } from '@hono/zod-openapi';

import { TASK_KINDS, type Task as RunningTask } from '../tasks.ts';
import { at, Failure, failureOf, Instant } from './common.ts';

/** Work that takes longer than a request. */
export const Task = z
  .object({
    id: z.string(),
    kind: z.enum(TASK_KINDS),
    sync: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    label: z.string(),
    done: z.int(),
    total: z.int().nullable(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    failure: Failure.nullable(),
  })
  .openapi('Task');

export function taskShape({ startedMs, endedMs, failure, ...task }: RunningTask): z.infer<typeof Task> {
  return { ...task, startedAt: at(startedMs), endedAt: at(endedMs), failure: failureOf(failure) };
}
