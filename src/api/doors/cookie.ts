/** The cookie of a session: out of reach of scripts, of other sites and, over TLS, of other hosts and paths. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

const NAME = 'trueup_session';
const ATTEMPT_NAME = 'trueup_sign_in';

/** Over TLS the browser itself keeps to the `__Host-` rules; plain HTTP is for this machine only. */
function nameFor(isSecure: boolean, name = NAME): string {
  return isSecure ? `__Host-${name}` : name;
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

/** Of somebody on the way to a provider and back: they come back from another site, with which no Strict cookie comes. */
export function setAttemptCookie(context: Context, text: string, lifeMs: number, isSecure: boolean): void {
  setCookie(context, nameFor(isSecure, ATTEMPT_NAME), text, {
    httpOnly: true,
    sameSite: 'Lax',
    path: '/',
    secure: isSecure,
    maxAge: Math.floor(lifeMs / 1_000),
  });
}

/** Reads the cookie and takes it away: it is good once. */
export function takeAttemptCookie(context: Context, isSecure: boolean): string | null {
  return deleteCookie(context, nameFor(isSecure, ATTEMPT_NAME), { path: '/', secure: isSecure }) ?? null;
}
