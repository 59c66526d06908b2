-- The data plane. Every key leads with sync_key and no table has a row trigger, so that the tables can be distributed.
-- What may become what is said by the statements (each names the state it expects) and backed by the checks here.
-- Values lie in `json`, not `jsonb`: they are read and written whole, and no statement looks inside them.

-- Positions in what a side offers: its change feed and its snapshot, each read by one lease holder at a time.
create table streams (
  sync_key bigint not null,
  side text not null,
  kind text not null check (kind in ('changes', 'sweep')),
  checkpoint jsonb,
  run_id uuid,
  current_as_of timestamptz,
  last_attempt_at timestamptz,
  last_success_at timestamptz,
  failure jsonb,
  attempts int not null default 0,
  due_at timestamptz not null default '-infinity',
  lease_epoch bigint not null default 0,
  lease_until timestamptz not null default '-infinity',
  primary key (sync_key, side, kind)
);

-- One notice per record that it must be looked at; applying it deletes it.
create table hints (
  sync_key bigint not null,
  side text not null,
  record_id text not null,
  kind text not null check (kind in ('changed', 'deleted', 'missing')),
  state text not null default 'open' check (state in ('open', 'dead')),
  attempts int not null default 0,
  failure jsonb,
  noted_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  lease_epoch bigint not null default 0,
  lease_until timestamptz not null default '-infinity',
  primary key (sync_key, side, record_id),
  check (state <> 'dead' or failure is not null)
);
create index hints_due on hints (sync_key, side, due_at) where state = 'open';

create table identities (
  sync_key bigint not null,
  identity_id uuid not null,
  seq bigint not null check (seq >= 0),
  golden json not null,
  edits json not null,
  tombstone json,
  primary key (sync_key, identity_id)
);

-- Every record known at a side, in exactly one status. Linked ones belong to an identity and carry what is accounted.
create table links (
  sync_key bigint not null,
  side text not null,
  record_id text not null,
  status text not null check (status in ('live', 'hidden', 'gone', 'parked', 'excluded', 'unreadable')),
  identity_id uuid,
  version text,
  as_of timestamptz not null,
  accounted json,
  agreed json,
  sent json,
  failure jsonb,
  primary key (sync_key, side, record_id),
  check ((status in ('live', 'hidden')) <= (identity_id is not null)),
  check ((identity_id is not null) = (accounted is not null and agreed is not null)),
  check ((status = 'unreadable') <= (failure is not null))
);
create unique index links_identity on links (sync_key, identity_id, side) where identity_id is not null;

-- Serialises linking: two workers that meet the same new thing at two sides collide here, and one of them looks again.
create table match_keys (
  sync_key bigint not null,
  match_key text not null,
  identity_id uuid not null,
  primary key (sync_key, match_key)
);

-- At most one open write per identity and side. An acknowledged write leaves; the journal keeps it.
create table writes (
  sync_key bigint not null,
  identity_id uuid not null,
  side text not null,
  write_id uuid not null,
  kind text not null check (kind in ('create', 'update', 'delete')),
  state text not null check (state in ('planned', 'queued', 'sent', 'unknown', 'held', 'dead')),
  body json,
  seq bigint,
  record_id text,
  if_version text,
  attempts int not null default 0,
  failure jsonb,
  planned_at timestamptz not null,
  due_at timestamptz not null,
  first_sent_at timestamptz,
  resolve_at timestamptz,
  lease_epoch bigint not null default 0,
  lease_until timestamptz not null default '-infinity',
  primary key (sync_key, identity_id, side),
  check (state not in ('sent', 'unknown') or (body is not null and seq is not null and first_sent_at is not null)),
  check (state <> 'unknown' or resolve_at is not null),
  check (state <> 'dead' or failure is not null),
  check (kind = 'create' or state not in ('sent', 'unknown') or record_id is not null),
  -- What no worker may take is never due, so the index of due writes stays as short as the queue.
  check (state not in ('held', 'dead') or due_at = 'infinity')
) with (fillfactor = 30);
-- No state in the index or its condition: moving a write to `sent` then touches no index (a HOT update).
create index writes_due on writes (sync_key, side, due_at);

-- Tries that did not simply succeed; the journal's `written` row is the record of one that did.
create table attempts (
  sync_key bigint not null,
  write_id uuid not null,
  epoch bigint not null,
  identity_id uuid not null,
  side text not null,
  kind text not null,
  outcome text not null check (outcome in ('failed', 'unknown', 'late')),
  failure jsonb,
  ended_at timestamptz not null,
  primary key (sync_key, write_id, epoch, outcome)
);
create index attempts_identity on attempts (sync_key, identity_id);

create table holds (
  sync_key bigint not null,
  hold_id uuid not null,
  identity_id uuid,
  side text not null,
  record_id text,
  field text,
  reason text not null,
  seen jsonb not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by text,
  resolution text,
  primary key (sync_key, hold_id),
  check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (resolution is null)),
  check (identity_id is not null or record_id is not null)
);
create unique index holds_open_identity on holds (sync_key, identity_id, reason, coalesce(field, ''))
  where closed_at is null and identity_id is not null;
create unique index holds_open_record on holds (sync_key, side, record_id, reason)
  where closed_at is null and identity_id is null;

create table decisions (
  sync_key bigint not null,
  decision_id uuid not null,
  identity_id uuid not null,
  field text not null,
  rule text not null,
  revision int not null,
  winner jsonb not null,
  loser jsonb not null,
  decided_at timestamptz not null,
  primary key (sync_key, decision_id)
);
create index decisions_identity on decisions (sync_key, identity_id);

-- What a guard has let through, per side and hour; the base of "too many in a window".
create table guard_windows (
  sync_key bigint not null,
  side text not null,
  window_start timestamptz not null,
  deletes bigint not null default 0,
  changes bigint not null default 0,
  primary key (sync_key, side, window_start)
);

create table runs (
  sync_key bigint not null,
  run_id uuid not null,
  side text not null,
  kind text not null check (kind in ('sweep', 'reconciliation')),
  state text not null check (state in ('running', 'complete', 'failed')),
  started_at timestamptz not null,
  ended_at timestamptz,
  seen bigint not null default 0,
  changed bigint not null default 0,
  unreadable bigint not null default 0,
  missing bigint not null default 0,
  failure jsonb,
  primary key (sync_key, run_id),
  check ((state = 'running') = (ended_at is null))
);

-- What a running sweep has met and found unchanged, a page a row, so that its end can tell what it has not met.
create table sightings (
  sync_key bigint not null,
  run_id uuid not null,
  page_no bigint not null,
  record_ids text[] not null,
  primary key (sync_key, run_id, page_no)
);

-- Append-only: what happened to every record. Partitioned by month, so that keeping it short is dropping a table.
create table journal (
  sync_key bigint not null,
  at timestamptz not null,
  identity_id uuid,
  side text not null,
  record_id text,
  kind text not null,
  body json not null
) partition by range (at);
create index journal_identity on journal (sync_key, identity_id, at);
