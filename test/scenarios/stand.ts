/** A healthy sync between two real PostgreSQL databases, or others in place of one, in which one thing is then broken. */
import { randomBytes } from 'node:crypto';

import type pg from 'pg';

import type { Session } from '../../src/connector/contract.ts';
import { postgres } from '../../src/connectors/postgres/index.ts';
import { watchOnce } from '../../src/diagnose/watch/watch.ts';
import type { SideDefinition, SideModel, SyncDefinition } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import type { AlertMoves } from '../../src/store/alerts.ts';
import { findSync, type SyncRow } from '../../src/store/control.ts';
import type { Tx } from '../../src/store/database.ts';
import { openHolds } from '../../src/store/holds.ts';
import { listProblems, type Problem } from '../../src/store/problems.ts';
import { resolveHold, type HoldChoice } from '../../src/worker/holds.ts';
import { replayAll } from '../../src/worker/redrive.ts';
import { observeAll } from '../../src/worker/rounds.ts';
import { silentLog, type SideRuntime, type SyncRuntime } from '../../src/worker/runtime.ts';
import { connectorContext } from '../support/connector-context.ts';
import { MemorySystem } from '../support/memory-system.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { settleRounds } from '../support/rounds.ts';
import type { SalesforceWorkbench } from '../support/salesforce-workbench.ts';
import { createTestRuntime, createTestStore, simpleDefinition, type TestStore } from '../support/sync.ts';
import { atDesk, DESK_SIDE, openDesk, type Desk } from './desk.ts';
import { inOrg, ORG_SIDE, orgRows } from './org.ts';

const signal = new AbortController().signal;
const PASSWORD = 'pw';
const COLUMNS = 'email, name, phone, city';

/** Two databases, a store, and an account in each database that may do only what the sync needs. */
export interface Site {
  readonly store: TestStore;
  readonly crm: TestDatabase;
  readonly erp: TestDatabase;
  readonly role: string;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const store = await createTestStore();
  const [crm, erp] = [await createTestDatabase(), await createTestDatabase()];
  const role = `r_${randomBytes(5).toString('hex')}`;
  await crm.pool.query(`create role ${role} login password '${PASSWORD}'`);
  return {
    store,
    crm,
    erp,
    role,
    close: async () => {
      for (const { pool } of [crm, erp]) await pool.query(`drop owned by ${role}`);
      await crm.pool.query(`drop role ${role}`);
      await Promise.all([crm.drop(), erp.drop(), store.close()]);
    },
  };
}

export interface Stand {
  readonly site: Site;
  readonly runtime: SyncRuntime;
  readonly sync: SyncRow;
  /** The table's name, the same in both databases. */
  readonly table: string;
  /** Statements of somebody else in a database; `TABLE` stands for the table and `ROLE` for the sync's account. */
  readonly crm: (statement: string) => Promise<void>;
  readonly erp: (statement: string) => Promise<void>;
  /** The org that is the ERP here; fails where the ERP is a database. */
  readonly org: () => SalesforceWorkbench;
  /** What stands before the CRM here; fails where nothing does. */
  readonly desk: () => Desk;
  settle(rounds?: number): Promise<void>;
  /** Compares both sides as a whole, as every night. */
  sweep(): Promise<void>;
  watch(): Promise<AlertMoves>;
  problems(): Promise<readonly Problem[]>;
  replay(): Promise<number>;
  /** Answers every open hold of an identity the same way. */
  decide(choice: HoldChoice): Promise<void>;
  /** What both sides hold, without their ids. */
  contents(): Promise<{ readonly crm: readonly string[]; readonly erp: readonly string[] }>;
  close(): Promise<void>;
}

let stands = 0;

/** What stands in for databases in a scenario. */
interface Others {
  /** The ERP; the second database for null. */
  readonly org?: SalesforceWorkbench | null;
  /** Whether the CRM stands behind a desk. */
  readonly isDesk?: boolean;
}

