/** What the store knows, counted: every record of every side in exactly one named state, from one snapshot. */
import type { StoredFailure, StreamKind } from './contract.ts';
import type { Tx } from './database.ts';
import { UNREADABLE_TOKEN } from './letters.ts';

/** The five states add up to `records`, always. */
export interface SideCounts {
  readonly side: string;
  readonly records: number;
  readonly inSync: number;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly excluded: number;
}

const COUNTS = `
with open_writes as (
  select writes.identity_id, bool_or(state = 'dead' and discards.letter_id is null) as dead, bool_or(state = 'held') as held,
         bool_and(state = 'dead' and discards.letter_id is not null) as discarded
    from writes
    left join discards on discards.sync_key = $1 and discards.identity_id = writes.identity_id
         and discards.side = writes.side and discards.token = writes.lease_epoch::text
   where writes.sync_key = $1 group by writes.identity_id),
open_holds as (
  select distinct identity_id from holds where sync_key = $1 and closed_at is null and identity_id is not null),
unread as (
  select distinct identity_id from waits where sync_key = $1 and kind in ('read', 'point')),
states as (
  select links.side,
         case when links.status = 'excluded' then 'excluded'
              when open_writes.dead or ((links.status = 'unreadable' or hints.state = 'dead') and discards.letter_id is null) then 'dead'
              when links.status in ('parked', 'hidden', 'returned') or open_writes.held or open_holds.identity_id is not null then 'held'
              when open_writes.discarded or discards.letter_id is not null then 'excluded'
              when open_writes.identity_id is not null or unread.identity_id is not null or hints.record_id is not null then 'pending'
              else 'inSync' end as state
    from links
    left join hints on hints.sync_key = $1 and hints.side = links.side and hints.record_id = links.record_id
    left join open_writes on open_writes.identity_id = links.identity_id
    left join open_holds on open_holds.identity_id = links.identity_id
    left join unread on unread.identity_id = links.identity_id
    left join discards on discards.sync_key = $1 and discards.identity_id is null
         and discards.side = links.side and discards.record_id = links.record_id
         and discards.token = case when hints.failure is not null then hints.lease_epoch::text else ${UNREADABLE_TOKEN} end
   where links.sync_key = $1 and links.status <> 'gone'
  union all
  select hints.side, case when hints.state = 'dead' then 'dead' else 'pending' end
    from hints
   where hints.sync_key = $1 and hints.kind <> 'deleted'
     and not exists (select from links
                      where links.sync_key = $1 and links.side = hints.side and links.record_id = hints.record_id))
select side, state, count(*) as count from states group by side, state`;

export async function countStates(
  tx: Tx,
  syncKey: string,
  sides: readonly string[],
): Promise<readonly SideCounts[]> {
  const rows = await tx.query<{
    side: string;
    state: Exclude<keyof SideCounts, 'side' | 'records'>;
    count: string;
  }>(COUNTS, [syncKey]);
  return sides.map((side) => {
    const counts = { inSync: 0, pending: 0, held: 0, dead: 0, excluded: 0 };
    for (const row of rows) if (row.side === side) counts[row.state] = Number(row.count);
    const records = counts.inSync + counts.pending + counts.held + counts.dead + counts.excluded;
    return { side, records, ...counts };
  });
}

export interface StreamState {
  readonly side: string;
  readonly kind: StreamKind;
  readonly currentAsOfMs: number | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  readonly failure: StoredFailure | null;
}

export async function streamStates(tx: Tx, syncKey: string): Promise<readonly StreamState[]> {
  const rows = await tx.query<{
    side: string;
    kind: StreamKind;
    current_ms: number | null;
    attempt_ms: number | null;
    success_ms: number | null;
    failure: StoredFailure | null;
  }>(
    `select side, kind, failure, extract(epoch from current_as_of)::float8 * 1000 as current_ms,
            extract(epoch from last_attempt_at)::float8 * 1000 as attempt_ms,
            extract(epoch from last_success_at)::float8 * 1000 as success_ms
       from streams where sync_key = $1 order by side, kind`,
    [syncKey],
  );
  return rows.map((row) => ({
    side: row.side,
    kind: row.kind,
    currentAsOfMs: row.current_ms,
    lastAttemptMs: row.attempt_ms,
    lastSuccessMs: row.success_ms,
    failure: row.failure,
  }));
}

export interface WriteCount {
  readonly side: string;
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

export async function countWrites(tx: Tx, syncKey: string): Promise<readonly WriteCount[]> {
  const rows = await tx.query<{ side: string; kind: string; state: string; count: string }>(
    'select side, kind, state, count(*) as count from writes where sync_key = $1 group by side, kind, state order by side, kind, state',
    [syncKey],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

export interface FailedWrite {
  readonly identityId: string;
  readonly side: string;
  readonly kind: string;
  readonly recordId: string | null;
  readonly attempts: number;
  readonly failure: StoredFailure;
}

/** Writes, and looks at records, that wait for a person. */
export async function deadLetters(
  tx: Tx,
  syncKey: string,
  countMax: number,
): Promise<readonly FailedWrite[]> {
  const rows = await tx.query<{
    identity_id: string | null;
    side: string;
    kind: string;
    record_id: string | null;
    attempts: number;
    failure: StoredFailure;
  }>(
    `select identity_id, side, kind, record_id, attempts, failure from writes where sync_key = $1 and state = 'dead'
     union all
     select null, side, 'read', record_id, attempts, failure from hints where sync_key = $1 and state = 'dead'
     union all
     select null, side, 'read', record_id, 1, failure from links where sync_key = $1 and status = 'unreadable'
     limit $2`,
    [syncKey, countMax],
  );
  return rows.map((row) => ({
    identityId: row.identity_id ?? '',
    side: row.side,
    kind: row.kind,
    recordId: row.record_id,
    attempts: row.attempts,
    failure: row.failure,
  }));
}

export interface PlannedSample {
  readonly side: string;
  readonly kind: string;
  readonly identityId: string;
}

export async function plannedSamples(
  tx: Tx,
  syncKey: string,
  perGroupMax: number,
): Promise<readonly PlannedSample[]> {
  const rows = await tx.query<{ side: string; kind: string; identity_id: string }>(
    `select side, kind, identity_id from (
       select side, kind, identity_id, row_number() over (partition by side, kind order by identity_id) as position
         from writes where sync_key = $1 and state = 'planned') as numbered
      where position <= $2 order by side, kind, identity_id`,
    [syncKey, perGroupMax],
  );
  return rows.map((row) => ({ side: row.side, kind: row.kind, identityId: row.identity_id }));
}
