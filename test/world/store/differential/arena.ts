/** Both stores, made ready for one play after another, and what a play leaves behind in each. */
import pg from 'pg';

import { systemClock, type Clock } from '../../../../src/lib/clock.ts';
import { seededRandom, systemRandom } from '../../../../src/lib/random.ts';
import { openDatabase } from '../../../../src/store/open.ts';
import { createTestStore, type TestStore } from '../../../support/sync.ts';
import { createMemoryStore } from '../memory-store.ts';
import type { Tables } from '../rows.ts';
import { comparable, inColumns } from './compare.ts';
import type { Lane } from './interleave.ts';
import { countedIds, type Side } from './play.ts';
import { createRealSync, dumpReal, selectsOf } from './real-store.ts';
import { SIDES } from './step.ts';
import { OTHER_NAME, OWN_NAME, populateOther } from './wait-steps.ts';

/** A store with a sync in which nothing has happened yet. */
export interface Arena {
  readonly side: Side;
  readonly lanes: readonly [Lane, Lane];
  /** Every row of the sync and of the one beside it, in a form in which the rows of both stores can be compared. */
  readonly rows: () => Promise<unknown>;
}

/** Ids of the two lanes, apart from each other and from the side's. */
const LANE_IDS = [1_000_000, 2_000_000] as const;

/** Starts at the present, as the server does, and passes with every look: no two statements run at the same time. */
function tickingClock(): Clock {
  let nowMs = Date.now();
  return { nowMs: () => (nowMs += 1), monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
}

export async function memoryArena(): Promise<Arena> {
  const clock = tickingClock();
  const nowMs = (): number => clock.nowMs();
  const common = { sides: SIDES, clock, random: seededRandom(1), syncs: new Map<string, Tables>() };
  const store = createMemoryStore({ ...common, ids: countedIds(), name: OWN_NAME });
  const other = createMemoryStore({ ...common, ids: countedIds(), name: OTHER_NAME });
  await other.transaction(populateOther);
  const lane = (index: 0 | 1): Lane => {
    let isBlocked = false;
    const connection = store.connect({
      ids: countedIds(LANE_IDS[index]),
      onBlocked: () => {
        isBlocked = true;
      },
      pause: (point) => {
        if (point.endsWith('/woken')) isBlocked = false;
        return Promise.resolve();
      },
    });
    return {
      nowMs,
      transaction: (action) => connection.transaction(action),
      // Nothing in memory waits for anything but a lock, so after this turn of the event loop all is said.
      isBlocked: () => new Promise((resolve) => setImmediate(() => resolve(isBlocked))),
    };
  };
  return {
    side: { nowMs, transaction: (action) => store.transaction(action) },
    lanes: [lane(0), lane(1)],
    rows: () =>
      Promise.resolve([store, other].map((sync) => comparable(inColumns(sync.dump()), clock.nowMs()))),
  };
}

export interface RealStore {
  arena(): Promise<Arena>;
  /** Instants, each with what becomes of it in a column and back. */
  storedMs(instants: readonly number[]): Promise<readonly (readonly [given: number, back: number])[]>;
  close(): Promise<void>;
}

export async function openRealStore(): Promise<RealStore> {
  const store = await createTestStore();
  const observer = new pg.Client({ connectionString: store.raw.url });
  await observer.connect();
  // Deadlocks are looked for at once; connections that are opened from now on know it.
  await observer.query(
    `do $$ begin execute format('alter database %I set deadlock_timeout = 1', current_database()); end $$`,
  );
  const database = await openDatabase({ url: store.raw.url, clock: systemClock, random: systemRandom });
  const selects = await selectsOf(observer);
  let syncs = 0;
  return {
    arena: async () => {
      syncs += 1;
      return realArena({ ...store, database }, observer, selects, `play${String(syncs)}`);
    },
    storedMs: async (instants) => {
      const found = await observer.query<{ given: number; back: number }>(
        `select given, extract(epoch from to_timestamp(given / 1000))::float8 * 1000 as back
           from unnest($1::float8[]) as given`,
        [instants],
      );
      return found.rows.map(({ given, back }) => [given, back] as const);
    },
    close: async () => {
      await database.close();
      await store.database.close();
      await othersGone(observer);
      await observer.end();
      await store.raw.drop();
    },
  };
}

const LOOKS_MAX = 10_000;

/** A pool that has closed only says so: a database that is dropped too early breaks its last connections. */
async function othersGone(observer: pg.Client): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const found = await observer.query(
      'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    if (found.rowCount === 0) return;
  }
}

function presentMs(): number {
  return Date.now();
}

async function realArena(
  store: TestStore,
  observer: pg.Client,
  selects: ReadonlyMap<string, string>,
  name: string,
): Promise<Arena> {
  const sync = await createRealSync(store, name, name);
  const other = await createRealSync(store, `${name}-${OTHER_NAME}`, name);
  await other.transaction(countedIds(), populateOther);
  const ids = countedIds();
  const lane = (index: 0 | 1): Lane => {
    let backend = 0;
    const own = countedIds(LANE_IDS[index]);
    return {
      nowMs: presentMs,
      transaction: (action) =>
        sync.transaction(own, action, (given) => {
          backend = given;
        }),
      isBlocked: () => isWaiting(observer, backend),
    };
  };
  return {
    side: { nowMs: presentMs, transaction: (action) => sync.transaction(ids, action) },
    lanes: [lane(0), lane(1)],
    rows: async () => [
      comparable(await dumpReal(observer, selects, sync.syncKey), Date.now()),
      comparable(await dumpReal(observer, selects, other.syncKey), Date.now()),
    ],
  };
}

/** Whether the backend has waited for a lock long enough that it has looked for a deadlock and found none. */
async function isWaiting(observer: pg.Client, backend: number): Promise<boolean> {
  const found = await observer.query<{ waits: boolean }>(
    `select exists (select from pg_locks where pid = $1 and not granted
                       and waitstart < clock_timestamp() - interval '10 milliseconds') as waits`,
    [backend],
  );
  return found.rows[0]?.waits === true;
}
