/** The moves of the chaos: mostly somebody goes on; sometimes something begins, or goes wrong. */
import { recover } from './operators.ts';
import { settled } from './scheduler.ts';
import { waitingWork, type Work } from './work.ts';
import type { SimulatedWorker, Unit } from './workers.ts';
import type { World } from './world.ts';

/** Work begins in this proportion. */
const UNITS: readonly [Unit, ...Unit[]] = [
  'capture',
  'look',
  'deliver',
  'capture',
  'look',
  'deliver',
  'resolve',
  'reap',
];
/** Of a thousand beginnings in a ranked history, how many follow the ranks, and after how many the one that was first is last. */
const RANKED_PER_MILLE = 850;
const DEMOTED_PER_MILLE = 60;
const RANKS = 1_000;

export class Chaos {
  readonly #world: World;
  /** What comes first among the work that waits; what is low has to wait for long while all else goes on. */
  readonly #ranks = new Map<string, number>();
  #lowest = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Not `async`, like all that a history does thousands of times: a promise more costs more than the choice it is for. */
  step(): Promise<void> {
    const { tape, faults } = this.#world;
    if (faults.strikes('workerKilled')) this.#aWorker()?.kill();
    else if (faults.strikes('workerFrozen')) this.#aWorker()?.freeze(tape.pick('faults', 60_000));
    else if (faults.strikes('backupRestored')) this.#world.restore();
    return this.#world.isRecovering ? recover(this.#world.all).then(() => this.#move()) : this.#move();
  }

  #move(): Promise<void> {
    const { tape, scheduler, shape } = this.#world;
    // Nothing takes no time at all.
    if (shape.isBusy) scheduler.advance(1);
    const kind = tape.pick('schedule', 10);
    const ready = scheduler.readyCount;
    if (ready > 0 && kind < (shape.isBusy ? 8 : 7)) return scheduler.resume(this.#placeOf(ready));
    if (kind === 9 || (ready === 0 && kind % 3 === 0)) {
      scheduler.advance(1 + tape.pick('schedule', shape.leapMsMax));
      return settled();
    }
    const wakes = shape.isBusy && shape.sweeps && tape.chance('schedule', 100);
    return wakes ? this.#world.wakeSweeps().then(() => this.#begin()) : this.#begin();
  }

  #placeOf(ready: number): number {
    const { tape, shape } = this.#world;
    if (tape.chance('schedule', shape.latestPerMille)) return ready - 1;
    return tape.pick('schedule', Math.min(ready, 6));
  }

  #begin(): Promise<void> {
    this.#beginWork();
    return settled();
  }

  #beginWork(): void {
    const { tape, shape, store, systems, scheduler } = this.#world;
    const isAimed = shape.isBusy && tape.pick('schedule', 8) > 0;
    const waiting = isAimed ? waitingWork(store.tables, systems, scheduler.nowMs) : [];
    const next = this.#next(waiting);
    if (next !== undefined) {
      this.#aWorker()?.begin(...next);
      return;
    }
    const side = this.#aSide();
    const isSweep = shape.sweeps ? tape.chance('schedule', 60) : tape.chance('schedule', 10);
    const unit = isSweep ? 'sweep' : (UNITS[tape.pick('schedule', UNITS.length)] ?? 'capture');
    this.#aWorker()?.begin(unit, side);
  }

  #next(waiting: readonly Work[]): Work | undefined {
    const { tape, shape } = this.#world;
    if (waiting.length === 0) return undefined;
    if (!shape.isRanked || !tape.chance('schedule', RANKED_PER_MILLE))
      return waiting[tape.pick('schedule', waiting.length)];
    const ranked = waiting.map((work) => ({ work, rank: this.#rankOf(work) }));
    const highest = Math.max(...ranked.map(({ rank }) => rank));
    const first = ranked.find(({ rank }) => rank === highest)?.work;
    if (first !== undefined && tape.chance('schedule', DEMOTED_PER_MILLE))
      this.#ranks.set(first.join(' '), (this.#lowest -= 1));
    return first;
  }

  /** Set by the history, or drawn when the work is first met. */
  #rankOf(work: Work): number {
    const key = work.join(' ');
    const known = this.#ranks.get(key);
    if (known !== undefined) return known;
    const { tape, shape } = this.#world;
    const place = shape.order.indexOf(key);
    const rank = place < 0 ? tape.pick('schedule', RANKS) : RANKS + shape.order.length - place;
    this.#ranks.set(key, rank);
    return rank;
  }

  #aWorker(): SimulatedWorker | undefined {
    const { tape, workers } = this.#world;
    return workers[tape.pick('schedule', workers.length)];
  }

  #aSide(): string {
    const names = [...this.#world.systems.keys()];
    return names[this.#world.tape.pick('schedule', names.length)] ?? '';
  }
}
