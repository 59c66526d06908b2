/** Settles hints: looks the records up and applies what is there, or establishes that they are gone. */
import type { Lookup } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import type { JoinedBy } from '../engine/seen-join.ts';
import type { DeleteEvidence } from '../engine/state.ts';
import { must } from '../lib/assert.ts';
import type { HintRow, SyncTx } from '../store/contract.ts';
import { proveAbsent } from './absence.ts';
import { applyPage } from './apply.ts';
import { claimTogether } from './clashes.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { readBeganMs } from './lag.ts';
import { EARLY_LOOK_MS, LOOK_TRIES_MAX, PAGE_RECORDS_MAX } from './limits.ts';
import { lookTogether } from './look-together.ts';
import {
  findMasters,
  followMerges,
  JoinClash,
  linkedAmong,
  type Followed,
  type Masters,
} from './merged-away.ts';
import { outageWaitMs } from './retry.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { Sighting } from './sighting.ts';
import { findSuccessors, type Shown, type Successors } from './succeed.ts';

/** Claims due hints of the side and settles them. Returns how many it claimed. */
export async function settleHints(
  runtime: SyncRuntime,
  side: SideRuntime,
  signal: AbortSignal,
): Promise<number> {
  const { name } = side.model;
  const countMax = Math.min(PAGE_RECORDS_MAX, side.card.getBatchMax);
  const hints = await runtime.transaction((tx) => claimTogether(runtime, tx, name, countMax));
  if (hints.length === 0) return 0;
  try {
    await lookAndSettle(runtime, side, hints, signal);
  } catch (error) {
    const failure = failureOfError(error);
    if (failure.code !== UNEXPECTED || hints.length === 1) await putBack(runtime, side, hints, failure);
    else await settleOneByOne(runtime, side, hints, signal);
  }
  return hints.length;
}

/** No hint has this epoch, so that none of the record's own is settled in its place. */
const NO_EPOCH = -1;

/** Looks records up now and takes in what is there, whoever may look at them besides. Throws what the connector throws. */
export async function lookAt(
  runtime: SyncRuntime,
  side: SideRuntime,
  recordIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const notedAtMs = await runtime.nowMs();
  const countMax = Math.min(PAGE_RECORDS_MAX, side.card.getBatchMax);
  for (let start = 0; start < recordIds.length && !signal.aborted; start += countMax) {
    const asked = recordIds.slice(start, start + countMax);
    const looks = asked.map((recordId): HintRow => ({
      recordId,
      kind: 'missing',
      notedAtMs,
      epoch: NO_EPOCH,
      attempts: 0,
    }));
    await lookAndSettle(runtime, side, looks, signal);
  }
}

/** Something about one of the records breaks us: find out which, so that the others are not held up by it. */
async function settleOneByOne(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  signal: AbortSignal,
): Promise<void> {
  for (const hint of hints) {
    try {
      await lookAndSettle(runtime, side, [hint], signal);
    } catch (error) {
      await putBack(runtime, side, [hint], failureOfError(error));
    }
  }
}

async function lookAndSettle(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  signal: AbortSignal,
): Promise<void> {
  const beganMs = await readBeganMs(runtime, side);
  const lookups = await lookTogether(
    side,
    hints.map((hint) => hint.recordId),
  );
  const absent = await confirmAbsent(runtime, side, hints, lookups, signal);
  const masters = await findMasters(side, lookups);
  const successors = await findSuccessors(runtime, side, shownBy(hints, lookups, absent), signal);
  await settle(runtime, side, hints, lookups, { absent, masters, successors }, beganMs);
}

function shownBy(
  hints: readonly HintRow[],
  lookups: readonly Lookup[],
  absent: ReadonlyMap<string, DeleteEvidence>,
): Shown {
  const shown = new Set<string>();
  const deleted = new Set<string>();
  const doubtful = new Set<string>();
  for (const [index, { recordId, kind }] of hints.entries()) {
    const lookup = lookups[index]?.kind ?? 'failed';
    if (lookup !== 'failed') shown.add(recordId);
    // Under the id of what the feed told to be gone there may be another record.
    if (kind === 'deleted' || absent.has(recordId)) deleted.add(recordId);
    // What a sweep or another look has missed before is missed for the second time.
    else if (lookup === 'absent' && kind !== 'missing') doubtful.add(recordId);
  }
  return { shown, deleted: [...deleted], doubtful };
}

