import type { Clock } from '../../lib/clock.ts';
import type { BudgetKey, BudgetStore, Grant, Limit, PauseReason } from './budget.ts';
import type { Purpose } from './request.ts';

/** Why a request got no units in time, and when to come again. */
export interface Refused {
  readonly waitMs: number;
  readonly why: 'spent' | 'paused' | 'ceiling';
  /** What the system said when it asked for the pause; null for none, or where it did not say. */
  readonly pausedBy: PauseReason | null;
}

interface Slice {
  units: number;
  lot: number;
  validUntilMs: number;
  /** How much to ask for: doubles while slices are used up, halves while they are not. */
  appetite: number;
}

/**
 * This worker's part of one limit, cut off the shared bucket a slice at a time, so that a store is asked about once a
 * second and not once a request. One for each purpose, because their ceilings differ.
 */
export class Slices {
  readonly #store: BudgetStore;
  readonly #key: BudgetKey;
  readonly #clock: Clock;
  readonly #slices = new Map<Purpose, Slice>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: BudgetStore, connectionKey: string, limit: Limit, clock: Clock) {
    this.#store = store;
    this.#key = { connectionKey, limit };
    this.#clock = clock;
  }

  /** Takes the units, waiting for them until `untilMs` of the monotonic clock; null when they were had. */
  async take(units: number, purpose: Purpose, untilMs: number, signal: AbortSignal): Promise<Refused | null> {
    if (this.#takeLocal(units, purpose)) return null;
    for (;;) {
      const grant = await this.#inTurn(() => this.#refill(units, purpose));
      if (grant.kind === 'granted') return null;
      const nowMs = this.#clock.monotonicMs();
      if (signal.aborted || nowMs + grant.waitMs > untilMs) {
        const { waitMs, why, pausedBy = null } = grant;
        return { waitMs, why, pausedBy };
      }
      await this.#clock.sleep(Math.max(1, grant.waitMs), signal);
    }
  }

  /** Units that a request turned out not to need. */
  refund(units: number, purpose: Purpose): void {
    const slice = this.#slices.get(purpose);
    if (slice !== undefined) slice.units += units;
  }

  /** Nothing more from what is already cut off: the system said stop, or that less is left than we thought. */
  shrink(unitsMax: number): void {
    for (const slice of this.#slices.values()) slice.units = Math.min(slice.units, unitsMax);
  }

  /** Puts back what is not used. */
  async close(): Promise<void> {
    for (const [purpose, slice] of this.#slices) {
      const unused = { units: slice.units, lot: slice.lot };
      slice.units = 0;
      if (unused.units > 0)
        await this.#store.reserve(this.#key, { unitsMin: 0, unitsMax: 0, purpose, unused });
    }
  }

  #takeLocal(units: number, purpose: Purpose): boolean {
    const slice = this.#slices.get(purpose);
    if (slice === undefined || slice.units < units || this.#clock.monotonicMs() >= slice.validUntilMs)
      return false;
    slice.units -= units;
    return true;
  }

  async #refill(units: number, purpose: Purpose): Promise<Grant> {
    // Whoever waited for this turn may find that the one before brought enough for both.
    if (this.#takeLocal(units, purpose)) return { kind: 'granted', units, validMs: 0, lot: 0 };
    const old = this.#slices.get(purpose) ?? { units: 0, lot: 0, validUntilMs: 0, appetite: 1 };
    const usedUp = this.#clock.monotonicMs() < old.validUntilMs;
    const appetite = Math.max(units, usedUp ? old.appetite * 2 : old.appetite / 2);
    const unused = { units: old.units, lot: old.lot };
    old.units = 0;
    const grant = await this.#store.reserve(this.#key, {
      unitsMin: units,
      unitsMax: appetite,
      purpose,
      unused,
    });
    if (grant.kind === 'later') return grant;
    this.#slices.set(purpose, {
      units: Math.max(0, grant.units - units),
      lot: grant.lot,
      validUntilMs: this.#clock.monotonicMs() + grant.validMs,
      appetite: Math.min(appetite, Math.max(1, grant.units)),
    });
    return grant;
  }

  /** One conversation with the store at a time. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }
}
