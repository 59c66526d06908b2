/** Makes the calls of a script on a store and notes what each of them gave. */
import type { Ids } from '../../../../src/lib/ids.ts';
import { errorText, relative } from './compare.ts';
import type { Script } from './script.ts';
import type { Notes, Step, StoreTx } from './step.ts';

/** What a call gave: `gave`, or `threw`. */
export type Result = Readonly<Record<string, unknown>>;

export interface Side {
  nowMs(): number;
  transaction<T>(action: (tx: StoreTx) => Promise<T>): Promise<T>;
}

/** Ids that are the same wherever they are drawn in the same order. */
export function countedIds(from = 0): Ids {
  let last = from;
  return {
    next: () => `00000000-0000-7000-9000-${String((last += 1)).padStart(12, '0')}`,
  };
}

/** A transaction is given up although nothing went wrong. */
export class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

export async function perform(side: Side, tx: StoreTx, step: Step, notes: Notes): Promise<Result> {
  try {
    const gave = await step.run(tx, notes);
    return { step: step.text, gave: relative(gave, side.nowMs()) };
  } catch (error) {
    return { step: step.text, threw: errorText(error) };
  }
}

/** Errors are noted and the calls go on, as far as the store lets them: that is part of what is compared. */
export async function play(side: Side, scripts: readonly Script[], notes: Notes): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { steps, commits } of scripts) {
    try {
      await side.transaction(async (tx) => {
        for (const step of steps) results.push(await perform(side, tx, step, notes));
        if (!commits) throw new RolledBack('on purpose');
      });
    } catch (error) {
      results.push({ threw: errorText(error) });
    }
  }
  return results;
}
