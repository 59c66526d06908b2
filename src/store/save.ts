/**
 * Writing a batch: one statement per table, none where there are no rows. The hot ones take each column as an array, and
 * each column of documents as one JSON array: both sides unpack that several times faster than a JSON document of rows
 * (see docs/performance.md).
 */
import type { Identity } from '../engine/state.ts';
import type { Ids } from '../lib/ids.ts';
import { packEdits, packHolds, packLink } from './codec.ts';
import type {
  IdentityLink,
  JournalEntry,
  NewWrite,
  RecordHold,
  Save,
  UnlinkedRecord,
  WriteKey,
} from './contract.ts';
import { Collision, type Tx } from './database.ts';
import { saveReferrals } from './names.ts';
import { openRecordHolds, settleRecordHolds } from './record-holds.ts';
import { freeUnlinkedKeys, keepUnlinkedKeys } from './unlinked-keys.ts';

export async function save(tx: Tx, syncKey: string, revision: number, ids: Ids, batch: Save): Promise<void> {
  await freeKeys(tx, syncKey, batch.freedKeys);
  await insertKeys(tx, syncKey, revision, batch.newKeys);
  await insertIdentities(tx, syncKey, batch.newIdentities);
  await updateIdentities(tx, syncKey, batch.changedIdentities);
  await forgetLinks(tx, syncKey, batch.forgotten);
  await saveLinks(tx, syncKey, batch.links);
  await saveReferrals(tx, syncKey, batch.links);
  await dropWrites(tx, syncKey, batch.droppedWrites);
  await openWrites(tx, syncKey, ids, batch.openWrites);
  await changeWrites(tx, syncKey, batch.changedWrites);
  await closeHolds(tx, syncKey, batch.closedHolds);
  await openHolds(tx, syncKey, ids, batch.holds);
  const settled = [
    ...batch.forgotten,
    ...batch.links.map(({ link }) => ({ side: link.side, recordId: link.recordId })),
  ];
  await settleRecordHolds(tx, syncKey, settled);
  await freeUnlinkedKeys(tx, syncKey, settled);
  await insertDecisions(tx, syncKey, revision, ids, batch.decisions);
  await insertJournal(tx, syncKey, batch.journal);
}

async function freeKeys(tx: Tx, syncKey: string, keys: Save['freedKeys']): Promise<void> {
  if (keys.length === 0) return;
  await tx.execute(
    `delete from match_keys using unnest($2::text[], $3::uuid[]) as freed (key, identity_id)
      where match_keys.sync_key = $1 and match_keys.match_key = any($2) and match_keys.match_key = freed.key and match_keys.identity_id = freed.identity_id`,
    [syncKey, keys.map(({ key }) => key), keys.map(({ identityId }) => identityId)],
  );
}

/** Only by the rules of now: a worker that has not heard of a new revision yet must not leave keys by the old ones. */
async function insertKeys(tx: Tx, syncKey: string, revision: number, keys: Save['newKeys']): Promise<void> {
  if (keys.length === 0) return;
  const inserted = await tx.execute(
    `insert into match_keys (sync_key, match_key, identity_id)
     select $1::bigint, key, identity_id from unnest($2::text[], $3::uuid[]) as made (key, identity_id)
      where exists (select from syncs where sync_key = $1 and revision = $4)
     on conflict (sync_key, match_key) do update set identity_id = excluded.identity_id
        where match_keys.identity_id = excluded.identity_id`,
    [syncKey, keys.map(({ key }) => key), keys.map(({ identityId }) => identityId), revision],
  );
  if (inserted < keys.length) throw new Collision('another worker has just linked the same thing');
}

async function insertIdentities(tx: Tx, syncKey: string, identities: readonly Identity[]): Promise<void> {
  if (identities.length === 0) return;
  await tx.execute(
    `insert into identities (sync_key, identity_id, seq, golden, edits, tombstone)
     select $1::bigint, identity_id, seq, golden, edits, tombstone::json from ${IDENTITY_ROWS}`,
    [syncKey, ...identityColumns(identities)],
  );
}

async function updateIdentities(tx: Tx, syncKey: string, identities: readonly Identity[]): Promise<void> {
  if (identities.length === 0) return;
  await tx.execute(
    `update identities
        set seq = saved.seq, golden = saved.golden, edits = saved.edits, tombstone = saved.tombstone::json
       from ${IDENTITY_ROWS}
      where identities.sync_key = $1 and identities.identity_id = any($2) and identities.identity_id = saved.identity_id`,
    [syncKey, ...identityColumns(identities)],
  );
}

const IDENTITY_ROWS = `rows from (unnest($2::uuid[], $3::bigint[], $4::text[]), json_array_elements($5), json_array_elements($6))
               as saved (identity_id, seq, tombstone, golden, edits)`;

function identityColumns(identities: readonly Identity[]): readonly unknown[] {
  return [
    identities.map(({ id }) => id),
    identities.map(({ seq }) => seq),
    identities.map(({ tombstone }) => (tombstone === null ? null : JSON.stringify(tombstone))),
    JSON.stringify(identities.map(({ golden }) => golden)),
    JSON.stringify(identities.map(({ edits }) => packEdits(edits))),
  ];
}

