/** Reading: what is known of records, and everything that belongs to an identity, locked. */
import type { OpenHold } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { unpackEdits, unpackLink, type IdentityColumns, type LinkColumns } from './codec.ts';
import type { KnownRecord, Past, RecordStatus, StoredBundle, WriteRow } from './contract.ts';
import type { Tx } from './database.ts';

const NOTHING: readonly never[] = [];

export async function recordsOf(
  tx: Tx,
  syncKey: string,
  side: string,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, KnownRecord>> {
  if (recordIds.length === 0) return new Map();
  const rows = await tx.query<{
    record_id: string;
    status: RecordStatus;
    identity_id: string | null;
    version: string | null;
    as_of_ms: number;
    stamped_ms: number | null;
    past: Past | null;
  }>(
    `select record_id, status, identity_id, version, extract(epoch from as_of)::float8 * 1000 as as_of_ms,
            extract(epoch from stamped_at)::float8 * 1000 as stamped_ms, past
       from links where sync_key = $1 and side = $2 and record_id = any($3)`,
    [syncKey, side, recordIds],
  );
  return new Map(
    rows.map((row) => [
      row.record_id,
      {
        recordId: row.record_id,
        status: row.status,
        identityId: row.identity_id,
        version: row.version,
        asOfMs: row.as_of_ms,
        stampedMs: row.stamped_ms,
        past: row.past,
      },
    ]),
  );
}

export async function inMotion(
  tx: Tx,
  syncKey: string,
  side: string,
  records: readonly KnownRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const rows = await tx.query<{ record_id: string }>(
    `select links.record_id
       from links join unnest($3::text[], $4::text[]) as known (record_id, version) on known.record_id = links.record_id
      where links.sync_key = $1 and links.side = $2 and links.record_id = any($3)
        and (links.version is distinct from known.version
             or exists (select from writes
                         where writes.sync_key = $1 and writes.identity_id = links.identity_id and writes.side = $2
                           and writes.state = 'sent' and writes.kind = 'update'))`,
    [syncKey, side, records.map(({ recordId }) => recordId), records.map(({ version }) => version)],
  );
  return rows.map((row) => row.record_id);
}

export async function identitiesByKey(
  tx: Tx,
  syncKey: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.query<{ match_key: string; identity_id: string }>(
    'select match_key, identity_id from match_keys where sync_key = $1 and match_key = any($2)',
    [syncKey, keys],
  );
  return new Map(rows.map((row) => [row.match_key, row.identity_id]));
}

type WriteColumns = Omit<
  WriteRow,
  'identityId' | 'writeId' | 'recordId' | 'ifVersion' | 'epoch' | 'firstSentAtMs' | 'resolveAtMs' | 'seq'
> & {
  readonly identity_id: string;
  readonly write_id: string;
  readonly record_id: string | null;
  readonly if_version: string | null;
  readonly lease_epoch: string;
  readonly seq: string | null;
  readonly first_sent_at_ms: number | null;
  readonly resolve_at_ms: number | null;
};

/** Locks in id order, the same everywhere, so that two batches that share identities wait and do not deadlock. */
export function lockBundles(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
  ifLocked: 'wait' | 'skip' = 'wait',
): Promise<ReadonlyMap<string, StoredBundle>> {
  return bundlesOf(tx, syncKey, identityIds, `for update ${ifLocked === 'skip' ? 'skip locked' : ''}`);
}

/** The same without a lock, for showing: its parts may be of different moments, and nothing may be decided on it. */
export function readBundles(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, StoredBundle>> {
  return bundlesOf(tx, syncKey, identityIds, '');
}

async function bundlesOf(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
  lock: string,
): Promise<ReadonlyMap<string, StoredBundle>> {
  if (identityIds.length === 0) return new Map();
  const identities = await tx.query<IdentityColumns & { readonly seq: string }>(
    `select identity_id, seq, golden, edits, tombstone from identities
      where sync_key = $1 and identity_id = any($2::uuid[]) order by identity_id
        ${lock}`,
    [syncKey, identityIds],
  );
  const links = await tx.query<LinkColumns & { readonly identity_id: string }>(
    `select identity_id, side, record_id, status, version, extract(epoch from as_of)::float8 * 1000 as as_of_ms,
            extract(epoch from looked_at)::float8 * 1000 as looked_at_ms, accounted, agreed, sent
       from links where sync_key = $1 and identity_id = any($2::uuid[])`,
    [syncKey, identityIds],
  );
  const writes = await tx.query<WriteColumns & { readonly body: Values | null }>(
    `select identity_id, side, write_id, kind, state, body, seq, record_id, if_version, attempts, failure, lease_epoch,
            extract(epoch from first_sent_at)::float8 * 1000 as first_sent_at_ms,
            extract(epoch from resolve_at)::float8 * 1000 as resolve_at_ms
       from writes where sync_key = $1 and identity_id = any($2::uuid[])`,
    [syncKey, identityIds],
  );
  const holds = await tx.query<OpenHold & { readonly identity_id: string }>(
    `select identity_id, field, reason, array(select jsonb_object_keys(seen) order by 1) as sides from holds
      where exists (select from holds where sync_key = $1 and closed_at is null and identity_id is not null)
        and sync_key = $1 and identity_id = any($2::uuid[]) and closed_at is null`,
    [syncKey, identityIds],
  );
  const linksOf = grouped(links, unpackLink);
  const writesOf = grouped(writes, unpackWrite);
  const holdsOf = grouped(holds, ({ field, reason, sides = [] }) => ({ field, reason, sides }));
  return new Map(
    identities.map((row) => [
      row.identity_id,
      {
        identity: {
          id: row.identity_id,
          seq: Number(row.seq),
          golden: row.golden,
          edits: unpackEdits(row.edits),
          tombstone: row.tombstone,
        },
        links: linksOf.get(row.identity_id) ?? NOTHING,
        writes: writesOf.get(row.identity_id) ?? NOTHING,
        holds: holdsOf.get(row.identity_id) ?? NOTHING,
      },
    ]),
  );
}

function unpackWrite(row: WriteColumns): WriteRow {
  return {
    identityId: row.identity_id,
    side: row.side,
    writeId: row.write_id,
    kind: row.kind,
    state: row.state,
    body: row.body,
    seq: Number(row.seq ?? 0),
    recordId: row.record_id,
    ifVersion: row.if_version,
    attempts: row.attempts,
    failure: row.failure,
    epoch: Number(row.lease_epoch),
    firstSentAtMs: row.first_sent_at_ms,
    resolveAtMs: row.resolve_at_ms,
  };
}

function grouped<Row extends { readonly identity_id: string }, T>(
  rows: readonly Row[],
  convert: (row: Row) => T,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.identity_id);
    if (group === undefined) groups.set(row.identity_id, [convert(row)]);
    else group.push(convert(row));
  }
  return groups;
}
