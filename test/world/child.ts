/**
 * Runs the histories of one lane in a program of its own and tells the parent of each. One in twenty runs twice: a history
 * that goes two ways cannot be looked into, and shows that something in it depends on more than its tape.
 */
import { parseArgs } from 'node:util';

import { hashOf } from './history.ts';
import { judgeHistory } from './judge.ts';
import { seedTape } from './tape.ts';

/** What a child tells its parent. */
export type Message =
  | {
      readonly kind: 'history';
      readonly seed: number;
      readonly steps: number;
      /** How often it ran. */
      readonly runs: number;
      readonly violations: readonly string[];
    }
  /** All histories of the lane have run; so long the processor worked on them. */
  | { readonly kind: 'end'; readonly machineMs: number };

const REPEATED_EVERY = 20;

const { values } = parseArgs({
  options: {
    first: { type: 'string' },
    step: { type: 'string' },
    end: { type: 'string' },
    about: { type: 'string' },
  },
});
const [first, step, end] = [Number(values.first), Number(values.step), Number(values.end)];
const before = process.cpuUsage();
for (let seed = first; seed < end; seed += step) tell(await historyOf(seed));
const { user, system } = process.cpuUsage(before);
tell({ kind: 'end', machineMs: (user + system) / 1_000 });
process.disconnect();

function tell(message: Message): void {
  process.send?.(message);
}

async function historyOf(seed: number): Promise<Message> {
  const result = await judgeHistory(seedTape(seed, values.about ?? null));
  const { violations, steps } = result;
  const found = [...violations];
  const isRepeated = seed % REPEATED_EVERY === 0;
  if (isRepeated) {
    const again = await judgeHistory(seedTape(seed, values.about ?? null));
    if (hashOf(again) !== hashOf(result)) found.push('not repeatable: the same tape went another way');
  }
  return { kind: 'history', seed, steps, runs: isRepeated ? 2 : 1, violations: found };
}
