/** src/store/hints.ts in memory. */
import type { JsonObject } from '../../../src/lib/json.ts';
import type { HintRow, NewHint, StoredFailure, HintedRecord } from '../../../src/store/contract.ts';
import { asStored } from './document.ts';
import { LONG_AGO, storedMs } from './instant.ts';
import { pairKey, type StoredHint } from './rows.ts';
import { change, select, selectForUpdate, upsert } from './statements.ts';
import type { Slot } from './table.ts';
import type { Transaction } from './transaction.ts';

function hintsOf(tx: Transaction, side: string, recordIds: readonly string[]): Iterable<Slot<StoredHint>> {
  return tx.tables.hints.slotsOf(recordIds.map((recordId) => pairKey(side, recordId)));
}

function newHint(tx: Transaction, side: string, recordId: string): StoredHint {
  return {
    side,
    recordId,
    kind: 'changed',
    state: 'open',
    attempts: 0,
    failure: null,
    notedAtMs: tx.clockMs(),
    dueAtMs: tx.clockMs(),
    lookFromMs: LONG_AGO,
    leaseEpoch: 0,
    leaseUntilMs: LONG_AGO,
  };
}

/** `distinct on (record_id) … order by record_id, kind desc`. */
/** What the feed itself said of a delete outlasts that a list does not show the record. */
function rank({ kind }: NewHint): number {
  return ['changed', 'missing', 'deleted'].indexOf(kind);
}

function distinct(hints: readonly NewHint[]): readonly NewHint[] {
  const strongest = new Map<string, NewHint>();
  for (const hint of hints) {
    const found = strongest.get(hint.recordId);
    if (found === undefined || rank(hint) > rank(found)) strongest.set(hint.recordId, hint);
  }
  return [...strongest.values()].toSorted((left, right) => (left.recordId < right.recordId ? -1 : 1));
}

export async function noteHints(tx: Transaction, side: string, hints: readonly NewHint[]): Promise<void> {
  if (hints.length === 0) return;
  await tx.statement('noteHints');
  const noted = distinct(hints).map(({ recordId, kind, dueInMs }) => ({
    ...newHint(tx, side, recordId),
    kind,
    dueAtMs: tx.clockMs(dueInMs ?? 0),
    lookFromMs: tx.clockMs(dueInMs ?? 0),
  }));
  await upsert(tx, tx.tables.hints, noted, (found, { kind, notedAtMs, dueAtMs, lookFromMs }): StoredHint => ({
    ...found,
    kind: found.kind === 'deleted' ? 'deleted' : kind,
    notedAtMs: kind === 'deleted' ? notedAtMs : found.notedAtMs,
    leaseEpoch: found.leaseEpoch + 1,
    leaseUntilMs: LONG_AGO,
    state: 'open',
    dueAtMs: Math.min(found.dueAtMs, dueAtMs),
    lookFromMs: Math.max(found.lookFromMs, lookFromMs),
    attempts: found.state === 'dead' ? 0 : found.attempts,
  }));
}

export async function hintWaiting(tx: Transaction): Promise<void> {
  await tx.statement('hintWaiting');
  const clashing = new Set<string>();
  for (const { closed, identityId, reason, seen } of select(tx, tx.tables.holds.slots(), () => true)) {
    if (closed !== null || identityId === null || reason !== 'ambiguousMatch') continue;
    for (const side of Object.keys(seen as JsonObject)) clashing.add(`${identityId} ${side}`);
  }
  const waiting = select(
    tx,
    tx.tables.links.slots(),
    ({ status, side, linked }) =>
      status === 'parked' ||
      ((status === 'live' || status === 'hidden') && clashing.has(`${linked?.identityId ?? ''} ${side}`)),
  );
  const noted = waiting.map(({ side, recordId }) => newHint(tx, side, recordId));
  await upsert(tx, tx.tables.hints, noted, (found, { dueAtMs }): StoredHint => ({
    ...found,
    leaseEpoch: found.leaseEpoch + 1,
    leaseUntilMs: LONG_AGO,
    state: 'open',
    dueAtMs: Math.min(found.dueAtMs, dueAtMs),
  }));
}

export async function claimHints(
  tx: Transaction,
  side: string,
  countMax: number,
  leaseMs: number,
): Promise<readonly HintRow[]> {
  await tx.statement('claimHints');
  const { hints, hintsBySide } = tx.tables;
  const isDue = ({ state, dueAtMs, leaseUntilMs }: StoredHint): boolean =>
    state === 'open' && dueAtMs <= tx.nowMs && leaseUntilMs < tx.nowMs;
  const due = select(tx, hintsBySide.slots(side), isDue).toSorted(
    (left, right) => left.dueAtMs - right.dueAtMs,
  );
  const claimed: StoredHint[] = [];
  for (const { recordId } of due) {
    if (claimed.length >= countMax) break;
    const slots = hints.slotsOf([pairKey(side, recordId)]);
    claimed.push(...(await selectForUpdate(tx, slots, isDue, 'skip')));
  }
  await change(
    tx,
    hintsOf(
      tx,
      side,
      claimed.map(({ recordId }) => recordId),
    ),
    () => true,
    (hint) => ({ ...hint, leaseEpoch: hint.leaseEpoch + 1, leaseUntilMs: tx.clockMs(leaseMs) }),
  );
  return claimed.map((hint) => claimedHint({ ...hint, leaseEpoch: hint.leaseEpoch + 1 }));
}

