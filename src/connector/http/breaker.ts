/** When to leave a system alone. Times are of one monotonic clock, in milliseconds. */
export interface BreakerPolicy {
  /** How many of the last outcomes are looked at. */
  readonly outcomesMax: number;
  /** Fewer than this say nothing. */
  readonly outcomesMin: number;
  /** The share of failures among them that opens it, 0 to 1. */
  readonly failureShare: number;
  /** How long it stays open at first; doubles with every probe that fails. */
  readonly openMs: number;
  readonly openMsMax: number;
}

/** Half of the last twenty, five at least; then 5 seconds, up to 5 minutes. */
export const BREAKER_POLICY: BreakerPolicy = {
  outcomesMax: 20,
  outcomesMin: 5,
  failureShare: 0.5,
  openMs: 5_000,
  openMsMax: 300_000,
};

/** `closed`: requests pass. `open`: none does until `untilMs`. `probing`: one has been let through and is still out. */
export type Breaker =
  | { readonly kind: 'closed'; readonly outcomes: readonly boolean[] }
  | { readonly kind: 'open'; readonly untilMs: number; readonly openMs: number }
  | { readonly kind: 'probing'; readonly openMs: number; readonly sinceMs: number };

/** No outcomes yet. */
export const CLOSED: Breaker = { kind: 'closed', outcomes: [] };

/** How long to stay away, or null and the state to go on with when the request may leave. */
export function entering(
  breaker: Breaker,
  nowMs: number,
): { readonly waitMs: number | null; readonly next: Breaker } {
  if (breaker.kind === 'closed') return { waitMs: null, next: breaker };
  // A probe that never came back must not keep the door shut for ever.
  const openUntilMs = breaker.kind === 'open' ? breaker.untilMs : breaker.sinceMs + breaker.openMs;
  if (nowMs < openUntilMs) return { waitMs: openUntilMs - nowMs, next: breaker };
  return { waitMs: null, next: { kind: 'probing', openMs: breaker.openMs, sinceMs: nowMs } };
}

/** `ok`: the system worked, whatever it answered. A late outcome of the time before it opened changes nothing. */
export function afterOutcome(
  breaker: Breaker,
  ok: boolean,
  nowMs: number,
  policy: BreakerPolicy = BREAKER_POLICY,
): Breaker {
  if (breaker.kind === 'open') return breaker;
  if (breaker.kind === 'probing') {
    if (ok) return CLOSED;
    const openMs = Math.min(policy.openMsMax, breaker.openMs * 2);
    return { kind: 'open', untilMs: nowMs + openMs, openMs };
  }
  const outcomes = [...breaker.outcomes, ok].slice(-policy.outcomesMax);
  const failed = outcomes.filter((outcome) => !outcome).length;
  const opens = outcomes.length >= policy.outcomesMin && failed >= outcomes.length * policy.failureShare;
  return opens
    ? { kind: 'open', untilMs: nowMs + policy.openMs, openMs: policy.openMs }
    : { kind: 'closed', outcomes };
}
