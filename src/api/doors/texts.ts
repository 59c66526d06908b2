/** Texts that no store can keep, and documents nested beyond reason, are refused before anything looks at them. */
import type { MiddlewareHandler } from 'hono';

import type { ApiEnv } from '../api-env.ts';
import { ApiProblem } from '../problem.ts';

const DEPTH_MAX = 64;

export function plainTexts(): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const { searchParams, pathname } = new URL(context.req.url);
    const address = [decoded(pathname), ...searchParams.keys(), ...searchParams.values()];
    if (!address.every(isPlain)) throw unkeepable('address');
    const { method } = context.req;
    if (method !== 'GET' && method !== 'HEAD') checkBody(await context.req.text());
    await next();
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ApiProblem('malformed', { detail: 'the address is not well encoded' });
  }
}

/** What is no JSON is left to the check of the route. */
function checkBody(text: string): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return;
  }
  const open: (readonly [value: unknown, depth: number])[] = [[document, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value === 'string' && !isPlain(value)) throw unkeepable('body');
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= DEPTH_MAX) throw new ApiProblem('malformed', { detail: 'the body is nested too deeply' });
    for (const [name, member] of Object.entries(value)) {
      if (!isPlain(name)) throw unkeepable('body');
      open.push([member, depth + 1]);
    }
  }
}

/** PostgreSQL keeps neither the character 0 nor halves of characters. */
function isPlain(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function unkeepable(where: string): ApiProblem {
  return new ApiProblem('invalid', {
    errors: [{ path: where, message: 'holds a character that no text may hold' }],
  });
}