function claimedHint({ recordId, kind, notedAtMs, leaseEpoch: epoch, attempts }: StoredHint): HintRow {
  return { recordId, kind, notedAtMs, epoch, attempts };
}

export async function claimRecords(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
  leaseMs: number,
): Promise<readonly HintRow[]> {
  if (recordIds.length === 0) return [];
  await tx.statement('claimRecords');
  const lease = { leaseEpoch: 1, leaseUntilMs: tx.clockMs(leaseMs) };
  const wanted = recordIds.toSorted().map((recordId) => ({ ...newHint(tx, side, recordId), ...lease }));
  await upsert(tx, tx.tables.hints, wanted, (found, { leaseUntilMs }): StoredHint | null =>
    found.state === 'open' ? { ...found, leaseEpoch: found.leaseEpoch + 1, leaseUntilMs } : null,
  );
  return select(tx, hintsOf(tx, side, recordIds), isOpen).map(claimedHint);
}

function isOpen({ state }: StoredHint): boolean {
  return state === 'open';
}

/** Those of the hints that are still under the epoch they were claimed with. */
function underEpoch(hints: readonly HintRow[]): (hint: StoredHint) => boolean {
  const epochs = new Map(hints.map(({ recordId, epoch }) => [recordId, epoch]));
  return ({ recordId, leaseEpoch }) => epochs.get(recordId) === leaseEpoch;
}

export async function closeHints(
  tx: Transaction,
  side: string,
  hints: readonly HintRow[],
  lookedAtMs: number,
): Promise<ReadonlySet<string>> {
  if (hints.length === 0) return new Set();
  await tx.statement('closeHints');
  const recordIds = hints.map(({ recordId }) => recordId);
  const isSettled = underEpoch(hints);
  const lookedMs = storedMs(lookedAtMs);
  const closed = await change(
    tx,
    hintsOf(tx, side, recordIds),
    (hint) => isSettled(hint) && hint.lookFromMs <= lookedMs,
    () => null,
  );
  if (closed.length === hints.length) return new Set();
  await tx.statement('closeHints/open');
  const open = await selectForUpdate(tx, hintsOf(tx, side, recordIds), () => true, 'wait');
  await tx.statement('closeHints/later');
  await change(tx, hintsOf(tx, side, recordIds), isSettled, (hint): StoredHint => ({
    ...hint,
    leaseUntilMs: LONG_AGO,
    dueAtMs: hint.lookFromMs,
  }));
  const found = new Set([...closed, ...open].map(({ recordId }) => recordId));
  return new Set(recordIds.filter((recordId) => !found.has(recordId)));
}

export async function deferHints(
  tx: Transaction,
  side: string,
  hints: readonly HintRow[],
  defer: { readonly dueInMs: number; readonly failure: StoredFailure | null; readonly dead: boolean },
): Promise<void> {
  if (hints.length === 0) return;
  await tx.statement('deferHints');
  const recordIds = hints.map(({ recordId }) => recordId);
  await change(tx, hintsOf(tx, side, recordIds), underEpoch(hints), (hint): StoredHint => ({
    ...hint,
    leaseUntilMs: LONG_AGO,
    dueAtMs: tx.clockMs(defer.dueInMs),
    failure: asStored(defer.failure),
    attempts: hint.attempts + (defer.failure === null ? 0 : 1),
    state: defer.dead ? 'dead' : 'open',
  }));
}

export async function buryRecords(
  tx: Transaction,
  side: string,
  records: readonly { readonly recordId: string; readonly failure: StoredFailure }[],
  lookedAtMs: number,
): Promise<void> {
  if (records.length === 0) return;
  await tx.statement('buryRecords');
  const lookedMs = storedMs(lookedAtMs);
  const buried = records.map(({ recordId, failure }): StoredHint => ({
    ...newHint(tx, side, recordId),
    state: 'dead',
    failure: asStored(failure),
  }));
  await upsert(tx, tx.tables.hints, buried, (found, { failure }): StoredHint => ({
    ...found,
    state: found.lookFromMs <= lookedMs ? 'dead' : found.state,
    failure,
    leaseEpoch: found.leaseEpoch + 1,
    leaseUntilMs: LONG_AGO,
  }));
}

export async function lookOnceMore(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
): Promise<readonly HintedRecord[]> {
  if (recordIds.length === 0) return [];
  await tx.statement('lookOnceMore');
  const raised = await change(tx, hintsOf(tx, side, recordIds), isOpen, (hint): StoredHint => ({
    ...hint,
    leaseEpoch: hint.leaseEpoch + 1,
    leaseUntilMs: LONG_AGO,
    dueAtMs: hint.failure === null ? hint.dueAtMs : Math.min(hint.dueAtMs, tx.clockMs()),
  }));
  return raised.map(({ recordId, kind, notedAtMs }) => ({ recordId, kind, notedAtMs }));
}

export async function closeDeadHints(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.statement('closeDeadHints');
  const slots = hintsOf(tx, side, recordIds);
  await change(
    tx,
    slots,
    ({ state }) => state === 'dead',
    () => null,
  );
}
