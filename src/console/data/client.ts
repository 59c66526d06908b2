/** How long answers stay fresh, what is tried again, and what happens when a session has ended. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { Refusal } from './request.ts';

/** Live updates tell what has changed; this is for what they missed. */
const FRESH_MS = 15_000;
const RETRIES_MAX = 2;

/** One per browser tab. */
export function createClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // What was refused for a reason is refused again; only what did not arrive is worth another try.
        retry: (failures, error) =>
          failures < RETRIES_MAX &&
          (!(error instanceof Refusal) || error.status === 0 || error.status >= 503),
      },
    },
  });
}

/** A session that has ended leads to the door, by a load of its own: nothing that was shown stays in memory. */
function leaveIfSignedOut(error: Error): void {
  if (!(error instanceof Refusal) || error.code !== 'signed_out') return;
  const { pathname, search } = globalThis.location;
  if (pathname !== '/sign-in')
    globalThis.location.assign(`/sign-in?from=${encodeURIComponent(`${pathname}${search}`)}`);
}
