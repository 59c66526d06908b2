import type { Purpose } from './request.ts';

/**
 * What a system allows a connection, as a bucket of units: requests, cost points, rows.
 * `steady` fills all the time; `window` is full again when its time, counted from the first unit taken, is over.
 * A rolling window, such as 100,000 in any 24 hours, is steady: what was spent comes back bit by bit. Where an answer says that the
 * full bucket holds more or less than this, it fills in proportion.
 */
export interface Limit {
  /** Unique within the connection: `daily`, `search`. */
  readonly name: string;
  /** What the full bucket holds; the most that can be had at once. */
  readonly units: number;
  readonly refill:
    | { readonly kind: 'steady'; readonly unitsPerSecond: number }
    | { readonly kind: 'window'; readonly windowMs: number };
  /** What a request takes that says nothing. 0 for a limit that only some requests are under. */
  readonly costDefault: number;
  /**
   * The share of `units` (0 to 1) that may be spent before a purpose stops; 1 where not said. With `{ sweep: 0.8 }`
   * the last fifth is kept for everything else.
   */
  readonly ceilings?: Ceilings;
}

/** Share of a limit, 0 to 1, beyond which a purpose gets nothing. */
export type Ceilings = Readonly<Partial<Record<Purpose, number>>>;

/** For the quota of a day: what could wait for tomorrow stops first, and people can always look. */
export const DAILY_CEILINGS: Ceilings = { sweep: 0.8, capture: 0.9, delivery: 0.95, resolve: 0.98 };

/** One bucket: a limit of one connection. */
export interface BudgetKey {
  readonly connectionKey: string;
  readonly limit: Limit;
}

/** What somebody wants of a bucket. */
export interface Wish {
  /** Less than this is of no use. More than the bucket can hold is taken as all that it holds. */
  readonly unitsMin: number;
  /** A slice for the requests to come. Cut to what one second brings or a hundredth of the bucket, whichever is more. */
  readonly unitsMax: number;
  readonly purpose: Purpose;
  /** What is left of the slice before, to be put back. */
  readonly unused?: { readonly units: number; readonly lot: number };
}

/** What the system said when it asked for a pause: whoever is kept back by it fails by that. */
export interface PauseReason {
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
}

/** What a store answers to a wish. Times are spans, so that no two machines' clocks are compared. */
export type Grant =
  /** Taken. What is unused after `validMs` must not be used any more, but can be put back; `lot` says where it belongs. */
  | { readonly kind: 'granted'; readonly units: number; readonly validMs: number; readonly lot: number }
  /** Nothing taken. Asking again before `waitMs` is over is in vain. */
  | {
      readonly kind: 'later';
      readonly waitMs: number;
      readonly why: 'spent' | 'paused' | 'ceiling';
      /** Why it is paused, where the system said so. */
      readonly pausedBy?: PauseReason | null;
    };

/** What an answer's headers or body said about a limit. What is no number, because a header was missing, was not said. */
export interface Learned {
  /** What the system says is left. The bucket never holds more than that afterwards. */
  readonly unitsRemaining?: number;
  /** The full bucket, where the system says that it differs from what was configured. */
  readonly unitsMax?: number;
  /** When a window ends. */
  readonly resetsInMs?: number;
}

/** By limit name what an answer said about it, and how many units the request itself really took. */
export type LimitNews = Readonly<Record<string, Learned & { readonly unitsCharged?: number }>>;

/**
 * The buckets of all connections, shared by all workers. Every method is one short transaction; calls for one key act
 * one after the other. `budgetStoreSuite` says what must hold.
 */
export interface BudgetStore {
  reserve(key: BudgetKey, wish: Wish): Promise<Grant>;
  learn(key: BudgetKey, learned: Learned): Promise<void>;
  /** Nobody is granted anything for the next `forMs`, and all are told why. A shorter pause never ends a longer one. */
  pause(key: BudgetKey, forMs: number, by: PauseReason | null): Promise<void>;
}
