/** What a request knows once it has come through the doors. */
import type { MiddlewareHandler } from 'hono';

import type { Role } from '../store/accounts.ts';
import type { Tx } from '../store/database.ts';
import type { Entrant } from '../store/sessions.ts';
import { ApiProblem } from './problem.ts';

/** Who asks, in which workspace. */
export interface Principal extends Entrant {
  readonly workspaceNo: number;
  /** For a session, what its writes must carry. */
  readonly csrfToken: string | null;
}

export interface ApiEnv {
  Variables: {
    principal: Principal | null;
    /** The answer holds a secret that must not be kept anywhere. */
    isShownOnce: true | undefined;
    /** One transaction in the workspace of whoever asks. */
    inWorkspace: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;
  };
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, approver: 2, admin: 3 };

export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const satisfies readonly Role[];

export function mayActAs(principal: Principal, role: Role): boolean {
  const isScoped = principal.scopes === null || principal.scopes.some((scope) => reaches(scope, role));
  return RANK[principal.role] >= RANK[role] && isScoped;
}

/** A scope is named like the role up to which it goes. */
function reaches(scope: string, role: Role): boolean {
  return (ROLES as readonly string[]).includes(scope) && RANK[scope as Role] >= RANK[role];
}

/** The part of a route's declaration that says who may ask; the document shows it, and the middleware keeps to it. */
export function needs(role: Role): {
  readonly 'x-role': Role;
  readonly security: { session?: string[]; token?: string[] }[];
  readonly middleware: MiddlewareHandler<ApiEnv>;
} {
  return {
    'x-role': role,
    security: [{ session: [] }, { token: [] }],
    middleware: async (context, next) => {
      const principal = principalOf(context.get('principal'));
      if (!mayActAs(principal, role))
        throw new ApiProblem('forbidden', {
          detail: `this needs the role ${role}`,
          advice: 'Ask an admin of this workspace for the role, or for a token with that scope.',
        });
      await next();
    },
  };
}

/** The part of a route's declaration that lets anybody ask. */
export const OPEN: {
  readonly 'x-role': 'anyone';
  readonly security: { readonly [name: string]: string[] }[];
} = {
  'x-role': 'anyone',
  security: [],
};

export function principalOf(principal: Principal | null): Principal {
  if (principal === null)
    throw new ApiProblem('signed_out', { advice: 'Sign in, or send a token: Authorization: Bearer …' });
  return principal;
}
