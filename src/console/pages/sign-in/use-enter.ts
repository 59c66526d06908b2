import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';

import type { Json } from '../../../lib/json.ts';
import type { Session } from '../../data/contract.ts';
import { sessionQuery } from '../../data/queries.ts';
import { rememberCsrfToken, write } from '../../data/request.ts';

/** Signs in with the given body at a path that answers with a session, and goes to where the person wanted to be. */
export function useEnter(path: '/session' | '/set-up', from: string | undefined) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (body: Json) => write<Session>('POST', path, body),
    onSuccess: (session) => {
      rememberCsrfToken(session.state === 'signedIn' ? (session.csrfToken ?? '') : '');
      client.setQueryData(sessionQuery.queryKey, session);
      // Only a path of this site: an address from outside must not decide where a sign-in ends.
      router.history.push(from !== undefined && /^\/[^/\\]/.test(from) ? from : '/');
    },
  });
}
