/** How long answers stay fresh, what is tried again, and what happens when a session has ended. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { sessionQuery } from './queries.ts';
import { Refusal } from './request.ts';

/** Live updates tell what has changed; this is for what they missed. */
const FRESH_MS = 15_000;
const RETRIES_MAX = 2;

/** One per browser tab. An answer "signed out" to anything makes the session unknown, and the router asks anew. */
export function createClient(): QueryClient {
  const forgetSession = (error: Error): void => {
    if (error instanceof Refusal && error.code === 'signed_out')
      client.setQueryData(sessionQuery.queryKey, { state: 'signedOut' });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: forgetSession }),
    mutationCache: new MutationCache({ onError: forgetSession }),
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
  return client;
}
