-- For how many days a workspace keeps what is over, where it says so; null keeps it for ever. What is not said is in the code.
create table retention (
  workspace_no int not null references workspaces,
  what text not null check (what in ('journal', 'attempts', 'decisions', 'holds', 'runs', 'alerts')),
  days int check (days between 60 and 3650),
  primary key (workspace_no, what)
);

-- The newest of these among very many other entries.
create index audit_entries_upkeep on audit_entries (workspace_no, action, number)
  where action in ('store.backedUp', 'store.backupChecked', 'retention.forgotten');

alter table retention enable row level security;
alter table retention force row level security;
create policy by_workspace on retention using (coalesce(workspace_no = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table retention owner to trueup_app;
  end if;
end
$$;
