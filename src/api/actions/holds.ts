/** A person's decisions about what is held, with their entry in the audit trail. */
import { z } from '@hono/zod-openapi';

import { audit } from '../../store/audit.ts';
import { allSyncs, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { releaseHeld } from '../../store/held.ts';
import { findHold, type ListedHold } from '../../store/holds.ts';
import { noteDeedOnHold } from '../../store/problem-deeds.ts';
import { ChoiceRefused, resolveHold, type HoldChoice } from '../../worker/holds.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { NAME_LENGTH_MAX, Value } from '../shapes/common.ts';
import { fieldValue } from './field-value.ts';
import { syncNamed } from './find.ts';

const Name = z.string().min(1).max(NAME_LENGTH_MAX);

export const Decision = z
  .object({
    kind: z.enum(['take', 'keep', 'value', 'delete', 'revive', 'belongs']),
    side: Name.optional().openapi({
      description: 'For `take`: whose value shall stand; for `belongs`: where the other record is',
    }),
    recordId: Name.optional().openapi({
      description: 'For `belongs`: a record of what the one of this hold belongs to',
    }),
    value: Value.optional().openapi({ description: 'For `value`: what shall stand' }),
  })
  .openapi('Decision');

export const WriteSet = z
  .object({
    sync: Name,
    side: Name,
    kind: z.enum(['create', 'update', 'delete']),
    hash: z.hex().length(64),
  })
  .openapi('WriteSet');

/** Throws `not_found` when the hold is not open, `invalid` when the choice does not fit it. */
export async function decideHold(
  host: ApiHost,
  { workspaceNo, email }: Principal,
  id: string,
  given: z.infer<typeof Decision>,
): Promise<void> {
  const { sync, hold } = await host.database.transaction(workspaceNo, async (tx) => {
    const syncs = await allSyncs(tx);
    const found = await holdNamed(tx, syncs, id);
    const of = syncs.find(({ syncKey }) => syncKey === found.syncKey);
    if (of === undefined) throw notFound('open hold', id);
    return { sync: of, hold: found };
  });
  const choice = choiceOf(sync, hold, given);
  try {
    await resolveHold(host.work(workspaceNo).unopened(sync), hold, choice, email);
  } catch (error) {
    if (error instanceof ChoiceRefused) throw new ApiProblem('invalid', { detail: error.message });
    throw error;
  }
  const detail = { sync: sync.name, reason: hold.reason, field: hold.field, choice: choice.kind };
  await host.database.transaction(workspaceNo, async (tx) => {
    await audit(tx, workspaceNo, { by: email, action: 'hold.decided', subject: id, detail });
    await noteDeedOnHold(tx, sync.syncKey, hold, email);
  });
}

export async function holdNamed(tx: Tx, syncs: readonly SyncRow[], id: string): Promise<ListedHold> {
  const keys = syncs.map(({ syncKey }) => syncKey);
  const found = await findHold(tx, keys, id);
  if (found === null) throw notFound('open hold', id);
  return found;
}

function choiceOf(sync: SyncRow, hold: ListedHold, given: z.infer<typeof Decision>): HoldChoice {
  switch (given.kind) {
    case 'take':
      return { kind: 'take', side: needed('side', given.side) };
    case 'belongs':
      return {
        kind: 'belongs',
        side: needed('side', given.side),
        recordId: needed('recordId', given.recordId),
      };
    case 'value':
      if (hold.field === null)
        throw new ApiProblem('invalid', {
          detail: 'this hold is about the record as a whole: choose delete or revive',
        });
      return { kind: 'value', value: fieldValue(sync, hold.field, given.value ?? null) };
    default:
      return { kind: given.kind };
  }
}

function needed(name: string, given: string | undefined): string {
  if (given !== undefined) return given;
  throw new ApiProblem('invalid', { errors: [{ path: `json.${name}`, message: 'is missing' }] });
}

/** Queues a set of held writes; throws `stale` when it is no longer the one with this hash. */
export async function releaseSet(
  tx: Tx,
  { workspaceNo, email }: Principal,
  { sync, side, kind, hash }: z.infer<typeof WriteSet>,
): Promise<number> {
  const { syncKey } = await syncNamed(tx, sync);
  const writes = await releaseHeld(tx, syncKey, side, kind, hash);
  if (writes === null)
    throw new ApiProblem('stale', {
      detail: 'the held set is no longer the one with this hash',
      advice: 'Look at it again: it has grown or shrunk since.',
    });
  const detail = { sync, side, kind, writes };
  await audit(tx, workspaceNo, { by: email, action: 'heldWrites.released', subject: hash, detail });
  const reason = kind === 'delete' ? 'massDelete' : 'massChange';
  await noteDeedOnHold(tx, syncKey, { side, reason, field: null }, email);
  return writes;
}
