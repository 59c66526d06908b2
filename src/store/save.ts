/** Writing a batch: one statement per table, the rows as one JSON document each, none where there are none. */
import type { Identity } from '../engine/state.ts';
import type { Ids } from '../lib/ids.ts';
import { packEdits, packLink } from './codec.ts';
import type { JournalEntry, NewWrite, RecordHold, Save, UnlinkedRecord, WriteKey } from './contract.ts';
import { Collision, type Tx } from './database.ts';

export async function save(tx: Tx, syncKey: string, revision: number, ids: Ids, batch: Save): Promise<void> {
  await freeKeys(tx, syncKey, batch.freedKeys);
  await insertKeys(tx, syncKey, batch.newKeys);
  await insertIdentities(tx, syncKey, batch.newIdentities);
  await updateIdentities(tx, syncKey, batch.changedIdentities);
  await forgetLinks(tx, syncKey, batch.forgotten);
  await saveLinks(tx, syncKey, batch.links);
  await dropWrites(tx, syncKey, batch.droppedWrites);
  await openWrites(tx, syncKey, ids, batch.openWrites);
  await changeWrites(tx, syncKey, batch.changedWrites);
  await openHolds(tx, syncKey, ids, batch.holds);
  await insertDecisions(tx, syncKey, revision, ids, batch.decisions);
  await insertJournal(tx, syncKey, ids, batch.journal);
}

async function freeKeys(tx: Tx, syncKey: string, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0) return;
  await tx.execute('delete from match_keys where sync_key = $1 and identity_id = any($2::uuid[])', [syncKey, identityIds]);
}

async function insertKeys(tx: Tx, syncKey: string, keys: Save['newKeys']): Promise<void> {
  if (keys.length === 0) return;
  const inserted = await tx.execute(
    `insert into match_keys (sync_key, match_key, identity_id)
     select $1::bigint, key, identity_id from json_to_recordset($2) as made (key text, identity_id uuid)
     on conflict (sync_key, match_key) do update set identity_id = excluded.identity_id
        where match_keys.identity_id = excluded.identity_id`,
    [syncKey, JSON.stringify(keys.map(({ key, identityId }) => ({ key, identity_id: identityId })))],
  );
  if (inserted < keys.length) throw new Collision('another worker has just linked the same thing');
}

async function insertIdentities(tx: Tx, syncKey: string, identities: readonly Identity[]): Promise<void> {
  if (identities.length === 0) return;
  await tx.execute(
    `insert into identities (sync_key, identity_id, seq, golden, edits, tombstone)
     select $1::bigint, identity_id, seq, golden, edits, tombstone
       from json_to_recordset($2) as made (identity_id uuid, seq bigint, golden jsonb, edits jsonb, tombstone jsonb)`,
    [syncKey, identitiesText(identities)],
  );
}

async function updateIdentities(tx: Tx, syncKey: string, identities: readonly Identity[]): Promise<void> {
  if (identities.length === 0) return;
  await tx.execute(
    `update identities set seq = changed.seq, golden = changed.golden, edits = changed.edits, tombstone = changed.tombstone
       from json_to_recordset($2) as changed (identity_id uuid, seq bigint, golden jsonb, edits jsonb, tombstone jsonb)
      where identities.sync_key = $1 and identities.identity_id = changed.identity_id`,
    [syncKey, identitiesText(identities)],
  );
}

function identitiesText(identities: readonly Identity[]): string {
  return JSON.stringify(
    identities.map(({ id, seq, golden, edits, tombstone }) => ({
      identity_id: id,
      seq,
      golden,
      edits: packEdits(edits),
      tombstone,
    })),
  );
}

async function forgetLinks(tx: Tx, syncKey: string, forgotten: Save['forgotten']): Promise<void> {
  if (forgotten.length === 0) return;
  await tx.execute(
    `delete from links using json_to_recordset($2) as gone (side text, record_id text)
      where links.sync_key = $1 and links.side = gone.side and links.record_id = gone.record_id`,
    [syncKey, JSON.stringify(forgotten.map(({ side, recordId }) => ({ side, record_id: recordId })))],
  );
}

async function saveLinks(tx: Tx, syncKey: string, links: Save['links']): Promise<void> {
  if (links.length === 0) return;
  const touched = await tx.execute(
    `insert into links (sync_key, side, record_id, status, identity_id, version, as_of, accounted, agreed, sent)
     select $1::bigint, side, record_id, status, identity_id, version, to_timestamp(as_of_ms / 1000), accounted, agreed, sent
       from json_to_recordset($2) as seen (side text, record_id text, status text, identity_id uuid, version text,
                                           as_of_ms float8, accounted jsonb, agreed jsonb, sent jsonb)
     on conflict (sync_key, side, record_id) do update
        set status = excluded.status, identity_id = excluded.identity_id, version = excluded.version,
            as_of = excluded.as_of, accounted = excluded.accounted, agreed = excluded.agreed, sent = excluded.sent,
            failure = null
        where links.identity_id is null or links.identity_id = excluded.identity_id`,
    [syncKey, JSON.stringify(links.map(({ identityId, link }) => ({ identity_id: identityId, ...packLink(link) })))],
  );
  // A record belongs to at most one identity: if another transaction has linked it meanwhile, this one looks again.
  if (touched < links.length) throw new Collision('another worker has just linked the same record');
}

async function dropWrites(tx: Tx, syncKey: string, writes: readonly WriteKey[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `delete from writes using json_to_recordset($2) as dropped (identity_id uuid, side text)
      where writes.sync_key = $1 and writes.identity_id = dropped.identity_id and writes.side = dropped.side
        and writes.state in ('planned', 'queued', 'held', 'dead')`,
    [syncKey, JSON.stringify(writes.map(keyColumns))],
  );
}

