/** Workers as processes: each does production's units of work on a connection of its own, and can be killed between any two steps. */
import type { SyncModel } from '../../src/engine/model.ts';
import type { Referrer } from '../../src/engine/references.ts';
import type { Ids } from '../../src/lib/ids.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { captureChanges } from '../../src/worker/capture.ts';
import { deliverBatch } from '../../src/worker/deliver.ts';
import { UNEXPECTED } from '../../src/worker/failures.ts';
import { settleHints } from '../../src/worker/look.ts';
import { resolveUnknown } from '../../src/worker/resolve.ts';
import type { Mode, SideRuntime, SyncRuntime } from '../../src/worker/runtime.ts';
import { settleWaits } from '../../src/worker/settle-waits.ts';
import { sweepSide } from '../../src/worker/sweep.ts';
import { reap } from '../../src/worker/sync-worker.ts';
import { createWakes } from '../../src/worker/wakes.ts';
import { countedIds } from './counted-ids.ts';
import { frozenMs, type Faults } from './faults.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import type { Connection } from './store/connection.ts';
import type { MemoryStore } from './store/memory-store.ts';
import { CONNECTION_LOST, sqlError } from './store/sql-error.ts';
import type { SimulatedSystem } from './system.ts';

export const UNITS = ['capture', 'look', 'deliver', 'resolve', 'sweep', 'reap', 'waits'] as const;
export type Unit = (typeof UNITS)[number];

const SERIALIZATION_FAILURE = '40001';
/** Where others may go on during a transaction whose statements are not told apart. */
const ALL_EDGES: ReadonlySet<string> = new Set(['begin', 'commit', 'committed']);
/** A transaction that follows an answer begins with it. */
const EDGES: ReadonlySet<string> = new Set(['commit', 'committed']);
const SKEWS_MS = [0, 90_000, -90_000, 3_600_000] as const;

export interface WorkerHost {
  readonly model: SyncModel;
  /** The fields, of any sync, that name things of this one. */
  readonly referrers: readonly Referrer[];
  readonly systems: ReadonlyMap<string, SimulatedSystem>;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly store: MemoryStore;
  readonly isFine: boolean;
  readonly isBusy: boolean;
  /** Something that must never be. */
  onViolation(message: string): void;
}

export class SimulatedWorker {
  #host: WorkerHost;
  readonly #name: string;
  readonly #signal = new AbortController().signal;
  #life = 0;
  #mode: Mode = 'live';
  #owner: Owner = '';
  #connection: Connection;
  #runtime: SyncRuntime;
  #underWay = new Set<string>();

  constructor(host: WorkerHost, name: string) {
    this.#host = host;
    this.#name = name;
    this.#connection = this.#connect();
    this.#runtime = this.#start();
  }

