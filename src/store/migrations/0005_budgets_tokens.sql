-- What the systems allow each connection, as buckets that all workers share. Times are milliseconds of the store's clock,
-- kept exactly as they were computed: a window's end also names what was taken from it.
create table budgets (
  workspace_no int not null references workspaces,
  connection_key text not null,
  limit_name text not null,
  units_max float8 not null,
  units float8 not null,
  at_ms float8 not null,
  window_ends_ms float8,
  paused_until_ms float8 not null,
  primary key (workspace_no, connection_key, limit_name)
);

-- The tokens of connections, sealed like secrets. The version moves with every change: whoever read an older one stores
-- nothing. A row without a sealed value says only that somebody is about to get the first tokens.
create table tokens (
  workspace_no int not null,
  connection text not null,
  version bigint not null default 0,
  sealed bytea,
  sealed_key bytea,
  key_version int,
  changed_at timestamptz,
  renewing_by text,
  renewing_until timestamptz,
  primary key (workspace_no, connection),
  foreign key (workspace_no, connection) references connections (workspace_no, name) on delete cascade,
  check ((sealed is null) = (version = 0)),
  check (num_nulls(sealed, sealed_key, key_version, changed_at) in (0, 4)),
  check ((renewing_by is null) = (renewing_until is null))
);

-- Row security and owner as 0003 gives them to all tables of a workspace.
do $$
declare
  name text;
begin
  foreach name in array array['budgets', 'tokens'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
end
$$;
