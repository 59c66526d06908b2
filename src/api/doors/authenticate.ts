/** Finds out who asks: by the cookie of a session or by a token. Decides nothing but that writes of a session are meant. */
import { timingSafeEqual } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';

import { sessionEntrant, tokenEntrant, touchSession } from '../../store/sessions.ts';
import type { ApiEnv, Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { readSessionCookie } from './cookie.ts';
import { csrfTokenOf, sessionKey, tokenKey } from './entry.ts';

/** A session that nobody has used for this long has ended. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** And this long after its beginning however much it is used. */
export const SESSION_LIFE_MS = 7 * 24 * 3_600_000;
const TOUCH_EVERY_MS = 60_000;
export const CSRF_HEADER = 'x-trueup-csrf';
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function authenticate(host: ApiHost, isSecure: boolean): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const principal = (await byToken(context, host)) ?? (await bySession(context, host, isSecure)) ?? null;
    context.set('principal', principal);
    context.set('inWorkspace', (action) => {
      const workspaceNo = principal?.workspaceNo ?? host.workspaceNo;
      return host.database.transaction(workspaceNo, action);
    });
    await next();
  };
}

async function byToken(context: Context<ApiEnv>, host: ApiHost): Promise<Principal | null> {
  const header = context.req.header('authorization');
  if (header === undefined) return null;
  const [, text = ''] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  const key = tokenKey(text);
  const found =
    key === null
      ? null
      : await host.database.transaction(key.workspaceNo, (tx) => tokenEntrant(tx, key.hash, TOUCH_EVERY_MS));
  if (key === null || found === null) {
    throw new ApiProblem('signed_out', {
      detail: 'this token opens nothing here',
      advice: 'It may have expired or been withdrawn. Make a new one in the settings.',
    });
  }
  return { ...found, workspaceNo: key.workspaceNo, csrfToken: null };
}

/** An unknown or ended session is nobody, not an error: the page that asks must be able to say so. */
async function bySession(
  context: Context<ApiEnv>,
  host: ApiHost,
  isSecure: boolean,
): Promise<Principal | null> {
  const key = sessionKey(readSessionCookie(context, isSecure) ?? '');
  if (key === null) return null;
  const found = await host.database.transaction(key.workspaceNo, async (tx) => {
    const entrant = await sessionEntrant(tx, key.hash, SESSION_IDLE_MS);
    if (entrant !== null) await touchSession(tx, key.hash, TOUCH_EVERY_MS);
    return entrant;
  });
  if (found === null) return null;
  const csrfToken = csrfTokenOf(key);
  if (!READING.has(context.req.method)) demandCsrf(context, csrfToken);
  return { ...found, workspaceNo: key.workspaceNo, csrfToken };
}

function demandCsrf(context: Context<ApiEnv>, expected: string): void {
  const given = Buffer.from(context.req.header(CSRF_HEADER) ?? '');
  const wanted = Buffer.from(expected);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new ApiProblem('csrf', {
    detail: `the header ${CSRF_HEADER} is missing or not that of this session`,
    advice: 'Load the page again.',
  });
}
