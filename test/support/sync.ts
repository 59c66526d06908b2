import type { QueryResultRow } from 'pg';
import { afterAll, beforeAll } from 'vitest';

import type { Session } from '../../src/connector/contract.ts';
import {
  compileSync,
  type FieldDefinition,
  type SideDefinition,
  type SideModel,
  type SyncDefinition,
} from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { bulkJobs } from '../../src/store/bulk-jobs.ts';
import { ensureWorkspace, findSync, saveRevision, setMode } from '../../src/store/control.ts';
import type { Database, Tx } from '../../src/store/database.ts';
import { onlyInHistoryOf } from '../../src/store/lineage.ts';
import { openDatabase } from '../../src/store/open.ts';
import { syncTransaction } from '../../src/store/sync-transaction.ts';
import { silentLog, type Mode, type SideRuntime, type SyncRuntime } from '../../src/worker/runtime.ts';
import { createWakes } from '../../src/worker/wakes.ts';
import type { MemorySystem } from './memory-system.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export interface TestStore {
  readonly database: Database;
  readonly workspaceNo: number;
  readonly raw: TestDatabase;
  close(): Promise<void>;
}

export async function createTestStore(): Promise<TestStore> {
  const raw = await createTestDatabase();
  const database = await openDatabase({ url: raw.url, clock: systemClock, random: systemRandom });
  const workspaceNo = await database.transaction(0, (tx) => ensureWorkspace(tx, 'default'));
  return {
    database,
    workspaceNo,
    raw,
    close: async () => {
      await database.close();
      await raw.drop();
    },
  };
}

/** One store for all tests of a file: made before the first of them, closed after the last; there is nothing to ask of it before. */
export function sharedTestStore(): TestStore {
  let made: TestStore | null = null;
  const store = (): TestStore => must(made, 'the store is made before the first test');
  beforeAll(async () => {
    made = await createTestStore();
  });
  afterAll(() => made?.close());
  return {
    get database() {
      return store().database;
    },
    get workspaceNo() {
      return store().workspaceNo;
    },
    get raw() {
      return store().raw;
    },
    close: () => store().close(),
  };
}

const NAME: FieldDefinition = {
  name: 'name',
  type: { kind: 'text' },
  required: false,
  ignoreCase: false,
  policy: { owners: [], resolve: [{ kind: 'hold' }] },
};

/** Two or more sides that call their fields as the entity does; `email` is the match key. */
export function simpleDefinition(
  sides: readonly string[],
  change: Partial<SyncDefinition> = {},
): SyncDefinition {
  const fields = ['email', 'name', 'phone', 'city'].map((name) => ({ ...NAME, name }));
  const side = (name: string): SideDefinition => ({
    name,
    connection: name,
    collection: 'things',
    fields: fields.map((field) => ({
      field: field.name,
      native: field.name,
      direction: 'both',
      transforms: [],
    })),
    creates: true,
    deletes: true,
    where: [],
  });
  return {
    name: 'things',
    entity: 'Thing',
    fields,
    sides: sides.map(side),
    match: [['email']],
    deletes: { mode: 'propagate', from: sides, againstEdit: 'hold' },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
    ...change,
  };
}

/** A runtime over memory systems, on the store's real PostgreSQL. */
export function createTestRuntime(
  store: TestStore,
  definition: SyncDefinition,
  systems: Readonly<Record<string, MemorySystem>>,
  mode: Mode = 'live',
): Promise<SyncRuntime> {
  return runtimeOver(store, definition, mode, ({ name }) => {
    const session = must(systems[name], 'every side has a system');
    return Promise.resolve({ session, card: session.card });
  });
}

/** A runtime over open sessions by side, whose cards are asked for. */
export function createSessionRuntime(
  store: TestStore,
  definition: SyncDefinition,
  sessions: Readonly<Record<string, Session>>,
): Promise<SyncRuntime> {
  return runtimeOver(store, definition, 'live', async ({ name, collection }) => {
    const session = must(sessions[name], 'every side has a session');
    const [description] = await session.describe([collection]);
    return { session, card: must(description, 'describe answers for a known collection').card };
  });
}

async function runtimeOver(
  store: TestStore,
  definition: SyncDefinition,
  mode: Mode,
  open: (side: SideModel) => Promise<Omit<SideRuntime, 'model'>>,
): Promise<SyncRuntime> {
  const { database, workspaceNo } = store;
  const sync = await database.transaction(workspaceNo, async (tx) => {
    const saved = await saveRevision(tx, workspaceNo, {
      definition,
      source: '',
      hash: JSON.stringify(definition),
      author: 'test',
    });
    await setMode(tx, saved.syncKey, mode);
    return must(await findSync(tx, definition.name), 'a saved sync is there');
  });
  const ids = createIds(systemClock, systemRandom);
  const model = compileSync(definition);
  const sides = new Map<string, SideRuntime>();
  for (const side of model.sides) sides.set(side.name, { model: side, ...(await open(side)) });
  const transaction = onlyInHistoryOf(sync, (action) => database.transaction(workspaceNo, action));
  return {
    syncKey: sync.syncKey,
    name: sync.name,
    mode,
    model,
    sides,
    clock: systemClock,
    random: systemRandom,
    ids,
    log: silentLog,
    wakes: createWakes(systemClock),
    jobs: bulkJobs(transaction, sync.syncKey),
    nowMs: () => database.nowMs(),
    transaction: (action) => transaction((tx) => action(syncTransaction(tx, sync, ids))),
  };
}

/** Reads several things as of one instant. */
export async function snapshotOf<T>(store: TestStore, action: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await store.raw.pool.connect();
  try {
    await client.query('begin isolation level repeatable read');
    const tx: Tx = {
      nowMs: 0,
      timeline: '',
      query: async <Row extends QueryResultRow>(statement: string, values?: readonly unknown[]) =>
        (await client.query<Row>(statement, [...(values ?? [])])).rows,
      execute: async (statement, values) =>
        (await client.query(statement, [...(values ?? [])])).rowCount ?? 0,
    };
    return await action(tx);
  } finally {
    await client.query('rollback');
    client.release();
  }
}
