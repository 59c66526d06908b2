/** The workers of a run: killed, frozen and started again, and never fewer than they should be for long. */
import { join } from 'node:path';

import type { Random } from '../../src/lib/random.ts';
import { startChild, type Child } from './processes.ts';
import type { WorkerInstructions } from './worker.ts';

export interface FleetOptions {
  readonly workers: number;
  readonly directory: string;
  readonly random: Random;
  readonly given: WorkerInstructions;
  /** A worker ended although nobody had ended it. */
  readonly onViolation: (message: string) => void;
}

interface Seat {
  readonly name: string;
  child: Child | null;
  isFrozen: boolean;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #seats: readonly Seat[];
  readonly #ending = new Set<Child>();
  kills = 0;
  freezes = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.workers }, (_, index) => ({
      name: `worker-${String(index + 1)}`,
      child: null,
      isFrozen: false,
    }));
  }

  /** Starts a worker on every free seat, and wakes those that are frozen. */
  async fill(): Promise<void> {
    for (const seat of this.#seats) {
      this.#thaw(seat);
      await this.#occupy(seat);
    }
  }

  /** Kills one, and starts another in its place. */
  async kill(): Promise<void> {
    const seat = this.#pick();
    if (seat === null) return;
    this.kills += 1;
    await this.#end(seat, (child) => child.signal('SIGKILL'));
    await this.#occupy(seat);
  }

  /** Stops one in the middle of whatever it does; returns what lets it go on, or null when none can be spared. */
  freeze(): (() => void) | null {
    const seat = this.#pick();
    if (seat === null || this.#seats.filter(({ isFrozen }) => !isFrozen).length < 2) return null;
    this.freezes += 1;
    seat.isFrozen = true;
    seat.child?.signal('SIGSTOP');
    return () => this.#thaw(seat);
  }

  /** Every worker is gone at once. */
  async killAll(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => this.#end(seat, (child) => child.signal('SIGKILL'))));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => this.#end(seat, (child) => void child.stop())));
  }

  #pick(): Seat | null {
    const awake = this.#seats.filter(({ isFrozen, child }) => !isFrozen && child !== null);
    return awake[Math.floor(this.#options.random.fraction() * awake.length)] ?? null;
  }

  #thaw(seat: Seat): void {
    if (!seat.isFrozen) return;
    seat.isFrozen = false;
    seat.child?.signal('SIGCONT');
  }

  async #end(seat: Seat, how: (child: Child) => void): Promise<void> {
    const { child } = seat;
    if (child === null) return;
    seat.child = null;
    seat.isFrozen = false;
    this.#ending.add(child);
    how(child);
    await child.ended;
  }

  /** A worker that ends by itself leaves its seat free until the next is killed: the violation is told. */
  async #occupy(seat: Seat): Promise<void> {
    if (seat.child !== null) return;
    const { directory, given, onViolation } = this.#options;
    const child = await startChild(seat.name, './worker.ts', given, join(directory, `${seat.name}.log`));
    seat.child = child;
    child.ended.then((how) => {
      if (this.#ending.delete(child)) return;
      onViolation(`${seat.name} ended by itself: ${how}`);
      if (seat.child === child) seat.child = null;
    }, onViolation);
  }
}
