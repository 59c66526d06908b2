/** What is over goes, what explains something that is open stays, and both for as long as the workspace says. */
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import {
  createTestRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../test/support/sync.ts';
import { newestUpkeep } from '../store/audit.ts';
import { ensureWorkspace } from '../store/control.ts';
import { ensureJournalMonths } from '../store/migrate.ts';
import { keepFor } from '../store/retention.ts';
import { forgetWhatIsOver, forgetWhatIsSpent, type Forgotten } from './retention.ts';

let store: TestStore;
let syncKey: string;
const signal = new AbortController().signal;
const OLD = '2020-03-10 12:00+00';
const MONTH = 'journal_2020_03';
const id = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

beforeEach(async () => {
  store = await createTestStore();
  const systems = { crm: new MemorySystem(), erp: new MemorySystem() };
  ({ syncKey } = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), systems));
  const client = new pg.Client({ connectionString: store.raw.url });
  await client.connect();
  await ensureJournalMonths(client, OLD);
  await client.end();
});
afterEach(async () => store.close());

const sql = async (text: string, values: readonly unknown[] = []): Promise<number> =>
  (await store.raw.pool.query(text, [...values])).rowCount ?? 0;

async function entered(count: number, key = syncKey): Promise<void> {
  await sql(
    `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
     select $1, $2, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'crm', 'r' || n, 'changed', '{}'
       from generate_series(1, $3::int) n`,
    [key, OLD, count],
  );
}

async function hold(identity: number, closed: boolean): Promise<void> {
  await sql(
    `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at, closed_at, closed_by, resolution)
     values ($1, gen_random_uuid(), $2, 'crm', 'name', 'conflict', '{}', $3, ${closed ? "$3, 'ada', 'take'" : 'null, null, null'})`,
    [syncKey, id(identity), OLD],
  );
}

