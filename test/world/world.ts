/** One world while its history runs: systems, people, workers and the store, moved on by choices from the tape. */
import type { SyncModel } from '../../src/engine/model.ts';
import { referrersOf } from '../../src/engine/references.ts';
import { seededRandom } from '../../src/lib/random.ts';
import type { StoredFailure } from '../../src/store/contract.ts';
import type { HoldRow } from '../../src/store/holds.ts';
import type { HoldChoice } from '../../src/worker/holds.ts';
import { countedIds } from './counted-ids.ts';
import { Faults } from './faults.ts';
import { CommitWatch } from './oracle/commits.ts';
import { clearReferences } from './parts.ts';
import { People } from './people.ts';
import { Scheduler, settled } from './scheduler.ts';
import type { PartsShape, WorldShape } from './shape.ts';
import { NEVER } from './store/instant.ts';
import { createMemoryStore, type MemoryStore, type Snapshot } from './store/memory-store.ts';
import { recordKey, type StreamRow, type Tables } from './store/rows.ts';
import { SimulatedSystem } from './system.ts';
import { drawnIn, type Tape } from './tape.ts';
import { hasWork } from './work.ts';
import { SimulatedWorker, type Unit } from './workers.ts';

/** A unit of work that has not ended after so many steps never will. */
const UNIT_STEPS_MAX = 4_000;
/** What workers are called, sync by sync. */
const LETTERS = ['w', 'p'] as const;
/** So often a unit of work may be begun anew at once. */
const TURNS_MAX = 20;

/** What the worlds of an installation's syncs share: one time, one fate, one store. */
interface Common {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly violations: string[];
  readonly counter: { next(): number; last(): number };
  readonly syncs: Map<string, Tables>;
  readonly all: World[];
}

function newCommon(tape: Tape): Common {
  let order = 0;
  return {
    scheduler: new Scheduler(),
    faults: new Faults(tape),
    violations: [],
    counter: { next: () => (order += 1), last: () => order },
    syncs: new Map(),
    all: [],
  };
}

export class World {
  readonly shape: WorldShape;
  readonly tape: Tape;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly systems: ReadonlyMap<string, SimulatedSystem>;
  readonly store: MemoryStore;
  readonly people: People;
  readonly workers: readonly SimulatedWorker[];
  /** Of every sync of the world. */
  readonly violations: string[];
  /** This one, and that of the second sync if there is one: they go through the same history. */
  readonly all: readonly World[];
  /** The second sync, where this is the first of two. */
  readonly parts: (World & { readonly shape: PartsShape }) | null;
  /** Decisions of people, for the checks: what was decided about which hold. */
  readonly decided: { readonly hold: HoldRow; readonly choice: HoldChoice; readonly order: number }[] = [];
  readonly #common: Common;
  #backup: Snapshot | null = null;
  /** The number of the last thing that had happened when the store went back in time; 0 when it never did. */
  restoredOrder = 0;
  /** The number of the last thing that had happened when Trueup had taken everything in, and nothing had gone wrong yet. */
  settledOrder = 0;
  /** How often a person let go what a guard had stopped. */
  released = 0;
  /** Records that got the id of another before Trueup had seen that one's end: nobody can tell the two apart. */
  readonly mistakable = new Set<string>();
  /** Pairs of records: what a create of ours made, and what people had brought back just before that without Trueup being told of it. */
  readonly backUntold = new Set<string>();
  /** Records that got the id of another of which Trueup knew nothing. */
  readonly unseen = new Set<string>();
  /** Per key of a write the thing that it was sent for. */
  readonly senders: ReadonlyMap<string, string>;
  model: SyncModel;
  isRecovering = false;

