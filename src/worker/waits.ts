/**
 * What waits for another thing, from its noting to its end. Whoever brings what is waited for makes the wait due in its own
 * transaction; and because the two may just miss each other, every wait is also checked by itself now and then.
 */
import type { SideModel } from '../engine/model.ts';
import { idsIn, type Referrer } from '../engine/references.ts';
import type { Bundle, Link } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx, WriteKey } from '../store/contract.ts';
import type { Wait, WaitEnd } from '../store/reference-contract.ts';
import { WAITS_CHECKED_MAX } from './limits.ts';
import type { SyncRuntime } from './runtime.ts';

/** An identity before and after a batch. */
export interface Changed {
  readonly before: StoredBundle | null;
  readonly now: Bundle;
}

/** Whether anything of this sync can wait, or be waited for. */
export function hasReferences({ model, referrers = [] }: SyncRuntime): boolean {
  return referrers.length > 0 || model.sides.some(({ references }) => references.length > 0);
}

/** Notes what a batch leaves waiting, and wakes what has waited for something it brings. */
export async function noteReferences(
  runtime: SyncRuntime,
  tx: SyncTx,
  all: readonly Changed[],
): Promise<void> {
  if (!hasReferences(runtime)) return;
  const changed = all.filter(({ before, now }) => before !== now);
  for (const side of runtime.model.sides) {
    if (side.references.length === 0) continue;
    await noteUnread(tx, side, changed);
    await wakeDeletesOf(tx, side, changed);
  }
  await reconsider(tx, changed);
  await wakeReferrers(runtime, tx, changed);
}

async function noteUnread(tx: SyncTx, side: SideModel, changed: readonly Changed[]): Promise<void> {
  const waits: Wait[] = [];
  const ends: WaitEnd[] = [];
  for (const { before, now } of changed) {
    const [was, is] = [before === null ? undefined : linkAt(before, side.name), linkAt(now, side.name)];
    if (was === is) continue;
    const identityId = now.identity.id;
    for (const { field, refersTo: at } of side.references) {
      const [parentRecord] = idsIn(unreadOf(is)?.[field.name]);
      const own = { identityId, side: side.name, field: field.name, kind: 'read' as const };
      if (is !== undefined && parentRecord !== undefined)
        waits.push({ ...own, recordId: is.recordId, at, parentRecord });
      else if (was?.unread?.[field.name] !== undefined) ends.push(own);
    }
  }
  await tx.endWaits(ends);
  await tx.noteWaits(waits);
}

/** What is gone, or kept from us, need not be read again. */
function unreadOf(link: Link | undefined): Link['unread'] {
  return link?.status === 'live' ? link.unread : undefined;
}

/** A record that has let go of what it referred to may have been the last to hold on to it. */
async function wakeDeletesOf(tx: SyncTx, side: SideModel, changed: readonly Changed[]): Promise<void> {
  for (const { field, refersTo } of side.references) {
    const referredTo = (link: Link | undefined): readonly string[] =>
      link?.status === 'live' ? idsIn(link.accounted[field.name]) : [];
    const released = changed.flatMap(({ before, now }) => {
      const still = referredTo(linkAt(now, side.name));
      const was = referredTo(before === null ? undefined : linkAt(before, side.name));
      return was.filter((id) => !still.includes(id));
    });
    await tx.wakeDeletes(refersTo.sync, released);
  }
}

/** What was parked may be owed otherwise now: it is decided afresh. */
async function reconsider(tx: SyncTx, changed: readonly Changed[]): Promise<void> {
  const writes = changed.flatMap(({ before }) =>
    (before?.writes ?? []).filter(({ state }) => state === 'planned' || state === 'queued'),
  );
  await release(tx, writes);
}

async function release(tx: SyncTx, writes: readonly WriteKey[]): Promise<void> {
  const kinds = ['write', 'delete'] as const;
  await tx.endWaits(
    writes.flatMap(({ identityId, side }) => kinds.map((kind) => ({ identityId, side, kind, field: null }))),
  );
  await tx.releaseWrites(writes);
}

async function wakeReferrers(runtime: SyncRuntime, tx: SyncTx, changed: readonly Changed[]): Promise<void> {
  const sides = new Set((runtime.referrers ?? []).map(({ at }) => at));
  for (const side of sides) {
    const place = { sync: runtime.name, side };
    const brought = changed.flatMap(({ before, now }) => {
      const link = linkAt(now, side);
      const was = before === null ? undefined : linkAt(before, side);
      const isNews = link?.status === 'live' && (was?.status !== 'live' || was.recordId !== link.recordId);
      return isNews ? [{ recordId: link.recordId, identityId: now.identity.id }] : [];
    });
    await tx.wakeReaders(
      place,
      brought.map(({ recordId }) => recordId),
    );
    await tx.wakeWriters(
      place,
      brought.map(({ identityId }) => identityId),
    );
  }
}

