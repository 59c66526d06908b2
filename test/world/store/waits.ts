/** src/store/waits.ts in memory, where things have no names: the only calls that look beyond their own sync. */
import type { Place } from '../../../src/engine/model.ts';
import { idsIn, type Referrer } from '../../../src/engine/references.ts';
import type { WriteKey } from '../../../src/store/contract.ts';
import type { Move, Wait, WaitEnd } from '../../../src/store/reference-contract.ts';
import { WAIT_CHECK_FIRST_MS, WAIT_CHECK_MAX_MS } from '../../../src/store/waits.ts';
import { NEVER } from './instant.ts';
import { pairKey, waitKey, writeKey, type RecordRow, type StoredWait, type StoredWrite } from './rows.ts';
import { change, select, selectForUpdate, upsert } from './statements.ts';
import type { Table } from './table.ts';
import type { Transaction } from './transaction.ts';

export async function identitiesAt(
  tx: Transaction,
  { sync, side, by }: Place,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (recordIds.length === 0) return new Map();
  await tx.statement('identitiesAt');
  const links = tx.host.syncs.get(sync)?.links;
  if (links === undefined || by !== undefined) return new Map();
  const rows = select(tx, links.slotsOf(recordIds.map((recordId) => pairKey(side, recordId))));
  return new Map(
    rows.flatMap(({ recordId, linked }) => (linked === null ? [] : [[recordId, linked.identityId] as const])),
  );
}

export async function recordsAt(
  tx: Transaction,
  { sync, side, by }: Place,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (identityIds.length === 0) return new Map();
  await tx.statement('recordsAt');
  if (by !== undefined) return new Map();
  const rows = liveAt(tx, sync, side).filter(({ linked }) => identityIds.includes(linked?.identityId ?? ''));
  return new Map(rows.map(({ recordId, linked }) => [linked?.identityId ?? '', recordId]));
}

function liveAt(tx: Transaction, sync: string, side: string): readonly RecordRow[] {
  return thereAt(tx, sync, side).filter(({ status }) => status === 'live');
}

/** Records that are there, whether they can be seen or not. */
function thereAt(tx: Transaction, sync: string, side: string): readonly RecordRow[] {
  return recordsOf(tx, sync, side).filter(({ status }) => status === 'live' || status === 'hidden');
}

function recordsOf(tx: Transaction, sync: string, side: string): readonly RecordRow[] {
  const slots = tx.host.syncs.get(sync)?.linksBySide.slots(side) ?? [];
  return select(tx, slots, (row) => row.side === side);
}

