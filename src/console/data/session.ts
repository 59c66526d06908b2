/** Who is signed in, and what that person may do. */
import { useSuspenseQuery } from '@tanstack/react-query';

import type { Role, SignedIn } from './contract.ts';
import { sessionQuery } from './queries.ts';

const ROLES: readonly Role[] = ['viewer', 'operator', 'approver', 'admin'];

/** The session of the person at the browser; only for what is drawn inside the shell, which nobody else sees. */
export function useSession(): SignedIn {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data.state !== 'signedIn') throw new Error('the shell is drawn for people who are signed in');
  return data;
}

/** Whether the person's role includes this one. The API decides; this only spares people buttons that it would refuse. */
export function useMay(role: Role): boolean {
  const { account } = useSession();
  return ROLES.indexOf(account.role) >= ROLES.indexOf(role);
}
