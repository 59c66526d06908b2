import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { memoryArena, openRealStore, type Arena, type RealStore } from './differential/arena.ts';
import { interleave } from './differential/interleave.ts';
import { play, type Result } from './differential/play.ts';
import { crossings, sequences, type Play } from './differential/script.ts';
import { newNotes } from './differential/step.ts';

const SEQUENCES = Number(process.env['SEQUENCES'] ?? 200);
const CROSSINGS = Number(process.env['CROSSINGS'] ?? 200);

let real: RealStore;
beforeAll(async () => {
  real = await openRealStore();
});
afterAll(() => real.close());

interface Played {
  readonly results: readonly Result[];
  readonly rows: unknown;
}

async function inSequence({ side, rows }: Arena, { start, scripts }: Play): Promise<Played> {
  const results = await play(side, [start, ...scripts], newNotes());
  return { results, rows: await rows() };
}

test('transactions after one another give, throw and leave behind the same as on PostgreSQL', async () => {
  const same = fc.asyncProperty(sequences, async (drawn) => {
    expect(await inSequence(memoryArena(), drawn)).toEqual(await inSequence(await real.arena(), drawn));
  });
  await fc.assert(same, { numRuns: SEQUENCES });
});

const NOBODY = { steps: [], commits: true };

async function crossed(
  { side, lanes, rows }: Arena,
  { start, scripts }: Play,
  turns: readonly boolean[],
): Promise<Played> {
  const known = newNotes();
  const begun = await play(side, [start], known);
  const notes = [newNotes(100, known), newNotes(600, known)] as const;
  const [first = NOBODY, second = NOBODY] = scripts;
  const results = await interleave(lanes, [first, second], notes, turns);
  return { results: [...begun, ...results.flat()], rows: await rows() };
}

function isDeadlock(result: Result): boolean {
  return result['threw'] === 'SQL 40P01';
}

test('two transactions across each other wait, go on and collide as on PostgreSQL', async () => {
  const turns = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
  const same = fc.asyncProperty(crossings, turns, async (drawn, order) => {
    const memory = await crossed(memoryArena(), drawn, order);
    const postgres = await crossed(await real.arena(), drawn, order);
    // In which order one statement locks several rows, and who is a deadlock's victim, PostgreSQL leaves open.
    if (memory.results.some(isDeadlock) || postgres.results.some(isDeadlock)) return;
    expect(memory).toEqual(postgres);
  });
  await fc.assert(same, { numRuns: CROSSINGS });
});
