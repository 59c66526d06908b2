/** The workers of a run: killed, frozen, out of memory and started again, and never fewer than they should be for long. */
import { join } from 'node:path';

import type { Random } from '../../src/lib/random.ts';
import { exhaust } from './exhaustion.ts';
import { startChild, type Child } from './processes.ts';
import type { WorkerInstructions } from './worker.ts';

/** Many times what it takes to fill a heap, on a machine that is busy with other things. */
const EXHAUST_TIMEOUT_MS = 60_000;

export interface FleetOptions {
  readonly workers: number;
  /** What a worker's heap may grow to. */
  readonly heapMb: number;
  readonly directory: string;
  readonly random: Random;
  readonly given: WorkerInstructions;
  /** A worker ended although nobody had ended it, or in another way than it should. */
  readonly onViolation: (message: string) => void;
}

interface Seat {
  readonly name: string;
  child: Child | null;
  isFrozen: boolean;
  /** While its memory is being filled: resolves when it has ended and another has its seat. */
  exhaustion: Promise<void> | null;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #seats: readonly Seat[];
  readonly #ending = new Set<Child>();
  kills = 0;
  freezes = 0;
  /** Those that V8 has ended. */
  exhausted = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.workers }, (_, index) => ({
      name: `worker-${String(index + 1)}`,
      child: null,
      isFrozen: false,
      exhaustion: null,
    }));
  }

  /** Starts a worker on every free seat, wakes those that are frozen, and waits for those that run out of memory. */
  async fill(): Promise<void> {
    await this.#settled();
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
    if (seat === null || this.#awake().length < 2) return null;
    this.freezes += 1;
    seat.isFrozen = true;
    seat.child?.signal('SIGSTOP');
    return () => this.#thaw(seat);
  }

  /** Fills the memory of one until V8 ends it, while others are killed, and starts another in its place. */
  exhaust(): void {
    const seat = this.#pick();
    if (seat?.child == null) return;
    const { onViolation } = this.#options;
    seat.exhaustion = this.#exhaust(seat, seat.child)
      .catch((error: unknown) => onViolation(`${seat.name} was not replaced: ${String(error)}`))
      .then(() => void (seat.exhaustion = null));
  }

  /** Every worker is gone at once. */
  async killAll(): Promise<void> {
    await this.#settled();
    await Promise.all(this.#seats.map((seat) => this.#end(seat, (child) => child.signal('SIGKILL'))));
  }

  async stop(): Promise<void> {
    await this.#settled();
    await Promise.all(this.#seats.map((seat) => this.#end(seat, (child) => void child.stop())));
  }

  #pick(): Seat | null {
    const awake = this.#awake();
    return awake[Math.floor(this.#options.random.fraction() * awake.length)] ?? null;
  }

  #awake(): readonly Seat[] {
    return this.#seats.filter(
      ({ isFrozen, child, exhaustion }) => !isFrozen && child !== null && exhaustion === null,
    );
  }

  async #settled(): Promise<void> {
    for (const { exhaustion } of this.#seats) await exhaustion;
  }

  async #exhaust(seat: Seat, child: Child): Promise<void> {
    const { onViolation } = this.#options;
    this.#ending.add(child);
    const wrong = await exhaust(child, this.#logOf(seat), EXHAUST_TIMEOUT_MS);
    if (wrong === null) this.exhausted += 1;
    else onViolation(wrong);
    seat.child = null;
    await this.#occupy(seat);
  }

  #logOf({ name }: Seat): string {
    return join(this.#options.directory, `${name}.log`);
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
    const { heapMb, given, onViolation } = this.#options;
    const flags = [`--max-old-space-size=${String(heapMb)}`];
    const child = await startChild(seat.name, './worker.ts', given, this.#logOf(seat), flags);
    seat.child = child;
    child.ended.then((how) => {
      if (this.#ending.delete(child)) return;
      onViolation(`${seat.name} ended by itself: ${how}`);
      if (seat.child === child) seat.child = null;
    }, onViolation);
  }
}
