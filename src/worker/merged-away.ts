/** Records of which a side says that they were merged into others there: they are no deletes, and what was linked to them follows. */
import type { Lookup, SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { mergeDelete } from '../engine/existence.ts';
import type { JoinMemory } from '../engine/join.ts';
import { joinSeen, type JoinedBy, type MergedAway, type SeenJoin } from '../engine/seen-join.ts';
import { linkAt, type Bundle } from '../engine/state.ts';
import type { KnownRecord, NewHint, SyncTx } from '../store/contract.ts';
import type { NewJoin } from '../store/matches.ts';
import type { Move } from '../store/reference-contract.ts';
import { Batch, changeBody } from './batch.ts';
import { lookAgain } from './look-again.ts';
import { idOf, lookTogether } from './look-together.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { pointReferrers } from './waits.ts';

/** So far a chain of merges is followed in one look; no person has merged that often what we have not seen yet. */
const HOPS_MAX = 16;
/** One of the two waits for an answer, which comes soon. */
const LATER_MS = 5_000;

/** Where records that were merged away live on. */
export interface Masters {
  /** Records that the look has shown besides, as they are now. */
  readonly records: readonly SystemRecord[];
  /** The end of each chain, by the record that went. */
  readonly of: ReadonlyMap<string, Master>;
}

export type Master =
  /** `isThere`: the system has shown it just now. */
  | { readonly kind: 'told'; readonly into: string; readonly isThere: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Follows each record that was merged away to where it lives on, however often that was merged into another since. */
export async function findMasters(side: SideRuntime, looked: readonly Lookup[]): Promise<Masters> {
  const seen = new Map(looked.map((lookup) => [idOf(lookup), lookup]));
  const away = looked.flatMap((lookup) => (nextOf(lookup) === null ? [] : [idOf(lookup)]));
  const records: SystemRecord[] = [];
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    const told = new Set([...seen.values()].flatMap((lookup) => nextOf(lookup) ?? []));
    const asked = [...told].filter((id) => !seen.has(id));
    if (asked.length === 0) break;
    const lookups = await lookTogether(side, asked);
    for (const [index, lookup] of lookups.entries()) {
      seen.set(asked[index] ?? '', lookup);
      if (lookup.kind === 'found') records.push(lookup.record);
    }
  }
  return { records, of: new Map(away.map((id) => [id, endOf(id, seen)])) };
}

function nextOf(lookup: Lookup | undefined): string | null {
  return lookup?.kind === 'absent' ? (lookup.mergedInto ?? null) : null;
}

/** Of a chain that leads back to itself, or is longer than anybody follows, the place where the following ended. */
function endOf(id: string, seen: ReadonlyMap<string, Lookup>): Master {
  const passed = new Set([id]);
  let into = nextOf(seen.get(id)) ?? id;
  while (!passed.has(into)) {
    const lookup = seen.get(into);
    if (lookup?.kind === 'failed') return { kind: 'failed', failure: lookup.failure };
    const next = nextOf(lookup);
    if (next === null) return { kind: 'told', into, isThere: lookup?.kind === 'found' };
    passed.add(into);
    into = next;
  }
  return { kind: 'told', into, isThere: false };
}

/** Of these records those that stand for something, which therefore follows where they went. */
export async function linkedAmong(
  tx: SyncTx,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (recordIds.length === 0) return new Set();
  const known = await tx.recordsOf(side, recordIds);
  return new Set(recordIds.filter((id) => identityOf(known.get(id)) !== null));
}

function identityOf(known: KnownRecord | undefined): string | null {
  return known === undefined || known.status === 'gone' ? null : known.identityId;
}

/** A record that went, and where the look has found it to live on. */
export interface Followed extends MergedAway {
  readonly isThere: boolean;
}

/**
 * Joins what the records that went stood for to what stands for those that they live on in, in the caller's transaction. The
 * latter have been taken in as they are now. Returns the sides that now have something to deliver.
 */
export async function followMerges(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: string,
  merges: readonly Followed[],
  readBeganMs: number,
  by: JoinedBy = 'itself',
): Promise<ReadonlySet<string>> {
  const recordIds = merges.map(({ recordId }) => recordId);
  await tx.lookOnceMore(side, recordIds);
  const known = await tx.recordsOf(side, [...new Set([...recordIds, ...merges.map(({ into }) => into)])]);
  const pairs = merges.map((merge) => ({
    merge,
    goneId: identityOf(known.get(merge.recordId)),
    keptId: merge.isThere ? identityOf(known.get(merge.into)) : null,
  }));
  const work = await begin(runtime, tx, side, `merge at ${side}`, pairs);
  for (const { merge, goneId, keptId } of pairs) {
    const gone = work.batch.get(goneId ?? '');
    const link = gone === undefined ? undefined : linkAt(gone, side);
    const isNow = link?.recordId === merge.recordId && link.status !== 'gone' && readBeganMs > link.asOfMs;
    // Something newer was accounted for while this waited for the lock.
    if (gone === undefined || !isNow) work.hints.push({ recordId: merge.recordId, kind: 'changed' });
    else follow(work, merge, work.batch.get(keptId ?? '') ?? null, gone, by);
  }
  return store(work);
}

/**
 * The same for a person, who is asked of it: what is left of the thing is deleted. Null where the record that it was merged into
 * stands for nothing here, or is the record that went; a sentence where the two cannot be joined now, or a side would keep its record.
 */
export async function joinForPerson(
  runtime: SyncRuntime,
  tx: SyncTx,
  goneId: string,
  { side, into }: Pick<MergedAway, 'side' | 'into'>,
  by: string,
): Promise<ReadonlySet<string> | string | null> {
  const keptId = identityOf((await tx.recordsOf(side, [into])).get(into));
  if (keptId === null || keptId === goneId) return null;
  const work = await begin(runtime, tx, side, by, [{ goneId, keptId }]);
  const [gone, kept] = [work.batch.get(goneId), work.batch.get(keptId)];
  if (gone === undefined || kept === undefined) return null;
  const away = { side, into, recordId: linkAt(gone, side)?.recordId ?? '' };
  const seen = joinSeen(runtime.model, kept, gone, away, tx.nowMs, 'person');
  if (seen.kind === 'later')
    return 'a write for one of the two has not been answered yet: try again in a few minutes';
  if (seen.kind === 'ask')
    return 'something about the one that it was merged into, or about itself, waits for a person: decide that first, with: trueup holds';
  const staying = sidesThatKeep(runtime, seen.gone.bundle);
  if (staying.length > 0)
    return `${staying.join(', ')} takes no deletes from here, so that its record would stay: delete it there, or merge it into the other one there, and this is answered by itself; or choose revive`;
  join(work, away, seen, kept, gone);
  return store(work);
}

/** Where a record of what is over stays, because nothing is deleted at that side. */
function sidesThatKeep({ model }: SyncRuntime, { links }: Bundle): readonly string[] {
  return links.flatMap(({ side, status }) =>
    status !== 'gone' && model.sideOf.get(side)?.deletes === false ? [side] : [],
  );
}

/** One transaction in which things become one because their records did. */
interface Work {
  readonly runtime: SyncRuntime;
  readonly tx: SyncTx;
  readonly side: string;
  readonly by: string;
  readonly batch: Batch;
  readonly joins: NewJoin[];
  readonly moves: Move[];
  readonly hints: NewHint[];
}

async function begin(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: string,
  by: string,
  pairs: readonly { readonly goneId: string | null; readonly keptId: string | null }[],
): Promise<Work> {
  const ids = new Set(pairs.flatMap(({ goneId, keptId }) => [goneId, keptId].filter((id) => id !== null)));
  const batch = new Batch(runtime, tx, { by, resolution: 'joined' });
  for (const bundle of (await tx.lockBundles([...ids])).values()) batch.load(bundle);
  return { runtime, tx, side, by, batch, joins: [], moves: [], hints: [] };
}

function follow(work: Work, merge: Followed, kept: Bundle | null, gone: Bundle, by: JoinedBy): void {
  const { runtime, tx, side, batch, hints } = work;
  const { model } = runtime;
  const { recordId, into } = merge;
  const story = { identityId: gone.identity.id, side, recordId };
  if (gone.identity.tombstone !== null) {
    const outcome = mergeDelete(model, gone, side, 'lookup', tx.nowMs);
    batch.apply(outcome, { ...story, kind: 'deleted', body: { evidence: 'lookup', mergedInto: into } });
    return;
  }
  const seen = joinSeen(model, kept, gone, merge, tx.nowMs, by);
  if (seen.kind === 'later') hints.push({ recordId, kind: 'changed', dueInMs: LATER_MS });
  else if (seen.kind === 'ask')
    batch.apply(seen.gone, { ...story, kind: 'held', body: { reason: 'merged', mergedInto: into } });
  else if (kept !== null) join(work, merge, seen, kept, gone);
}

function join(
  { runtime, side, by, batch, joins, moves }: Work,
  { recordId, into }: MergedAway,
  seen: Extract<SeenJoin, { readonly kind: 'joined' }>,
  kept: Bundle,
  gone: Bundle,
): void {
  const [keptId, goneId] = [kept.identity.id, gone.identity.id];
  batch.apply(seen.gone, {
    identityId: goneId,
    side,
    recordId,
    kind: seen.gone.holds.length > 0 ? 'held' : 'joined',
    body: { by, with: keptId, mergedInto: into, ...(seen.gone.holds.length > 0 ? { reason: 'merged' } : {}) },
  });
  const body = changeBody(seen.kept, { by, with: goneId });
  batch.apply(seen.kept, { identityId: keptId, side, recordId: into, kind: 'joined', body });
  if (seen.memory !== null) joins.push({ joinId: runtime.ids.next(), memory: seen.memory, by });
  moves.push({ fromId: goneId, toId: keptId });
}

/** What the one that is kept would be by what it takes over is a third thing: nobody may say so without being asked. */
export class JoinClash extends Error {
  override readonly name = 'JoinClash';
}

/** A batch takes nothing that leads to the key of another: then the records would belong to neither of the two. */
export function refuseClash(batch: Batch, { kept, moved }: JoinMemory): void {
  const links = batch.get(kept.id)?.links ?? [];
  const isThere = moved.every(({ side, recordId }) =>
    links.some((link) => link.side === side && link.recordId === recordId),
  );
  if (!isThere) throw new JoinClash('together the two would have the match key of a third thing');
}

async function store({ runtime, tx, side, batch, joins, moves, hints }: Work): Promise<ReadonlySet<string>> {
  const wakened = await batch.store();
  for (const { memory } of joins) refuseClash(batch, memory);
  await tx.noteJoins(joins);
  await pointReferrers(runtime, tx, moves);
  await lookAgain(
    tx,
    moves.flatMap(({ toId }) => batch.get(toId) ?? []),
  );
  await tx.noteHints(side, hints);
  return wakened;
}
