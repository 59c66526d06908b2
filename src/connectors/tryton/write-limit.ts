/** How long a call of `write` goes on sending. */
import type { Clock } from '../../lib/clock.ts';
import type { Asking, TrytonClient } from './client.ts';

/**
 * No request of a call begins once the call has lasted this long. At worst a worker calls 10 s after its decision; the last
 * request then begins at 40 s, when the worker's lease ends, and is given up at 70 s. Whoever takes over may find that a create
 * has not landed after the lease and `executionMaxMs`, less the 30 s of one request. So this limit is part of `executionMaxMs`:
 * that is at 100 s, and Tryton has had a minute for the last request.
 *
 * The first write is no exception. The looks before it, each of which may take a minute, count as well, and a server so slow
 * that they take all of this is one to be left alone for a while.
 */
export const CALL_MS = 30_000;

/** The client for one call of `write`, which begins now. What would begin too late ⇒ failure `tryton.not_sent`. */
export function withinCall(client: TrytonClient, clock: Clock): Asking {
  const beginByMs = clock.monotonicMs() + CALL_MS;
  return {
    get userId() {
      return client.userId;
    },
    model: (model, method, args, options) => client.model(model, method, args, { ...options, beginByMs }),
  };
}
