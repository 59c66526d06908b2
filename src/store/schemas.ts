/** The schemas of the sides of a sync, version by version: what a system said of the fields of a collection, and since when. */
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';
import { sweepFromStart } from './sweeps.ts';

/** What a system says now; `hash` is equal for schemas that differ in nothing that matters. */
export interface SeenSchema {
  readonly side: string;
  readonly collection: string;
  readonly fields: Json;
  readonly hash: string;
}

export interface SchemaRow extends SeenSchema {
  readonly schemaNo: number;
  readonly seenAtMs: number;
  readonly approvedAtMs: number | null;
  readonly approvedBy: string | null;
}

/** Notes the schema as the newest one, unless it is already. True when it is news. */
export async function noteSchema(tx: Tx, syncKey: string, seen: SeenSchema): Promise<boolean> {
  // Two workers that see the same change note it once.
  await lockSchemas(tx, syncKey);
  const noted = await tx.execute(
    `with newest as (
       select schema_no, hash, collection from schemas where sync_key = $1 and side = $2 order by schema_no desc limit 1)
     insert into schemas (sync_key, side, schema_no, collection, fields, hash, seen_at)
     select $1::bigint, $2, coalesce((select schema_no from newest), 0) + 1, $3, $4, $5, clock_timestamp()
      where not exists (select from newest where newest.hash = $5 and newest.collection = $3)`,
    [syncKey, seen.side, seen.collection, JSON.stringify(seen.fields), seen.hash],
  );
  return noted > 0;
}

/** Until the transaction ends, nobody else notes or approves a schema of the sync. */
export async function lockSchemas(tx: Tx, syncKey: string): Promise<void> {
  await tx.execute('select 1 from syncs where sync_key = $1 for update', [syncKey]);
}

/** The schema that the mapping was made for: the newest approved one, else the first. Null before any look. */
export async function baseSchema(
  tx: Tx,
  syncKey: string,
  side: string,
  collection: string,
): Promise<SchemaRow | null> {
  const rows = await tx.query<StoredSchema>(
    `select ${COLUMNS} from schemas where sync_key = $1 and side = $2 and collection = $3
      order by approved_at is null, case when approved_at is null then schema_no else -schema_no end limit 1`,
    [syncKey, side, collection],
  );
  return rows.map(schemaRow)[0] ?? null;
}

/** What was seen last is what mappings are made for from now on. Returns how many sides that changes. */
export async function approveSchemas(tx: Tx, syncKey: string, by: string): Promise<number> {
  return tx.execute(
    `update schemas set approved_at = clock_timestamp(), approved_by = $2
      where sync_key = $1 and approved_at is null
        and schema_no = (select max(newer.schema_no) from schemas newer where newer.sync_key = $1 and newer.side = schemas.side)`,
    [syncKey, by],
  );
}

/** Every schema of a side, the newest first. */
export async function schemaHistory(
  tx: Tx,
  syncKey: string,
  side: string,
  countMax: number,
): Promise<readonly SchemaRow[]> {
  const rows = await tx.query<StoredSchema>(
    `select ${COLUMNS} from schemas where sync_key = $1 and side = $2 order by schema_no desc limit $3`,
    [syncKey, side, countMax],
  );
  return rows.map(schemaRow);
}

/** Every side is read from the start, once; equal versions no longer mean that a record has not changed. */
export async function observeAnew(tx: Tx, syncKey: string): Promise<void> {
  await sweepFromStart(tx, syncKey);
  await tx.execute('update links set version = null where sync_key = $1', [syncKey]);
}

const COLUMNS = `side, collection, fields, hash, schema_no, extract(epoch from seen_at)::float8 * 1000 as seen_ms,
            extract(epoch from approved_at)::float8 * 1000 as approved_ms, approved_by`;

interface StoredSchema {
  readonly side: string;
  readonly collection: string;
  readonly fields: Json;
  readonly hash: string;
  readonly schema_no: number;
  readonly seen_ms: number;
  readonly approved_ms: number | null;
  readonly approved_by: string | null;
}

function schemaRow(row: StoredSchema): SchemaRow {
  return {
    side: row.side,
    collection: row.collection,
    fields: row.fields,
    hash: row.hash,
    schemaNo: row.schema_no,
    seenAtMs: row.seen_ms,
    approvedAtMs: row.approved_ms,
    approvedBy: row.approved_by,
  };
}
