/** src/store/unlinked-keys.ts in memory. Where no record waits nothing of it takes any time. */
import type { UnlinkedRecord } from '../../../src/store/contract.ts';
import type { RecordPlace } from '../../../src/store/record-holds.ts';
import { noteHints } from './hints.ts';
import { pairKey, recordKey } from './rows.ts';
import { change, insertMissing, select } from './statements.ts';
import type { Transaction } from './transaction.ts';
import { wake } from './waits.ts';

function isEmpty(tx: Transaction): boolean {
  for (const _ of tx.tables.unlinkedKeys.slots()) return false;
  tx.pass();
  return true;
}

export async function unlinkedByKey(
  tx: Transaction,
  side: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0 || isEmpty(tx)) return new Map();
  await tx.statement('unlinkedByKey');
  const found = new Map<string, string>();
  for (const key of new Set(keys)) {
    const rows = select(tx, tx.tables.unlinkedByKey.slots(pairKey(side, key)), (row) => row.key === key);
    const [first] = rows.map(({ recordId }) => recordId).toSorted();
    if (first !== undefined) found.set(key, first);
  }
  return found;
}

export async function waitingBeside(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (recordIds.length === 0 || isEmpty(tx)) return new Map();
  await tx.statement('waitingBeside');
  const { links, matchKeys, unlinkedKeys } = tx.tables;
  const kept = select(tx, unlinkedKeys.slots(), (row) => row.side === side);
  const found = new Map<string, readonly string[]>();
  const own = new Set(recordIds.map((recordId) => recordKey({ side, recordId })));
  for (const { recordId, linked } of select(tx, links.slotsOf(own), (row) => row.linked !== null)) {
    const keys = select(tx, matchKeys.slots(), ({ identityId }) => identityId === linked?.identityId);
    const beside = kept.filter((row) => keys.some(({ key }) => key === row.key));
    if (beside.length > 0) found.set(recordId, [...new Set(beside.map((row) => row.recordId))].toSorted());
  }
  return found;
}

export async function hintUnlinked(tx: Transaction, keys: readonly string[]): Promise<void> {
  if (keys.length === 0 || isEmpty(tx)) return;
  await tx.statement('hintUnlinked');
  const { unlinkedKeys, links } = tx.tables;
  const having = select(tx, unlinkedKeys.slots(), ({ key }) => keys.includes(key));
  const records = links.slotsOf(new Set(having.map(recordKey)));
  const parked = select(tx, records, ({ status }) => status === 'parked');
  for (const [side, some] of Map.groupBy(parked, (row) => row.side))
    await noteHints(
      tx,
      side,
      some.map(({ recordId }) => ({ recordId, kind: 'changed' })),
    );
}

export async function wakeKeyed(tx: Transaction, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0 || isEmpty(tx)) return;
  await wake(
    tx,
    'wakeKeyed',
    [tx.tables.waits],
    identityIds,
    ({ kind, identityId }) => kind === 'key' && identityIds.includes(identityId),
  );
}

export async function keepUnlinkedKeys(
  tx: Transaction,
  side: string,
  records: readonly UnlinkedRecord[],
): Promise<void> {
  const places = records.map(({ recordId }) => ({ side, recordId }));
  await freeUnlinkedKeys(tx, places, records);
  const kept = records.flatMap(({ recordId, keys }) => keys.map((key) => ({ side, recordId, key })));
  if (kept.length === 0) return;
  await tx.statement('saveUnlinked/keys');
  await insertMissing(tx, tx.tables.unlinkedKeys, kept);
}

export async function freeUnlinkedKeys(
  tx: Transaction,
  places: readonly RecordPlace[],
  still: readonly Pick<UnlinkedRecord, 'recordId' | 'keys'>[] = [],
): Promise<void> {
  if (places.length === 0 || isEmpty(tx)) return;
  await tx.statement('freeUnlinkedKeys');
  const keysOf = new Map(still.map(({ recordId, keys }) => [recordId, keys]));
  const freed = await change(
    tx,
    places.flatMap((place) => [...tx.tables.unlinkedByRecord.slots(recordKey(place))]),
    ({ recordId, key }) => keysOf.get(recordId)?.includes(key) !== true,
    () => null,
  );
  const records = freed.map(recordKey);
  await wake(
    tx,
    'freeUnlinkedKeys/wake',
    [tx.tables.waits],
    records,
    ({ kind, side, parentRecord }) =>
      kind === 'key' && records.includes(recordKey({ side, recordId: parentRecord ?? '' })),
  );
}
