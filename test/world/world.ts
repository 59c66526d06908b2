import type { SyncModel } from '../../src/engine/model.ts';
/** One world while its history runs: systems, people, workers and the store, moved on by choices from the tape. */
import { seededRandom } from '../../src/lib/random.ts';
import type { StoredFailure } from '../../src/store/contract.ts';
import type { HoldRow } from '../../src/store/history.ts';
import { SIDE_EMPTIED } from '../../src/worker/emptied.ts';
import { ChoiceRefused, resolveHold, type HoldChoice } from '../../src/worker/holds.ts';
import { countedIds } from './counted-ids.ts';
import { Faults } from './faults.ts';
import { CommitWatch } from './oracle/commits.ts';
import { People } from './people.ts';
import { Scheduler, settled } from './scheduler.ts';
import { reviseModel, type WorldShape } from './shape.ts';
import { createMemoryStore, type MemoryStore, type Snapshot } from './store/memory-store.ts';
import { recordKey } from './store/rows.ts';
import { SimulatedSystem } from './system.ts';
import type { Tape } from './tape.ts';
import { SimulatedWorker, type Unit } from './workers.ts';

/** A unit of work that has not ended after so many steps never will. */
const UNIT_STEPS_MAX = 4_000;
/** Work begins in this proportion. */
const CHAOS_UNITS: readonly [Unit, ...Unit[]] = [
  'capture',
  'look',
  'deliver',
  'capture',
  'look',
  'deliver',
  'resolve',
  'reap',
];

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
    const isWritten = [...writesBySide.slots(side)].some(({ row }) => row?.recordId === recordId);
    if ((status !== undefined && status !== 'gone') || isWritten) this.mistakable.add(`${side} ${recordId}`);
  }

  /** One move of the chaos: mostly somebody goes on; sometimes something begins, or goes wrong. */
  async step(): Promise<void> {
    const { tape, scheduler, faults } = this;
    if (faults.strikes('workerKilled')) this.#aWorker()?.kill();
    else if (faults.strikes('workerFrozen')) this.#aWorker()?.freeze(tape.pick('faults', 60_000));
    else if (faults.strikes('backupRestored')) this.#restore();
    if (this.isRecovering) await this.recover();
    // Nothing takes no time at all.
    if (this.shape.isBusy) scheduler.advance(1);
    const kind = tape.pick('schedule', 10);
    const ready = scheduler.readyCount;
    if (ready > 0 && kind < (this.shape.isBusy ? 8 : 7)) await scheduler.resume(this.#placeOf(ready));
    else if (kind === 9 || (ready === 0 && kind % 3 === 0)) {
      scheduler.advance(1 + tape.pick('schedule', this.shape.leapMsMax));
      await settled();
    } else {
      if (this.shape.isBusy && this.shape.sweeps && tape.chance('schedule', 100)) await this.wakeSweeps();
      this.#begin();
      await settled();
    }
  }

  #placeOf(ready: number): number {
    const { tape, shape } = this;
    if (tape.chance('schedule', shape.latestPerMille)) return ready - 1;
    return tape.pick('schedule', Math.min(ready, 6));
  }

  #begin(): void {
    const { tape, shape } = this;
    const waiting = shape.isBusy && tape.pick('schedule', 8) > 0 ? this.#waiting() : [];
    const next = waiting.length === 0 ? undefined : waiting[tape.pick('schedule', waiting.length)];
    if (next !== undefined) {
      this.#aWorker()?.begin(...next);
      return;
    }
    const side = this.#aSide();
    const isSweep = shape.sweeps ? tape.chance('schedule', 60) : tape.chance('schedule', 10);
    const unit = isSweep ? 'sweep' : (CHAOS_UNITS[tape.pick('schedule', CHAOS_UNITS.length)] ?? 'capture');
    this.#aWorker()?.begin(unit, side);
  }

  /** What there is to do, and where. */
  #waiting(): readonly (readonly [Unit, string])[] {
    const { streams } = this.store.tables;
    const behind = [...streams.slots()].flatMap(({ row }): (readonly [Unit, string])[] => {
      if (row?.kind === 'sweep' && row.dueAtMs <= this.scheduler.nowMs) return [['sweep', row.side]];
      if (row?.kind !== 'changes') return [];
      return row.checkpoint === this.systems.get(row.side)?.feedEnd ? [] : [['capture', row.side]];
    });
    const sides = [...this.systems.keys()];
    const units = (['look', 'deliver', 'resolve'] as const).flatMap((unit) =>
      sides.filter((side) => this.#hasWork(unit, side)).map((side): readonly [Unit, string] => [unit, side]),
    );
    return [...behind, ...units];
  }

  #aWorker(): SimulatedWorker | undefined {
    return this.workers[this.tape.pick('schedule', this.workers.length)];
  }

  #aSide(): string {
    const names = [...this.systems.keys()];
    return names[this.tape.pick('schedule', names.length)] ?? '';
  }

  /** The store is put back to an earlier time, as from a backup; every process begins anew. */
  #restore(): void {
    if (this.#backup === null) this.#backup = this.store.snapshot();
    else if (this.restoredOrder === 0) {
      this.restoredOrder = this.#order;
      this.store.restore(this.#backup);
      for (const worker of this.workers) worker.kill();
      this.isRecovering = true;
    }
  }

  /**
   * What an operator does after a restore (`trueup recover`): everything is read again before anything is written, and
   * what is owed then is approved as a plan.
   */
  async recover(): Promise<void> {
    await this.#direct((tx) => tx.beginRevision([...this.systems.keys()]));
    for (const worker of this.workers) worker.observe(true);
    const rates = this.faults.heal();
    for (let round = 0; round < 4; round += 1) {
      await this.cycle(['reap', 'sweep', 'capture', 'look', 'resolve']);
      this.scheduler.advance(40_000);
    }
    for (const worker of this.workers) worker.observe(false);
    for (const { state, side, kind, firstSentAtMs } of this.store.dump().writes)
      if (state === 'queued' && firstSentAtMs === null)
        this.violations.push(`I24: a ${kind} at ${side} may leave, and nobody has approved the plan`);
    await this.#approve();
    this.faults.begin(rates);
    this.isRecovering = false;
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
    for (const unit of units) {
      for (const side of unit === 'reap' ? [''] : this.systems.keys()) {
        if (this.#hasWork(unit, side))
          await this.scheduler.flowing(() => {
            worker?.begin(unit, side);
            return this.#finish();
          });
        // Nothing takes no time at all.
        this.scheduler.advance(1);
      }
    }
  }

  /** Whether there is anything to claim; a worker that asks in vain changes nothing, and costs as much as one that works. */
  #hasWork(unit: Unit, side: string): boolean {
    const { hintsBySide, writesBySide } = this.store.tables;
    const isAny = (states: readonly string[], at: readonly string[]): boolean =>
      at.some((name) => [...writesBySide.slots(name)].some(({ row }) => states.includes(row?.state ?? '')));
    switch (unit) {
      case 'reap':
        return isAny(['sent'], [...this.systems.keys()]);
      case 'look':
        return [...hintsBySide.slots(side)].some(({ row }) => row?.state === 'open');
      case 'resolve':
        return isAny(['unknown'], [side]);
      case 'deliver':
        return isAny(['queued', 'planned'], [side]);
      case 'capture':
      case 'sweep':
        return true;
    }
  }

  /** Whoever approves a plan has seen how many deletes it holds. */
  async #approve(): Promise<void> {
    if (this.store.dump().writes.some(({ state, kind }) => state === 'planned' && kind === 'delete'))
      this.released += 1;
    await this.#direct(async (tx) => tx.approvePlan(await tx.sealPlan(), 'a person'));
  }

  /** What an observing worker planned after the plan was approved waits for the next approval. */
  async approvePlanned(): Promise<void> {
    if (!this.store.dump().writes.some(({ state }) => state === 'planned')) return;
    await this.#approve();
  }

  async wakeSweeps(): Promise<void> {
    for (const side of this.systems.keys()) await this.#direct((tx) => tx.wakeStream(side, 'sweep'));
  }

  /** Somebody changes the policies: a new revision, observed until its plan is approved. */
  async revise(): Promise<void> {
    this.model = reviseModel(this.tape, this.shape.definition);
    for (const worker of this.workers) worker.use(this.model);
    await this.recover();
  }

  /** Somebody lets go one set of what the guard has stopped. */
  async release(): Promise<boolean> {
    const [set] = await this.#direct((tx) => tx.heldWrites());
    if (set === undefined) return false;
    const count = await this.#direct((tx) => tx.releaseHeld(set.side, set.kind, set.hash));
    if (count !== null) this.released += 1;
    return count !== null;
  }

  /** Somebody says of a side whose sweep found no records that this was meant. */
  async sayEmptied(): Promise<boolean> {
    const { streams } = this.store.dump();
    const stream = streams.find(({ failure }) => failure?.code === SIDE_EMPTIED);
    if (stream === undefined) return false;
    await this.#direct((tx) => tx.sayEmptied(stream.side));
    return true;
  }

  /** A person decides about the oldest open hold, if there is one. */
  async decide(): Promise<boolean> {
    const open = await this.#direct((tx) => tx.openHolds(null, 100));
    // Nobody has a record made a second time without looking for the first.
    const holds = open.filter(({ identityId, reason }) => identityId !== null && !NEEDS_A_LOOK.has(reason));
    const [first] = holds;
    const [worker] = this.workers;
    if (first === undefined || worker === undefined) return false;
    const choices = choicesFor(first, [...this.systems.keys()]);
    const choice = choices[this.tape.pick('people', choices.length)] ?? { kind: 'keep' };
    try {
      await this.#through(resolveHold(this.#undisturbed(worker), first, choice, 'a person'));
      this.decided.push({ hold: first, choice, order: this.#order });
      const { row } = this.store.tables.holds.get(first.holdId) ?? { row: null };
      if (row?.closed === null)
        this.violations.push(`I12: a person has answered a hold (${first.reason}), and it is still open`);
    } catch (error) {
      if (!(error instanceof ChoiceRefused)) throw error;
      // That the golden value stays can always be said, but of a key that another thing has by now.
      if (choice.kind === 'keep' && first.field !== 'email')
        this.violations.push(`I12: the answer to a hold (${first.reason}) was refused: ${error.message}`);
      return false;
    }
    return true;
  }

  #undisturbed(worker: SimulatedWorker): SimulatedWorker['runtime'] {
    return { ...worker.runtime, transaction: (action) => this.store.transaction(action) };
  }

  /** A call of somebody who is not a worker; who holds what it waits for goes on meanwhile. */
  async #direct<T>(
    action: (tx: Parameters<Parameters<MemoryStore['transaction']>[0]>[0]) => Promise<T>,
  ): Promise<T> {
    return this.#through(this.store.transaction(action));
  }

  async #through<T>(call: Promise<T>): Promise<T> {
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
    const { hints, writes, streams } = this.store.dump();
    const open = [
      ...hints
        .filter(({ state }) => state === 'open')
        .map(({ dueAtMs, leaseUntilMs }) => Math.max(dueAtMs, leaseUntilMs)),
      ...writes
        .filter(({ state }) => state === 'queued' || state === 'unknown' || state === 'planned')
        .map(({ dueAtMs }) => dueAtMs),
      ...streams.filter((stream) => this.#isPassing(stream)).map(({ dueAtMs }) => dueAtMs),
      ...streams.map(({ leaseUntilMs }) => leaseUntilMs).filter((untilMs) => untilMs > this.scheduler.nowMs),
      ...writes.filter(({ state }) => state === 'sent').map(({ leaseUntilMs }) => leaseUntilMs),
    ];
    return { count: open.length, dueMs: open.length === 0 ? null : Math.min(...open) };
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

/** What only a look into the systems can answer, and an act there. */
const NEEDS_A_LOOK: ReadonlySet<string> = new Set([
  'createOutcomeUnknown',
  'duplicateRecord',
  'ambiguousMatch',
]);

function choicesFor(hold: HoldRow, sides: readonly string[]): readonly HoldChoice[] {
  if (hold.field === null) return [{ kind: 'delete' }, { kind: 'revive' }];
  return [{ kind: 'keep' }, ...sides.map((side) => ({ kind: 'take', side }) as const)];
}
