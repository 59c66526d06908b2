-- The control plane: who, what is configured, and in which revision. Small tables; one node.

create table workspaces (
  workspace_no int primary key generated always as identity,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  created_at timestamptz not null default clock_timestamp()
);

create table connections (
  workspace_no int not null references workspaces,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  system text not null,
  settings jsonb not null,
  state text not null default 'new' check (state in ('new', 'connected', 'reauthorise', 'unreachable', 'misconfigured')),
  state_reason text,
  state_since timestamptz not null default clock_timestamp(),
  last_success_at timestamptz,
  primary key (workspace_no, name)
);

-- Sealed values only: AES-256-GCM under a data key of their own, which is sealed under the key outside the database.
create table secrets (
  workspace_no int not null references workspaces,
  name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
  sealed bytea not null,
  sealed_key bytea not null,
  key_version int not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, name)
);

-- sync_key carries the workspace in its high 32 bits, so that row-level security needs neither a column nor a join.
create table syncs (
  sync_key bigint primary key,
  workspace_no int not null references workspaces,
  name text not null,
  mode text not null default 'observe' check (mode in ('observe', 'live', 'paused')),
  revision int,
  approved_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  unique (workspace_no, name),
  check (sync_key >> 32 = workspace_no)
);

create table revisions (
  sync_key bigint not null references syncs,
  revision int not null check (revision > 0),
  definition jsonb not null,
  source text not null,
  hash text not null,
  author text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (sync_key, revision)
);

alter table syncs add foreign key (sync_key, revision) references revisions;

-- A plan is sealed by its hash when a person approves it; what was planned later is not part of it.
create table plans (
  sync_key bigint not null references syncs,
  hash text not null,
  revision int not null,
  writes bigint not null,
  sealed_at timestamptz not null,
  approved_at timestamptz,
  approved_by text,
  primary key (sync_key, hash),
  check ((approved_at is null) = (approved_by is null))
);