/** A sync that is in step: `ann`, `bob` and `cat` at both sides. */
export async function openStand(
  site: Site,
  change: Partial<SyncDefinition> = {},
  { org = null, isDesk = false }: Others = {},
): Promise<Stand> {
  const { store, role } = site;
  const table = `contact_${String((stands += 1))}`;
  await fillTables(site, table);
  const base = simpleDefinition(['crm', 'erp'], { name: table, ...change });
  const desk = isDesk ? await openDesk(store, site.crm.pool, table) : null;
  const sides = base.sides.map((side) => standing(side, table, { org, isDesk }));
  const definition = { ...base, sides };
  const dummies = { crm: new MemorySystem(), erp: new MemorySystem() };
  const bare = await createTestRuntime(store, definition, dummies);
  const opened = await openSides(site, bare.model.sides, org, desk);
  const runtime: SyncRuntime = { ...bare, sides: opened };
  const transaction = <T>(action: (tx: Tx) => Promise<T>): Promise<T> =>
    store.database.transaction(store.workspaceNo, action);
  const sync = must(await transaction((tx) => findSync(tx, table)), 'it was just saved');
  const spelled = (statement: string): string =>
    statement.replaceAll('TABLE', table).replaceAll('ROLE', role);
  const run = async (pool: pg.Pool, statement: string): Promise<void> => {
    await pool.query(spelled(statement));
  };
  const stand: Stand = {
    site,
    runtime,
    sync,
    table,
    crm: async (statement) => {
      await run(site.crm.pool, statement);
      await desk?.tell();
    },
    erp: (statement) => run(site.erp.pool, statement),
    org: () => must(org, 'the ERP of this scenario is an org'),
    desk: () => must(desk, 'the CRM of this scenario stands behind a desk'),
    settle: (rounds = 2) => settleRounds(store, runtime, rounds),
    sweep: async () => {
      await observeAll(runtime, signal);
      await settleRounds(store, runtime, 2);
    },
    watch: () => watchOnce(watchPlaceOf(store, transaction), signal, 0),
    problems: () => transaction((tx) => listProblems(tx, { syncKey: sync.syncKey, state: 'open' }, 100)),
    replay: () => replayAll({ transaction }, sync, {}, { by: 'test', reason: null }),
    decide: async (choice) => {
      const holds = await transaction((tx) => openHolds(tx, sync.syncKey, null, 100));
      for (const hold of holds)
        if (hold.identityId !== null) await resolveHold(runtime, hold, choice, 'test');
    },
    contents: async () => ({
      crm: await rowsOf(site.crm.pool, table),
      erp: org === null ? await rowsOf(site.erp.pool, table) : orgRows(org),
    }),
    close: async () => {
      await Promise.all([...opened.values()].map(({ session }) => session.close()));
      await desk?.close();
      // What is left broken on purpose is nobody's problem in the scenarios to come.
      await store.raw.pool.query(
        `update problems set state = 'resolved', resolved_at = clock_timestamp() where state = 'open'`,
      );
      await store.raw.pool.query('truncate alerts');
      await store.raw.pool.query('update syncs set revision = null where sync_key = $1', [sync.syncKey]);
    },
  };
  await stand.sweep();
  await stand.settle();
  return stand;
}

/** The side where it stands in this scenario. */
function standing(
  side: SideDefinition,
  table: string,
  { org = null, isDesk = false }: Others,
): SideDefinition {
  if (org !== null && side.name === ORG_SIDE) return inOrg(side);
  return isDesk && side.name === DESK_SIDE ? atDesk(side) : { ...side, collection: table };
}

async function openSides(
  site: Site,
  models: readonly SideModel[],
  org: SalesforceWorkbench | null,
  desk: Desk | null,
): Promise<ReadonlyMap<string, SideRuntime>> {
  const opened = new Map<string, SideRuntime>();
  const openOne = (model: SideModel): Promise<Session> => {
    if (org !== null && model.name === ORG_SIDE) return org.open({}, {}, org.tokens);
    if (desk !== null && model.name === DESK_SIDE) return desk.open();
    return postgres.open(
      placeOf(model.name === 'crm' ? site.crm : site.erp, site.role),
      connectorContext({ connectionKey: `${model.collection}_${model.name}` }),
    );
  };
  for (const model of models) {
    const session = await openOne(model);
    const [description] = await session.describe([model.collection]);
    opened.set(model.name, { model, session, card: must(description, 'the table is there').card });
  }
  return opened;
}

async function fillTables(site: Site, table: string): Promise<void> {
  for (const { pool } of [site.crm, site.erp]) {
    await pool.query(
      `create table ${table} (id bigint generated always as identity primary key, email text, name text, phone text, city text,
                              updated_at timestamptz not null default clock_timestamp());
       grant select, insert, update, delete on ${table} to ${site.role}`,
    );
  }
  await site.crm.pool.query(
    `insert into ${table} (email, name, phone) select name || '@x.test', name, '1' from unnest(array['ann', 'bob', 'cat']) as name`,
  );
}

function placeOf(database: TestDatabase, user: string): Readonly<Record<string, string>> {
  const url = new URL(database.url);
  return {
    host: url.hostname,
    port: url.port,
    database: url.pathname.slice(1),
    user,
    password: PASSWORD,
  };
}

async function rowsOf(pool: pg.Pool, table: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `select concat_ws('|', ${COLUMNS.split(', ')
      .map((name) => `coalesce(${name}::text, '-')`)
      .join(', ')}) as row from ${table} order by email, name`,
  );
  return rows.map(({ row }) => row);
}

function watchPlaceOf(
  store: TestStore,
  transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>,
): Parameters<typeof watchOnce>[0] {
  return {
    workspaceNo: store.workspaceNo,
    clock: systemClock,
    random: systemRandom,
    ids: createIds(systemClock, systemRandom),
    network: {},
    log: silentLog,
    transaction,
    secret: () => Promise.resolve(null),
    expiries: () => Promise.resolve([]),
    connectionsByKey: () => Promise.resolve(new Map()),
  };
}
