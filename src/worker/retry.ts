/** What follows from a failed try of a write: one table, by failure kind, for every connector. */
import type { Failure } from '../connector/failure.ts';
import { unreachable } from '../lib/assert.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Random } from '../lib/random.ts';
import { UNEXPECTED } from './failures.ts';
import {
  OUTAGE_RETRY_BASE_MS,
  OUTAGE_RETRY_CAP_MS,
  RETRY_AFTER_MAX_MS,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
  WRITE_TRIES_MAX,
} from './limits.ts';

/** Send again later. `lookFirst`: the record must be read before that. */
interface Again {
  readonly kind: 'again';
  readonly dueInMs: number;
  readonly countsAttempt: boolean;
  readonly lookFirst: boolean;
}

export type Next = Again | { readonly kind: 'resolve' } | { readonly kind: 'bury' };

/** A precondition that fails this often is not bad luck: version and record disagree for some other reason. */
const PRECONDITION_TRIES_MAX = 20;
/**
 * The re-read that follows a failed precondition plans again at once. Where it fails for a while, all tries with what is known so
 * far are in vain: they grow rarer, so that they are not over before it.
 */
const PRECONDITION_WAIT_MS = 250;
const PRECONDITION_WAIT_MAX_MS = 60_000;

/** The code of a failure that is nobody's: nothing was sent, and the write leaves with the next batch. */
export const PUT_BACK = 'trueup.put_back';

export function nextAfter(failure: Failure, attempts: number, random: Random): Next {
  switch (failure.kind) {
    case 'unknownOutcome':
      return { kind: 'resolve' };
    case 'invalid':
    case 'permanent':
      // The same values would be refused again; another edit makes it another write.
      return { kind: 'bury' };
    case 'precondition':
      return attempts + 1 >= PRECONDITION_TRIES_MAX
        ? { kind: 'bury' }
        : { kind: 'again', dueInMs: staleWaitMs(attempts, random), countsAttempt: true, lookFirst: true };
    case 'rateLimited':
    case 'auth':
    case 'config':
      return outage(failure, random);
    case 'transient':
      if (failure.code === PUT_BACK) return AT_ONCE;
      if (failure.code === UNEXPECTED) return own(attempts, random);
      return outage(failure, random);
    default:
      return unreachable(failure.kind);
  }
}

/** Nothing was sent, or what was sent did not happen, and that is the record's fault in no way. */
export const AT_ONCE: Again = { kind: 'again', dueInMs: 0, countsAttempt: false, lookFirst: false };

/** A write that did not happen, and whose try broke by a fault of ours: such tries grow rarer, and they end. */
export function nextAfterBroken(attempts: number, random: Random): Again | { readonly kind: 'bury' } {
  if (attempts >= WRITE_TRIES_MAX) return { kind: 'bury' };
  return { ...AT_ONCE, dueInMs: backoffMs(attempts, RETRY_BASE_MS, RETRY_CAP_MS, random) };
}

function staleWaitMs(attempts: number, random: Random): number {
  return backoffMs(attempts + 1, PRECONDITION_WAIT_MS, PRECONDITION_WAIT_MAX_MS, random);
}

/** The connection is at fault, not the record: waiting costs the record no attempt. */
function outage(failure: Failure, random: Random): Next {
  const dueInMs = outageWaitMs(failure, 3, random);
  return { kind: 'again', dueInMs, countsAttempt: false, lookFirst: false };
}

/** How long to leave a system alone: as it asks, within reason, or longer with every attempt. */
export function outageWaitMs(failure: Failure, attempt: number, random: Random): number {
  if (failure.retryAfterMs !== undefined) return Math.min(failure.retryAfterMs, RETRY_AFTER_MAX_MS);
  return backoffMs(attempt, OUTAGE_RETRY_BASE_MS, OUTAGE_RETRY_CAP_MS, random);
}

function own(attempts: number, random: Random): Next {
  if (attempts + 1 >= WRITE_TRIES_MAX) return { kind: 'bury' };
  const dueInMs = backoffMs(attempts + 1, RETRY_BASE_MS, RETRY_CAP_MS, random);
  return { kind: 'again', dueInMs, countsAttempt: true, lookFirst: false };
}
