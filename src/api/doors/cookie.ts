/** The cookie of a session: out of reach of scripts, of other sites and, over TLS, of other hosts and paths. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

const NAME = 'trueup_session';

/** Over TLS the browser itself keeps to the `__Host-` rules; plain HTTP is for this machine only. */
function nameFor(isSecure: boolean): string {
  return isSecure ? `__Host-${NAME}` : NAME;
}

export function readSessionCookie(context: Context, isSecure: boolean): string | null {
  return getCookie(context, nameFor(isSecure)) ?? null;
}

export function setSessionCookie(context: Context, text: string, lifeMs: number, isSecure: boolean): void {
  setCookie(context, nameFor(isSecure), text, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure: isSecure,
    maxAge: Math.floor(lifeMs / 1_000),
  });
}

export function clearSessionCookie(context: Context, isSecure: boolean): void {
  deleteCookie(context, nameFor(isSecure), { path: '/', secure: isSecure });
}