  constructor(shape: WorldShape, tape: Tape, common: Common = newCommon(tape)) {
    this.shape = shape;
    this.tape = tape;
    this.#common = common;
    const { scheduler, counter } = common;
    this.scheduler = scheduler;
    this.faults = common.faults;
    this.violations = common.violations;
    this.all = common.all;
    common.all.push(this);
    this.systems = new Map(
      shape.systems.map((one) => [one.name, new SimulatedSystem(one, scheduler, this.faults, counter)]),
    );
    const storeClock = scheduler.clock('store');
    this.store = createMemoryStore({
      name: shape.model.name,
      syncs: common.syncs,
      sides: shape.model.sides.map(({ name }) => name),
      clock: storeClock,
      random: seededRandom(1),
      ids: countedIds(0),
      onCommitted: (changes, beganMs) => commits.check(changes, beganMs, storeClock.nowMs()),
    });
    const commits = new CommitWatch(this.store.tables, this.violations, this.systems);
    this.senders = commits.senders;
    for (const [side, { records }] of this.systems)
      records.onGivenAgain = (id) => this.#noteGivenAgain(side, id);
    this.people = new People(shape, [...this.systems.values()], tape);
    this.model = shape.model;
    const { systems, store, faults, model } = this;
    const definitions =
      shape.parts === null ? [shape.definition] : [shape.definition, shape.parts.definition];
    const host = {
      referrers: referrersOf(shape.definition.name, definitions),
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
      (_, index) => new SimulatedWorker(host, `${LETTERS[common.all.length - 1] ?? ''}${String(index)}`),
    );
    this.parts = shape.parts === null ? null : this.#withParts(shape.parts, drawnIn(tape, 'references'));
  }

  #withParts(shape: PartsShape, tape: Tape): World & { readonly shape: PartsShape } {
    const parts = Object.assign(new World(shape, tape, this.#common), { shape });
    clearReferences(this.systems, parts.systems, shape.clearing);
    return parts;
  }

  get order(): number {
    return this.#common.counter.last();
  }

  #noteGivenAgain(side: string, recordId: string): void {
    const { links, writesBySide } = this.store.tables;
    const status = links.get(recordKey({ side, recordId }))?.row?.status;
    if (status === undefined) this.unseen.add(`${side} ${recordId}`);
    const isWritten = [...writesBySide.slots(side)].some(({ row }) => row?.recordId === recordId);
    const isThere = (status !== undefined && status !== 'gone') || isWritten;
    if (isThere || this.#isBeingMade(side, recordId)) this.mistakable.add(`${side} ${recordId}`);
  }

  /** A create of ours had made it, and is not answered yet, at a system that tells nobody that it has gone. */
  #isBeingMade(side: string, recordId: string): boolean {
    const system = this.systems.get(side);
    if (system === undefined || system.shape.feedTellsDeletes) return false;
    const made = system.records.entries.findLast(
      (entry) => entry.kind === 'create' && entry.recordId === recordId,
    );
    const sentFor = this.senders.get(made?.write?.key ?? '');
    return [...this.store.tables.writesBySide.slots(side)].some(
      ({ row }) => row?.kind === 'create' && row.identityId === sentFor,
    );
  }

  /** Faults end: who was frozen goes on, and what is under way comes to its end. */
  async heal(): Promise<void> {
    this.faults.heal();
    this.scheduler.thawAll();
    await this.#finish();
  }

