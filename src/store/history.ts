/** What happened to one record, from every table that tells of it. */
import type { Rule } from '../engine/state.ts';
import type { Value } from '../engine/value.ts';
import type { Json } from '../lib/json.ts';
import type { RecordStatus, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

/** A row as the store gives it: its time under another name. */
type Stored<T extends { readonly atMs: number }> = Omit<T, 'atMs'> & { readonly at_ms: number };

export interface JournalRow {
  readonly atMs: number;
  readonly side: string;
  readonly recordId: string | null;
  readonly kind: string;
  readonly body: Json;
}

const JOURNAL_COLUMNS = 'extract(epoch from at)::float8 * 1000 as at_ms, side, record_id, kind, body';

type StoredJournalRow = Omit<Stored<JournalRow>, 'recordId'> & { readonly record_id: string | null };

function journalRow(row: StoredJournalRow): JournalRow {
  const { at_ms: atMs, side, record_id: recordId, kind, body } = row;
  return { atMs, side, recordId, kind, body };
}

/** The newest happenings of one identity, oldest first. */
export async function journalOf(
  tx: Tx,
  syncKey: string,
  identityId: string,
  countMax: number,
): Promise<readonly JournalRow[]> {
  const rows = await tx.query<StoredJournalRow>(
    `select ${JOURNAL_COLUMNS} from journal
      where sync_key = $1 and identity_id = $2 order by at desc limit $3`,
    [syncKey, identityId, countMax],
  );
  return rows.map(journalRow).toReversed();
}

/** The first happenings of a sync after a moment, oldest first. For telling what has just happened. */
export async function journalSince(
  tx: Tx,
  syncKey: string,
  sinceMs: number,
  countMax: number,
): Promise<readonly JournalRow[]> {
  const rows = await tx.query<StoredJournalRow>(
    `select ${JOURNAL_COLUMNS} from journal
      where sync_key = $1 and at > to_timestamp($2::float8 / 1000) order by at limit $3`,
    [syncKey, sinceMs, countMax],
  );
  return rows.map(journalRow);
}

export interface DecisionRow {
  readonly atMs: number;
  readonly field: string;
  readonly rule: Rule;
  readonly winner: { readonly side: string; readonly value: Value };
  readonly loser: { readonly side: string; readonly value: Value };
}

const DECISION_COLUMNS = 'extract(epoch from decided_at)::float8 * 1000 as at_ms, field, rule, winner, loser';

function decisionRow({ at_ms: atMs, field, rule, winner, loser }: Stored<DecisionRow>): DecisionRow {
  return { atMs, field, rule, winner, loser };
}

/** The newest rulings on one identity, oldest first. */
export async function decisionsOf(
  tx: Tx,
  syncKey: string,
  identityId: string,
  countMax: number,
): Promise<readonly DecisionRow[]> {
  const rows = await tx.query<Stored<DecisionRow>>(
    `select ${DECISION_COLUMNS} from decisions
      where sync_key = $1 and identity_id = $2 order by decided_at desc limit $3`,
    [syncKey, identityId, countMax],
  );
  return rows.map(decisionRow).toReversed();
}

/** The first rulings of a sync after a moment, oldest first. */
export async function decisionsSince(
  tx: Tx,
  syncKey: string,
  sinceMs: number,
  countMax: number,
): Promise<readonly DecisionRow[]> {
  const rows = await tx.query<Stored<DecisionRow>>(
    `select ${DECISION_COLUMNS} from decisions
      where sync_key = $1 and decided_at > to_timestamp($2::float8 / 1000) order by decided_at limit $3`,
    [syncKey, sinceMs, countMax],
  );
  return rows.map(decisionRow);
}

export interface AttemptRow {
  readonly atMs: number;
  readonly side: string;
  readonly kind: string;
  readonly outcome: string;
  readonly failure: StoredFailure | null;
}

export async function attemptsOf(
  tx: Tx,
  syncKey: string,
  identityId: string,
  countMax: number,
): Promise<readonly AttemptRow[]> {
  const rows = await tx.query<Stored<AttemptRow>>(
    `select extract(epoch from ended_at)::float8 * 1000 as at_ms, side, kind, outcome, failure from attempts
      where sync_key = $1 and identity_id = $2 order by ended_at desc limit $3`,
    [syncKey, identityId, countMax],
  );
  return rows
    .map(({ at_ms: atMs, side, kind, outcome, failure }) => ({ atMs, side, kind, outcome, failure }))
    .toReversed();
}

export interface KnownLink {
  readonly side: string;
  readonly recordId: string;
  readonly status: RecordStatus;
  readonly identityId: string | null;
  readonly failure: StoredFailure | null;
}

const IDENTITY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The identities of records of a side by their ids; an id that no record there has may be an identity's own. Others are left out. */
export async function identitiesOf(
  tx: Tx,
  syncKey: string,
  side: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const linked = await tx.query<{ record_id: string; identity_id: string }>(
    `select record_id, identity_id from links
      where sync_key = $1 and side = $2 and record_id = any($3::text[]) and identity_id is not null`,
    [syncKey, side, ids],
  );
  const found = new Map(linked.map((row) => [row.record_id, row.identity_id]));
  const others = ids.filter((id) => !found.has(id) && IDENTITY_ID.test(id));
  const own = await tx.query<{ identity_id: string }>(
    'select identity_id from identities where sync_key = $1 and identity_id = any($2::uuid[])',
    [syncKey, others],
  );
  for (const { identity_id: id } of own) found.set(id, id);
  return found;
}

/** The record itself; null when the store has never heard of it. */
export async function findRecord(
  tx: Tx,
  syncKey: string,
  side: string,
  recordId: string,
): Promise<KnownLink | null> {
  const rows = await tx.query<{
    side: string;
    record_id: string;
    status: RecordStatus;
    identity_id: string | null;
    failure: StoredFailure | null;
  }>(
    'select side, record_id, status, identity_id, failure from links where sync_key = $1 and side = $2 and record_id = $3',
    [syncKey, side, recordId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    side: row.side,
    recordId: row.record_id,
    status: row.status,
    identityId: row.identity_id,
    failure: row.failure,
  };
}
