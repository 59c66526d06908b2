/** What lies between a process and a simulated system: calls that wait, are refused, and take their time. */
import { frozenMs, refusalOf, type Faults } from './faults.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import type { SystemShape } from './system-shape.ts';

const SLOW_MS_MAX = 4_000;

export class Wire {
  /** Calls that have arrived. */
  requests = 0;
  readonly #shape: SystemShape;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;

  constructor(shape: SystemShape, scheduler: Scheduler, faults: Faults) {
    this.#shape = shape;
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  /** Resolves when the call has arrived. */
  async call(owner: Owner, name: string): Promise<void> {
    await this.#scheduler.pause(owner, `${this.#shape.name} ${name}`);
    this.requests += 1;
    const refusal = refusalOf(this.#faults);
    if (refusal !== null) throw refusal;
  }

  /** What a system has said may be on its way for a while, and grows old. */
  async travel(owner: Owner, fault: 'readSlow' | 'requestSlow' | 'answerSlow'): Promise<void> {
    if (this.#faults.strikes(fault)) await this.#scheduler.sleep(owner, 1 + this.#faults.pick(SLOW_MS_MAX));
  }

  /** Others may go on before what has come back is taken in. */
  pause(owner: Owner, what: string): Promise<void> | null {
    return this.#scheduler.pause(owner, `${this.#shape.name} ${what}`);
  }

  mayFreeze(owner: Owner): void {
    if (this.#faults.strikes('senderFrozen')) this.#scheduler.freeze(owner, frozenMs(this.#faults));
  }
}
