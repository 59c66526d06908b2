/** What an operator does during a run, on the store: looks, wakes sweeps, goes through a restore, and waits for rest. */
import pg from 'pg';

import { must } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { ensureWorkspace, findSync, saveRevision, setMode, type SyncRow } from '../../src/store/control.ts';
import { isStoreOutage, type Database, type Tx } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open.ts';
import { approvePlan, sealPlan } from '../../src/store/plans.ts';
import { countStates } from '../../src/store/status.ts';
import { syncTransaction } from '../../src/store/sync-transaction.ts';
import { readStore, type StoreEvidence } from './evidence.ts';
import { DEFINITION } from './grades.ts';

const SIDES = DEFINITION.sides.map(({ name }) => name);
const LOOK_EVERY_MS = 500;
const LOOKS_PER_WAKE = 10;
const TRIES_MAX = 60;
const AUTHOR = 'a person';

/** What is still under way in the store. */
export interface Pending {
  readonly hints: number;
  /** Of these, told so long ago that they should have been followed: people go on, and there are always newer ones. */
  readonly oldHints: number;
  /** Planned ones included. */
  readonly writes: number;
  readonly planned: number;
  readonly failing: number;
  /** The instant before which every side has been swept as a whole: milliseconds since 1970, the store's clock. */
  readonly sweptUntilMs: number;
}

export class Office {
  readonly #database: Database;
  /** Sees everything, and takes part in nothing. */
  readonly #admin: pg.Pool;
  readonly workspaceNo: number;
  readonly #signal: AbortSignal;
  #syncKey = '';

  private constructor(database: Database, workspaceNo: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#database = database;
    this.#admin = new pg.Pool({ connectionString: database.url, application_name: 'chaos', max: 2 });
    this.#admin.on('error', ignore);
    this.workspaceNo = workspaceNo;
  }

  /** Opens the store, and sets the sync up as a person would: it begins by observing. Nobody waits once the signal aborts. */
  static async open(url: string, signal: AbortSignal): Promise<Office> {
    const database = await openDatabase({
      url,
      clock: systemClock,
      random: systemRandom,
      connectionsMax: 3,
    });
    const workspaceNo = await database.transaction(0, (tx) => ensureWorkspace(tx, 'default'));
    const office = new Office(database, workspaceNo, signal);
    await office.observe();
    return office;
  }