  get runtime(): SyncRuntime {
    return this.#runtime;
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** The process is gone at once, and another takes its place: nothing that was in memory is left. */
  kill(): void {
    this.#host.scheduler.kill(this.#owner);
    this.#connection.break();
    this.#underWay = new Set();
    this.#connection = this.#connect();
    this.#runtime = this.#start();
  }

  /** A new revision: the worker begins anew with it. */
  use(model: SyncModel): void {
    this.#host = { ...this.#host, model };
    this.kill();
  }

  /** While it observes, it reads and plans and sends nothing. */
  observe(isOn: boolean): void {
    this.#mode = isOn ? 'observe' : 'live';
    this.#runtime = { ...this.#runtime, mode: this.#mode };
  }

  freeze(forMs: number): void {
    this.#host.scheduler.freeze(this.#owner, forMs);
  }

  /** Begins a unit of work, unless one of the kind is under way. */
  begin(unit: Unit, side: string): void {
    // Several deliveries may be under way, as in production; of the others one per side.
    const lane = unit === 'deliver' ? ` ${String(this.#host.faults.pick(2))}` : '';
    const key = unit === 'reap' || unit === 'waits' ? unit : `${unit} ${side}${lane}`;
    const [life, underWay] = [this.#life, this.#underWay];
    if (underWay.has(key)) return;
    underWay.add(key);
    void this.#work(unit, side).then(
      () => underWay.delete(key),
      (error: unknown) => {
        underWay.delete(key);
        if (life === this.#life) this.#judge(key, error);
      },
    );
  }

  #work(unit: Unit, side: string): Promise<unknown> {
    const runtime = this.#runtime;
    const at = runtime.sides.get(side);
    if (unit === 'waits') return settleWaits(runtime);
    if (at === undefined || unit === 'reap') return reap(runtime);
    switch (unit) {
      case 'capture':
        return captureChanges(runtime, at, false, this.#signal);
      case 'sweep':
        // As the worker's loop does it: the feed's position is noted before the first sweep begins.
        return captureChanges(runtime, at, false, this.#signal).then(() =>
          sweepSide(runtime, at, this.#signal),
        );
      case 'look':
        return settleHints(runtime, at, this.#signal);
      case 'deliver':
        return deliverBatch(runtime, this.#withOwnLooks(at));
      case 'resolve':
        return resolveUnknown(runtime, at);
    }
  }

  /** What another unit of work looks up meanwhile this one has not seen. */
  #withOwnLooks(side: SideRuntime): SideRuntime {
    const system = this.#host.systems.get(side.model.name);
    return system === undefined ? side : { ...side, session: system.session(this.#owner) };
  }

  /** A store that cannot be reached, or a collision that lasts, ends a unit and is no fault; anything else is one. */
  #judge(key: string, error: unknown): void {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (/Connection terminated|collided|could not serialize|LeaseLost|Collision/.test(message)) return;
    this.#host.onViolation(`${key} threw: ${message} ${error instanceof Error ? (error.stack ?? '') : ''}`);
  }

  #connect(): Connection {
    const { store, scheduler, faults, isFine, isBusy } = this.#host;
    const owner = `${this.#name}.${String(this.#life + 1)}`;
    const edges = isBusy ? EDGES : ALL_EDGES;
    const connection: Connection = store.connect({
      ids: this.#ids(0),
      pause: (point) => {
        const isFrozen = point.startsWith('endWrites') && faults.strikes('senderFrozen');
        if (isFrozen) scheduler.freeze(owner, frozenMs(faults));
        return isFrozen || isFine || edges.has(point) ? this.#stand(owner, point) : null;
      },
    });
    return connection;
  }

  /** Others may go on here, or the connection may break. Null where nobody is there who could, and nothing goes wrong. */
  #stand(owner: Owner, point: string): Promise<void> | null {
    const { scheduler, faults } = this.#host;
    return scheduler.pause(owner, point, () => {
      if (faults.strikes('storeLost')) return CONNECTION_LOST;
      const isCollision = point === 'commit' && faults.strikes('storeCollision');
      return isCollision ? sqlError(SERIALIZATION_FAILURE, 'could not serialize access') : null;
    });
  }

  /** Its own in every life, so that nobody mistakes what a dead process made for its own. */
  #ids(part: 0 | 1): Ids {
    const letters = [...this.#name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0);
    return countedIds(letters * 1_000 + this.#life * 2 + part);
  }

  #start(): SyncRuntime {
    this.#life += 1;
    const { model, referrers, systems, scheduler, faults } = this.#host;
    const owner = `${this.#name}.${String(this.#life)}`;
    this.#owner = owner;
    const connection = this.#connection;
    const skewMs = faults.strikes('clockSkewed') ? (SKEWS_MS[faults.pick(SKEWS_MS.length)] ?? 0) : 0;
    const clock = scheduler.clock(owner, skewMs);
    const tell = (fields: Readonly<Record<string, unknown>>, message: string): void => {
      if (fields['code'] === UNEXPECTED)
        this.#host.onViolation(`a bug of ours: ${message} ${JSON.stringify(fields)}`);
    };
    return {
      syncKey: '1',
      name: model.name,
      mode: this.#mode,
      model,
      referrers,
      sides: new Map(
        model.sides.map((side): [string, SideRuntime] => {
          const system = systems.get(side.name);
          if (system === undefined) throw new Error(`no system for ${side.name}`);
          return [side.name, { model: side, session: system.session(owner), card: system.card }];
        }),
      ),
      clock,
      random: seededRandom(this.#life),
      ids: this.#ids(1),
      log: { info: () => undefined, warn: tell, error: tell },
      wakes: createWakes(clock),
      nowMs: () => connection.nowMs(),
      transaction: (action) => connection.transaction(action),
    };
  }
}
