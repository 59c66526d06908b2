/** What a person does to a sync, in memory: src/store/control.ts and held.ts as far as they change what workers see. */
import { createHash } from 'node:crypto';

import { must } from '../../../src/lib/assert.ts';
import type { HeldSet } from '../../../src/store/held.ts';
import type { Approval, PlanRow } from '../../../src/store/plans.ts';
import { LONG_AGO } from './instant.ts';
import { pairKey, SCOPE, type ScopeRow, type StoredWrite } from './rows.ts';
import { change, select, selectForUpdate, upsert } from './statements.ts';
import { newStreams } from './streams.ts';
import type { Transaction } from './transaction.ts';

export function scopeOf(tx: Transaction): ScopeRow {
  return must(tx.tables.scope.get(SCOPE)?.seenBy(tx), 'the sync has a scope');
}

/** What `saveRevision` does when the revision is a new one. */
export async function beginRevision(tx: Transaction, sides: readonly string[]): Promise<void> {
  await tx.statement('beginRevision');
  await changeScope(tx, ({ revision }) => ({ revision: revision + 1, approvedUntilMs: null }));
  await beginObserving(tx, 'beginRevision', sides);
}

/** What `recoverSync` does after a restore. */
export async function recover(tx: Transaction, sides: readonly string[]): Promise<void> {
  await tx.statement('recover');
  await changeScope(tx, (row) => ({ ...row, approvedUntilMs: null }));
  await beginObserving(tx, 'recover', sides);
}

async function changeScope(tx: Transaction, next: (row: ScopeRow) => ScopeRow): Promise<void> {
  await change(tx, tx.tables.scope.slots(), () => true, next);
}

/** Every side is read once more, and what was queued is planned anew. */
async function beginObserving(tx: Transaction, call: string, sides: readonly string[]): Promise<void> {
  const { streams, links, writes } = tx.tables;
  await tx.statement(`${call}/sweeps`);
  await change(
    tx,
    streams.slots(),
    ({ kind }) => kind === 'sweep',
    (stream) => ({
      ...stream,
      checkpoint: null,
      dueAtMs: tx.clockMs(),
      wokenAtMs: tx.clockMs(),
      leaseEpoch: stream.leaseEpoch + 1,
      leaseUntilMs: LONG_AGO,
    }),
  );
  await tx.statement(`${call}/streams`);
  await upsert(tx, streams, sides.flatMap(newStreams), (stream) => ({
    ...stream,
    dueAtMs: tx.clockMs(),
    wokenAtMs: tx.clockMs(),
  }));
  await tx.statement(`${call}/links`);
  await change(
    tx,
    links.slots(),
    () => true,
    (row) => ({
      ...row,
      version: null,
      linked: row.linked === null ? null : { ...row.linked, link: { ...row.linked.link, version: null } },
    }),
  );
  await tx.statement(`${call}/writes`);
  await change(
    tx,
    writes.slots(),
    ({ state }) => state === 'queued',
    (write): StoredWrite => ({ ...write, state: 'planned' }),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Seals what is planned now. */
export async function sealPlan(tx: Transaction, revision: number): Promise<PlanRow> {
  await tx.statement('sealPlan');
  const lines = planned(tx).flatMap(({ identityId, side, kind }) => {
    const [identity] = select(tx, tx.tables.identities.slotsOf([identityId]));
    return identity === undefined ? [] : [`${identityId} ${side} ${kind} ${String(identity.seq)}`];
  });
  const hash = lines.length === 0 ? 'empty' : sha256(lines.toSorted().join('\n'));
  const sealedAtMs = tx.clockMs();
  const plan = { hash, revision, writes: lines.length, sealedAtMs };
  await upsert(tx, tx.tables.plans, [{ ...plan, approved: null }], (found) => ({
    ...found,
    sealedAtMs,
    revision,
  }));
  return { ...plan, approved: false };
}

function planned(tx: Transaction): readonly StoredWrite[] {
  return select(tx, tx.tables.writes.slots(), ({ state }) => state === 'planned');
}

/** Releases the writes the plan was sealed over, but for those about whose records something has become known since. */
export async function approvePlan(tx: Transaction, plan: PlanRow, approver: string): Promise<Approval> {
  const { plans, writes, linksByIdentity } = tx.tables;
  await tx.statement('approvePlan');
  await change(
    tx,
    plans.slotsOf([plan.hash]),
    ({ approved }) => approved === null,
    (row) => ({ ...row, approved: { atMs: tx.clockMs(), by: approver } }),
  );
  await tx.statement('approvePlan/moved');
  await change(
    tx,
    writes.slots(),
    ({ state, plannedAtMs, identityId }) =>
      state === 'planned' &&
      plannedAtMs <= plan.sealedAtMs &&
      select(tx, linksByIdentity.slots(identityId)).some(
        ({ linked, asOfMs }) => linked?.identityId === identityId && asOfMs > plan.sealedAtMs,
      ),
    (write) => ({ ...write, plannedAtMs: tx.clockMs() }),
  );
  await tx.statement('approvePlan/until');
  await changeScope(tx, (row) => ({ ...row, approvedUntilMs: plan.sealedAtMs }));
  await tx.statement('approvePlan/counts');
  const released = planned(tx).filter(({ plannedAtMs }) => plannedAtMs <= plan.sealedAtMs).length;
  return { released, moved: planned(tx).length - released };
}

/** Writes that a guard stopped, as sets. */
export async function heldWrites(tx: Transaction): Promise<readonly HeldSet[]> {
  await tx.statement('heldWrites');
  const sets = new Map<string, { readonly side: string; readonly kind: string; readonly ids: string[] }>();
  for (const { side, kind, identityId } of select(tx, tx.tables.writes.slots(), isHeld)) {
    const key = pairKey(side, kind);
    const set = sets.get(key) ?? { side, kind, ids: [] };
    set.ids.push(identityId);
    sets.set(key, set);
  }
  return [...sets]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { side, kind, ids }]) => ({
      side,
      kind,
      writes: ids.length,
      hash: sha256(ids.toSorted().join(' ')),
    }));
}

function isHeld({ state }: StoredWrite): boolean {
  return state === 'held';
}

const HASH_PREFIX_MIN = 8;

/** Queues the set if it is still the one that was approved; null when it is not. */
export async function releaseHeld(
  tx: Transaction,
  side: string,
  kind: string,
  hashPrefix: string,
): Promise<number | null> {
  const { writes } = tx.tables;
  const isOfSet = (write: StoredWrite): boolean =>
    isHeld(write) && write.side === side && write.kind === kind;
  await tx.statement('releaseHeld');
  await selectForUpdate(tx, writes.slots(), isOfSet, 'wait');
  const set = (await heldWrites(tx)).find((held) => held.side === side && held.kind === kind);
  if (set === undefined || hashPrefix.length < HASH_PREFIX_MIN || !set.hash.startsWith(hashPrefix))
    return null;
  await tx.statement('releaseHeld/queue');
  const released = await change(tx, writes.slots(), isOfSet, (write): StoredWrite => ({
    ...write,
    state: 'queued',
    dueAtMs: tx.clockMs(),
  }));
  return released.length;
}
