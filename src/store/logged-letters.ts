/** What the error logs of systems were told of dead letters, and what there is to tell. */
import type { StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';
import { filterValues, LETTERS, type LetterState } from './letters.ts';

/** A dead letter that the log does not show, or shows as it was. */
export interface UntoldLetter {
  readonly letterId: string;
  readonly digest: string;
  /** Null for one that is a letter no more. */
  readonly letter: {
    readonly state: LetterState;
    readonly side: string;
    readonly kind: 'create' | 'update' | 'delete' | 'read';
    readonly recordId: string | null;
    readonly tries: number;
    readonly firstFailedMs: number;
    readonly lastFailedMs: number;
    readonly failure: StoredFailure;
  } | null;
  /** The entry in the log; null where there is none yet. */
  readonly entryId: string | null;
}

export interface FailingLog {
  readonly connection: string;
  readonly sinceMs: number;
  readonly failure: StoredFailure;
}

/**
 * At most so many, of one sync. What is retried by itself is told only where the log shows it already: it may never come to
 * wait for a person.
 */
export async function untoldLetters(
  tx: Tx,
  connection: string,
  syncKey: string,
  countMax: number,
): Promise<readonly UntoldLetter[]> {
  const rows = await tx.query<{
    letter_id: string;
    digest: string | null;
    state: LetterState | null;
    side: string;
    kind: 'create' | 'update' | 'delete' | 'read';
    record_id: string | null;
    tries: string;
    first_ms: number;
    last_ms: number;
    failure: StoredFailure;
    entry_id: string | null;
  }>(
    `with ${LETTERS},
     now_there as (select *, concat_ws(' ', state, failure ->> 'code', tries, extract(epoch from last_at)) as digest from chosen),
     told as (select * from logged_letters where sync_key = $1 and connection = $10)
     select coalesce(now_there.letter_id, told.letter_id) as letter_id, now_there.digest, state, side, kind, now_there.record_id,
            tries, extract(epoch from first_at)::float8 * 1000 as first_ms, extract(epoch from last_at)::float8 * 1000 as last_ms,
            failure, told.record_id as entry_id
       from now_there full join told on told.letter_id = now_there.letter_id
      where now_there.digest is distinct from told.digest and (told.letter_id is not null or state <> 'retrying')
      order by 1 limit $11`,
    [...filterValues(syncKey, {}), connection, countMax],
  );
  return rows.map((row) => ({
    letterId: row.letter_id,
    digest: row.digest ?? '',
    entryId: row.entry_id,
    letter:
      row.state === null
        ? null
        : {
            state: row.state,
            side: row.side,
            kind: row.kind,
            recordId: row.record_id,
            tries: Number(row.tries),
            firstFailedMs: row.first_ms,
            lastFailedMs: row.last_ms,
            failure: row.failure,
          },
  }));
}

/** Notes what the log shows now; what is solved is told of no more. */
export async function noteTold(
  tx: Tx,
  connection: string,
  syncKey: string,
  told: readonly { readonly letterId: string; readonly digest: string; readonly entryId: string }[],
  solved: readonly string[],
): Promise<void> {
  await tx.execute(
    `insert into logged_letters (sync_key, connection, letter_id, digest, record_id)
     select $1::bigint, $2, letter_id, digest, record_id
       from unnest($3::text[], $4::text[], $5::text[]) as told (letter_id, digest, record_id)
     on conflict (sync_key, connection, letter_id)
     do update set digest = excluded.digest, record_id = excluded.record_id`,
    [
      syncKey,
      connection,
      told.map(({ letterId }) => letterId),
      told.map(({ digest }) => digest),
      told.map(({ entryId }) => entryId),
    ],
  );
  await tx.execute(
    'delete from logged_letters where connection = $1 and sync_key = $2 and letter_id = any($3)',
    [connection, syncKey, solved],
  );
}

/** How telling a log went; null where it went well. */
export async function noteLogState(
  tx: Tx,
  workspaceNo: number,
  connection: string,
  failure: StoredFailure | null,
): Promise<void> {
  await tx.execute(
    `insert into error_logs (workspace_no, connection, failing_since, failure)
     values ($1, $2, case when $3::jsonb is not null then clock_timestamp() end, $3)
     on conflict (workspace_no, connection) do update
        set failing_since = case when excluded.failure is not null then coalesce(error_logs.failing_since, clock_timestamp()) end,
            failure = excluded.failure`,
    [workspaceNo, connection, failure === null ? null : JSON.stringify(failure)],
  );
}

/** The logs that cannot be kept, and since when. */
export async function failingLogs(tx: Tx): Promise<readonly FailingLog[]> {
  const rows = await tx.query<{ connection: string; since_ms: number; failure: StoredFailure }>(
    `select connection, extract(epoch from failing_since)::float8 * 1000 as since_ms, failure
       from error_logs where failure is not null order by connection`,
  );
  return rows.map((row) => ({ connection: row.connection, sinceMs: row.since_ms, failure: row.failure }));
}
