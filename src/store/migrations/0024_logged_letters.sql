-- Dead letters as a system's error log was last told of them, and how telling it goes.
create table logged_letters (
  workspace_no int not null references workspaces,
  connection text not null,
  sync_key bigint not null,
  letter_id text not null,
  -- What was told, so that only news is told again.
  digest text not null,
  record_id text not null,
  primary key (workspace_no, connection, sync_key, letter_id)
);

create table error_logs (
  workspace_no int not null references workspaces,
  connection text not null,
  failing_since timestamptz,
  failure jsonb,
  primary key (workspace_no, connection),
  check ((failure is null) = (failing_since is null))
);

do $$
declare
  name text;
begin
  foreach name in array array['logged_letters', 'error_logs'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
end
$$;
