/** Dead letters: looked at, mended, replayed, given up. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { allSyncs, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { listLetters, type LetterFilter } from '../../store/letters.ts';
import { syncNamed, syncsMeant } from '../actions/find.ts';
import {
  correct,
  Correction,
  Discard,
  discardLetters,
  filterOf,
  LetterId,
  letterNamed,
  Replay,
  replayLetters,
  Which,
} from '../actions/letters.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { json, NAME_LENGTH_MAX, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { decodeCursor, encodeCursor, Paging, type Page } from '../shapes/paging.ts';
import { DeadLetter, letterShape, LetterState } from '../shapes/problems.ts';
import { refuse } from '../shapes/refuse.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);
const IdParam = z.object({ id: LetterId });
/** Syncs are gone through by name, the letters of each from the newest failure on. */
const Place = z.object({
  sync: z.string(),
  after: z
    .string()
    .regex(/^\d{1,18}~[0-9a-f]{32}$/)
    .nullable(),
});

const getLetters = createRoute({
  method: 'get',
  path: '/dead-letters',
  tags: ['problems'],
  summary: 'Writes and records that used up their tries; the newest failures of each sync first',
  ...needs('viewer'),
  request: {
    query: Paging.extend(Which.shape).extend({
      sync: Name.optional(),
      state: LetterState.default('waiting'),
    }),
  },
  responses: { 200: json(page(DeadLetter), 'Letters') },
});

const getLetter = createRoute({
  method: 'get',
  path: '/dead-letters/{id}',
  tags: ['problems'],
  summary: 'One letter',
  ...needs('viewer'),
  request: { params: IdParam, query: z.object({ sync: Name }) },
  responses: { 200: json(DeadLetter, 'The letter') },
});

const postReplay = createRoute({
  method: 'post',
  path: '/dead-letters/replay',
  tags: ['problems'],
  summary: 'Lets letters try again, from what holds when they go',
  ...needs('operator'),
  request: { body: takes(Replay) },
  responses: { 200: json(z.object({ replayed: z.int() }), 'How many try again') },
});

const postDiscard = createRoute({
  method: 'post',
  path: '/dead-letters/discard',
  tags: ['problems'],
  summary: 'Gives letters up, until something about their records changes',
  ...needs('operator'),
  request: { body: takes(Discard) },
  responses: { 200: json(z.object({ discarded: z.int() }), 'How many were given up') },
});

const postCorrection = createRoute({
  method: 'post',
  path: '/dead-letters/{id}/correction',
  tags: ['problems'],
  summary: 'Gives a field of the record another value, everywhere, and tries what waited for it anew',
  ...needs('approver'),
  request: { params: IdParam, body: takes(Correction) },
  responses: NO_CONTENT,
});

export function letterRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getLetters, async (context) => {
      const { sync, state, cursor, limit, ...which } = context.req.valid('query');
      const place = decodeCursor(cursor, Place);
      const filter = { states: [state], ...filterOf(which) };
      const found = await context.get('inWorkspace')(async (tx) =>
        lettersPage(tx, syncsMeant(await allSyncs(tx), sync), filter, place, limit),
      );
      return context.json(found, 200);
    })
    .openapi(getLetter, async (context) => {
      const { id } = context.req.valid('param');
      const { sync } = context.req.valid('query');
      const letter = await context.get('inWorkspace')(async (tx) =>
        letterNamed(tx, await syncNamed(tx, sync), id),
      );
      return context.json(letterShape(sync, letter), 200);
    })
    .openapi(postReplay, async (context) => {
      const principal = principalOf(context.get('principal'));
      const replayed = await replayLetters(host, principal, context.req.valid('json'));
      return context.json({ replayed }, 200);
    })
    .openapi(postDiscard, async (context) => {
      const principal = principalOf(context.get('principal'));
      const discarded = await discardLetters(host, principal, context.req.valid('json'));
      return context.json({ discarded }, 200);
    })
    .openapi(postCorrection, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      await correct(host, principal, id, context.req.valid('json'));
      return context.body(null, 204);
    });
}

async function lettersPage(
  tx: Tx,
  syncs: readonly SyncRow[],
  filter: LetterFilter,
  place: z.infer<typeof Place> | null,
  limit: number,
): Promise<Page<z.infer<typeof DeadLetter>>> {
  const begin = place === null ? 0 : syncs.findIndex(({ name }) => name === place.sync);
  const ahead = begin === -1 ? [] : syncs.slice(begin);
  const shown: z.infer<typeof DeadLetter>[] = [];
  for (const [index, { syncKey, name }] of ahead.entries()) {
    const after = index === 0 ? (place?.after ?? null) : null;
    const { letters, next } = await listLetters(tx, syncKey, filter, after, limit - shown.length);
    shown.push(...letters.map((letter) => letterShape(name, letter)));
    if (next !== null) return { items: shown, next: encodeCursor({ sync: name, after: next }) };
    const following = ahead[index + 1];
    if (shown.length >= limit && following !== undefined)
      return { items: shown, next: encodeCursor({ sync: following.name, after: null }) };
  }
  return { items: shown, next: null };
}
