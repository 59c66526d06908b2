import type { Clock } from '../../lib/clock.ts';

/** A time limit that aborts a signal, can be started afresh, and must be ended. */
export class Deadline {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #over = new AbortController();
  #stop = new AbortController();
  #waiting: Promise<void>;
  /** Aborts when the time is over, or any of the caller's signals aborts. */
  readonly signal: AbortSignal;

  constructor(clock: Clock, timeoutMs: number, signals: readonly AbortSignal[]) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.signal = AbortSignal.any([this.#over.signal, ...signals]);
    this.#waiting = this.#wait(this.#stop.signal);
  }

  /** True when it was this limit, not a caller's signal, that aborted. */
  get passed(): boolean {
    return this.#over.signal.aborted;
  }

  /** Gives the whole time again, as after a chunk of a stream. */
  async restart(): Promise<void> {
    await this.end();
    this.#stop = new AbortController();
    this.#waiting = this.#wait(this.#stop.signal);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#waiting;
  }

  async #wait(stop: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#timeoutMs, stop);
    if (!stop.aborted) this.#over.abort();
  }
}
