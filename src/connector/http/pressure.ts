/** Everything that decides when a request may leave: breaker, concurrency, budgets. */
import type { Clock } from '../../lib/clock.ts';
import type { Failure } from '../failure.ts';
import { afterSuccess, afterThrottle, type Concurrency, startConcurrency } from './aimd.ts';
import { afterOutcome, type Breaker, CLOSED, entering } from './breaker.ts';
import type { BudgetStore, Limit, LimitNews, PauseReason } from './budget.ts';
import { Deadline } from './deadline.ts';
import { Gate } from './gate.ts';
import { afterRefusal, afterTaken, type Pace, placed, unpaced } from './pace.ts';
import type { HttpRequest } from './request.ts';
import { type Refused, Slices } from './slices.ts';

/** How often what answers say about a limit goes to the store, unless the limit is nearly reached. */
const LEARN_EVERY_MS = 1_000;
const NEARLY_REACHED = 0.05;
/** Operations have fixed names, so there are few; more than this is a mistake that must not eat the memory. */
const BREAKERS_MAX = 1_000;

/** How a request went, as far as pressure is concerned. */
export type Outcome =
  /** The system worked, whatever it answered. */
  | { readonly kind: 'worked' }
  /** It could not be reached, or failed. */
  | { readonly kind: 'failed' }
  /** It asked for less, by `failure`; `pauseMs` for the limit of that name, or for all of them. `ok`: it worked all the same. */
  | {
      readonly kind: 'throttled';
      readonly pauseMs: number;
      readonly limit: string | null;
      readonly ok: boolean;
      readonly failure: Failure;
    }
  /** Nothing was learned about the system. */
  | { readonly kind: 'none' }
  /** Nor was anything sent, so it cost nothing. */
  | { readonly kind: 'unsent' };

type Throttled = Extract<Outcome, { readonly kind: 'throttled' }>;

/** Why a request may not leave now. */
export type Halt =
  | { readonly kind: 'breaker'; readonly waitMs: number }
  | ({ readonly kind: 'budget'; readonly limit: string } & Refused)
  | { readonly kind: 'crowd' }
  | { readonly kind: 'interrupted' };

/** A request that is out. `leave` must follow, once. */
export interface Turn {
  leave(outcome: Outcome, said?: LimitNews): Promise<void>;
}

/** What pressure stands on. */
export interface PressureOptions {
  readonly connectionKey: string;
  readonly limits: readonly Limit[];
  readonly budgets: BudgetStore;
  readonly clock: Clock;
  readonly concurrency: { readonly start: number; readonly max: number };
  readonly waitMsMax: number;
}

interface Metered {
  readonly limit: Limit;
  readonly slices: Slices;
  learnedAtMs: number;
}

/** The pressure gauge of one connection in one worker; its budgets are shared with all others. */
export class Pressure {
  readonly #options: PressureOptions;
  readonly #metered: readonly Metered[];
  readonly #gate = new Gate(() => this.#concurrency.limit);
  readonly #breakers = new Map<string, Breaker>();
  #concurrency: Concurrency;
  #pace: Pace;
  #pausedUntilMs = 0;
  #pausedBy: PauseReason | null = null;

