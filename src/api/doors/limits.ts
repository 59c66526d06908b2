/** How much anybody may ask for: requests a second, bytes of a body, time for an answer. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';

import type { Clock } from '../../lib/clock.ts';
import type { ApiEnv } from '../api-env.ts';
import { ApiProblem } from '../problem.ts';

/** A bucket that is filled again steadily. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Rates {
  /** All that comes from one address. */
  readonly address: Rate;
  /** All that one account asks for, however it signs in. */
  readonly account: Rate;
  /** Tries to sign in from one address. */
  readonly signIn: Rate;
  /** What one sender tells one webhook. */
  readonly delivery: Rate;
}

export const RATES: Rates = {
  address: { burst: 1_000, perSecond: 200 },
  account: { burst: 600, perSecond: 100 },
  signIn: { burst: 20, perSecond: 0.5 },
  delivery: { burst: 500, perSecond: 50 },
};

export const BODY_BYTES_MAX = 1_048_576;
/** Buckets kept at once; the one unused longest makes room. */
const BUCKETS_MAX = 10_000;
const SIGN_IN_PATH = /^\/api\/v1\/(?:session|set-up|sign-in\/[^/]*)$/;

export interface Limiter {
  /** Throws `too_many` when the bucket of `key` is empty. */
  take(key: string, rate: Rate): void;
}

export function createLimiter(clock: Clock): Limiter {
  const buckets = new Map<string, { units: number; atMs: number }>();
  return {
    take: (key, { burst, perSecond }) => {
      const nowMs = clock.monotonicMs();
      const known = buckets.get(key) ?? { units: burst, atMs: nowMs };
      const units = Math.min(burst, known.units + ((nowMs - known.atMs) / 1_000) * perSecond);
      buckets.delete(key);
      buckets.set(key, { units: Math.max(0, units - 1), atMs: nowMs });
      if (buckets.size > BUCKETS_MAX) buckets.delete(buckets.keys().next().value ?? '');
      if (units >= 1) return;
      const seconds = Math.max(1, Math.ceil((1 - units) / perSecond));
      throw new ApiProblem('too_many', {
        advice: `Try again in ${String(seconds)} seconds.`,
        headers: { 'retry-after': String(seconds) },
      });
    },
  };
}

/** `isBehindProxy`: the proxy that brings TLS says who asks, in the last entry of what it forwards. */
export function limitAddresses(
  limiter: Limiter,
  rates: Rates,
  isBehindProxy: boolean,
): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const address = addressOf(context, isBehindProxy);
    limiter.take(`address ${address}`, rates.address);
    const { method, path } = context.req;
    if (method === 'POST' && SIGN_IN_PATH.test(path)) limiter.take(`signIn ${address}`, rates.signIn);
    await next();
  };
}

/** For each endpoint and sender by itself: a stranger's flood must not keep the vendor out. */
export function limitDeliveries(
  limiter: Limiter,
  rates: Rates,
  isBehindProxy: boolean,
): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    limiter.take(`delivery ${context.req.path} ${addressOf(context, isBehindProxy)}`, rates.delivery);
    await next();
  };
}

export function limitAccounts(limiter: Limiter, rates: Rates): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const principal = context.get('principal');
    if (principal !== null) limiter.take(`account ${principal.accountId}`, rates.account);
    await next();
  };
}

function addressOf(context: Context<ApiEnv>, isBehindProxy: boolean): string {
  if (isBehindProxy) {
    const forwarded = context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim();
    if (forwarded !== undefined && forwarded !== '') return forwarded.slice(0, 64);
  }
  // Without a socket the request was made inside this process.
  return context.env === undefined || !('incoming' in (context.env as object))
    ? 'here'
    : (getConnInfo(context).remote.address ?? 'unknown');
}

export function limitBodies(bytesMax = BODY_BYTES_MAX): MiddlewareHandler<ApiEnv> {
  return bodyLimit({
    maxSize: bytesMax,
    onError: () => {
      throw new ApiProblem('too_large', { detail: `a body has at most ${String(bytesMax)} bytes` });
    },
  });
}

/** The work goes on until its own limits end it; whoever asked is not kept waiting for that. */
export function limitTime(
  clock: Clock,
  timeoutMs: number,
  isEndless: (path: string) => boolean,
): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    if (isEndless(context.req.path)) {
      await next();
      return;
    }
    const over = new AbortController();
    const late = clock.sleep(timeoutMs, over.signal).then(() => {
      if (!over.signal.aborted)
        throw new ApiProblem('too_slow', { detail: 'it was given up', advice: 'Ask for less at once.' });
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      over.abort();
    }
  };
}
