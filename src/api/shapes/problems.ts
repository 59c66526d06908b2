/** Problems and dead letters. */
import { z } from '@hono/zod-openapi';

import type { ProblemView } from '../../diagnose/problem-view.ts';
import type { Letter as StoredLetter } from '../../store/letters.ts';
import { at, Failure, Instant, list, Values } from './common.ts';

export const ProblemParam = z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) });

export const ProblemCard = z
  .object({
    id: z.string(),
    sync: z.string(),
    code: z.string(),
    kind: z.string(),
    side: z.string(),
    direction: z.enum(['in', 'out', 'both']),
    field: z.string().nullable(),
    message: z.string(),
    advice: z.string().nullable(),
    state: z.enum(['open', 'resolved']),
    trend: z.enum(['new', 'growing', 'steady', 'shrinking', 'over']),
    reach: z.enum(['side', 'connection', 'systems']),
    records: z.int(),
    samples: list(z.string()),
    firstSeenAt: Instant,
    openedAt: Instant,
    lastSeenAt: Instant,
    resolvedAt: Instant.nullable(),
    openings: z.int(),
    owner: z.string().nullable(),
  })
  .openapi('ProblemCard');

export const ProblemDetail = ProblemCard.extend({
  notes: list(z.object({ at: Instant, author: z.string(), note: z.string() })),
}).openapi('ProblemDetail');

export function problemShape(problem: ProblemView): z.infer<typeof ProblemCard> {
  const { problemId: id, sync, code, kind, side, direction, field, message, advice, state } = problem;
  const { trend, reach, records, samples, openings, owner } = problem;
  const told = { id, sync, code, kind, side, direction, field, message, advice, state, trend, reach };
  return {
    ...told,
    records,
    samples,
    openings,
    owner,
    firstSeenAt: at(problem.firstSeenMs),
    openedAt: at(problem.openedMs),
    lastSeenAt: at(problem.lastSeenMs),
    resolvedAt: at(problem.resolvedMs),
  };
}

export const LetterState = z.enum(['waiting', 'retrying', 'discarded']);

export const DeadLetter = z
  .object({
    id: z.string(),
    sync: z.string(),
    state: LetterState,
    side: z.string(),
    kind: z.enum(['create', 'update', 'delete', 'read']),
    identity: z.string().nullable(),
    recordId: z.string().nullable(),
    tries: z.int(),
    firstFailedAt: Instant,
    lastFailedAt: Instant,
    failure: Failure,
    body: Values.nullable(),
    discarded: z.object({ reason: z.string(), by: z.string(), at: Instant }).nullable(),
  })
  .openapi('DeadLetter');

export function letterShape(sync: string, letter: StoredLetter): z.infer<typeof DeadLetter> {
  const { letterId: id, identityId: identity, firstFailedMs, lastFailedMs, failure, discarded } = letter;
  const { state, side, kind, recordId, tries, body } = letter;
  const { message, code, field = null, advice = null } = failure;
  return {
    id,
    sync,
    state,
    side,
    kind,
    identity,
    recordId,
    tries,
    firstFailedAt: at(firstFailedMs),
    lastFailedAt: at(lastFailedMs),
    failure: { kind: failure.kind, code, message, field, advice },
    body,
    discarded:
      discarded === null ? null : { reason: discarded.reason, by: discarded.by, at: at(discarded.atMs) },
  };
}
