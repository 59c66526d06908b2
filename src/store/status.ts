/** What the store knows, counted: every record of every side in exactly one named state, from one snapshot. */
import type { StoredFailure, StreamKind } from './contract.ts';
import type { Tx } from './database.ts';
import { reasonsIn, stateOf, type RecordReason, type RecordScope } from './record-states.ts';

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

/** A record that is gone is counted nowhere. */
const COUNTED: RecordScope = { identities: () => '', links: `and links.status <> 'gone'`, hints: '' };
const COUNTS = `with ${reasonsIn(COUNTED)} select side, reason, count(*) as count from reasons group by side, reason`;

export async function countStates(
  tx: Tx,
  syncKey: string,
  sides: readonly string[],
): Promise<readonly SideCounts[]> {
  const rows = await tx.query<{ side: string; reason: RecordReason; count: string }>(COUNTS, [syncKey]);
  return sides.map((side) => {
    const counts = { inSync: 0, pending: 0, held: 0, dead: 0, excluded: 0 };
    for (const row of rows) {
      const state = row.side === side ? stateOf(row.reason) : null;
      if (state !== null) counts[state] += Number(row.count);
    }
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
  /** When it is to be read next. */
  readonly dueMs: number;
}

export async function streamStates(tx: Tx, syncKey: string): Promise<readonly StreamState[]> {
  const rows = await tx.query<{
    side: string;
    kind: StreamKind;
    current_ms: number | null;
    attempt_ms: number | null;
    success_ms: number | null;
    failure: StoredFailure | null;
    due_ms: number;
  }>(
    `select side, kind, failure, extract(epoch from current_as_of)::float8 * 1000 as current_ms,
            extract(epoch from last_attempt_at)::float8 * 1000 as attempt_ms,
            extract(epoch from last_success_at)::float8 * 1000 as success_ms,
            extract(epoch from greatest(due_at, clock_timestamp()))::float8 * 1000 as due_ms
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
    dueMs: row.due_ms,
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
