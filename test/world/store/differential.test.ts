import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Collision, LeaseLost } from '../../../src/store/database.ts';
import { memoryArena, openRealStore, type Arena, type RealStore } from './differential/arena.ts';
import { CASES } from './differential/cases.ts';
import { interleave } from './differential/interleave.ts';
import { play, type Result } from './differential/play.ts';
import { populate } from './differential/save-steps.ts';
import { crossings, sequences, type Play, type Script } from './differential/script.ts';
import { IDENTITIES, newNotes, type StoreTx } from './differential/step.ts';
import { storedMs } from './instant.ts';

const SEQUENCES = { numRuns: 200, seed: 1 };
const CROSSINGS = { numRuns: 150, seed: 1 };

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
    expect(await inSequence(await memoryArena(), drawn)).toEqual(await inSequence(await real.arena(), drawn));
  });
  await fc.assert(same, SEQUENCES);
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

const POPULATED: Script = { steps: [populate('queued')], commits: true };

function isDeadlock(result: Result): boolean {
  return result['threw'] === 'SQL 40P01';
}

test('two transactions across each other wait, go on and collide as on PostgreSQL', async () => {
  const turns = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
  const same = fc.asyncProperty(crossings, turns, async (drawn, order) => {
    const memory = await crossed(await memoryArena(), drawn, order);
    const postgres = await crossed(await real.arena(), drawn, order);
    // In which order one statement locks several rows, and who is a deadlock's victim, PostgreSQL leaves open.
    if (memory.results.some(isDeadlock) || postgres.results.some(isDeadlock)) return;
    expect(memory).toEqual(postgres);
  });
  await fc.assert(same, CROSSINGS);
});

test.each(CASES)('the same comes of it: $title', async ({ scripts, waits }) => {
  const [memory, postgres] = [await memoryArena(), await real.arena()];
  const drawn = { start: POPULATED, scripts };
  const turns = [true, false, true, false, true, false];
  const played = await crossed(memory, drawn, turns);
  expect(played).toEqual(await crossed(postgres, drawn, turns));
  expect(played.results.filter((result) => 'waits' in result)).toHaveLength(waits);
});

const [ONE = '', OTHER = ''] = IDENTITIES;

function locks(...ids: readonly string[]): Script {
  const steps = ids.map((id) => ({
    text: `lock ${id}`,
    run: async (tx: StoreTx) => [...(await tx.lockBundles([id])).keys()],
  }));
  return { steps, commits: true };
}

test('of two transactions that wait for each other one is given up, and the other goes on', async () => {
  const drawn = { start: POPULATED, scripts: [locks(ONE, OTHER), locks(OTHER, ONE)] };
  for (const arena of [await memoryArena(), await real.arena()]) {
    const { results } = await crossed(arena, drawn, [true, false, true, false]);
    expect(results.filter(isDeadlock)).toHaveLength(1);
    expect(results.filter((result) => 'threw' in result)).toHaveLength(1);
    expect(results.map((result) => result['gave'])).toEqual(
      expect.arrayContaining([[ONE], [OTHER], [OTHER]]),
    );
  }
});

test('a transaction that collides is tried ten times, anything else once', async () => {
  for (const { side } of [await memoryArena(), await real.arena()]) {
    for (const [error, tries] of [
      [new Collision('always'), 10],
      [new LeaseLost('always'), 1],
    ] as const) {
      let tried = 0;
      const failing = side.transaction(() => {
        tried += 1;
        return Promise.reject(error);
      });
      await expect(failing).rejects.toBe(error);
      expect(tried).toBe(tries);
    }
  }
});

test('an instant comes back as PostgreSQL would bring it', async () => {
  const milliseconds = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2038, 0, 1) });
  const instants = fc.tuple(milliseconds, fc.nat(999)).map(([ms, micros]) => ms + micros / 1_000);
  const stored = await real.storedMs(fc.sample(instants, { numRuns: 2_000, seed: 1 }));
  for (const [given, back] of stored) expect([storedMs(given), storedMs(back)]).toEqual([back, back]);
});
