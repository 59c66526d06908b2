-- Dead letters as a system's error log was last told of them, and how telling it goes.
create table logged_letters (
  sync_key bigint not null,
  connection text not null,
  letter_id text not null,
  -- What was told, so that only news is told again.
  digest text not null,
  record_id text not null,
  primary key (sync_key, connection, letter_id)
);

create table error_logs (
  workspace_no int not null references workspaces,
  connection text not null,
  failing_since timestamptz,
  failure jsonb,
  primary key (workspace_no, connection),
  check ((failure is null) = (failing_since is null))
);

alter table logged_letters enable row level security;
alter table logged_letters force row level security;
create policy by_workspace on logged_letters using (coalesce(sync_key >> 32 = (select current_workspace()), false));
alter table error_logs enable row level security;
alter table error_logs force row level security;
create policy by_workspace on error_logs using (coalesce(workspace_no = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table logged_letters owner to trueup_app;
    alter table error_logs owner to trueup_app;
  end if;
end
$$;