  /** Everything of everybody until nobody has anything to do, or only waits for time to pass. */
  async #finish(): Promise<void> {
    const everybody = this.all.length === 1 ? this.workers : this.all.flatMap(({ workers }) => workers);
    const areIdle = (): boolean => everybody.every((worker) => worker.isIdle);
    await settled();
    for (let step = 0; step < UNIT_STEPS_MAX; step += 1) {
      if (this.scheduler.readyCount > 0) await this.scheduler.resume(0);
      else if (areIdle()) return;
      else if (this.scheduler.advanceToNext()) await settled();
      else break;
    }
    this.violations.push('work that was begun never ended');
    for (const worker of everybody) worker.kill();
  }

  /** One round of everything of every sync, undisturbed. */
  async cycle(units: readonly Unit[]): Promise<void> {
    const swept = new Set<string>();
    for (const unit of units) {
      // Where nothing refers to anything hardly anything waits for anything.
      if (unit === 'waits' && this.all.length === 1 && !this.#hasWaits) continue;
      for (const world of this.all) await world.#cycleUnit(unit, swept);
    }
  }

  async #cycleUnit(unit: Unit, swept: Set<string>): Promise<void> {
    const [worker] = this.workers;
    for (const side of unit === 'reap' || unit === 'waits' ? [''] : this.systems.keys()) {
      // A sweep begins with what its feed has to tell.
      if (unit === 'capture' && swept.has(side)) continue;
      // A look takes up so many records at a time, and a delivery so many writes; as in production, the next follows at once.
      for (let turn = 0; turn < TURNS_MAX && this.#hasWork(unit, side); turn += 1) {
        if (unit === 'sweep') swept.add(side);
        await this.scheduler.flowing(() => {
          worker?.begin(unit, side);
          return this.#finish();
        });
        if (!this.#isMoreDue(unit, side)) break;
      }
      // Nothing takes no time at all.
      this.scheduler.advance(1);
    }
  }

  get #hasWaits(): boolean {
    for (const _ of this.store.tables.waits.slots()) return true;
    return false;
  }

  #hasWork(unit: Unit, side: string): boolean {
    return hasWork(this.store.tables, unit, side, this.scheduler.nowMs);
  }

  /** There is more of it than one unit of work has taken up. */
  #isMoreDue(unit: Unit, side: string): boolean {
    const { nowMs } = this.scheduler;
    const { hintsBySide, writesBySide, scope } = this.store.tables;
    if (unit === 'look')
      for (const { row } of hintsBySide.slots(side))
        if (row?.state === 'open' && row.dueAtMs <= nowMs && row.leaseUntilMs < nowMs) return true;
    if (unit !== 'deliver') return false;
    // What was planned up to then is as good as queued.
    const approvedUntilMs = scope.rows()[0]?.approvedUntilMs ?? 0;
    for (const { row } of writesBySide.slots(side)) {
      if (row === null || row.dueAtMs > nowMs) continue;
      if (row.state === 'queued' || (row.state === 'planned' && row.plannedAtMs <= approvedUntilMs))
        return true;
    }
    return false;
  }

  /** Streams that somebody reads, or has died reading. */
  get isLeased(): boolean {
    return this.all.some(({ store }) =>
      store.tables.streams.rows().some(({ leaseUntilMs }) => leaseUntilMs > this.scheduler.nowMs),
    );
  }

  /** The store is put back to an earlier time, as from a backup; every process begins anew. */
  restore(): void {
    for (const world of this.all) world.#restore();
  }

  #restore(): void {
    if (this.#backup === null) this.#backup = this.store.snapshot();
    else if (this.restoredOrder === 0) {
      this.restoredOrder = this.order;
      this.store.restore(this.#backup);
      for (const worker of this.workers) worker.kill();
      this.isRecovering = true;
    }
  }

  async wakeSweeps(): Promise<void> {
    for (const world of this.all)
      for (const side of world.systems.keys()) await world.direct((tx) => tx.wakeStream(side, 'sweep'));
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
    await settled();
    for (let step = 0; step < UNIT_STEPS_MAX; step += 1) {
      if (isDone) return call;
      if (this.scheduler.readyCount > 0) await this.scheduler.resume(0);
      else if (this.scheduler.advanceToNext()) await settled();
      else this.scheduler.thawAll();
    }
    throw new Error('a call never came back');
  }

  /** What is still open, and when the next of it is due. What waits for another thing goes on by itself, or stays. */
  pending(): { readonly count: number; readonly dueMs: number | null } {
    const open = this.all.flatMap((world) => world.#open());
    return { count: open.length, dueMs: open.length === 0 ? null : Math.min(...open) };
  }

  #open(): readonly number[] {
    const { tables } = this.store;
    const [hints, writes, streams] = [tables.hints.rows(), tables.writes.rows(), tables.streams.rows()];
    return [
      ...hints
        .filter(({ state }) => state === 'open')
        .map(({ dueAtMs, leaseUntilMs }) => Math.max(dueAtMs, leaseUntilMs)),
      ...writes
        .filter(({ state }) => state === 'queued' || state === 'unknown' || state === 'planned')
        .flatMap(({ dueAtMs }) => (dueAtMs === NEVER ? [] : [dueAtMs])),
      ...tables.waits
        .rows()
        .flatMap(({ kind, dueAtMs }) =>
          kind === 'point' || (kind === 'key' && dueAtMs <= this.scheduler.nowMs) ? [dueAtMs] : [],
        ),
      ...streams
        .filter((stream) => this.#isPassing(stream) || this.#isSweepOwed(stream))
        .map(({ dueAtMs }) => dueAtMs),
      ...streams.map(({ leaseUntilMs }) => leaseUntilMs).filter((untilMs) => untilMs > this.scheduler.nowMs),
      ...writes.filter(({ state }) => state === 'sent').map(({ leaseUntilMs }) => leaseUntilMs),
    ];
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
    for (const { records } of this.all.flatMap(({ systems }) => [...systems.values()]))
      for (const { actor } of records.entries) if (actor === 'trueup') count += 1;
    return count;
  }
}
