/** What src/store/save.ts keeps of records, in memory: linked, forgotten, or known and in no identity. */
import type { Link } from '../../../src/engine/state.ts';
import { must } from '../../../src/lib/assert.ts';
import { packLink, unpackLink } from '../../../src/store/codec.ts';
import type { RecordHold, Save, UnlinkedRecord } from '../../../src/store/contract.ts';
import { Collision } from '../../../src/store/database.ts';
import { asStored } from './document.ts';
import { openRecordHolds, settleRecordHolds } from './holds.ts';
import { storedMs } from './instant.ts';
import { pairKey, recordKey, type RecordRow } from './rows.ts';
import { UNIQUE_VIOLATION } from './sql-error.ts';
import { change, upsert } from './statements.ts';
import type { Slot } from './table.ts';
import type { Transaction } from './transaction.ts';
import { keepUnlinkedKeys } from './unlinked-keys.ts';

export async function forgetLinks(tx: Transaction, forgotten: Save['forgotten']): Promise<void> {
  await tx.statement('save/forgotten');
  const given = new Map(forgotten.map((record) => [pairKey(record.side, record.recordId), record]));
  const changed = await change(
    tx,
    tx.tables.links.slotsOf(given.keys()),
    ({ side, recordId, linked }) =>
      (linked?.identityId ?? null) === given.get(pairKey(side, recordId))?.identityId,
    ({ side, recordId, asOfMs, past }): RecordRow => ({
      side,
      recordId,
      status: 'gone',
      version: null,
      asOfMs: Math.max(asOfMs, tx.nowMs),
      stampedAtMs: null,
      failure: null,
      linked: null,
      past: asStored(given.get(pairKey(side, recordId))?.past ?? past),
    }),
  );
  if (changed.length < forgotten.length)
    throw new Collision('another worker has just linked the same record');
}

const DAY_MS = 24 * 3_600_000;

/** Lets go of what was forgotten more than a day ago. Returns how many rows went. */
export async function pruneForgotten(tx: Transaction): Promise<number> {
  await tx.statement('pruneForgotten');
  const gone = await change(
    tx,
    tx.tables.links.slots(),
    ({ status, linked, past, asOfMs }) =>
      status === 'gone' && linked === null && past === null && asOfMs < tx.nowMs - DAY_MS,
    () => null,
  );
  return gone.length;
}

/** By way of the codec, so that what it does not keep is lost here too. */
function storedLink(given: Link): Link {
  const link = asStored(unpackLink(asStored(packLink(given))));
  const { asOfMs, lookedAtMs } = link;
  return {
    ...link,
    asOfMs: storedMs(asOfMs),
    lookedAtMs: lookedAtMs === null ? null : storedMs(lookedAtMs),
  };
}

export async function saveLinks(tx: Transaction, links: Save['links']): Promise<void> {
  if (links.length === 0) return;
  await tx.statement('save/links');
  const rows = links.map(({ identityId, link: given, stampedMs: read }): RecordRow => {
    const link = storedLink(given);
    const { side, recordId, status, version, asOfMs } = link;
    const stampedAtMs = read === undefined ? null : storedMs(read);
    return {
      side,
      recordId,
      status,
      version,
      asOfMs,
      stampedAtMs,
      failure: null,
      linked: { identityId, link },
      past: null,
    };
  });
  const metAt = new Map(
    links.flatMap(({ link, metMs }) => (metMs === undefined ? [] : [[recordKey(link), metMs] as const])),
  );
  const stored = await upsert(
    tx,
    tx.tables.links,
    rows,
    (found, row) =>
      found.linked?.identityId === row.linked?.identityId ||
      ((found.linked === null || found.status === 'gone') &&
        found.asOfMs <= row.asOfMs &&
        !isMetSince(found, metAt.get(recordKey(row))))
        ? withStamp(found, row)
        : null,
    { onStored: (slot) => refuseSecond(tx, slot) },
  );
  if (stored < links.length) throw new Collision('another worker has just linked the same record');
}

/** Linked to nothing, and by a look that began no earlier than that at `metMs`. */
function isMetSince({ status, linked, asOfMs }: RecordRow, metMs: number | undefined): boolean {
  return metMs !== undefined && linked === null && status !== 'gone' && asOfMs >= storedMs(metMs);
}

/** What was not read keeps its stamp only while the version stays. */
function withStamp(found: RecordRow, row: RecordRow): RecordRow {
  const isSame = row.version !== null && row.version === found.version;
  return row.stampedAtMs === null && isSame ? { ...row, stampedAtMs: found.stampedAtMs } : row;
}

/** The unique index `links_identity`: an identity has one record at a side. */
async function refuseSecond(tx: Transaction, own: Slot<RecordRow>): Promise<void> {
  const { side, linked: mine } = must(own.seenBy(tx), 'a row that was just stored is there');
  const { identityId } = must(mine, 'only links are unique by identity');
  const { linksByIdentity } = tx.tables;
  for (let other = otherAt(); other !== undefined; other = otherAt()) {
    if (!isUndecided(other) || other.owner === null)
      throw tx.refuse(UNIQUE_VIOLATION, 'duplicate key value in links_identity');
    await tx.waitFor(other.owner);
  }

  /** Another slot with the identity's record at the side, or one whose owner has put it there or taken it away. */
  function otherAt(): Slot<RecordRow> | undefined {
    for (const slot of linksByIdentity.slots(identityId)) {
      const row = slot.seenBy(tx) ?? slot.pending;
      const isThere = row !== null && linksByIdentity.has(identityId, row);
      if (slot !== own && row?.side === side && (isThere || isUndecided(slot))) return slot;
    }
    return undefined;
  }

  function isUndecided(slot: Slot<RecordRow>): boolean {
    return slot.isDirty && slot.owner !== tx;
  }
}

export async function saveUnlinked(
  tx: Transaction,
  side: string,
  records: readonly UnlinkedRecord[],
  holds: readonly RecordHold[],
): Promise<void> {
  if (records.length > 0) {
    await tx.statement('saveUnlinked');
    const rows = records.map(({ recordId, status, version, asOfMs, failure }): RecordRow => ({
      side,
      recordId,
      status,
      version,
      asOfMs: storedMs(asOfMs),
      stampedAtMs: null,
      failure: asStored(failure),
      linked: null,
      past: null,
    }));
    const stored = await upsert(tx, tx.tables.links, rows, (found, row) =>
      found.linked === null &&
      (found.status === 'gone' ? found.asOfMs <= tx.nowMs : found.asOfMs < row.asOfMs)
        ? { ...row, past: found.past }
        : null,
    );
    if (stored < rows.length) throw new Collision('another worker has just met the same record');
  }
  const places = records.map(({ recordId }) => ({ side, recordId }));
  await keepUnlinkedKeys(tx, side, records);
  await settleRecordHolds(tx, places, holds);
  await openRecordHolds(tx, holds);
}
