/** Settles hints: looks the records up and applies what is there, or establishes that they are gone. */
import type { Lookup } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import type { DeleteEvidence } from '../engine/state.ts';
import type { HintRow, SyncTx } from '../store/contract.ts';
import { applyPage } from './apply.ts';
import { isSaidEmptied } from './emptied.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { readBeganMs } from './lag.ts';
import { EARLY_LOOK_MS, HINT_LEASE_MS, LOOK_TRIES_MAX, PAGE_RECORDS_MAX } from './limits.ts';
import { outageWaitMs } from './retry.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { Sighting } from './sighting.ts';

/** Claims due hints of the side and settles them. Returns how many it claimed. */
export async function settleHints(
  runtime: SyncRuntime,
  side: SideRuntime,
  signal: AbortSignal,
): Promise<number> {
  const { name } = side.model;
  const countMax = Math.min(PAGE_RECORDS_MAX, side.card.getBatchMax);
  const hints = await runtime.transaction((tx) => tx.claimHints(name, countMax, HINT_LEASE_MS));
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
  const lookups = await side.session.get(
    side.model.collection,
    hints.map((hint) => hint.recordId),
    side.model.natives,
  );
  const absent = await confirmAbsent(runtime, side, hints, lookups, signal);
  await settle(runtime, side, hints, lookups, absent, beganMs);
}

/**
 * Which of the absent records are certainly deleted. The feed's own tombstone is proof; otherwise a second look after the
 * system's read lag must agree, and show a control record that is known to be there; only where somebody has said that the
 * side was emptied on purpose may there be none.
 */
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
    if (lookups[index]?.kind !== 'absent') continue;
    if (hint.kind === 'deleted') confirmed.set(hint.recordId, 'feed');
    else doubtful.push(hint.recordId);
  }
  if (doubtful.length === 0) return confirmed;
  const { name } = side.model;
  const { control, isSaid } = await runtime.transaction(async (tx) => ({
    control: await tx.controlRecord(name, doubtful),
    isSaid: await isSaidEmptied(tx, name),
  }));
  if (control === null && !isSaid) return confirmed;
  await runtime.clock.sleep(side.card.readLagMs, signal);
  const beside = control === null ? [] : [control];
  // One place of every look is the control record's.
  const besideMax = Math.max(1, side.card.getBatchMax - beside.length);
  for (let start = 0; start < doubtful.length; start += besideMax) {
    const asked = doubtful.slice(start, start + besideMax);
    const again = await lookTogether(side, [...asked, ...beside]);
    const isShown = again[asked.length]?.kind === 'found';
    if (!isShown && !isSaid) return confirmed;
    for (const [index, recordId] of asked.entries())
      if (again[index]?.kind === 'absent') confirmed.set(recordId, isShown ? 'lookup' : 'person');
  }
  return confirmed;
}

/** One look, or two after each other where the system takes one record at a time. */
async function lookTogether(side: SideRuntime, ids: readonly string[]): Promise<readonly Lookup[]> {
  const { collection, natives } = side.model;
  if (ids.length <= side.card.getBatchMax) return side.session.get(collection, ids, natives);
  const lookups: Lookup[] = [];
  for (const id of ids) lookups.push(...(await side.session.get(collection, [id], natives)));
  return lookups;
}

async function settle(
  runtime: SyncRuntime,
  side: SideRuntime,
  hints: readonly HintRow[],
  lookups: readonly Lookup[],
  absent: ReadonlyMap<string, DeleteEvidence>,
  beganMs: number,
): Promise<void> {
  const sightings: Sighting[] = [];
  const settled: HintRow[] = [];
  const gone = new Set<string>();
  const failed: { readonly hint: HintRow; readonly failure: Failure }[] = [];
  for (const [index, hint] of hints.entries()) {
    const lookup = lookups[index];
    if (lookup === undefined || lookup.kind === 'failed') {
      failed.push({ hint, failure: lookup?.failure ?? NO_ANSWER });
      continue;
    }
    settled.push(hint);
    if (lookup.kind === 'absent') gone.add(hint.recordId);
    const evidence = absent.get(hint.recordId);
    if (lookup.kind === 'found')
      sightings.push({ kind: 'record', recordId: hint.recordId, record: lookup.record });
    else if (evidence === undefined) sightings.push({ kind: 'hidden', recordId: hint.recordId });
    else sightings.push({ kind: 'deleted', recordId: hint.recordId, evidence });
  }
  const wakened = await runtime.transaction(async (tx) => {
    const early = await toldEarly(
      tx,
      side,
      settled.filter(({ recordId }) => gone.has(recordId)),
    );
    await tx.deferHints(side.model.name, [...early], { dueInMs: EARLY_LOOK_MS, failure: null, dead: false });
    // Closed first: what applying notes anew about a record must survive.
    await tx.closeHints(
      side.model.name,
      settled.filter((hint) => !early.has(hint)),
      beganMs + side.card.readLagMs,
    );
    return (
      await applyPage(runtime, tx, {
        side: side.model.name,
        sightings,
        readBeganMs: beganMs,
        followed: null,
      })
    ).wakened;
  });
  for (const name of wakened) runtime.wakes.wake(`deliver ${name}`);
  for (const { hint, failure } of failed) await putBack(runtime, side, [hint], failure);
}

/**
 * Of the records that are gone, those that nobody knows and that a create may have made whose answer is not recorded yet: that
 * answer would say that they are there. Asked in this order, an answer recorded in between has linked its record.
 */
async function toldEarly(
  tx: SyncTx,
  { model }: SideRuntime,
  gone: readonly HintRow[],
): Promise<ReadonlySet<HintRow>> {
  const sinceMs = gone.length === 0 || !model.creates ? null : await tx.createsSinceMs(model.name);
  if (sinceMs === null) return new Set();
  const known = await tx.recordsOf(
    model.name,
    gone.map(({ recordId }) => recordId),
  );
  const isKnown = (recordId: string): boolean => (known.get(recordId)?.status ?? 'gone') !== 'gone';
  return new Set(gone.filter((hint) => hint.notedAtMs >= sinceMs && !isKnown(hint.recordId)));
}

const NO_ANSWER: Failure = {
  kind: 'transient',
  code: 'trueup.no_answer_for_record',
  message: 'the connector answered a look-up without this record',
};

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
