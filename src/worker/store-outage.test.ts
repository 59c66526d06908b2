/** A store whose disk is full, takes too long or has no connection free: no record and no write pays for it. */
import { afterEach, beforeAll, expect, test } from 'vitest';

import { MemorySystem, type MemoryOptions } from '../../test/support/memory-system.ts';
import { skipWaits, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { until } from '../../test/support/until.ts';
import type {
  ChangePage,
  ChangesRequest,
  Lookup,
  SnapshotPage,
  SnapshotRequest,
  WriteRequest,
  WriteResult,
} from '../connector/contract.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { failureOfError } from './failures.ts';
import { LOOK_TRIES_MAX, WRITE_TRIES_MAX } from './limits.ts';
import { settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { observeAll } from './rounds.ts';
import type { Log, SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';
import { runSync } from './sync-worker.ts';

const signal = new AbortController().signal;
/** More than a record or a write that is at fault itself would survive. */
const TROUBLED_ROUNDS = Math.max(LOOK_TRIES_MAX, WRITE_TRIES_MAX) + 1;
const STORE_UNAVAILABLE = 'trueup.store_unavailable';
const DISK_FULL = '53100';
const QUERY_CANCELED = '57014';
const store = sharedTestStore();

type Request = 'readAll' | 'readChanges' | 'get' | 'write';

/** Says what it is asked for just before it answers. */
class WatchedSystem extends MemorySystem {
  whileAsked: (request: Request) => Promise<void> = () => Promise.resolve();

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    await this.whileAsked('readAll');
    yield* super.readAll(request);
  }

  override async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    await this.whileAsked('readChanges');
    yield* super.readChanges(request);
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    await this.whileAsked('get');
    return super.get(collection, ids);
  }

  override async write(
    collection: string,
    requests: readonly WriteRequest[],
  ): Promise<readonly WriteResult[]> {
    await this.whileAsked('write');
    return super.write(collection, requests);
  }
}

interface World {
  readonly crm: WatchedSystem;
  readonly erp: WatchedSystem;
  readonly runtime: SyncRuntime;
}

async function worldOf(name: string, options: MemoryOptions = {}, on = store.database): Promise<World> {
  const [crm, erp] = [new WatchedSystem(options), new WatchedSystem(options)];
  const guard = { deletesMax: 10_000, deletesShareMax: 1, changesShareMax: 1 };
  const definition = simpleDefinition(['crm', 'erp'], { name, guard });
  const { workspaceNo, raw } = store;
  const over = { database: on, workspaceNo, raw, close: () => Promise.resolve() };
  return { crm, erp, runtime: await createTestRuntime(over, definition, { crm, erp }) };
}

function createMany(system: MemorySystem, prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    system.create({ email: `${prefix}${String(index)}@x.test`, name: 'n', phone: null, city: 'Rome' }),
  );
}

/** The next `count` statements that store something, or something in this table, fail with this SQLSTATE. */
async function refuse(sqlstate: string, count: number, table: string | null = null): Promise<void> {
  const isIt = table === null ? 'true' : `tg_table_name = '${table}'`;
  await store.raw.pool.query(
    `alter sequence refused restart;
     create or replace function refuse_some() returns trigger security definer language plpgsql as $$ begin
       if ${isIt} and nextval('refused') <= ${String(count)} then
         raise exception 'the store is made to fail' using errcode = '${sqlstate}';
       end if;
       return null;
     end $$`,
  );
}

/** For as long as a test says. */
const EVERY = 1_000_000;
const refuseNone = (): Promise<void> => refuse(DISK_FULL, 0);

beforeAll(async () => {
  await store.raw.pool.query('create sequence refused');
  await refuseNone();
  await store.raw.pool.query(
    `do $$ declare stored regclass; begin
       for stored in select oid from pg_class
                      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition loop
         execute format('create trigger refuse_some before insert or update or delete on %s execute function refuse_some()', stored);
       end loop;
     end $$`,
  );
});

afterEach(refuseNone);

/**
 * What a worker does, each of its works by itself; one that breaks is begun again in the next round. Returns how often the store was
 * seen to fail.
 */
async function workRound({ runtime }: World): Promise<number> {
  await endLeases(runtime);
  await skipWaits(store, runtime);
  const { log, failures } = countingLog();
  const logged = { ...runtime, log };
  for (const side of runtime.sides.values()) {
    const works: readonly (() => Promise<unknown>)[] = [
      () => captureChanges(logged, side, false, signal),
      () => runtime.transaction((tx) => tx.wakeStream(side.model.name, 'sweep')),
      () => sweepSide(logged, side, signal),
      () => settleHints(logged, side, signal),
      () => deliverBatch(logged, side),
      () => runtime.transaction((tx) => tx.reapSent(0)),
      () => resolveUnknown(logged, side),
    ];
    for (const work of works)
      await work().catch((error: unknown) => failures.push(failureOfError(error).code));
  }
  expect(failures.filter((code) => code !== STORE_UNAVAILABLE)).toEqual([]);
  return failures.length;
}

