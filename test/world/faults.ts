/** What can go wrong between Trueup and a system. Which kinds a history knows, and how often each comes, its shape says. */
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { SENT_LEASE_MS } from '../../src/worker/limits.ts';
import type { Tape } from './tape.ts';

/** Those that any history may know. */
export const BROAD_FAULTS = [
  'callRefused',
  'callThrottled',
  'callUnauthorised',
  'requestLost',
  'answerLost',
  'executedLate',
  'writeRefused',
  'batchAnswerLost',
  'executionShuffled',
  'readLags',
  'pageRepeated',
  'pageFailed',
  'listEmpty',
  'listTruncated',
  'listSkips',
  'cursorExpired',
  'hintDropped',
  'hintRepeated',
  'lookFailed',
  'storeLost',
  'storeCollision',
  'workerKilled',
  'workerFrozen',
  'clockSkewed',
  'backupRestored',
] as const;
/** And those that come in swarms only. */
export const FAULTS = [
  ...BROAD_FAULTS,
  'lookBlank',
  'readSlow',
  'requestSlow',
  'answerSlow',
  /** The process stands still, for longer than its lease, just when it sends, has an answer or records one. */
  'senderFrozen',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How often, in a thousand opportunities, each kind comes in this history. */
export type FaultRates = Readonly<Record<Fault, number>>;

export const NO_FAULTS: FaultRates = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<
  Fault,
  number
>;

/** The faults of one history; none any more once it heals. */
export class Faults {
  readonly #tape: Tape;
  readonly #counts = new Map<Fault, number>();
  #rates: FaultRates = NO_FAULTS;
  #areOver = true;

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  strikes(fault: Fault): boolean {
    if (!this.#tape.chance('faults', this.#rates[fault])) return false;
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
    return true;
  }

  pick(count: number): number {
    return this.#tape.pick('faults', count);
  }

  /** Nothing goes wrong now: before the history begins, and once it has healed. */
  get areOver(): boolean {
    return this.#areOver;
  }

  /** From now on nothing goes wrong, until other rates are given. */
  heal(): FaultRates {
    const rates = this.#rates;
    this.#rates = NO_FAULTS;
    this.#areOver = true;
    return rates;
  }

  begin(rates: FaultRates): void {
    this.#rates = rates;
    this.#areOver = false;
  }

  counts(): ReadonlyMap<Fault, number> {
    return this.#counts;
  }
}

/** So long after its lease has ended a sender goes on at the latest: others have just taken over what it was doing. */
const OVERSLEPT_MS_MAX = 6_000;

/** How long a sender stands still: its lease is over when it goes on. */
export function frozenMs(faults: Faults): number {
  return SENT_LEASE_MS + faults.pick(OVERSLEPT_MS_MAX);
}

/** A whole call that did not happen. */
export function refusalOf(faults: Faults): ConnectorFailure | null {
  if (faults.strikes('callRefused')) return new ConnectorFailure(OUTAGE);
  if (faults.strikes('callThrottled')) {
    const waits = [undefined, 0, 2_000, 400_000_000];
    const retryAfterMs = waits[faults.pick(waits.length)];
    const failure: Failure = { kind: 'rateLimited', code: 'world.throttled', message: 'too many requests' };
    return new ConnectorFailure(retryAfterMs === undefined ? failure : { ...failure, retryAfterMs });
  }
  if (faults.strikes('callUnauthorised'))
    return new ConnectorFailure({
      kind: 'auth',
      code: 'world.session_expired',
      message: 'the session has expired',
    });
  return null;
}

export const OUTAGE: Failure = {
  kind: 'transient',
  code: 'world.outage',
  message: 'the system did not answer',
};
export const ANSWER_LOST: Failure = {
  kind: 'unknownOutcome',
  code: 'world.answer_lost',
  message: 'the answer was lost',
};
export const CURSOR_EXPIRED: Failure = {
  kind: 'config',
  code: 'world.cursor_expired',
  message: 'the position is no longer kept',
};