async function openWrites(tx: Tx, syncKey: string, ids: Ids, writes: readonly NewWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
     select $1::bigint, identity_id, side, write_id, kind, state, clock_timestamp(), clock_timestamp()
       from json_to_recordset($2) as opened (identity_id uuid, side text, write_id uuid, kind text, state text)`,
    [syncKey, JSON.stringify(writes.map((write) => ({ ...keyColumns(write), write_id: ids.next(), kind: write.kind, state: write.state })))],
  );
}

async function changeWrites(tx: Tx, syncKey: string, writes: readonly NewWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `update writes
        set kind = changed.kind, state = changed.state, body = null, seq = null, record_id = null, if_version = null,
            attempts = 0, failure = null, planned_at = clock_timestamp(), due_at = clock_timestamp()
       from json_to_recordset($2) as changed (identity_id uuid, side text, kind text, state text)
      where writes.sync_key = $1 and writes.identity_id = changed.identity_id and writes.side = changed.side
        and writes.state in ('planned', 'queued', 'held', 'dead')`,
    [syncKey, JSON.stringify(writes.map((write) => ({ ...keyColumns(write), kind: write.kind, state: write.state })))],
  );
}

function keyColumns(key: WriteKey): { readonly identity_id: string; readonly side: string } {
  return { identity_id: key.identityId, side: key.side };
}

async function openHolds(tx: Tx, syncKey: string, ids: Ids, holds: Save['holds']): Promise<void> {
  if (holds.length === 0) return;
  await tx.execute(
    `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
     select distinct on (identity_id, reason, field)
            $1::bigint, hold_id, identity_id, side, field, reason, seen, clock_timestamp()
       from json_to_recordset($2) as opened (hold_id uuid, identity_id uuid, side text, field text, reason text, seen jsonb)
     on conflict (sync_key, identity_id, reason, coalesce(field, '')) where closed_at is null and identity_id is not null
     do update set seen = holds.seen || excluded.seen`,
    [
      syncKey,
      JSON.stringify(
        holds.map((hold) => ({
          hold_id: ids.next(),
          identity_id: hold.identityId,
          side: hold.side,
          field: hold.field,
          reason: hold.reason,
          seen: { [hold.side]: hold.seen },
        })),
      ),
    ],
  );
}

async function insertDecisions(
  tx: Tx,
  syncKey: string,
  revision: number,
  ids: Ids,
  decisions: Save['decisions'],
): Promise<void> {
  if (decisions.length === 0) return;
  await tx.execute(
    `insert into decisions (sync_key, decision_id, identity_id, field, rule, revision, winner, loser, decided_at)
     select $1::bigint, decision_id, identity_id, field, rule, $3, winner, loser, clock_timestamp()
       from json_to_recordset($2) as made (decision_id uuid, identity_id uuid, field text, rule text, winner jsonb, loser jsonb)`,
    [
      syncKey,
      JSON.stringify(
        decisions.map(({ identityId, field, rule, winner, loser }) => ({
          decision_id: ids.next(),
          identity_id: identityId,
          field,
          rule,
          winner,
          loser,
        })),
      ),
      revision,
    ],
  );
}

async function insertJournal(tx: Tx, syncKey: string, ids: Ids, entries: readonly JournalEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(
    `insert into journal (sync_key, entry_id, at, identity_id, side, record_id, kind, body)
     select $1::bigint, entry_id, clock_timestamp(), identity_id, side, record_id, kind, body
       from json_to_recordset($2) as happened (entry_id uuid, identity_id uuid, side text, record_id text, kind text, body jsonb)`,
    [
      syncKey,
      JSON.stringify(
        entries.map((entry) => ({
          entry_id: ids.next(),
          identity_id: entry.identityId,
          side: entry.side,
          record_id: entry.recordId,
          kind: entry.kind,
          body: entry.body,
        })),
      ),
    ],
  );
}

/** Records that are known but take no part, with the reason; a linked record is never turned into one of these. */
export async function saveUnlinked(
  tx: Tx,
  syncKey: string,
  ids: Ids,
  side: string,
  records: readonly UnlinkedRecord[],
  holds: readonly RecordHold[],
): Promise<void> {
  if (records.length > 0) {
    await tx.execute(
      `insert into links (sync_key, side, record_id, status, version, as_of, failure)
       select $1::bigint, $2, record_id, status, version, to_timestamp(as_of_ms / 1000), failure
         from json_to_recordset($3) as met (record_id text, status text, version text, as_of_ms float8, failure jsonb)
       on conflict (sync_key, side, record_id) do update
          set status = excluded.status, version = excluded.version, as_of = excluded.as_of, failure = excluded.failure
          where links.identity_id is null`,
      [
        syncKey,
        side,
        JSON.stringify(
          records.map((record) => ({
            record_id: record.recordId,
            status: record.status,
            version: record.version,
            as_of_ms: record.asOfMs,
            failure: record.failure,
          })),
        ),
      ],
    );
  }
  if (holds.length === 0) return;
  await tx.execute(
    `insert into holds (sync_key, hold_id, side, record_id, reason, seen, opened_at)
     select $1::bigint, hold_id, side, record_id, reason, seen, clock_timestamp()
       from json_to_recordset($2) as opened (hold_id uuid, side text, record_id text, reason text, seen jsonb)
     on conflict (sync_key, side, record_id, reason) where closed_at is null and identity_id is null
     do update set seen = excluded.seen`,
    [
      syncKey,
      JSON.stringify(
        holds.map((hold) => ({
          hold_id: ids.next(),
          side: hold.side,
          record_id: hold.recordId,
          reason: hold.reason,
          seen: hold.seen,
        })),
      ),
    ],
  );
}