/** Keeps the code of every failure that is logged. */
function countingLog(): { readonly log: Log; readonly failures: string[] } {
  const failures: string[] = [];
  const keep: Log['warn'] = ({ code }) => {
    if (typeof code === 'string') failures.push(code);
  };
  return { log: { info: () => undefined, warn: keep, error: keep }, failures };
}

/** As if the worker that could not give something back had been silent for long enough. */
async function endLeases({ syncKey }: SyncRuntime): Promise<void> {
  for (const table of ['streams', 'hints', 'writes'])
    await store.raw.pool.query(
      `update ${table} set lease_until = '-infinity' where sync_key = $1 and lease_until > clock_timestamp()`,
      [syncKey],
    );
}

async function expectUnharmed({ runtime }: World): Promise<void> {
  const waiting = await waitingIn(store, runtime);
  expect(waiting.filter(({ state, attempts }) => state === 'dead' || attempts > 0)).toEqual([]);
}

function contents(system: MemorySystem): readonly string[] {
  return Object.values(system.all())
    .map(({ email, name, phone, city }) => JSON.stringify([email, name, phone, city]))
    .toSorted();
}

async function expectInStep(world: World): Promise<void> {
  const { crm, erp, runtime } = world;
  for (let round = 0; round < 3; round += 1) await workRound(world);
  expect(await waitingIn(store, runtime)).toEqual([]);
  expect(contents(erp)).toEqual(contents(crm));
}

const TROUBLES = ['readAll', 'readChanges', 'get', 'write'].flatMap((moment) => [
  { trouble: 'a full disk', sqlstate: DISK_FULL, moment, lasts: 'for a moment', count: 1 },
  { trouble: 'a full disk', sqlstate: DISK_FULL, moment, lasts: 'for long', count: EVERY },
  { trouble: 'a statement that takes too long', sqlstate: QUERY_CANCELED, moment, lasts: 'once', count: 1 },
]);

test.each(TROUBLES)(
  '$trouble, $lasts, when the answer to `$moment` is stored, blames nothing, however often it comes',
  async ({ sqlstate, moment, count }) => {
    const world = await worldOf(`${sqlstate} ${moment} ${String(count)}`);
    const { crm, erp, runtime } = world;
    const [first = ''] = createMany(crm, 'old', 10);
    await observeAll(runtime, signal);
    for (let round = 0; round < TROUBLED_ROUNDS; round += 1) {
      let met = 0;
      crm.whileAsked = erp.whileAsked = async (request) => {
        if (request !== moment) return;
        met += 1;
        if (met === 1) await refuse(sqlstate, count);
      };
      createMany(crm, `new${String(round)}-`, 3);
      crm.edit(first, { city: `Bonn ${String(round)}` });
      expect(await workRound(world)).toBeGreaterThan(0);
      expect(met).toBeGreaterThan(0);
      await refuseNone();
      await expectUnharmed(world);
    }
    crm.whileAsked = erp.whileAsked = () => Promise.resolve();
    await expectInStep(world);
    expect(erp.log.filter(({ kind }) => kind === 'create')).toHaveLength(10 + 3 * TROUBLED_ROUNDS);
  },
);

test.each([DISK_FULL, QUERY_CANCELED])(
  'a bulk job that cannot be noted (%s) makes its writes wait, and blames none of them',
  async (sqlstate) => {
    const bulk = { writesMin: 10, writesMax: 100, durationMaxMs: 60_000 };
    const world = await worldOf(`${sqlstate} bulk`, { card: { bulk } });
    const { crm, erp, runtime } = world;
    createMany(crm, 'b', 30);
    await observeAll(runtime, signal);
    // As on a full disk where the other tables have room on their last pages.
    await refuse(sqlstate, EVERY, 'bulk_jobs');
    for (let round = 0; round < TROUBLED_ROUNDS; round += 1) {
      await workRound(world);
      await expectUnharmed(world);
    }
    expect(erp.size).toBe(0);
    const waiting = await waitingIn(store, runtime);
    expect(new Set(waiting.map(({ failure }) => failure))).toEqual(new Set([STORE_UNAVAILABLE]));
    await refuseNone();
    await expectInStep(world);
    expect(erp.log.filter(({ kind }) => kind === 'create')).toHaveLength(30);
  },
);

test('a worker that has one connection to the store for all that it does still does all of it', async () => {
  const one = store.database.apart({ connectionsMax: 1 });
  const { crm, erp, runtime } = await worldOf('one connection', {}, one);
  createMany(crm, 'c', 20);
  createMany(erp, 'e', 20);
  const stop = new AbortController();
  const running = runSync(runtime, stop.signal);
  await until(() => crm.size === 40 && erp.size === 40);
  stop.abort();
  await running;
  await one.close();
  expect(contents(erp)).toEqual(contents(crm));
  expect(await waitingIn(store, runtime)).toEqual([]);
});
