/** One world while its history runs: systems, people, workers and the store, moved on by choices from the tape. */
import type { SyncModel } from '../../src/engine/model.ts';
import { seededRandom } from '../../src/lib/random.ts';
import type { StoredFailure } from '../../src/store/contract.ts';
import type { HoldRow } from '../../src/store/holds.ts';
import type { HoldChoice } from '../../src/worker/holds.ts';
import { countedIds } from './counted-ids.ts';
import { Faults } from './faults.ts';
import { CommitWatch } from './oracle/commits.ts';
import { People } from './people.ts';
import { Scheduler, settled } from './scheduler.ts';
import type { WorldShape } from './shape.ts';
import { createMemoryStore, type MemoryStore, type Snapshot } from './store/memory-store.ts';
import { recordKey, type StreamRow } from './store/rows.ts';
import { SimulatedSystem } from './system.ts';
import type { Tape } from './tape.ts';
import { hasWork } from './work.ts';
import { SimulatedWorker, type Unit } from './workers.ts';

/** A unit of work that has not ended after so many steps never will. */
const UNIT_STEPS_MAX = 4_000;
/** So often a unit of work may be begun anew at once. */
const TURNS_MAX = 20;

export class World {
  readonly shape: WorldShape;
  readonly tape: Tape;
  readonly scheduler = new Scheduler();
  readonly faults: Faults;
  readonly systems: ReadonlyMap<string, SimulatedSystem>;
  readonly store: MemoryStore;
  readonly people: People;
  readonly workers: readonly SimulatedWorker[];
  readonly violations: string[] = [];
  /** Decisions of people, for the checks: what was decided about which hold. */
  readonly decided: { readonly hold: HoldRow; readonly choice: HoldChoice; readonly order: number }[] = [];
  #order = 0;
  #backup: Snapshot | null = null;
  /** The number of the last thing that had happened when the store went back in time; 0 when it never did. */
  restoredOrder = 0;
  /** How often a person let go what a guard had stopped. */
  released = 0;
  /** Records that got the id of another before Trueup had seen that one's end: nobody can tell the two apart. */
  readonly mistakable = new Set<string>();
  /** Records that got the id of another of which Trueup knew nothing. */
  readonly unseen = new Set<string>();
  /** Per key of a write the thing that it was sent for. */
  readonly senders: ReadonlyMap<string, string>;
  model: SyncModel;
  isRecovering = false;

  constructor(shape: WorldShape, tape: Tape) {
    this.shape = shape;
    this.tape = tape;
    const { scheduler } = this;
    this.faults = new Faults(tape);
    const counter = { next: () => (this.#order += 1), last: () => this.#order };
    this.systems = new Map(
      shape.systems.map((one) => [one.name, new SimulatedSystem(one, scheduler, this.faults, counter)]),
    );
    const storeClock = scheduler.clock('store');
    this.store = createMemoryStore({
      sides: shape.model.sides.map(({ name }) => name),
      clock: storeClock,
      random: seededRandom(1),
      ids: countedIds(0),
      onCommitted: (changes) => commits.check(changes),
    });
    const commits = new CommitWatch(this.store.tables, this.violations);
    this.senders = commits.senders;
    for (const [side, { records }] of this.systems)
      records.onGivenAgain = (id) => this.#noteGivenAgain(side, id);
    this.people = new People(shape, [...this.systems.values()], tape);
    this.model = shape.model;
    const { systems, store, faults, model } = this;
    const host = {
      systems,
      store,
      faults,
      model,
      scheduler,
      isFine: shape.isFine,
      isBusy: shape.isBusy,
      onViolation: (message: string) => this.violations.push(message),
    };
    this.workers = Array.from(
      { length: shape.workers },
      (_, index) => new SimulatedWorker(host, `w${String(index)}`),
    );
  }

  get order(): number {
    return this.#order;
  }

  #noteGivenAgain(side: string, recordId: string): void {
    const { links, writesBySide } = this.store.tables;
    const status = links.get(recordKey({ side, recordId }))?.row?.status;
    if (status === undefined) this.unseen.add(`${side} ${recordId}`);
    const isWritten = [...writesBySide.slots(side)].some(({ row }) => row?.recordId === recordId);
    if ((status !== undefined && status !== 'gone') || isWritten) this.mistakable.add(`${side} ${recordId}`);
  }

  /** Faults end: who was frozen goes on, and what is under way comes to its end. */
  async heal(): Promise<void> {
    this.faults.heal();
    this.scheduler.thawAll();
    await this.#finish();
  }

  /** Everything of everybody until nobody has anything to do, or only waits for time to pass. */
  async #finish(): Promise<void> {
    for (let step = 0; step < UNIT_STEPS_MAX; step += 1) {
      await settled();
      if (this.scheduler.readyCount > 0) await this.scheduler.resume(0);
      else if (this.workers.every((worker) => worker.isIdle) || !this.scheduler.advanceToNext()) {
        if (this.workers.every((worker) => worker.isIdle)) return;
        break;
      }
    }
    this.violations.push('work that was begun never ended');
    for (const worker of this.workers) worker.kill();
  }

