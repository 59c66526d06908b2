/** Salesforce, a shop's database and, where there is one, an ERP, filled with accounts and contacts and kept in step. */
import type { Session } from '../../src/connector/contract.ts';
import { createMemoryBudgets } from '../../src/connector/http/memory-budgets.ts';
import { postgres } from '../../src/connectors/postgres/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { countStates, type SideCounts } from '../../src/store/status.ts';
import { observeAll, SweepFailed } from '../../src/worker/rounds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import { runSync } from '../../src/worker/sync-worker.ts';
import { connectorContext } from '../support/connector-context.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { skipWaits } from '../support/rounds.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../support/salesforce-workbench.ts';
import { createSessionRuntime, createTestStore, type TestStore } from '../support/sync.ts';
import { accountsOf, contacts, type SideName } from './definitions.ts';
import type { Holdings } from './holdings.ts';
import { SHOP_TABLES } from './shop.ts';

/** The ERP of a proof: an open session, and what a person sees there. */
export interface Erp {
  readonly session: Session;
  /** Key → name and city. */
  accounts(): Promise<Holdings>;
  /** Some people there edit some records. */
  edit(): Promise<void>;
}

const OBSERVATIONS_MAX = 10;
const LOOK_MS_MIN = 50;
/** At large sizes looking costs as much as working. */
const LOOK_MS_PER_RECORD = 0.01;
const LOOKS_PER_LEAP = 10;
const LEAP_MS = 5_000;

/** Everything that takes part. Close it. */
export class SizeWorld {
  readonly crm: SalesforceWorkbench;
  readonly shop: TestDatabase;
  readonly erp: Erp | null;
  readonly runtimes: readonly SyncRuntime[];
  readonly #lookMs: number;
  readonly #store: TestStore;
  readonly #sessions: readonly Session[];
  readonly #stop = new AbortController();
  #running: readonly Promise<void>[] = [];

  private constructor(parts: Parts) {
    this.crm = parts.crm;
    this.shop = parts.shop;
    this.erp = parts.erp;
    this.runtimes = parts.runtimes;
    this.#lookMs = Math.max(LOOK_MS_MIN, parts.records * LOOK_MS_PER_RECORD);
    this.#store = parts.store;
    this.#sessions = parts.sessions;
  }

  /** `fill` is called before anything is connected. */
  static async open(
    records: number,
    erp: Erp | null,
    fill: (crm: SalesforceWorkbench, shop: TestDatabase) => Promise<void>,
  ): Promise<SizeWorld> {
    const crm = await salesforceWorkbench(17);
    const [store, shop] = [await createTestStore(), await createTestDatabase()];
    await shop.pool.query(SHOP_TABLES);
    await fill(crm, shop);
    const budgets = createMemoryBudgets(crm.clock);
    const settings = {
      change_events: 'Account, Contact',
      poll_seconds: '5',
      bulk_from: String(Math.min(5_000, Math.floor(records / 20))),
    };
    const sessions: Session[] = [];
    const open = async (definition: ReturnType<typeof contacts>): Promise<SyncRuntime> => {
      const account = await crm.open(settings, { budgets });
      const context = connectorContext({ connectionKey: `shop_${definition.name}` });
      const database = await postgres.open({ url: shop.url, replication: 'logical' }, context);
      sessions.push(database);
      const own = { crm: account, shop: database, ...(erp === null ? {} : { erp: erp.session }) };
      return createSessionRuntime(store, definition, own);
    };
    const sides: readonly SideName[] = erp === null ? ['crm', 'shop'] : ['crm', 'shop', 'erp'];
    const runtimes = [await open(accountsOf(sides)), await open(contacts())];
    return new SizeWorld({ records, crm, shop, erp, runtimes, store, sessions });
  }

  /** Takes all systems in, however often their answers are lost, and lets the workers loose. */
  async start(): Promise<void> {
    const { signal } = this.#stop;
    for (const runtime of this.runtimes) {
      for (let attempt = 1; attempt <= OBSERVATIONS_MAX; attempt += 1) {
        try {
          await observeAll(runtime, signal);
          break;
        } catch (error) {
          if (!(error instanceof SweepFailed) || attempt === OBSERVATIONS_MAX) throw error;
          await this.leap();
        }
      }
    }
    this.#running = this.runtimes.map((runtime) => runSync(runtime, signal));
  }

  /** Every wait of the workers and of Salesforce's brakes is over a little sooner. */
  async leap(byMs = LEAP_MS): Promise<void> {
    this.crm.clock.shift(byMs);
    for (const runtime of this.runtimes) await skipWaits(this.#store, runtime);
  }

  /** Waits, with leaps, until it is so. Says what is in the way when it takes too long. */
  async until(withinMs: number, condition: () => Promise<boolean>): Promise<void> {
    const startedMs = systemClock.monotonicMs();
    for (let look = 1; !(await condition()); look += 1) {
      if (systemClock.monotonicMs() - startedMs > withinMs)
        throw new Error(`it never came to be: ${JSON.stringify(await this.waiting())}`);
      if (look % LOOKS_PER_LEAP === 0) await this.leap();
      await systemClock.sleep(this.#lookMs);
    }
  }

  async counts(): Promise<readonly SideCounts[]> {
    const counts: SideCounts[] = [];
    for (const { syncKey, sides } of this.runtimes)
      counts.push(
        ...(await this.#store.database.transaction(this.#store.workspaceNo, (tx) =>
          countStates(tx, syncKey, [...sides.keys()]),
        )),
      );
    return counts;
  }

  /** What stands in the way of being in step: how many of what, and why. */
  async waiting(): Promise<readonly unknown[]> {
    const { rows } = await this.#store.raw.pool.query<Readonly<Record<string, unknown>>>(
      `select 'write' as what, side, kind, state, failure ->> 'code' as code, min(failure ->> 'message') as said, count(*)::int
         from writes group by 1, 2, 3, 4, 5
       union all
       select 'hint', side, kind, state, failure ->> 'code', min(failure ->> 'message'), count(*)::int
         from hints group by 1, 2, 3, 4, 5
       union all
       select 'hold', side, reason, '', null, null, count(*)::int from holds where closed_at is null group by 1, 2, 3`,
    );
    return rows;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.crm.close();
    await this.#store.close();
    await this.shop.drop();
  }
}

interface Parts {
  readonly records: number;
  readonly crm: SalesforceWorkbench;
  readonly shop: TestDatabase;
  readonly erp: Erp | null;
  readonly runtimes: readonly SyncRuntime[];
  readonly store: TestStore;
  readonly sessions: readonly Session[];
}