/** The row stays and remembers when: a page that was read before must not bring the record back. */
async function forgetLinks(tx: Tx, syncKey: string, forgotten: Save['forgotten']): Promise<void> {
  if (forgotten.length === 0) return;
  const touched = await tx.execute(
    `update links
        set status = 'gone', identity_id = null, version = null, as_of = greatest(links.as_of, now()), looked_at = null, stamped_at = null,
            accounted = null, agreed = null, sent = null, failure = null, past = coalesce(forgotten.past, links.past)
       from json_to_recordset($2) as forgotten (side text, record_id text, identity_id uuid, past json)
      where links.sync_key = $1 and links.side = forgotten.side and links.record_id = forgotten.record_id
        and links.identity_id is not distinct from forgotten.identity_id`,
    [
      syncKey,
      JSON.stringify(
        forgotten.map(({ side, recordId, identityId, past }) => ({
          side,
          record_id: recordId,
          identity_id: identityId,
          past,
        })),
      ),
    ],
  );
  // As with links: an answer that came in between may have made it somebody's.
  if (touched < forgotten.length) throw new Collision('another worker has just linked the same record');
}

/**
 * No page is under way for so long: what it could bring back is brought back no more. What somebody may bring back is kept. Ends at
 * most so many rows; returns how many.
 */
export async function pruneForgotten(tx: Tx, syncKey: string, countMax: number): Promise<number> {
  return tx.execute(
    `delete from links where sync_key = $1 and ctid = any(array(
       select ctid from links
        where sync_key = $1 and status = 'gone' and identity_id is null and past is null and as_of < now() - interval '1 day' limit $2))`,
    [syncKey, countMax],
  );
}

async function saveLinks(tx: Tx, syncKey: string, links: Save['links']): Promise<void> {
  if (links.length === 0) return;
  const rows = links.map(({ link }) => packLink(link));
  const touched = await tx.execute(
    `insert into links (sync_key, side, record_id, status, identity_id, version, as_of, looked_at, stamped_at, accounted, agreed, sent)
     select $1::bigint, side, record_id, status, identity_id, version, to_timestamp(as_of_ms / 1000),
            to_timestamp(looked_at_ms / 1000), to_timestamp(stamped_ms / 1000), accounted, agreed, sent::json
       from rows from (unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::float8[], $8::float8[], $9::float8[], $10::text[]),
                       json_array_elements($11), json_array_elements($12))
         as seen (side, record_id, status, identity_id, version, as_of_ms, looked_at_ms, stamped_ms, sent, accounted, agreed)
     on conflict (sync_key, side, record_id) do update
        set status = excluded.status, identity_id = excluded.identity_id, version = excluded.version,
            as_of = excluded.as_of, looked_at = excluded.looked_at,
            -- The stamp is that of the version: what was not read keeps it only while the version stays.
            stamped_at = case when excluded.stamped_at is null and links.version = excluded.version then links.stamped_at
                              else excluded.stamped_at end,
            accounted = excluded.accounted, agreed = excluded.agreed, sent = excluded.sent,
            failure = null, past = null
        where links.identity_id = excluded.identity_id
           or ((links.identity_id is null or links.status = 'gone') and links.as_of <= excluded.as_of
               -- What is linked to nothing must not have been met since by another look.
               and (links.status = 'gone' or links.as_of
                    < to_timestamp(coalesce(($13::jsonb ->> (links.side || ' ' || links.record_id))::float8 / 1000, 'infinity'))))`,
    [
      syncKey,
      rows.map((row) => row.side),
      rows.map((row) => row.record_id),
      rows.map((row) => row.status),
      links.map(({ identityId }) => identityId),
      rows.map((row) => row.version),
      rows.map((row) => row.as_of_ms),
      rows.map((row) => row.looked_at_ms),
      links.map(({ stampedMs }) => stampedMs ?? null),
      rows.map((row) => (row.sent === null ? null : JSON.stringify(row.sent))),
      JSON.stringify(rows.map((row) => row.accounted)),
      JSON.stringify(rows.map((row) => row.agreed)),
      JSON.stringify(Object.fromEntries(links.flatMap(metAt))),
    ],
  );
  // A record belongs to at most one identity: if another transaction has linked it meanwhile, or has seen since that it is gone,
  // or what it holds, this one looks again.
  if (touched < links.length) throw new Collision('another worker has just linked the same record');
}

function metAt({ link, metMs }: IdentityLink): readonly (readonly [place: string, metMs: number])[] {
  return metMs === undefined ? [] : [[`${link.side} ${link.recordId}`, metMs]];
}

async function dropWrites(tx: Tx, syncKey: string, writes: readonly WriteKey[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `delete from writes using unnest($2::uuid[], $3::text[]) as dropped (identity_id, side)
      where writes.sync_key = $1 and writes.identity_id = any($2) and writes.identity_id = dropped.identity_id
        and writes.side = dropped.side and writes.state in ('planned', 'queued', 'held', 'dead')`,
    [syncKey, writes.map((write) => write.identityId), writes.map((write) => write.side)],
  );
}

