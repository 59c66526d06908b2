/** Rows of a sheet that cannot be read, and what is left of them in the cycle after somebody has mended the sheet. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { files } from '../../src/connectors/files/index.ts';
import { currentProblems } from '../../src/diagnose/problems.ts';
import { must } from '../../src/lib/assert.ts';
import { captureChanges } from '../../src/worker/capture.ts';
import { settleHints } from '../../src/worker/look.ts';
import { observeAll } from '../../src/worker/rounds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import { connectorContext } from '../support/connector-context.ts';
import { MemorySystem } from '../support/memory-system.ts';
import { settleRounds } from '../support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../support/sync.ts';

const signal = new AbortController().signal;
const HEADER = 'id,email,name,phone,city';
const GOOD = [HEADER, '1,ann@x.test,ann,1,', '2,bob@x.test,bob,1,', '3,cat@x.test,cat,1,'];

const store = sharedTestStore();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trueup-rows-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function write(rows: readonly string[]): Promise<void> {
  await writeFile(join(directory, 'people.csv'), `${rows.join('\n')}\n`);
}

async function openSheet(): Promise<SyncRuntime> {
  const base = simpleDefinition(['crm', 'sheet']);
  const sides = base.sides.map((side) =>
    side.name === 'crm' ? side : { ...side, collection: 'people.csv' },
  );
  const systems = { crm: new MemorySystem(), sheet: new MemorySystem() };
  const bare = await createTestRuntime(store, { ...base, name: 'sheet', sides }, systems);
  const session = await files.open({ directory }, connectorContext());
  const [description] = await session.describe(['people.csv']);
  const { card } = must(description, 'the sheet is there');
  const model = must(bare.model.sideOf.get('sheet'), 'it is a side');
  return { ...bare, sides: new Map([...bare.sides, ['sheet', { model, session, card }]]) };
}

/** What a worker does when the sheet has changed; it waits for nothing that is not due. */
async function cycle(runtime: SyncRuntime): Promise<void> {
  const sheet = must(runtime.sides.get('sheet'), 'it is a side');
  await captureChanges(runtime, sheet, false, signal);
  for (let looks = 0; looks < 5 && (await settleHints(runtime, sheet, signal)) > 0; looks += 1);
}

async function problems(runtime: SyncRuntime): Promise<readonly string[]> {
  const open = await store.database.transaction(store.workspaceNo, (tx) =>
    currentProblems(tx, { syncKey: runtime.syncKey, state: 'open' }, 10),
  );
  return open.map(({ code, samples }) => `${code} ${samples.join(', ')}`).toSorted();
}

test('rows that were mended are nobody’s problem after the next look at the sheet, one by one', async () => {
  await write(GOOD);
  const runtime = await openSheet();
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  expect(await problems(runtime)).toEqual([]);

  // Bob's row has a cell too many, and somebody has begun a new one.
  const broken = [
    HEADER,
    '1,ann@x.test,ann,1,',
    '2,bob@x.test,bob,1,,,',
    '3,cat@x.test,cat,1,',
    ',dan@x.test,dan,1,',
  ];
  await write(broken);
  await settleRounds(store, runtime, 1);
  await observeAll(runtime, signal);
  // So many looks in vain that the next would be half a minute away.
  await settleRounds(store, runtime, 5);
  expect(await problems(runtime)).toEqual([
    'files.column_count row 3',
    'files.missing_id row 5',
    'files.unreadable_rows 2',
  ]);

  await write(broken.with(4, '4,dan@x.test,dan,1,'));
  await cycle(runtime);
  expect(await problems(runtime)).toEqual(['files.column_count row 3', 'files.unreadable_rows 2']);

  await write([...GOOD, '4,dan@x.test,dan,1,']);
  await cycle(runtime);
  expect(await problems(runtime)).toEqual([]);
});