  /** Tries again while the store is down: what is done to it is part of the run. */
  async #do<T>(action: (tx: Tx) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#database.transaction(this.workspaceNo, action);
      } catch (error) {
        if (tries >= TRIES_MAX || !isStoreOutage(error)) throw error;
        await systemClock.sleep(LOOK_EVERY_MS);
      }
    }
  }

  async #row(tx: Tx): Promise<SyncRow> {
    return must(await findSync(tx, DEFINITION.name), 'the sync is there');
  }

  /** A new revision: every side is read as a whole, and nothing is written until its plan is approved. */
  async observe(): Promise<void> {
    const hash = String(systemClock.nowMs());
    const { syncKey } = await this.#do((tx) =>
      saveRevision(tx, this.workspaceNo, { definition: DEFINITION, source: '', hash, author: AUTHOR }),
    );
    this.#syncKey = syncKey;
    await this.wakeSweeps();
  }

  /** Approves what is planned by now, and lets the workers write. What has moved since waits for the next approval. */
  async approve(): Promise<void> {
    await this.#do(async (tx) => {
      const { syncKey, revision } = await this.#row(tx);
      await approvePlan(tx, syncKey, await sealPlan(tx, syncKey, revision), AUTHOR);
      await setMode(tx, syncKey, 'live');
    });
  }

  async isObserving(): Promise<boolean> {
    return this.#do(async (tx) => (await this.#row(tx)).mode === 'observe');
  }

  async wakeSweeps(): Promise<void> {
    await this.#do(async (tx) => {
      const sync = syncTransaction(tx, await this.#row(tx), IDS);
      for (const side of SIDES)
        for (const kind of ['sweep', 'changes'] as const) await sync.wakeStream(side, kind);
    });
  }

  async pending(): Promise<Pending> {
    const [row] = await this.#do((tx) => tx.query<PendingRow>(PENDING));
    const {
      hints,
      old_hints: oldHints,
      writes,
      planned,
      failing,
      unswept,
      swept_ms: sweptMs,
    } = must(row, 'counting gives a row');
    return {
      hints: Number(hints),
      oldHints: Number(oldHints),
      writes: Number(writes),
      planned: Number(planned),
      failing: Number(failing),
      sweptUntilMs: Number(unswept) > 0 ? 0 : (sweptMs ?? 0),
    };
  }

  /** Waits until every side was swept after now and `isDone` holds; tells what is still pending when time runs out. */
  async waitFor(
    isDone: (pending: Pending) => boolean,
    timeoutMs: number,
    onLook: (pending: Pending) => Promise<void> = () => Promise.resolve(),
  ): Promise<Pending | null> {
    const fromMs = await this.#database.nowMs();
    await this.wakeSweeps();
    const startMs = systemClock.monotonicMs();
    for (let look = 1; ; look += 1) {
      const pending = await this.pending();
      const isSwept = pending.sweptUntilMs > fromMs;
      if ((isSwept && isDone(pending)) || this.#signal.aborted) return null;
      if (systemClock.monotonicMs() - startMs > timeoutMs) return pending;
      // A sweep that had begun before shows less than now; and what failed need not wait for its turn.
      if (look % LOOKS_PER_WAKE === 0 && (!isSwept || pending.failing > 0)) await this.wakeSweeps();
      await onLook(pending);
      await systemClock.sleep(LOOK_EVERY_MS, this.#signal);
    }
  }

  /** Ends a share of all connections of Trueup's, as an administrator might. */
  async terminateBackends(share: number): Promise<void> {
    await this.#admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'trueup' and random() < $1`,
      [share],
    );
  }

  /** What is wrong with the counts of `status`: every record known at a side is counted once more, by itself. */
  async imbalance(): Promise<readonly string[]> {
    const client = await this.#admin.connect();
    client.on('error', ignore);
    try {
      await client.query('begin isolation level repeatable read read only');
      const counts = await countStates(readerOn(client), this.#syncKey, SIDES);
      const known = await client.query<{ side: string; count: string }>(KNOWN, [this.#syncKey]);
      await client.query('commit');
      return counts.flatMap(({ side, records }) => {
        const count = Number(known.rows.find((row) => row.side === side)?.count ?? 0);
        if (count === records) return [];
        return [`I12: ${side} has ${String(count)} records, and ${String(records)} are in a state`];
      });
    } finally {
      client.off('error', ignore);
      client.release(true);
    }
  }

  evidence(): Promise<StoreEvidence> {
    return this.#do(async (tx) => {
      const row = await this.#row(tx);
      return readStore(tx, row.syncKey, (ids) => syncTransaction(tx, row, IDS).lockBundles(ids));
    });
  }

  /** Everything that the journal tells, as a line of JSON each: for whoever looks into a violation. */
  async journal(): Promise<string> {
    const rows = await this.#admin.query<{ line: string }>(
      'select row_to_json(journal)::text as line from journal order by at',
    );
    return rows.rows.map(({ line }) => line).join('\n');
  }

  async close(): Promise<void> {
    await this.#admin.end();
    await this.#database.close();
  }
}

const ignore = (): void => undefined;

function readerOn(client: pg.PoolClient): Tx {
  return {
    nowMs: 0,
    timeline: '',
    query: async <Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(statement, [...values])).rows,
    execute: async (statement, values = []) => (await client.query(statement, [...values])).rowCount ?? 0,
  };
}

interface PendingRow {
  readonly hints: string;
  readonly old_hints: string;
  readonly writes: string;
  readonly planned: string;
  readonly failing: string;
  readonly unswept: string;
  readonly swept_ms: number | null;
}

const PENDING = `
select (select count(*) from hints where state = 'open') as hints,
       (select count(*) from hints where state = 'open' and noted_at < clock_timestamp() - interval '15 seconds') as old_hints,
       (select count(*) from writes where state in ('queued', 'sent', 'unknown', 'planned')) as writes,
       (select count(*) from writes where state = 'planned') as planned,
       (select count(*) from streams where failure is not null) as failing,
       (select count(*) from streams where kind = 'sweep' and current_as_of is null) as unswept,
       (select extract(epoch from min(current_as_of))::float8 * 1000 from streams where kind = 'sweep') as swept_ms`;

const IDS = createIds(systemClock, systemRandom);

/** Every record that is known at a side, linked or only heard of, once. */
const KNOWN = `
select side, count(*) as count from (
  select side, record_id from links where sync_key = $1 and status <> 'gone'
  union
  select hints.side, hints.record_id from hints
   where hints.sync_key = $1 and hints.kind <> 'deleted'
     and not exists (select from links
                      where links.sync_key = $1 and links.side = hints.side and links.record_id = hints.record_id)) as known
 group by side`;