/** Notes the waits and takes their writes out of the queue. */
export async function park(tx: SyncTx, waits: readonly Wait[]): Promise<void> {
  await tx.noteWaits(waits);
  await tx.parkWrites(waits);
}

/** Of identities about to be deleted at the side those that others there still refer to. */
export async function stillReferredTo(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: string,
  identityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const referred = new Set<string>();
  for (const referrer of referrersAt(runtime, side))
    for (const id of (await tx.referredTo(referrer, identityIds)).keys()) referred.add(id);
  return referred;
}

function referrersAt({ referrers = [] }: SyncRuntime, side: string): readonly Referrer[] {
  return referrers.filter(({ at }) => at === side);
}

/** Ends due waits whose time has come. Returns how many it ended. */
export async function settleWaits(runtime: SyncRuntime): Promise<number> {
  if (!hasReferences(runtime)) return 0;
  const { ended, looks, writes } = await runtime.transaction(async (tx) => settle(runtime, tx));
  for (const side of looks) runtime.wakes.wake(`look ${side}`);
  for (const side of writes) runtime.wakes.wake(`deliver ${side}`);
  return ended;
}

interface Settled {
  readonly ended: number;
  readonly looks: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

async function settle(runtime: SyncRuntime, tx: SyncTx): Promise<Settled> {
  const waits = await tx.claimWaits(WAITS_CHECKED_MAX);
  if (waits.length === 0) return { ended: 0, looks: new Set(), writes: new Set() };
  // Who is just deciding about an identity notes or ends its waits; the others come again by themselves.
  const bundles = await tx.lockBundles([...new Set(waits.map(({ identityId }) => identityId))], 'skip');
  const mine = waits.filter(({ identityId }) => bundles.has(identityId));
  const over = mine.filter((wait) => isObsolete(wait, must(bundles.get(wait.identityId), 'it is locked')));
  const open = mine.filter((wait) => !over.includes(wait));
  const met = await metAmong(runtime, tx, open);
  await tx.endWaits([...over, ...met]);
  const reads = met.filter(({ kind }) => kind === 'read');
  for (const side of sidesOf(reads)) {
    const here = reads.filter((wait) => wait.side === side);
    await tx.noteHints(
      side,
      here.map(({ recordId }) => ({
        recordId: must(recordId, 'a record waits to be read'),
        kind: 'changed',
      })),
    );
  }
  const writes = met.filter(({ kind }) => kind !== 'read');
  await tx.releaseWrites(writes);
  return { ended: over.length + met.length, looks: sidesOf(reads), writes: sidesOf(writes) };
}

function sidesOf(waits: readonly Wait[]): ReadonlySet<string> {
  return new Set(waits.map(({ side }) => side));
}

/** What waited is no longer there: a write that is not owed any more, a reference that has been read or taken away. */
function isObsolete(wait: Wait, bundle: StoredBundle): boolean {
  if (wait.kind === 'read') return unreadOf(linkAt(bundle, wait.side))?.[wait.field] === undefined;
  const write = bundle.writes.find(({ side }) => side === wait.side);
  if (write?.state !== 'planned' && write?.state !== 'queued') return true;
  return (wait.kind === 'delete') !== (write.kind === 'delete');
}

/** The waits whose end has come. */
async function metAmong(runtime: SyncRuntime, tx: SyncTx, waits: readonly Wait[]): Promise<readonly Wait[]> {
  const met: Wait[] = [];
  const groups = Map.groupBy(waits, (wait) =>
    wait.kind === 'delete' ? `delete ${wait.side}` : `${wait.kind} ${wait.at.sync} ${wait.at.side}`,
  );
  for (const group of groups.values()) met.push(...(await metOfOneKind(runtime, tx, group)));
  return met;
}

/** Of waits for one place, or at one side. */
async function metOfOneKind(
  runtime: SyncRuntime,
  tx: SyncTx,
  waits: readonly Wait[],
): Promise<readonly Wait[]> {
  const [first] = waits;
  if (first === undefined) return [];
  if (first.kind === 'delete') {
    const ids = waits.map(({ identityId }) => identityId);
    const referred = await stillReferredTo(runtime, tx, first.side, ids);
    return waits.filter(({ identityId }) => !referred.has(identityId));
  }
  const wanted = waits.flatMap((wait) =>
    wait.kind === 'read' ? wait.parentRecord : wait.kind === 'write' ? wait.parentId : [],
  );
  const there = await (first.kind === 'read'
    ? tx.identitiesAt(first.at, wanted)
    : tx.recordsAt(first.at, wanted));
  return waits.filter((_, index) => there.has(wanted[index] ?? ''));
}
