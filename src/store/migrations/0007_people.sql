-- People, how they come in, and what they did. Small tables of a workspace each.

create table accounts (
  workspace_no int not null references workspaces,
  account_id uuid not null,
  email text not null check (email = lower(email)),
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'approver', 'admin')),
  -- Null for those who sign in elsewhere only.
  password_hash text,
  is_disabled boolean not null default false,
  failures int not null default 0,
  next_try_at timestamptz not null default '-infinity',
  last_sign_in_at timestamptz,
  made_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, account_id),
  unique (workspace_no, email)
);

-- What comes in over the network is kept as a hash: a stolen copy of these two tables opens nothing.
create table sessions (
  workspace_no int not null,
  session_hash bytea not null,
  account_id uuid not null,
  made_at timestamptz not null default clock_timestamp(),
  used_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz not null,
  primary key (workspace_no, session_hash),
  foreign key (workspace_no, account_id) references accounts on delete cascade
);
create index sessions_account on sessions (workspace_no, account_id);

create table api_tokens (
  workspace_no int not null,
  token_hash bytea not null,
  token_id uuid not null,
  account_id uuid not null,
  name text not null,
  scopes text[] not null,
  made_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (workspace_no, token_hash),
  unique (workspace_no, token_id),
  foreign key (workspace_no, account_id) references accounts on delete cascade
);

-- Answers to writes that were asked for with a key, so that asking twice does once. Kept for a day.
create table answered_requests (
  workspace_no int not null,
  account_id uuid not null,
  key text not null,
  request_hash bytea not null,
  asked_at timestamptz not null default clock_timestamp(),
  -- Null while it is being done.
  status int,
  body text,
  primary key (workspace_no, account_id, key),
  foreign key (workspace_no, account_id) references accounts on delete cascade
);
create index answered_requests_age on answered_requests (asked_at);

-- What people did, each entry sealed with the hash of the one before it. Nothing may change it, not even its owner.
create table audit_entries (
  workspace_no int not null references workspaces,
  number bigint not null check (number > 0),
  at timestamptz not null,
  by text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  hash bytea not null,
  primary key (workspace_no, number)
);

-- How many records of each side are in which state, as they were counted last: counting takes too long for a page.
create table counted (
  sync_key bigint primary key,
  counted_at timestamptz not null,
  took_ms float8 not null,
  sides json not null
);

-- Open holds in the order in which they are worked through.
create index holds_open on holds (sync_key, opened_at, hold_id) where closed_at is null;

do $$
declare
  name text;
  owner text := current_user;
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    owner := 'trueup_app';
  end if;
  foreach name in array array['accounts', 'sessions', 'api_tokens', 'answered_requests', 'audit_entries', 'counted'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    if name = 'counted' then
      execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
    else
      execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
    end if;
    execute format('alter table %I owner to %I', name, owner);
  end loop;
  execute format('revoke update, delete, truncate on audit_entries from %I', owner);
end
$$;