export async function referredTo(
  tx: Transaction,
  { sync, side, field }: Referrer,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (identityIds.length === 0) return new Map();
  await tx.statement('referredTo');
  const counts = new Map<string, number>();
  for (const { linked } of thereAt(tx, sync, side)) {
    if (isLeftBehind(tx, sync, field, linked)) continue;
    for (const id of idsIn(linked?.link.accounted[field])) {
      if (identityIds.includes(id) && id !== linked?.identityId) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

/** It is left of a deleted thing, and calls what it names by what that is called no more. */
function isLeftBehind(tx: Transaction, sync: string, field: string, linked: RecordRow['linked']): boolean {
  if (linked?.link.stale?.includes(field) !== true) return false;
  const slots = tx.host.syncs.get(sync)?.identities.slotsOf([linked.identityId]) ?? [];
  return select(tx, slots).some(({ tombstone }) => tombstone !== null);
}

export async function awaitedAt(
  tx: Transaction,
  place: Place,
  recordIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (recordIds.length === 0) return new Set();
  await tx.statement('awaitedAt');
  const rows = allWaits(tx).flatMap((waits) => select(tx, waits.slots(), isAwaiting(place, recordIds)));
  return new Set(rows.flatMap(({ parentRecord }) => parentRecord ?? []));
}

function isAwaiting({ sync, side, by }: Place, recordIds: readonly string[]): (wait: StoredWait) => boolean {
  return ({ kind, parentSync, parentSide, parentField, parentRecord }) => {
    const isThere = parentSync === sync && parentSide === side && parentField === (by ?? null);
    return kind === 'read' && isThere && recordIds.includes(parentRecord ?? '');
  };
}

export async function noteWaits(tx: Transaction, waits: readonly Wait[]): Promise<void> {
  if (waits.length === 0) return;
  await tx.statement('noteWaits');
  const rows = waits.map((wait): StoredWait => ({
    identityId: wait.identityId,
    side: wait.side,
    field: wait.field,
    kind: wait.kind,
    recordId: wait.recordId,
    parentSync: wait.kind === 'delete' ? null : wait.at.sync,
    parentSide: wait.kind === 'delete' ? null : wait.at.side,
    parentField: wait.kind === 'delete' ? null : (wait.at.by ?? null),
    parentRecord: parentRecordOf(wait),
    parentId: wait.kind === 'write' ? wait.parentId : wait.kind === 'point' ? wait.toId : null,
    sinceMs: tx.clockMs(),
    dueAtMs: tx.clockMs(WAIT_CHECK_FIRST_MS),
    checks: 0,
  }));
  await upsert(tx, tx.tables.waits, rows, (found, row) => {
    if (targetOf(found) !== targetOf(row)) return row;
    const { sinceMs, checks } = found;
    const dueAtMs = found.dueAtMs === NEVER ? row.dueAtMs : found.dueAtMs;
    return { ...row, sinceMs, dueAtMs, checks };
  });
}

function parentRecordOf(wait: Wait): string | null {
  if (wait.kind === 'read' || wait.kind === 'key') return wait.parentRecord;
  return wait.kind === 'point' ? wait.fromId : null;
}

function targetOf({ parentSync, parentSide, parentField, parentRecord, parentId }: StoredWait): string {
  return JSON.stringify([parentSync, parentSide, parentField, parentRecord, parentId]);
}

/** Of every linked record that refers to one of these, or did when it went. */
export async function notePoints(
  tx: Transaction,
  { sync, side, field, at, by }: Referrer,
  moves: readonly Move[],
): Promise<void> {
  if (moves.length === 0) return;
  await tx.statement('notePoints');
  const waits = tx.host.syncs.get(sync)?.waits;
  if (waits === undefined) return;
  const rows = recordsOf(tx, sync, side).flatMap(({ recordId, linked }): readonly StoredWait[] => {
    const ids = Object.values(linked?.link.accounted ?? {}).flatMap(idsIn);
    const moved = moves.filter(({ fromId }) => ids.includes(fromId));
    if (linked === null || moved.length === 0) return [];
    const own = { identityId: linked.identityId, side, field, recordId, kind: 'point' as const };
    const [from = '', to = ''] = [
      moved.map(({ fromId }) => fromId).toSorted()[0],
      moved.map(({ toId }) => toId).toSorted()[0],
    ];
    const parent = {
      parentSync: tx.host.name,
      parentSide: at,
      parentField: by ?? null,
      parentRecord: from,
      parentId: to,
    };
    return [{ ...own, ...parent, sinceMs: tx.clockMs(), dueAtMs: tx.clockMs(), checks: 0 }];
  });
  await upsert(tx, waits, rows, ({ sinceMs }, row) => ({ ...row, sinceMs }));
}

export async function endWaits(tx: Transaction, ends: readonly WaitEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.statement('endWaits');
  await change(tx, tx.tables.waits.slots(), isAmong(ends), () => null);
}

export async function parkWaits(tx: Transaction, ends: readonly WaitEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.statement('parkWaits');
  await change(tx, tx.tables.waits.slots(), isAmong(ends), (wait) => ({ ...wait, dueAtMs: NEVER }));
}

function isAmong(ends: readonly WaitEnd[]): (wait: StoredWait) => boolean {
  return (wait) =>
    ends.some(
      ({ identityId, side, kind, field }) =>
        wait.identityId === identityId &&
        wait.side === side &&
        wait.kind === kind &&
        (field === null || wait.field === field),
    );
}

export function wakeReaders(tx: Transaction, place: Place, recordIds: readonly string[]): Promise<void> {
  return wake(tx, 'wakeReaders', allWaits(tx), recordIds, isAwaiting(place, recordIds));
}

export function wakeWriters(
  tx: Transaction,
  { sync, side }: Place,
  identityIds: readonly string[],
): Promise<void> {
  return wake(tx, 'wakeWriters', allWaits(tx), identityIds, ({ kind, parentSync, parentSide, parentId }) => {
    const isThere = parentSync === sync && parentSide === side;
    return kind === 'write' && isThere && identityIds.includes(parentId ?? '');
  });
}

export function wakeDeletes(tx: Transaction, sync: string, identityIds: readonly string[]): Promise<void> {
  return wake(
    tx,
    'wakeDeletes',
    [tx.host.syncs.get(sync)?.waits].filter((waits) => waits !== undefined),
    identityIds,
    ({ kind, identityId }) => kind === 'delete' && identityIds.includes(identityId),
  );
}

/** Whatever waits may belong to any sync. */
function allWaits(tx: Transaction): readonly Table<StoredWait>[] {
  return [...tx.host.syncs.values()].map(({ waits }) => waits);
}

export async function wake(
  tx: Transaction,
  point: string,
  tables: readonly Table<StoredWait>[],
  ids: readonly string[],
  matches: (wait: StoredWait) => boolean,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.statement(point);
  for (const waits of tables) {
    const rows = await selectForUpdate(tx, waits.slots(), matches, 'skip');
    await change(
      tx,
      waits.slotsOf(rows.map(waitKey)),
      () => true,
      (wait) => ({ ...wait, dueAtMs: tx.clockMs(), checks: 0 }),
    );
  }
}

export async function claimWaits(tx: Transaction, countMax: number): Promise<readonly Wait[]> {
  await tx.statement('claimWaits');
  const due = select(tx, tx.tables.waits.slots(), ({ dueAtMs }) => dueAtMs <= tx.nowMs)
    .toSorted((left, right) => left.dueAtMs - right.dueAtMs)
    .map(waitKey);
  const claimed: StoredWait[] = [];
  for (const key of due) {
    if (claimed.length >= countMax) break;
    const isDue = ({ dueAtMs }: StoredWait): boolean => dueAtMs <= tx.nowMs;
    claimed.push(...(await selectForUpdate(tx, tx.tables.waits.slotsOf([key]), isDue, 'skip')));
  }
  await change(
    tx,
    tx.tables.waits.slotsOf(claimed.map(waitKey)),
    () => true,
    (wait) => {
      const waitMs = Math.min(WAIT_CHECK_MAX_MS, WAIT_CHECK_FIRST_MS * 2 ** Math.min(wait.checks, 30));
      return { ...wait, dueAtMs: tx.clockMs(waitMs), checks: wait.checks + 1 };
    },
  );
  return claimed.map(waitOf);
}

function waitOf({ identityId, side, field, kind, recordId, ...parent }: StoredWait): Wait {
  const own = { identityId, side, field, recordId };
  const where = { sync: parent.parentSync ?? '', side: parent.parentSide ?? '' };
  const at = parent.parentField === null ? where : { ...where, by: parent.parentField };
  switch (kind) {
    case 'read':
    case 'key':
      return { ...own, kind, at, parentRecord: parent.parentRecord ?? '' };
    case 'write':
      return { ...own, kind, at, parentId: parent.parentId ?? '' };
    case 'delete':
      return { ...own, kind };
    case 'point':
      return { ...own, kind, at, fromId: parent.parentRecord ?? '', toId: parent.parentId ?? '' };
  }
}

function isAtRest({ state }: StoredWrite): boolean {
  return state === 'planned' || state === 'queued';
}

export async function parkWrites(tx: Transaction, writes: readonly WriteKey[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.statement('parkWrites');
  const slots = tx.tables.writes.slotsOf(new Set(writes.map(writeKey)));
  await change(tx, slots, isAtRest, (write) => ({ ...write, dueAtMs: NEVER }));
}

function isParked(write: StoredWrite): boolean {
  return isAtRest(write) && write.dueAtMs === NEVER;
}

export async function releaseWrites(tx: Transaction, writes: readonly WriteKey[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.statement('releaseWrites');
  const slots = tx.tables.writes.slotsOf(new Set(writes.map(writeKey)));
  await change(tx, slots, isParked, (write) => ({ ...write, dueAtMs: tx.clockMs() }));
}
