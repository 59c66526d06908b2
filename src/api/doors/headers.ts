/** Headers that every answer carries: nothing runs, frames, sniffs or leaks that was not meant to. */
import type { MiddlewareHandler } from 'hono';

import type { ApiEnv } from '../api-env.ts';

/** `nonce`: for the styles that the console makes while it runs; scripts come from files only. */
export function contentPolicy(nonce: string | null): string {
  const styles = nonce === null ? "'self'" : `'self' 'nonce-${nonce}'`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src-elem ${styles}`,
    // Positions and sizes that the console computes; an attribute runs nothing and loads nothing.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const ALWAYS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
];
const TWO_YEARS_S = 63_072_000;

export function protect(isSecure: boolean): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of ALWAYS) headers.set(name, value);
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', contentPolicy(null));
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    if (isSecure) headers.set('strict-transport-security', `max-age=${String(TWO_YEARS_S)}`);
  };
}
