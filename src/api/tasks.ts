/** Work that takes longer than a request: begun by one, looked at by others, gone with the process. */
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { StoredFailure } from '../store/contract.ts';
import { failureOfError, stored } from '../worker/failures.ts';
import { SweepFailed } from '../worker/rounds.ts';
import { ApiProblem } from './problem.ts';

/** What such work may be. */
export const TASK_KINDS = ['plan', 'reconciliation', 'repair', 'violations', 'schemas', 'matches'] as const;

export interface Task {
  readonly id: string;
  readonly kind: (typeof TASK_KINDS)[number];
  readonly sync: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What is being done just now. */
  readonly label: string;
  readonly done: number;
  /** Null where nobody knows how much there is. */
  readonly total: number | null;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly failure: StoredFailure | null;
}

export interface Progress {
  (label: string, done: number, total: number | null): void;
}

export interface Tasks {
  /** Begins the work, unless the same is under way: then that is given. */
  start(
    workspaceNo: number,
    what: { readonly kind: Task['kind']; readonly sync: string },
    work: (tell: Progress, signal: AbortSignal) => Promise<void>,
  ): Task;
  find(workspaceNo: number, id: string): Task | null;
  /** How often anything has changed in the workspace. */
  changes(workspaceNo: number): number;
  /** Aborts what runs, and waits for its end. */
  close(): Promise<void>;
}

const RUNNING_MAX = 4;
const KEPT_MAX = 100;

interface Kept {
  readonly workspaceNo: number;
  task: Task;
}

export function createTasks(clock: Clock, ids: Ids): Tasks {
  const kept = new Map<string, Kept>();
  const running = new Set<Promise<void>>();
  const changes = new Map<number, number>();
  const stop = new AbortController();

  const change = (entry: Kept, next: Partial<Task>): void => {
    entry.task = { ...entry.task, ...next };
    changes.set(entry.workspaceNo, (changes.get(entry.workspaceNo) ?? 0) + 1);
  };

  const run = async (entry: Kept, work: Parameters<Tasks['start']>[2]): Promise<void> => {
    try {
      await work((label, done, total) => change(entry, { label, done, total }), stop.signal);
      change(entry, { state: 'done', endedMs: clock.nowMs() });
    } catch (error) {
      change(entry, { state: 'failed', endedMs: clock.nowMs(), failure: storedFailure(error) });
    }
  };

  return {
    start: (workspaceNo, { kind, sync }, work) => {
      const all = [...kept.values()];
      const same = all.find(
        ({ workspaceNo: no, task }) =>
          no === workspaceNo && task.kind === kind && task.sync === sync && task.state === 'running',
      );
      if (same !== undefined) return same.task;
      if (running.size >= RUNNING_MAX)
        throw new ApiProblem('too_many', {
          detail: 'enough work of this kind is under way',
          advice: 'Wait until some of it has ended.',
          headers: { 'retry-after': '10' },
        });
      const [oldest] = all.filter(({ task }) => task.state !== 'running');
      if (all.length >= KEPT_MAX && oldest !== undefined) kept.delete(oldest.task.id);
      const task: Task = {
        id: ids.next(),
        kind,
        sync,
        state: 'running',
        label: 'beginning',
        done: 0,
        total: null,
        startedMs: clock.nowMs(),
        endedMs: null,
        failure: null,
      };
      const entry = { workspaceNo, task };
      kept.set(task.id, entry);
      const ended = run(entry, work).finally(() => running.delete(ended));
      running.add(ended);
      return entry.task;
    },
    find: (workspaceNo, id) => {
      const entry = kept.get(id);
      return entry?.workspaceNo === workspaceNo ? entry.task : null;
    },
    changes: (workspaceNo) => changes.get(workspaceNo) ?? 0,
    close: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

function storedFailure(error: unknown): StoredFailure {
  if (!(error instanceof ApiProblem) && !(error instanceof SweepFailed)) return stored(failureOfError(error));
  const advice = error instanceof ApiProblem ? (error.more.advice ?? null) : error.advice;
  const code = error instanceof ApiProblem ? error.code : 'sweep_failed';
  const told = { kind: 'transient', code: `trueup.${code}`, message: error.message };
  return advice === null ? told : { ...told, advice };
}