const DUE_BY_STATE = `case when state = 'held' then 'infinity' else clock_timestamp() end`;

async function openWrites(tx: Tx, syncKey: string, ids: Ids, writes: readonly NewWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
     select $1::bigint, identity_id, side, write_id, kind, state, clock_timestamp(), ${DUE_BY_STATE}
       from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[]) as opened (identity_id, side, write_id, kind, state)`,
    [
      syncKey,
      writes.map((write) => write.identityId),
      writes.map((write) => write.side),
      writes.map(() => ids.next()),
      writes.map((write) => write.kind),
      writes.map((write) => write.state),
    ],
  );
}

async function changeWrites(tx: Tx, syncKey: string, writes: readonly NewWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.execute(
    `update writes
        set kind = changed.kind, state = changed.state, seq = null, record_id = null, if_version = null, attempts = 0,
            body = case when writes.kind = changed.kind then writes.body end,
            failure = case when writes.kind = changed.kind then writes.failure end,
            planned_at = clock_timestamp(), due_at = ${DUE_BY_STATE.replace('state', 'changed.state')}
       from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as changed (identity_id, side, kind, state)
      where writes.sync_key = $1 and writes.identity_id = any($2) and writes.identity_id = changed.identity_id
        and writes.side = changed.side and writes.state in ('planned', 'queued', 'held', 'dead')`,
    [
      syncKey,
      writes.map((write) => write.identityId),
      writes.map((write) => write.side),
      writes.map((write) => write.kind),
      writes.map((write) => write.state),
    ],
  );
}

async function openHolds(tx: Tx, syncKey: string, ids: Ids, holds: Save['holds']): Promise<void> {
  if (holds.length === 0) return;
  await tx.execute(
    `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
     select $1::bigint, hold_id, identity_id, side, field, reason, seen, clock_timestamp()
       from json_to_recordset($2) as opened (hold_id uuid, identity_id uuid, side text, field text, reason text, seen jsonb)
     on conflict (sync_key, identity_id, reason, coalesce(field, '')) where closed_at is null and identity_id is not null
     do update set seen = holds.seen || excluded.seen`,
    [
      syncKey,
      JSON.stringify(
        packHolds(holds).map(({ identityId, side, field, reason, seen }) => ({
          hold_id: ids.next(),
          identity_id: identityId,
          side,
          field,
          reason,
          seen,
        })),
      ),
    ],
  );
}

async function closeHolds(tx: Tx, syncKey: string, holds: Save['closedHolds']): Promise<void> {
  if (holds.length === 0) return;
  await tx.execute(
    `update holds set closed_at = clock_timestamp(), closed_by = closed.by, resolution = closed.resolution
       from json_to_recordset($2) as closed (identity_id uuid, field text, reason text, by text, resolution text)
      where holds.sync_key = $1 and holds.closed_at is null and holds.identity_id = closed.identity_id
        and holds.reason = closed.reason and holds.field is not distinct from closed.field`,
    [
      syncKey,
      JSON.stringify(
        holds.map(({ identityId, field, reason, by, resolution }) => ({
          identity_id: identityId,
          field,
          reason,
          by,
          resolution,
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

async function insertJournal(tx: Tx, syncKey: string, entries: readonly JournalEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(
    `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
     select $1::bigint, clock_timestamp(), identity_id, side, record_id, kind, body
       from rows from (unnest($2::uuid[], $3::text[], $4::text[], $5::text[]), json_array_elements($6))
         as happened (identity_id, side, record_id, kind, body)`,
    [
      syncKey,
      entries.map((entry) => entry.identityId),
      entries.map((entry) => entry.side),
      entries.map((entry) => entry.recordId),
      entries.map((entry) => entry.kind),
      JSON.stringify(entries.map((entry) => entry.body)),
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
    const touched = await tx.execute(
      `insert into links (sync_key, side, record_id, status, version, as_of, failure)
       select $1::bigint, $2, record_id, status, version, to_timestamp(as_of_ms / 1000), failure
         from json_to_recordset($3) as met (record_id text, status text, version text, as_of_ms float8, failure jsonb)
       on conflict (sync_key, side, record_id) do update
          set status = excluded.status, version = excluded.version, as_of = excluded.as_of, stamped_at = null,
              failure = excluded.failure
          -- What this transaction itself has forgotten is gone as of now.
          where links.identity_id is null
            and case links.status when 'gone' then links.as_of <= now() else links.as_of < excluded.as_of end`,
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
    if (touched < records.length) throw new Collision('another worker has just met the same record');
  }
  const places = records.map(({ recordId }) => ({ side, recordId }));
  await keepUnlinkedKeys(tx, syncKey, side, records);
  await settleRecordHolds(tx, syncKey, places, holds);
  await openRecordHolds(tx, syncKey, ids, holds);
}