  constructor(options: PressureOptions) {
    const { limits, budgets, connectionKey, clock, concurrency } = options;
    this.#options = options;
    this.#concurrency = startConcurrency(concurrency.start, concurrency.max);
    this.#pace = unpaced(clock.monotonicMs());
    this.#metered = limits.map((limit) => ({
      limit,
      slices: new Slices(budgets, connectionKey, limit, clock),
      learnedAtMs: -Infinity,
    }));
  }

  /** Waits for its turn, at most `waitMsMax`. */
  async enter(request: HttpRequest): Promise<Turn | Halt> {
    const untilMs = this.#options.clock.monotonicMs() + this.#options.waitMsMax;
    const taken: (() => void)[] = [];
    // Budgets first: what waits for units must not stand in the way of what needs none.
    const halt =
      (await this.#paced(request, untilMs)) ??
      (await this.#budget(request, untilMs, taken)) ??
      (await this.#inside(request, untilMs));
    if (halt !== null) {
      for (const giveBack of taken) giveBack();
      return request.signal.aborted ? { kind: 'interrupted' } : halt;
    }
    const { epoch } = this.#concurrency;
    return {
      leave: async (outcome, said) => {
        if (outcome.kind === 'unsent') for (const giveBack of taken) giveBack();
        await this.#leave(request, epoch, outcome, said ?? {});
      },
    };
  }

  async close(): Promise<void> {
    for (const { slices } of this.#metered) await slices.close();
  }

  /** A pause that began while it waited at the gate is sat out outside: who was let in would be refused with the others. */
  async #inside(request: HttpRequest, untilMs: number): Promise<Halt | null> {
    while (await this.#throughGate(request, untilMs)) {
      if (!this.#isPaused()) return this.#pastBreaker(request.operation);
      this.#gate.leave();
      const halt = await this.#paced(request, untilMs);
      if (halt !== null) return halt;
    }
    return { kind: 'crowd' };
  }

  async #throughGate({ purpose, signal }: HttpRequest, untilMs: number): Promise<boolean> {
    if (this.#gate.tryEnter()) return true;
    const { clock } = this.#options;
    const patience = new Deadline(clock, Math.max(0, untilMs - clock.monotonicMs()), [signal]);
    const inside = await this.#gate.enter(purpose, patience.signal);
    await patience.end();
    return inside;
  }

  /** Last of all, so that the breaker's one probe is a request that really leaves. */
  #pastBreaker(operation: string): Halt | null {
    const nowMs = this.#options.clock.monotonicMs();
    const { waitMs, next } = entering(this.#breakers.get(operation) ?? CLOSED, nowMs);
    this.#breakers.set(operation, next);
    if (waitMs === null) return null;
    this.#gate.leave();
    return { kind: 'breaker', waitMs };
  }

  async #budget(request: HttpRequest, untilMs: number, taken: (() => void)[]): Promise<Halt | null> {
    for (const { limit, slices } of this.#metered) {
      const units = costOf(request, limit);
      if (units <= 0) continue;
      const refused = await slices.take(units, request.purpose, untilMs, request.signal);
      if (refused !== null) return { kind: 'budget', limit: limit.name, ...refused };
      taken.push(() => slices.refund(units, request.purpose));
    }
    return null;
  }

  #isPaused(): boolean {
    return this.#pausedUntilMs > this.#options.clock.monotonicMs();
  }

  /**
   * Waits for the end of a pause and for a place in the pace. Both hold at once in this worker, whatever limits it has;
   * other workers meet the pause in the store where there is a limit, and find their own pace.
   */
  async #paced({ purpose, signal }: HttpRequest, untilMs: number): Promise<Halt | null> {
    const { clock } = this.#options;
    for (;;) {
      const nowMs = clock.monotonicMs();
      const earliestMs = Math.max(this.#pausedUntilMs, nowMs);
      const { atMs: placeMs, next } = placed(this.#pace, earliestMs);
      // People are few: they take a place and do not queue for it.
      const atMs = purpose === 'person' ? earliestMs : placeMs;
      const waitMs = atMs - nowMs;
      if (atMs > untilMs)
        return { kind: 'budget', limit: 'all', waitMs, why: 'paused', pausedBy: this.#pausedBy };
      this.#pace = next;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      if (signal.aborted) return { kind: 'interrupted' };
      // A pause that began meanwhile moves the place back.
      if (!this.#isPaused()) return null;
    }
  }

  async #leave(request: HttpRequest, epoch: number, outcome: Outcome, said: LimitNews): Promise<void> {
    this.#adapt(request.operation, epoch, outcome);
    this.#gate.leave();
    for (const metered of this.#metered) await this.#learn(metered, request, said[metered.limit.name]);
    if (outcome.kind === 'throttled') await this.#pause(outcome);
  }

  #adapt(operation: string, epoch: number, outcome: Outcome): void {
    if (outcome.kind === 'worked') {
      this.#concurrency = afterSuccess(this.#concurrency);
      this.#pace = afterTaken(this.#pace, this.#options.clock.monotonicMs());
    }
    if (outcome.kind === 'throttled') this.#concurrency = afterThrottle(this.#concurrency, epoch);
    if (outcome.kind === 'none' || outcome.kind === 'unsent') return;
    if (this.#breakers.size > BREAKERS_MAX) this.#breakers.clear();
    const before = this.#breakers.get(operation) ?? CLOSED;
    const nowMs = this.#options.clock.monotonicMs();
    const ok = outcome.kind === 'throttled' ? outcome.ok : outcome.kind === 'worked';
    this.#breakers.set(operation, afterOutcome(before, ok, nowMs));
  }

  async #learn(metered: Metered, request: HttpRequest, said: LimitNews[string] | undefined): Promise<void> {
    if (said === undefined) return;
    const { limit, slices } = metered;
    const { unitsCharged, ...news } = numbersOf(said);
    if (unitsCharged !== undefined)
      slices.refund(Math.max(0, costOf(request, limit) - unitsCharged), request.purpose);
    if (news.unitsRemaining !== undefined) slices.shrink(news.unitsRemaining);
    const nowMs = this.#options.clock.monotonicMs();
    const near = (news.unitsRemaining ?? limit.units) <= limit.units * NEARLY_REACHED;
    if (!near && nowMs < metered.learnedAtMs + LEARN_EVERY_MS) return;
    metered.learnedAtMs = nowMs;
    await this.#options.budgets.learn({ connectionKey: this.#options.connectionKey, limit }, news);
  }

  async #pause({ pauseMs: forMs, limit: name, failure }: Throttled): Promise<void> {
    const { budgets, clock, connectionKey } = this.#options;
    const named = this.#metered.filter(({ limit }) => limit.name === name);
    // A limit that we know by name holds up only who needs it.
    if (named.length === 0) {
      const nowMs = clock.monotonicMs();
      // Requests that were out with the one that was refused first tell nothing new.
      if (failure.kind === 'rateLimited' && !this.#isPaused())
        this.#pace = afterRefusal(this.#pace, nowMs, forMs);
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + forMs);
      this.#pausedBy = reasonOf(failure);
    }
    for (const { limit, slices } of named.length === 0 ? this.#metered : named) {
      slices.shrink(0);
      await budgets.pause({ connectionKey, limit }, forMs, reasonOf(failure));
    }
  }
}

/** Whoever is kept back fails by it only where that costs no tries: nothing was sent that could count as one. */
function reasonOf({ kind, code, message, advice }: Failure): PauseReason | null {
  if (kind !== 'rateLimited') return null;
  return { code, message, ...(advice === undefined ? {} : { advice }) };
}

/** A header that is missing or odd becomes NaN in a reader, and must not become a bucket without a bottom. */
function numbersOf(said: LimitNews[string]): LimitNews[string] {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => Number.isFinite(value)));
}

function costOf(request: HttpRequest, limit: Limit): number {
  return request.cost?.[limit.name] ?? limit.costDefault;
}
