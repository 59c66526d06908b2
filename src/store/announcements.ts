/**
 * Announcements: messages about delivered changes, noted in the transaction that records the delivery and kept until a system
 * has taken them.
 */
import type { Values } from '../engine/value.ts';
import type { Ids } from '../lib/ids.ts';
import type { Json } from '../lib/json.ts';
import type { JournalEntry, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

export type Change = 'create' | 'update' | 'delete';

export interface Announcement {
  readonly announcementId: string;
  /** Where the change was delivered. */
  readonly side: string;
  readonly recordId: string | null;
  readonly change: Change;
  /** Names of the fields that the change wrote. */
  readonly fields: readonly string[];
  readonly notedAtMs: number;
  /** How often it was refused. */
  readonly refusals: number;
  /** What is golden now, which may be newer than the change. */
  readonly golden: Values;
}

/** How the announcements of one name stand. */
export interface AnnouncementVitals {
  readonly name: string;
  /** Not refused so far. */
  readonly waiting: number;
  readonly refused: number;
  /** When the next of the refused ones is told again; null where there is none. */
  readonly againAtMs: number | null;
  readonly oldestMs: number;
  /** Why the newest of those that failed did. */
  readonly failure: StoredFailure | null;
}

/** Entries that say that a change was delivered. */
const DELIVERED: ReadonlySet<string> = new Set(['written', 'late']);
const CHANGES: ReadonlySet<unknown> = new Set<Change>(['create', 'update', 'delete']);

/** Notes a message of each name for every delivery that the entries tell of. */
export async function noteAnnouncements(
  tx: Tx,
  syncKey: string,
  ids: Ids,
  names: readonly string[],
  entries: readonly JournalEntry[],
): Promise<void> {
  const delivered = entries.filter(
    ({ kind, identityId, body }) =>
      identityId !== null && DELIVERED.has(kind) && CHANGES.has(memberOf(body, 'write')),
  );
  const rows = names.flatMap((name) =>
    delivered.map(({ identityId, side, recordId, body }) => ({
      announcement_id: ids.next(),
      name,
      identity_id: identityId,
      side,
      record_id: recordId,
      change: memberOf(body, 'write'),
      fields: Object.keys(memberOf(body, 'values') ?? {}),
    })),
  );
  if (rows.length === 0) return;
  await tx.execute(
    `insert into announcements (sync_key, announcement_id, name, identity_id, side, record_id, change, fields)
     select $1::bigint, announcement_id, name, identity_id, side, record_id, change, fields
       from json_to_recordset($2) as noted (announcement_id uuid, name text, identity_id uuid, side text, record_id text,
                                            change text, fields text[])`,
    [syncKey, JSON.stringify(rows)],
  );
}

function memberOf(body: Json, name: string): Json | undefined {
  return typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, Json>>)[name]
    : undefined;
}

/** The oldest that are due, left to the caller for so long; those that were refused before come last. */
export async function claimAnnouncements(
  tx: Tx,
  syncKey: string,
  name: string,
  countMax: number,
  leaseMs: number,
): Promise<readonly Announcement[]> {
  const rows = await tx.query<{
    announcement_id: string;
    side: string;
    record_id: string | null;
    change: Change;
    fields: readonly string[];
    refusals: number;
    noted_ms: number;
    golden: Values;
  }>(
    `with due as (
       select announcement_id from announcements where sync_key = $1 and name = $2 and due_at <= now()
        order by (refusals > 0), noted_at limit $3 for update skip locked),
     claimed as (
       update announcements set due_at = clock_timestamp() + make_interval(secs => $4 / 1000.0)
         from due where announcements.sync_key = $1 and announcements.announcement_id = due.announcement_id
       returning announcements.*)
     select announcement_id, side, record_id, change, fields, refusals, extract(epoch from noted_at)::float8 * 1000 as noted_ms,
            coalesce(identities.golden, '{}') as golden
       from claimed left join identities on identities.sync_key = $1 and identities.identity_id = claimed.identity_id
      order by noted_at`,
    [syncKey, name, countMax, leaseMs],
  );
  return rows.map((row) => ({
    announcementId: row.announcement_id,
    side: row.side,
    recordId: row.record_id,
    change: row.change,
    fields: row.fields,
    refusals: row.refusals,
    notedAtMs: row.noted_ms,
    golden: row.golden,
  }));
}

/** What was taken leaves. */
export async function endAnnouncements(tx: Tx, syncKey: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute('delete from announcements where sync_key = $1 and announcement_id = any($2)', [
    syncKey,
    ids,
  ]);
}

/** What was not taken, and when it is told again. */
export async function deferAnnouncements(
  tx: Tx,
  syncKey: string,
  deferred: readonly {
    readonly announcementId: string;
    readonly failure: StoredFailure;
    readonly isRefused: boolean;
    readonly dueInMs: number;
  }[],
): Promise<void> {
  if (deferred.length === 0) return;
  await tx.execute(
    `update announcements
        set failure = deferred.failure, refusals = refusals + deferred.is_refused::int,
            due_at = clock_timestamp() + make_interval(secs => deferred.due_in_ms / 1000.0)
       from json_to_recordset($2) as deferred (announcement_id uuid, failure jsonb, is_refused boolean, due_in_ms float8)
      where announcements.sync_key = $1 and announcements.announcement_id = deferred.announcement_id`,
    [
      syncKey,
      JSON.stringify(
        deferred.map(({ announcementId, failure, isRefused, dueInMs }) => ({
          announcement_id: announcementId,
          failure,
          is_refused: isRefused,
          due_in_ms: dueInMs,
        })),
      ),
    ],
  );
}

/**
 * What was refused is told again at once: the system, or the sync file, may have been put right. What is due within a minute may
 * be on its way.
 */
export async function reviveAnnouncements(tx: Tx, syncKey: string): Promise<void> {
  await tx.execute(
    `update announcements set due_at = clock_timestamp()
      where sync_key = $1 and refusals > 0 and due_at > clock_timestamp() + interval '1 minute'`,
    [syncKey],
  );
}

export async function announcementVitals(tx: Tx, syncKey: string): Promise<readonly AnnouncementVitals[]> {
  const rows = await tx.query<{
    name: string;
    waiting: string;
    refused: string;
    again_ms: number | null;
    oldest_ms: number;
    failure: StoredFailure | null;
  }>(
    `select name, count(*) filter (where refusals = 0) as waiting, count(*) filter (where refusals > 0) as refused,
            extract(epoch from min(due_at) filter (where refusals > 0))::float8 * 1000 as again_ms,
            extract(epoch from min(noted_at))::float8 * 1000 as oldest_ms,
            (array_agg(failure order by noted_at desc) filter (where failure is not null))[1] as failure
       from announcements where sync_key = $1 group by name order by name`,
    [syncKey],
  );
  return rows.map((row) => ({
    name: row.name,
    waiting: Number(row.waiting),
    refused: Number(row.refused),
    againAtMs: row.again_ms,
    oldestMs: row.oldest_ms,
    failure: row.failure,
  }));
}

/** What nobody has taken for a month is news no more. Ends at most so many; returns how many it were. */
export async function pruneAnnouncements(tx: Tx, syncKey: string, countMax: number): Promise<number> {
  return await tx.execute(
    `delete from announcements where sync_key = $1 and announcement_id = any(array(
       select announcement_id from announcements where sync_key = $1 and noted_at < now() - interval '30 days' limit $2))`,
    [syncKey, countMax],
  );
}