/** Which of the absent records are certainly deleted. The feed's own tombstone is proof; of the others it has to be sought. */
async function confirmAbsent(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  lookups: readonly Lookup[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DeleteEvidence>> {
  const confirmed = new Map<string, DeleteEvidence>();
  const doubtful: string[] = [];
  for (const [index, hint] of hints.entries()) {
    const lookup = lookups[index];
    if (lookup?.kind !== 'absent') continue;
    if (hint.kind === 'deleted') confirmed.set(hint.recordId, 'feed');
    // The system says what became of it, which is more than that it is not there.
    else if (lookup.mergedInto !== undefined) confirmed.set(hint.recordId, 'lookup');
    else doubtful.push(hint.recordId);
  }
  const proved = await proveAbsent(runtime, side, doubtful, [...confirmed.keys()], signal);
  return new Map([...confirmed, ...proved]);
}

/** What was found out about the records that are not there. */
interface Absence {
  readonly absent: ReadonlyMap<string, DeleteEvidence>;
  readonly masters: Masters;
  readonly successors: Successors;
}

/** What a look shows, sorted by what has to be done about it. */
interface Looked {
  readonly sightings: Sighting[];
  readonly settled: HintRow[];
  readonly gone: Set<string>;
  readonly beside: ReadonlySet<string>;
  readonly merged: { readonly hint: HintRow; readonly merge: Followed }[];
  readonly failed: { readonly hint: HintRow; readonly failure: Failure }[];
}

function sortLookups(
  side: string,
  hints: readonly HintRow[],
  lookups: readonly Lookup[],
  { absent, masters, successors }: Absence,
): Looked {
  const beside = successors.asked;
  const looked: Looked = { sightings: [], settled: [], gone: new Set(), beside, merged: [], failed: [] };
  for (const record of [...masters.records, ...successors.records])
    looked.sightings.push({ kind: 'record', recordId: record.id, record });
  for (const [index, hint] of hints.entries()) {
    const { recordId } = hint;
    const lookup = must(lookups[index], 'there is one lookup per record');
    const master = masters.of.get(recordId);
    const evidence = absent.get(recordId);
    const unsure = successors.unsure.get(recordId);
    if (lookup.kind === 'failed') looked.failed.push({ hint, failure: lookup.failure });
    else if (unsure !== undefined) looked.failed.push({ hint, failure: unsure });
    else if (master?.kind === 'failed') looked.failed.push({ hint, failure: master.failure });
    else if (master !== undefined) looked.merged.push({ hint, merge: { side, recordId, ...master } });
    else {
      looked.settled.push(hint);
      if (lookup.kind === 'absent') looked.gone.add(recordId);
      if (lookup.kind === 'found') looked.sightings.push({ kind: 'record', recordId, record: lookup.record });
      else if (evidence === undefined) looked.sightings.push({ kind: 'hidden', recordId });
      else looked.sightings.push({ kind: 'deleted', recordId, evidence });
    }
  }
  return looked;
}

async function settle(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  lookups: readonly Lookup[],
  absence: Absence,
  beganMs: number,
): Promise<void> {
  const { name } = side.model;
  const looked = sortLookups(name, hints, lookups, absence);
  const { wakened, following } = await runtime.transaction((tx) =>
    settleKnown(runtime, tx, side, looked, beganMs),
  );
  for (const { hint, failure } of looked.failed) await putBack(runtime, side, [hint], failure);
  const missing = absence.successors.doubted.map((recordId) => ({
    recordId,
    kind: 'missing' as const,
    dueInMs: EARLY_LOOK_MS,
  }));
  // Only now: what is noted of a record whose hint is claimed is due at once.
  if (missing.length > 0) await runtime.transaction((tx) => tx.noteHints(name, missing));
  const moved = following.length === 0 ? [] : await settleMerged(runtime, side, following, beganMs);
  for (const woken of [...wakened, ...moved]) runtime.wakes.wake(`deliver ${woken}`);
}

/** Everything but the records that stand for something and were merged away, which are left for later. */
async function settleKnown(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  { sightings, settled, gone, beside, merged }: Looked,
  beganMs: number,
): Promise<{ readonly wakened: ReadonlySet<string>; readonly following: Looked['merged'] }> {
  const { name } = side.model;
  const linked = await linkedAmong(
    tx,
    name,
    merged.map(({ hint }) => hint.recordId),
  );
  const following = merged.filter(({ hint }) => linked.has(hint.recordId));
  // What stands for nothing is as good as deleted.
  const others = merged.flatMap(({ hint }) => (linked.has(hint.recordId) ? [] : [hint]));
  const closing = [...settled, ...others];
  const isGone = ({ recordId }: HintRow): boolean => gone.has(recordId);
  const early = await toldEarly(tx, side, [...closing.filter(isGone), ...others]);
  await tx.deferHints(name, [...early], { dueInMs: EARLY_LOOK_MS, failure: null, dead: false });
  const overtaken = await closeSettled(
    tx,
    side,
    closing.filter((hint) => !early.has(hint)),
    beganMs,
  );
  const { wakened } = await applyPage(runtime, tx, {
    side: name,
    sightings: [
      ...sightings,
      ...others.map(({ recordId }): Sighting => ({ kind: 'deleted', recordId, evidence: 'lookup' })),
    ].filter(({ recordId }) => !overtaken.has(recordId)),
    readBeganMs: beganMs,
    followed: null,
    // Of what is left out nothing is told: whether it takes the place of a deleted one shows when both are looked at again.
    beside: new Set([...beside].filter((recordId) => !overtaken.has(recordId))),
    toldGone: settled.filter(({ kind }) => kind === 'deleted'),
  });
  return { wakened, following };
}

/**
 * Closes what was settled, before it is applied: what applying notes anew about a record must survive. Gives the records whose hint
 * another look has settled meanwhile. This one may have stood still and show less, so of them it shows nothing, and they are looked at
 * once more.
 */
async function closeSettled(
  tx: SyncTx,
  { model: { name }, card }: SideRuntime,
  settled: readonly HintRow[],
  beganMs: number,
): Promise<ReadonlySet<string>> {
  const claimed = settled.filter(({ epoch }) => epoch !== NO_EPOCH);
  const overtaken = await tx.closeHints(name, claimed, beganMs + card.readLagMs);
  await tx.noteHints(
    name,
    [...overtaken].map((recordId) => ({ recordId, kind: 'changed' })),
  );
  return overtaken;
}

async function settleMerged(
  runtime: SyncRuntime,
  side: SideRuntime,
  following: Looked['merged'],
  beganMs: number,
): Promise<ReadonlySet<string>> {
  const { name } = side.model;
  const follow = (some: Looked['merged'], by?: JoinedBy): Promise<ReadonlySet<string>> =>
    runtime.transaction(async (tx) => {
      const hints = some.map(({ hint }) => hint);
      await tx.closeHints(name, hints, beganMs + side.card.readLagMs);
      const merges = some.map(({ merge }) => merge);
      return followMerges(runtime, tx, name, merges, beganMs, by);
    });
  try {
    return await follow(following);
  } catch (error) {
    if (!(error instanceof JoinClash)) throw error;
  }
  // One of them has met the key of a third thing: find out which, so that only of that one a person is asked.
  const wakened: string[] = [];
  for (const one of following) {
    const sides = await follow([one]).catch((error: unknown) => {
      if (!(error instanceof JoinClash)) throw error;
      return follow([one], 'nobody');
    });
    wakened.push(...sides);
  }
  return new Set(wakened);
}

/**
 * Of the records that are gone, those that are nobody's and that a create may have made whose answer is not recorded yet: that
 * answer would say that they are there. Asked in this order, an answer recorded in between has linked its record.
 */
async function toldEarly(
  tx: SyncTx,
  { model }: SideRuntime,
  gone: readonly HintRow[],
): Promise<ReadonlySet<HintRow>> {
  const sinceMs = gone.length === 0 || !model.creates ? null : await tx.createsSinceMs(model.name);
  if (sinceMs === null) return new Set();
  // A record that was met before the answer may be linked to nothing for the time being, as when it cannot be read.
  const linked = await linkedAmong(
    tx,
    model.name,
    gone.map(({ recordId }) => recordId),
  );
  return new Set(gone.filter((hint) => hint.notedAtMs >= sinceMs && !linked.has(hint.recordId)));
}

/** An outage costs the records nothing; what is wrong with one record costs that record a try. */
async function putBack(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  failure: Failure,
): Promise<void> {
  const { name } = side.model;
  const own = failure.kind === 'invalid' || failure.kind === 'permanent' || failure.code === UNEXPECTED;
  const attempts = Math.max(...hints.map((hint) => hint.attempts)) + 1;
  const dueInMs = outageWaitMs(failure, attempts, runtime.random);
  runtime.log.warn(
    { sync: runtime.name, side: name, hints: hints.length, code: failure.code },
    'records could not be looked up',
  );
  const dead = own && attempts >= LOOK_TRIES_MAX;
  await runtime.transaction((tx) =>
    tx.deferHints(name, hints, { dueInMs, failure: own ? stored(failure) : null, dead }),
  );
}
