/** src/store/bundles.ts in memory. */
import type { JsonObject } from '../../../src/lib/json.ts';
import type { KnownRecord, StoredBundle, WriteRow } from '../../../src/store/contract.ts';
import { pairKey, writeKey, type RecordRow, type StoredWrite } from './rows.ts';
import { select, selectForUpdate } from './statements.ts';
import type { Index } from './table.ts';
import type { Transaction } from './transaction.ts';

export async function recordsOf(
  tx: Transaction,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, KnownRecord>> {
  if (recordIds.length === 0) return new Map();
  await tx.statement('recordsOf');
  const rows = select(tx, tx.tables.links.slotsOf(recordIds.map((recordId) => pairKey(side, recordId))));
  return new Map(
    rows.map(({ recordId, status, version, asOfMs, stampedAtMs, linked, past }) => [
      recordId,
      {
        recordId,
        status,
        identityId: linked?.identityId ?? null,
        version,
        asOfMs,
        stampedMs: stampedAtMs,
        past,
      },
    ]),
  );
}

export async function inMotion(
  tx: Transaction,
  side: string,
  records: readonly KnownRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  await tx.statement('inMotion');
  const versions = new Map(records.map(({ recordId, version }) => [recordId, version]));
  const links = select(tx, tx.tables.links.slotsOf([...versions.keys()].map((id) => pairKey(side, id))));
  const isWritten = ({ linked }: RecordRow): boolean => {
    const keys = linked === null ? [] : [writeKey({ identityId: linked.identityId, side })];
    return select(tx, tx.tables.writes.slotsOf(keys)).some(
      ({ state, kind }) => state === 'sent' && kind === 'update',
    );
  };
  return links
    .filter((link) => link.version !== versions.get(link.recordId) || isWritten(link))
    .map(({ recordId }) => recordId);
}

export async function identitiesByKey(
  tx: Transaction,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  await tx.statement('identitiesByKey');
  const rows = select(tx, tx.tables.matchKeys.slotsOf(keys));
  return new Map(rows.map(({ key, identityId }) => [key, identityId]));
}

/** What is handed out is made anew each time, as rows from the wire are: nobody can tell two reads by identity of objects. */
export async function lockBundles(
  tx: Transaction,
  identityIds: readonly string[],
  ifLocked: 'wait' | 'skip' = 'wait',
): Promise<ReadonlyMap<string, StoredBundle>> {
  if (identityIds.length === 0) return new Map();
  const { tables } = tx;
  await tx.statement('lockBundles');
  const inOrder = [...new Set(identityIds)].toSorted();
  const identities = await selectForUpdate(tx, tables.identities.slotsOf(inOrder), () => true, ifLocked);
  const bundles = new Map<string, { -readonly [Key in keyof StoredBundle]: StoredBundle[Key] }>(
    identities.map((identity) => [
      identity.id,
      { identity: { ...identity }, links: [], writes: [], holds: [] },
    ]),
  );
  await tx.statement('lockBundles/links');
  for (const [id, bundle] of bundles)
    bundle.links = ofIdentity(tx, tables.linksByIdentity, id).flatMap(({ linked }) =>
      linked === null ? [] : [{ ...linked.link }],
    );
  await tx.statement('lockBundles/writes');
  for (const [id, bundle] of bundles)
    bundle.writes = ofIdentity(tx, tables.writesByIdentity, id).map(writeRow);
  await tx.statement('lockBundles/holds');
  for (const [id, bundle] of bundles)
    bundle.holds = ofIdentity(tx, tables.holdsByIdentity, id).map(({ field, reason, seen }) => ({
      field,
      reason,
      sides: Object.keys(seen as JsonObject).toSorted(),
    }));
  return bundles;
}

function ofIdentity<Row>(tx: Transaction, index: Index<Row>, identityId: string): readonly Row[] {
  return select(tx, index.slots(identityId), (row) => index.has(identityId, row));
}

function writeRow(write: StoredWrite): WriteRow {
  const { identityId, side, writeId, kind, state, body, recordId, ifVersion, attempts } = write;
  const { failure, leaseEpoch: epoch, firstSentAtMs, resolveAtMs } = write;
  const seq = write.seq ?? 0;
  return {
    identityId,
    side,
    writeId,
    kind,
    state,
    body,
    seq,
    recordId,
    ifVersion,
    attempts,
    failure,
    epoch,
    firstSentAtMs,
    resolveAtMs,
  };
}
