import { systemClock, type Clock } from '../../src/lib/clock.ts';

/** The machine's clock, put forward on demand: for sessions that must grow old. */
export class ShiftedClock implements Clock {
  #shiftMs = 0;

  shift(byMs: number): void {
    this.#shiftMs += byMs;
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#shiftMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#shiftMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(delayMs, signal);
  }
}
