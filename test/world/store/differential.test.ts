import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Clock } from '../../../src/lib/clock.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { createTestStore, type TestStore } from '../../support/sync.ts';
import { comparable, inColumns } from './differential/compare.ts';
import { countedIds, play, type Result } from './differential/play.ts';
import { createRealSync, dumpReal, selectsOf } from './differential/real-store.ts';
import { script, type Script } from './differential/script.ts';
import { newNotes, SIDES } from './differential/step.ts';
import { createMemoryStore } from './memory-store.ts';

const SEQUENCES = Number(process.env['SEQUENCES'] ?? 200);

let real: TestStore;
let selects: ReadonlyMap<string, string>;
let syncs = 0;

beforeAll(async () => {
  real = await createTestStore();
  selects = await selectsOf(real);
});
afterAll(() => real.close());

/** Starts at the present, as the server does, and passes with every look: no two statements run at the same time. */
function tickingClock(): Clock {
  let nowMs = Date.now();
  return { nowMs: () => (nowMs += 1), monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
}

interface Played {
  readonly results: readonly Result[];
  readonly rows: unknown;
}

async function playInMemory(scripts: readonly Script[]): Promise<Played> {
  const clock = tickingClock();
  const store = createMemoryStore({ sides: SIDES, clock, random: seededRandom(1), ids: countedIds() });
  const results = await play(
    { nowMs: () => clock.nowMs(), transaction: (action) => store.transaction(action) },
    scripts,
    newNotes(),
  );
  return { results, rows: comparable(inColumns(store.dump()), clock.nowMs()) };
}

async function playForReal(scripts: readonly Script[]): Promise<Played> {
  syncs += 1;
  const sync = await createRealSync(real, `s${String(syncs)}`);
  const ids = countedIds();
  const results = await play(
    { nowMs: () => Date.now(), transaction: (action) => sync.transaction(ids, action) },
    scripts,
    newNotes(),
  );
  const rows = await dumpReal(real, selects, sync.syncKey);
  return { results, rows: comparable(rows, Date.now()) };
}

test('transactions after one another give, throw and leave behind the same as on PostgreSQL', async () => {
  const scripts = fc.array(script(8), { minLength: 1, maxLength: 5, size: 'max' });
  const same = fc.asyncProperty(scripts, async (drawn) => {
    expect(await playInMemory(drawn)).toEqual(await playForReal(drawn));
  });
  await fc.assert(same, { numRuns: SEQUENCES });
});
