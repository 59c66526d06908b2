/** Systems that give the ids of deleted records again: what was deleted keeps its memory under a name of its own. */
import { remembering } from '../engine/acknowledge.ts';
import { moveAside, withLink } from '../engine/existence.ts';
import { matchKeys } from '../engine/match.ts';
import type { SyncModel } from '../engine/model.ts';
import { sharesMost } from '../engine/resemblance.ts';
import { linkAt, type Bundle, type Link } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { KnownRecord, SyncTx, ToldGone } from '../store/contract.ts';
import type { Batch } from './batch.ts';
import type { Homes } from './homes.ts';
import type { SightingPage } from './sighting.ts';
import { kindOf, type Reading, type Sorted } from './sort.ts';

/** What a record shows that nobody has an identity for yet is not what was deleted under its id: another record has got that. */
export function isAnother(
  model: SyncModel,
  deleted: Bundle,
  side: string,
  { recordId, linkedTo, values }: Reading,
): boolean {
  const link = linkAt(deleted, side);
  if (linkedTo !== null || link?.status !== 'gone' || link.recordId !== recordId) return false;
  const keys = matchKeys(model, values);
  if (keys.length > 0) return !sharesKey(model, deleted, keys);
  // What comes back without a key is known by what it held.
  return !isLike(model, link, values);
}

/** Takes records that have taken the ids of deleted ones for word of those deletes; what they are themselves another look shows. */
export function tellTaken(
  model: SyncModel,
  batch: Batch,
  { side, readBeganMs, toldGone = [] }: SightingPage,
  sorted: Sorted,
): void {
  if (toldGone.length === 0) return;
  for (const reading of sorted.readings.slice()) {
    const { recordId, linkedTo, known } = reading;
    const thing = batch.get(linkedTo ?? '');
    const link = thing === undefined ? undefined : linkAt(thing, side);
    if (thing === undefined || known === undefined || link?.recordId !== recordId) continue;
    if (readBeganMs <= link.asOfMs || !hasTakenItsId(model, thing, link, reading, toldGone)) continue;
    sorted.readings.splice(sorted.readings.indexOf(reading), 1);
    sorted.existence.push({ sighting: { kind: 'deleted', recordId, evidence: 'feed' }, known });
    sorted.hints.push({ recordId, kind: 'changed' });
  }
}

/**
 * The feed had told that the thing's record is gone, and nobody has seen that one since. What is there under its id is another
 * one, unless a key or most of what it holds speaks against that: a record may be deleted and brought back.
 */
function hasTakenItsId(
  model: SyncModel,
  thing: Bundle,
  link: Link,
  { recordId, linkedTo, values }: Reading,
  toldGone: readonly ToldGone[],
): boolean {
  const seenMs = link.lookedAtMs ?? 0;
  // While somebody looked the feed may have told of another delete.
  const isTold = toldGone.some((told) => told.recordId === recordId && told.notedAtMs >= seenMs);
  if (linkedTo === null || !isTold) return false;
  return !sharesKey(model, thing, matchKeys(model, values)) && !isLike(model, link, values);
}

function sharesKey(model: SyncModel, { identity }: Bundle, keys: readonly string[]): boolean {
  const old = matchKeys(model, identity.golden);
  return keys.some((key) => old.includes(key));
}

function isLike(model: SyncModel, { side, accounted }: Link, values: Values): boolean {
  return sharesMost(must(model.sideOf.get(side), 'a link is at a side of its sync'), accounted, values);
}

/** The identity whose deleted record had this id; null where there is none. */
export function formerOf(known: KnownRecord | undefined): string | null {
  return known?.status === 'gone' ? known.identityId : null;
}

/**
 * Leaves to another look the records whose ids led to things that had them deleted, and have let go of them while the page waited for
 * the lock, as where a person has said that such a thing is to live: nothing says any more that they are its.
 */
export function leaveLetGo(batch: Batch, page: SightingPage, sorted: Sorted, homes: Homes): void {
  for (const reading of sorted.readings.slice()) {
    const { recordId, known } = reading;
    const former = batch.get(formerOf(known) ?? '');
    if (former === undefined || homes.of.get(recordId) !== former.identity.id) continue;
    if (linkAt(former, page.side)?.recordId === recordId) continue;
    sorted.readings.splice(sorted.readings.indexOf(reading), 1);
    sorted.hints.push({ recordId, kind: kindOf(page, recordId) });
  }
}

/** A record of another identity, or of none, has got the id: what was deleted under it moves aside. */
export function giveWay(batch: Batch, side: string, known: KnownRecord | undefined): void {
  const former = batch.get(formerOf(known) ?? '');
  const link = former === undefined ? undefined : linkAt(former, side);
  if (former !== undefined && link?.recordId === known?.recordId) batch.put(moveAside(former, side));
}

/** The same for records that are about to be linked. Locks and loads what the batch has not loaded yet. */
export async function giveWayAt(
  tx: SyncTx,
  batch: Batch,
  side: string,
  known: Iterable<KnownRecord>,
): Promise<void> {
  const former = [...known].filter((record) => formerOf(record) !== null);
  await loadOwners(tx, batch, former);
  for (const record of former) giveWay(batch, side, record);
}

/** A delete of ours that was carried out, and the thing it was meant for. */
interface Deleted {
  readonly recordId: string;
  readonly identityId: string;
}

/**
 * Where the id of a record that we have deleted is that of another thing by now, nothing tells which of the two the delete took:
 * should that thing's record turn out to be gone, nobody else has deleted it.
 */
export async function rememberDeletes(
  tx: SyncTx,
  batch: Batch,
  side: string,
  deleted: readonly Deleted[],
): Promise<void> {
  if (deleted.length === 0) return;
  const known = await tx.recordsOf(
    side,
    deleted.map(({ recordId }) => recordId),
  );
  const others = deleted.flatMap(({ recordId, identityId }) => {
    const record = known.get(recordId);
    return record === undefined || record.identityId === identityId ? [] : [record];
  });
  await loadOwners(tx, batch, others);
  for (const { recordId, identityId } of others) {
    const owner = batch.get(identityId ?? '');
    if (owner !== undefined) batch.put(withDelete(owner, side, recordId, tx.nowMs));
  }
}

/** The thing whose record at the side a delete of ours may have taken; as it is where that is not its record, or is gone. */
export function withDelete(bundle: Bundle, side: string, recordId: string, nowMs: number): Bundle {
  const link = linkAt(bundle, side);
  if (link?.recordId !== recordId || link.status === 'gone') return bundle;
  return withLink(bundle, remembering(link, { kind: 'delete', seq: 0, body: {} }, nowMs));
}

async function loadOwners(tx: SyncTx, batch: Batch, records: readonly KnownRecord[]): Promise<void> {
  const missing = records.flatMap(({ identityId }) =>
    identityId === null || batch.get(identityId) !== undefined ? [] : [identityId],
  );
  if (missing.length > 0) for (const bundle of (await tx.lockBundles(missing)).values()) batch.load(bundle);
}