async function deadWrite(identity: number): Promise<void> {
  await sql(
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, failure, planned_at, due_at)
     values ($1, $2, 'erp', gen_random_uuid(), 'update', 'dead', '{}', now(), 'infinity')`,
    [syncKey, id(identity)],
  );
}

function forget(workspaceNo = store.workspaceNo): Promise<Forgotten> {
  const { database } = store;
  return forgetWhatIsOver(
    {
      url: store.raw.url,
      workspaceNo,
      transaction: (action) => database.transaction(workspaceNo, action),
    },
    signal,
  );
}

async function identitiesIn(month: string): Promise<readonly string[] | null> {
  const there = await store.raw.pool.query<{ name: string | null }>('select to_regclass($1)::text as name', [
    month,
  ]);
  if (there.rows[0]?.name == null) return null;
  const { rows } = await store.raw.pool.query<{ identity_id: string }>(
    `select identity_id from ${month} order by identity_id`,
  );
  return rows.map((row) => row.identity_id);
}

test('a month of the journal that is over is dropped, but for what explains a hold, a dead letter or a record that stands still', async () => {
  await entered(100);
  await hold(7, false);
  await hold(8, true);
  await deadWrite(9);
  await sql(
    `insert into hints (sync_key, side, record_id, kind, state, failure) values ($1, 'crm', 'odd', 'changed', 'dead', '{}')`,
    [syncKey],
  );
  await sql(
    `insert into journal (sync_key, at, side, record_id, kind, body) values ($1, $2, 'crm', 'odd', 'unreadable', '{}'), ($1, $2, 'crm', 'other', 'unreadable', '{}')`,
    [syncKey, OLD],
  );
  expect((await forget()).journal).toBe(99);
  expect(await identitiesIn(MONTH)).toEqual([id(7), id(9), null]);
  const told = await store.database.transaction(store.workspaceNo, (tx) => newestUpkeep(tx, 'forgotten'));
  expect(told).toMatchObject({ by: 'trueup', subject: MONTH, detail: { journal: 99, holds: 1 } });
  expect((await forget()).journal).toBe(0);
  await sql(
    `update holds set closed_at = now(), closed_by = 'ada', resolution = 'take' where closed_at is null`,
  );
  await sql('delete from writes');
  await sql('delete from hints');
  expect((await forget()).journal).toBe(3);
  expect(await identitiesIn(MONTH)).toBeNull();
});

test('what other workspaces keep stays, and goes one by one where it is over', async () => {
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  await store.database.transaction(other, (tx) => keepFor(tx, other, 'journal', null));
  const foreign = String(BigInt(other) << 32n);
  await entered(20);
  await entered(5, foreign);
  await hold(3, false);
  expect((await forget()).journal).toBe(19);
  expect(await sql('select from journal where sync_key = $1', [foreign])).toBe(5);
  expect(await sql('select from journal where sync_key = $1', [syncKey])).toBe(1);
  await store.database.transaction(store.workspaceNo, (tx) =>
    keepFor(tx, store.workspaceNo, 'journal', null),
  );
  await entered(4);
  expect((await forget()).journal).toBe(0);
});

test('old tries, decisions, holds and runs go; those of what is open, and the newest, stay', async () => {
  await deadWrite(1);
  await sql(
    `insert into attempts (sync_key, write_id, epoch, identity_id, side, kind, outcome, ended_at)
     select $1, gen_random_uuid(), 1, i.id, 'erp', 'update', 'failed', i.at
       from (values ($2::uuid, $4::timestamptz), ($3, $4), ($3, now())) as i (id, at)`,
    [syncKey, id(1), id(2), OLD],
  );
  await sql(
    `insert into decisions (sync_key, decision_id, identity_id, field, rule, revision, winner, loser, decided_at)
     select $1, gen_random_uuid(), $2, 'name', 'latest', 1, '{}', '{}', $3::timestamptz + n * interval '1 day' from generate_series(1, 3) n`,
    [syncKey, id(2), OLD],
  );
  await hold(2, true);
  await sql(
    `insert into runs (sync_key, run_id, side, kind, state, started_at, ended_at)
     select $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'crm', 'sweep', 'complete', $2, $2 from generate_series(1, 14) n`,
    [syncKey, OLD],
  );
  expect(await forget()).toMatchObject({ attempts: 1, decisions: 2, holds: 1, runs: 4, isCutShort: false });
  expect(await forget()).toMatchObject({ attempts: 0, decisions: 0, holds: 0, runs: 0 });
});

test('what is kept for ever stays, however old', async () => {
  const { workspaceNo, database } = store;
  await database.transaction(workspaceNo, (tx) => keepFor(tx, workspaceNo, 'holds', null));
  await hold(2, true);
  expect((await forget()).holds).toBe(0);
  expect(await database.transaction(workspaceNo, (tx) => newestUpkeep(tx, 'forgotten'))).toBeNull();
});

test('forgotten records and old measures go in pieces, and what is still of use stays', async () => {
  await sql(
    `insert into links (sync_key, side, record_id, status, as_of)
     select $1, 'crm', 'r' || n, 'gone', now() - make_interval(days => n) from generate_series(0, 5) n`,
    [syncKey],
  );
  await sql(
    `insert into try_hours (sync_key, side, hour, written, failed)
     select $1, 'crm', now() - make_interval(days => 100 * n), 1, 0 from generate_series(0, 6) n`,
    [syncKey],
  );
  await sql(
    `insert into problem_deeds (sync_key, problem_id, opening, done_at, done_by, spent_ms, is_said)
     select $1, 'p', 1, now() - make_interval(days => 100 * n), 'ann', 1, false from generate_series(0, 4) n`,
    [syncKey],
  );
  const { database, workspaceNo } = store;
  const pieces: number[] = [];
  const place: Parameters<typeof forgetWhatIsSpent>[0] = {
    transaction: async (action) => {
      const result = await database.transaction(workspaceNo, action);
      pieces.push(Number(result));
      return result;
    },
  };
  // Five of the six records, and of the measures those of 400 days and older.
  expect(await forgetWhatIsSpent(place, syncKey, signal, 2)).toBe(9);
  expect(pieces).toEqual([2, 2, 1, 3, 1, 0]);
  for (const [table, count] of [
    ['links', 1],
    ['try_hours', 4],
    ['problem_deeds', 4],
  ] as const)
    expect(await sql(`select from ${table} where sync_key = $1`, [syncKey])).toBe(count);
});
