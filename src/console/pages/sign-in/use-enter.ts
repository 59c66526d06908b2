import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';

import type { Session } from '../../data/contract.ts';
import { sessionQuery } from '../../data/queries.ts';
import { rememberCsrfToken } from '../../data/request.ts';

/** Does what gives a session, and goes to where the person wanted to be. */
export function useEnter<Given>(enter: (given: Given) => Promise<Session>, from: string | undefined) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: enter,
    onSuccess: (session) => {
      rememberCsrfToken(session.state === 'signedIn' ? (session.csrfToken ?? '') : '');
      client.setQueryData(sessionQuery.queryKey, session);
      // Only a path of this site: an address from outside must not decide where a sign-in ends.
      router.history.push(from !== undefined && /^\/[^/\\]/.test(from) ? from : '/');
    },
  });
}
