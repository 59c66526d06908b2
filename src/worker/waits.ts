/**
 * What waits for another thing, from its noting to its end. Whoever brings what is waited for makes the wait due in its own
 * transaction; and because the two may just miss each other, every wait is also checked by itself now and then.
 */
import type { Place, SideModel } from '../engine/model.ts';
import { callOf, idsIn, sameCall, type Referrer } from '../engine/references.ts';
import type { Link } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { SyncTx, WriteKey } from '../store/contract.ts';
import type { Move, Wait, WaitEnd } from '../store/reference-contract.ts';
import { noteCalls, type Changed } from './moves.ts';
import { callsThere } from './references.ts';
import type { SyncRuntime } from './runtime.ts';

/** Whether anything of this sync can wait, or be waited for. */
export function hasReferences({ model, referrers = [] }: SyncRuntime): boolean {
  return referrers.length > 0 || model.sides.some(({ references }) => references.length > 0);
}

/** Who names things of this sync; looked up where it runs without knowing. */
export async function referrersTo({ referrers }: SyncRuntime, tx: SyncTx): Promise<readonly Referrer[]> {
  return referrers ?? tx.referrers();
}

/** Whoever refers to what has become another thing is pointed at that one. */
export async function pointReferrers(
  runtime: SyncRuntime,
  tx: SyncTx,
  moves: readonly Move[],
): Promise<void> {
  if (moves.length === 0) return;
  // One by one: a record that refers to several of them is noted for each.
  for (const referrer of await referrersTo(runtime, tx))
    for (const move of moves) await tx.notePoints(referrer, [move]);
}

/** References that a write has given a record: the identities, and what it called them. */
interface Given {
  readonly identityId: string;
  readonly recordId: string;
  readonly body: Values;
  readonly called: Values;
}

/**
 * What has moved since the write was decided was looked for by those that referred to it before: this record is pointed anew. What
 * is not there now may just be getting its record, of which neither has heard from the other; the wait is due when both are stored.
 */
export async function pointGiven(tx: SyncTx, side: SideModel, given: readonly Given[]): Promise<void> {
  if (side.references.length === 0) return;
  const callNow = await callsThere(
    tx,
    side,
    given.map(({ body }) => body),
  );
  const moved = given.flatMap(({ identityId, recordId, body, called }) =>
    side.references.flatMap((lens): readonly Wait[] => {
      const { field, refersTo: at } = lens;
      const [ids, said] = [idsIn(body[field.name]), called[field.name]];
      const now = ids.flatMap((id) => callNow(lens, id) ?? []);
      const [first] = ids;
      if (first === undefined || said === undefined || sameCall(lens, said, now)) return [];
      const own = { identityId, side: side.name, field: field.name, recordId };
      return [{ ...own, kind: 'point', at, fromId: first, toId: first }];
    }),
  );
  await tx.noteWaits(moved);
}

/** Notes what a batch leaves waiting, and wakes what has waited for something it brings. */
export async function noteReferences(
  runtime: SyncRuntime,
  tx: SyncTx,
  all: readonly Changed[],
): Promise<void> {
  const referrers = await referrersTo(runtime, tx);
  if (referrers.length === 0 && !hasReferences(runtime)) return;
  const changed = all.filter(({ before, now }) => before !== now);
  for (const side of runtime.model.sides) {
    if (side.references.length === 0) continue;
    await noteUnread(tx, side, changed);
    await wakeDeletesOf(tx, side, changed);
  }
  await reconsider(tx, changed);
  await noteCalls(runtime, tx, referrers, changed);
}

async function noteUnread(tx: SyncTx, side: SideModel, changed: readonly Changed[]): Promise<void> {
  const waits: Wait[] = [];
  const ends: WaitEnd[] = [];
  for (const { before, now } of changed) {
    const [was, is] = [before === null ? undefined : linkAt(before, side.name), linkAt(now, side.name)];
    // Only another reading says that what it names is not known yet: what is held for something else waits as it did.
    if (unreadOf(was) === unreadOf(is)) continue;
    const identityId = now.identity.id;
    for (const { field, refersTo: at } of side.references) {
      const [parentRecord] = idsIn(unreadOf(is)?.[field.name]);
      const own = { identityId, side: side.name, field: field.name, kind: 'read' as const };
      if (is !== undefined && parentRecord !== undefined)
        waits.push({ ...own, recordId: is.recordId, at, parentRecord: callOf(at, parentRecord) });
      else if (was?.unread?.[field.name] !== undefined) ends.push(own);
    }
  }
  await tx.endWaits(ends);
  await tx.noteWaits(waits);
}

/** What is gone, or kept from us, need not be read again; what cannot be read is read as a whole as soon as it can be. */
export function unreadOf(link: Link | undefined): Link['unread'] {
  return link?.status === 'live' && link.isUnreadable !== true ? link.unread : undefined;
}

/** A record that has let go of what it referred to may have been the last to hold on to it. */
async function wakeDeletesOf(tx: SyncTx, side: SideModel, changed: readonly Changed[]): Promise<void> {
  for (const { field, refersTo } of side.references) {
    // What is kept from us is there all the same.
    const referredTo = (link: Link | undefined): readonly string[] =>
      link?.status === 'live' || link?.status === 'hidden' ? idsIn(link.accounted[field.name]) : [];
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

/** Notes the waits and takes their writes out of the queue. */
export async function park(tx: SyncTx, waits: readonly Wait[]): Promise<void> {
  await tx.noteWaits(waits);
  await tx.parkWrites(waits);
}

/** Of identities about to be deleted at the side those that others there still refer to, as far as they have been read. */
export async function stillReferredTo(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: string,
  identityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const referred = new Set<string>();
  const referrers = await referrersTo(runtime, tx);
  for (const referrer of referrers.filter(({ at }) => at === side)) {
    for (const id of (await tx.referredTo(referrer, identityIds)).keys()) referred.add(id);
    for (const id of await namedUnread(runtime, tx, referrer, identityIds)) referred.add(id);
  }
  return referred;
}

/** Those that a record names which was read before they were known, and has not been read again since. */
async function namedUnread(
  { name: sync }: SyncRuntime,
  tx: SyncTx,
  { at: side, by }: Referrer,
  identityIds: readonly string[],
): Promise<readonly string[]> {
  const place: Place = by === undefined ? { sync, side } : { sync, side, by };
  const calls = [...(await tx.recordsAt(place, identityIds)).values()];
  const awaited = await tx.awaitedAt(
    place,
    calls.map((call) => callOf(place, call)),
  );
  // What several things are called is the name of none of them.
  return [...(await tx.identitiesAt(place, [...awaited])).values()];
}
