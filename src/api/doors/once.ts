/** Writes with an Idempotency-Key are done once: asked for again within a day, they are answered as the first time. */
import { createHash } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';

import { beginAnswer, forgetAnswer, keepAnswer } from '../../store/answered.ts';
import type { ApiEnv, Principal } from '../api-env.ts';
import { ApiProblem } from '../problem.ts';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const KEY_LENGTH_MAX = 200;

export function once(): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const key = context.req.header('idempotency-key');
    const principal = context.get('principal');
    if (key === undefined || principal === null || READING.has(context.req.method)) {
      await next();
      return;
    }
    if (key === '' || key.length > KEY_LENGTH_MAX)
      throw new ApiProblem('invalid', {
        errors: [
          { path: 'header.idempotency-key', message: `must have 1 to ${String(KEY_LENGTH_MAX)} characters` },
        ],
      });
    const answered = await begin(context, principal, key);
    if (answered !== null) {
      context.res = answered;
      return;
    }
    await finish(context, principal, key, next);
  };
}

async function begin(context: Context<ApiEnv>, principal: Principal, key: string): Promise<Response | null> {
  const body = await context.req.text();
  const requestHash = createHash('sha256')
    .update(`${context.req.method} ${context.req.path}\n`)
    .update(body)
    .digest();
  const known = await context.get('inWorkspace')((tx) =>
    beginAnswer(tx, principal.workspaceNo, { accountId: principal.accountId, key, requestHash }),
  );
  switch (known.kind) {
    case 'new':
      return null;
    case 'running':
      throw new ApiProblem('conflict', {
        detail: 'the first request with this key is still being answered',
        advice: 'Ask again in a moment, with the same key.',
      });
    case 'other':
      throw new ApiProblem('invalid', {
        errors: [{ path: 'header.idempotency-key', message: 'was used for another request' }],
      });
    case 'answered':
      return new Response(known.body === '' ? null : known.body, {
        status: known.status,
        headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' },
      });
  }
}

/** Only what was done is kept: what failed or was refused has changed nothing and may be asked for again. */
async function finish(
  context: Context<ApiEnv>,
  { accountId, workspaceNo }: Principal,
  key: string,
  next: () => Promise<void>,
): Promise<void> {
  const place = { accountId, key };
  let isKept = false;
  try {
    await next();
    // What is shown once must not lie about for a day.
    const isSecret = context.get('isShownOnce') === true;
    const { status, ok } = context.res;
    if (ok && context.error === undefined && !isSecret) {
      const body = await context.res.clone().text();
      await context.get('inWorkspace')((tx) => keepAnswer(tx, workspaceNo, place, { status, body }));
      isKept = true;
    }
  } finally {
    if (!isKept) await context.get('inWorkspace')((tx) => forgetAnswer(tx, place));
  }
}
