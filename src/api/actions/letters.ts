/** What people do to dead letters, with their entry in the audit trail. */
import { z } from '@hono/zod-openapi';

import { audit } from '../../store/audit.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { listLetters, type Letter, type LetterFilter } from '../../store/letters.ts';
import { noteDeedOnLetters } from '../../store/problem-deeds.ts';
import { ChoiceRefused } from '../../worker/holds.ts';
import {
  correctLetter,
  discardAll,
  REPLAY_PER_SECOND,
  REPLAY_PER_SECOND_MAX,
  replayAll,
} from '../../worker/redrive.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { NAME_LENGTH_MAX, Value } from '../shapes/common.ts';
import { fieldValue } from './field-value.ts';
import { syncNamed } from './find.ts';

const REASON_LENGTH_MAX = 1_000;
const Name = z.string().min(1).max(NAME_LENGTH_MAX);
export const LetterId = z.string().regex(/^[0-9a-f]{32}$/);

/** Which letters are meant, by whatever is said of them. */
export const Which = z.object({
  letter: LetterId.optional(),
  side: Name.optional(),
  code: Name.optional(),
  field: Name.optional(),
  recordId: z.string().min(1).max(2_000).optional(),
  problem: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .optional(),
});

export const Replay = Which.extend({
  sync: Name,
  all: z
    .boolean()
    .default(false)
    .openapi({ description: 'Every letter that waits, where nothing else is said' }),
  perSecond: z.int().min(1).max(REPLAY_PER_SECOND_MAX).default(REPLAY_PER_SECOND),
}).openapi('Replay');

export const Discard = Which.extend({
  sync: Name,
  reason: z.string().trim().min(1).max(REASON_LENGTH_MAX),
}).openapi('Discard');

export const Correction = z.object({ sync: Name, field: Name, value: Value }).openapi('Correction');

export function filterOf(which: z.infer<typeof Which>): LetterFilter {
  return Object.fromEntries(Object.entries(which).filter(([, value]) => value !== undefined));
}

/** Nothing said means nothing done. */
function demandSome(filter: LetterFilter, isAll: boolean): void {
  if (isAll || Object.keys(filter).length > 0) return;
  throw new ApiProblem('invalid', {
    detail: 'which letters?',
    advice: 'Name one, filter them by code, side, problem …, or say all.',
  });
}

export async function replayLetters(
  host: ApiHost,
  principal: Principal,
  { sync: name, all, perSecond, ...which }: z.infer<typeof Replay>,
): Promise<number> {
  const filter = filterOf(which);
  demandSome(filter, all);
  const { workspaceNo, email: by } = principal;
  const workspace = workspaceOf(host, workspaceNo);
  const sync = await workspace.transaction((tx) => syncNamed(tx, name));
  const replayed = await replayAll(workspace, sync, filter, { by, reason: null }, perSecond);
  await tell(host, principal, 'letters.replayed', name, { replayed });
  return replayed;
}

export async function discardLetters(
  host: ApiHost,
  principal: Principal,
  { sync: name, reason, ...which }: z.infer<typeof Discard>,
): Promise<number> {
  const filter = filterOf(which);
  demandSome(filter, false);
  const workspace = workspaceOf(host, principal.workspaceNo);
  const sync = await workspace.transaction((tx) => syncNamed(tx, name));
  const discarded = await discardAll(workspace, sync, filter, { by: principal.email, reason });
  await tell(host, principal, 'letters.discarded', name, { discarded });
  return discarded;
}

/** Gives a field of the letter's identity another value, everywhere. */
export async function correct(
  host: ApiHost,
  principal: Principal,
  id: string,
  { sync: name, field, value: given }: z.infer<typeof Correction>,
): Promise<void> {
  const { workspaceNo, email } = principal;
  const { sync, letter } = await workspaceOf(host, workspaceNo).transaction(async (tx) => {
    const found = await syncNamed(tx, name);
    const named = await letterNamed(tx, found, id);
    await noteDeedOnLetters(tx, found.syncKey, { letter: id }, email);
    return { sync: found, letter: named };
  });
  const value = fieldValue(sync, field, given);
  try {
    await correctLetter(host.work(workspaceNo).unopened(sync), letter, field, value, email);
  } catch (error) {
    if (error instanceof ChoiceRefused) throw new ApiProblem('invalid', { detail: error.message });
    throw error;
  }
  await tell(host, principal, 'letter.corrected', id, { sync: name, field });
}

export async function letterNamed(tx: Tx, { syncKey }: SyncRow, id: string): Promise<Letter> {
  const { letters } = await listLetters(tx, syncKey, { letter: id }, null, 1);
  const [letter] = letters;
  if (letter === undefined) throw notFound('dead letter', id);
  return letter;
}

function workspaceOf({ database }: ApiHost, workspaceNo: number): Parameters<typeof replayAll>[0] {
  return { transaction: (action) => database.transaction(workspaceNo, action) };
}

function tell(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  action: string,
  subject: string,
  detail: Readonly<Record<string, string | number>>,
): Promise<unknown> {
  return host.database.transaction(workspaceNo, (tx) =>
    audit(tx, workspaceNo, { by, action, subject, detail }),
  );
}
