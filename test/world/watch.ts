/** Follows a history from outside while it runs: the world knows nothing of its reader. */
import { Faults, type Fault } from './faults.ts';
import type { HistoryResult } from './history.ts';
import { judgeHistory } from './judge.ts';
import { Records, type Entry } from './records.ts';
import { Scheduler } from './scheduler.ts';
import type { Tape } from './tape.ts';

/** Something that happened, in the order in which it did. */
export type Happening =
  | { readonly kind: 'entry'; readonly atMs: number; readonly entry: Entry }
  | { readonly kind: 'fault'; readonly atMs: number; readonly fault: Fault };

export interface Watched {
  readonly result: HistoryResult;
  readonly happenings: readonly Happening[];
  readonly startMs: number;
}

/** Runs the history of the tape and notes what happens in it. One at a time: it listens to every world there is. */
export async function watchHistory(tape: Tape): Promise<Watched> {
  const startMs = new Scheduler().nowMs;
  const happenings: Happening[] = [];
  let atMs = startMs;
  using _clock = listen(Scheduler.prototype, 'advance', (scheduler) => {
    atMs = scheduler.nowMs;
  });
  using _records = listen(Records.prototype, 'note', ({ entries }) => {
    const entry = entries.at(-1);
    if (entry !== undefined) happenings.push({ kind: 'entry', atMs: entry.atMs, entry });
  });
  using _faults = listen(Faults.prototype, 'strikes', (_, [fault], struck) => {
    if (struck === true) happenings.push({ kind: 'fault', atMs, fault: fault as Fault });
  });
  return { result: await judgeHistory(tape), happenings, startMs };
}

/** Until it is disposed of, every call of the method tells who was called, with what, and what came of it. */
function listen<Self extends object>(
  prototype: Self,
  method: keyof Self & string,
  heard: (self: Self, given: readonly unknown[], result: unknown) => void,
): Disposable {
  const original: unknown = Reflect.get(prototype, method);
  if (typeof original !== 'function') throw new Error(`${method} is no method`);
  Reflect.set(prototype, method, function told(this: Self, ...given: unknown[]): unknown {
    const result: unknown = Reflect.apply(original, this, given);
    heard(this, given, result);
    return result;
  });
  return { [Symbol.dispose]: () => void Reflect.set(prototype, method, original) };
}
