/** Which names this server goes by and which pages may write to it: keeps out rebound names and other sites' pages. */
import { isIP } from 'node:net';

import type { MiddlewareHandler } from 'hono';

import type { ApiEnv } from '../api-env.ts';
import { ApiProblem } from '../problem.ts';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `publicUrl`: how browsers reach this, where that is not by its own address. */
export function knownNames(publicUrl: string | null): MiddlewareHandler<ApiEnv> {
  const ours = publicUrl === null ? null : new URL(publicUrl);
  return async (context, next) => {
    const host = context.req.header('host') ?? new URL(context.req.url).host;
    if (!isKnown(host, ours)) {
      throw new ApiProblem('wrong_host', {
        detail: 'this server is not called by that name',
        advice: 'Use the address that `trueup start` has printed, or name this one with --public-url.',
      });
    }
    const isWrite = !READING.has(context.req.method);
    const origin = context.req.header('origin');
    const site = context.req.header('sec-fetch-site');
    const isForeign = origin !== undefined && !isSameOrigin(origin, host, ours);
    // A page of another site may neither write here nor look at answers; a link from one may lead here.
    const isNavigation = context.req.header('sec-fetch-mode') === 'navigate';
    const isCross = site !== undefined && site !== 'same-origin' && site !== 'none';
    if ((isForeign && isWrite) || (isCross && (isWrite || !isNavigation)))
      throw new ApiProblem('csrf', { detail: 'the request comes from a page of another site' });
    await next();
  };
}

/** A name that a page could be rebound to always needs DNS: addresses and our own names do not. */
function isKnown(host: string, ours: URL | null): boolean {
  if (ours !== null && host === ours.host) return true;
  const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}

function isSameOrigin(origin: string, host: string, ours: URL | null): boolean {
  if (ours !== null && origin === ours.origin) return true;
  return origin === `http://${host}` || origin === `https://${host}`;
}
