import { unreachable } from '../../lib/assert.ts';
import { ConnectorFailure } from '../failure.ts';
import type { Halt } from './pressure.ts';

const CROWD_WAIT_MS = 5_000;

/** The failure of a request that was kept back by ourselves. Nothing was sent. */
export function failureOfHalt(halt: Halt, system: string, title: string): ConnectorFailure {
  switch (halt.kind) {
    case 'breaker':
      return new ConnectorFailure({
        kind: 'transient',
        code: `${system}.left_alone`,
        message: `${title} failed repeatedly and is left alone for a while; nothing was sent`,
        advice: 'Nothing needs to be done: it is tried again by itself.',
        retryAfterMs: Math.ceil(halt.waitMs),
      });
    case 'interrupted':
      return new ConnectorFailure({
        kind: 'transient',
        code: `${system}.interrupted`,
        message: `A request to ${title} was interrupted while it waited for its turn; nothing was sent`,
      });
    case 'crowd':
      return new ConnectorFailure({
        kind: 'rateLimited',
        code: `${system}.too_many_at_once`,
        message: `${title} has as many requests running as it takes; nothing was sent`,
        retryAfterMs: CROWD_WAIT_MS,
      });
    case 'budget':
      // What is kept back for a limit fails by that limit: under another name it would look like a second cause.
      if (halt.why === 'paused' && halt.pausedBy !== null)
        return new ConnectorFailure({
          kind: 'rateLimited',
          ...halt.pausedBy,
          retryAfterMs: Math.ceil(halt.waitMs),
        });
      return new ConnectorFailure({
        kind: 'rateLimited',
        code: `${system}.budget_${halt.why}`,
        message: `${title}'s limit "${halt.limit}" ${REASONS[halt.why]}; nothing was sent`,
        ...(halt.why === 'ceiling'
          ? { advice: 'Wait until the limit recovers, read less often, or have it raised by the vendor.' }
          : {}),
        retryAfterMs: Math.ceil(halt.waitMs),
      });
    default:
      return unreachable(halt);
  }
}

const REASONS = {
  spent: 'is used up for the moment',
  paused: 'was reached, and the system asked for a pause',
  ceiling: 'is nearly used up, and what is left is kept for more urgent requests',
} as const;