  /** One round of everything, undisturbed. */
  async cycle(units: readonly Unit[]): Promise<void> {
    const [worker] = this.workers;
    const swept = new Set<string>();
    for (const unit of units) {
      for (const side of unit === 'reap' ? [''] : this.systems.keys()) {
        // A sweep begins with what its feed has to tell.
        if (unit === 'capture' && swept.has(side)) continue;
        // A look takes up so many records at a time; as in production, the next follows at once.
        for (let turn = 0; turn < TURNS_MAX && this.#hasWork(unit, side); turn += 1) {
          if (unit === 'sweep') swept.add(side);
          await this.scheduler.flowing(() => {
            worker?.begin(unit, side);
            return this.#finish();
          });
          if (unit !== 'look' || !this.#isLookDue(side)) break;
        }
        // Nothing takes no time at all.
        this.scheduler.advance(1);
      }
    }
  }

  #hasWork(unit: Unit, side: string): boolean {
    return hasWork(this.store.tables, unit, side, this.scheduler.nowMs);
  }

  #isLookDue(side: string): boolean {
    const { nowMs } = this.scheduler;
    for (const { row } of this.store.tables.hintsBySide.slots(side))
      if (row?.state === 'open' && row.dueAtMs <= nowMs && row.leaseUntilMs < nowMs) return true;
    return false;
  }

  /** Streams that somebody reads, or has died reading. */
  get isLeased(): boolean {
    return this.store.tables.streams.rows().some(({ leaseUntilMs }) => leaseUntilMs > this.scheduler.nowMs);
  }

  /** The store is put back to an earlier time, as from a backup; every process begins anew. */
  restore(): void {
    if (this.#backup === null) this.#backup = this.store.snapshot();
    else if (this.restoredOrder === 0) {
      this.restoredOrder = this.#order;
      this.store.restore(this.#backup);
      for (const worker of this.workers) worker.kill();
      this.isRecovering = true;
    }
  }

  async wakeSweeps(): Promise<void> {
    for (const side of this.systems.keys()) await this.direct((tx) => tx.wakeStream(side, 'sweep'));
  }

  /** A call of somebody who is not a worker; who holds what it waits for goes on meanwhile. */
  async direct<T>(
    action: (tx: Parameters<Parameters<MemoryStore['transaction']>[0]>[0]) => Promise<T>,
  ): Promise<T> {
    return this.through(this.store.transaction(action));
  }

  async through<T>(call: Promise<T>): Promise<T> {
    let isDone = false;
    const ended = call.finally(() => {
      isDone = true;
    });
    ended.catch(() => undefined);
    for (let step = 0; step < UNIT_STEPS_MAX; step += 1) {
      await settled();
      if (isDone) return call;
      if (this.scheduler.readyCount > 0) await this.scheduler.resume(0);
      else if (!this.scheduler.advanceToNext()) this.scheduler.thawAll();
    }
    throw new Error('a call never came back');
  }

  /** What is still open, and when the next of it is due. */
  pending(): { readonly count: number; readonly dueMs: number | null } {
    const { tables } = this.store;
    const [hints, writes, streams] = [tables.hints.rows(), tables.writes.rows(), tables.streams.rows()];
    const open = [
      ...hints
        .filter(({ state }) => state === 'open')
        .map(({ dueAtMs, leaseUntilMs }) => Math.max(dueAtMs, leaseUntilMs)),
      ...writes
        .filter(({ state }) => state === 'queued' || state === 'unknown' || state === 'planned')
        .map(({ dueAtMs }) => dueAtMs),
      ...streams
        .filter((stream) => this.#isPassing(stream) || this.#isSweepOwed(stream))
        .map(({ dueAtMs }) => dueAtMs),
      ...streams.map(({ leaseUntilMs }) => leaseUntilMs).filter((untilMs) => untilMs > this.scheduler.nowMs),
      ...writes.filter(({ state }) => state === 'sent').map(({ leaseUntilMs }) => leaseUntilMs),
    ];
    return { count: open.length, dueMs: open.length === 0 ? null : Math.min(...open) };
  }

  /** Somebody has asked for it, if only for when a lag has passed; of sides without a feed the next is always near. */
  #isSweepOwed({ side, kind, dueAtMs, wokenAtMs, currentAsOfMs, failure }: StreamRow): boolean {
    if (kind !== 'sweep' || this.systems.get(side)?.card.feed === 'none') return false;
    const isAsked = wokenAtMs !== null && wokenAtMs > (currentAsOfMs ?? 0);
    return dueAtMs <= this.scheduler.nowMs || (isAsked && failure === null);
  }

  /** A failure that time heals. That a side was really emptied only a person can say. */
  #isPassing({ side, failure }: { readonly side: string; readonly failure: StoredFailure | null }): boolean {
    if (failure === null) return false;
    const records = this.systems.get(side)?.records.all() ?? [];
    return failure.code !== 'trueup.side_emptied' || records.some(({ isHidden }) => !isHidden);
  }

  trueupEntries(): number {
    let count = 0;
    for (const { records } of this.systems.values())
      for (const { actor } of records.entries) if (actor === 'trueup') count += 1;
    return count;
  }
}
