-- Where the metrics are sent over OTLP, and how that goes. Headers that are secret lie sealed in `secrets`.
create table collectors (
  workspace_no int not null references workspaces,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,54}$'),
  url text not null,
  created_at timestamptz not null default clock_timestamp(),
  last_sent_at timestamptz,
  -- In a row, up to now; the failure is that of the last try.
  failures int not null default 0,
  failing_since timestamptz,
  failure jsonb,
  primary key (workspace_no, name),
  check ((failure is null) = (failing_since is null) and (failure is null) = (failures = 0))
);

alter table collectors enable row level security;
alter table collectors force row level security;
create policy by_workspace on collectors using (coalesce(workspace_no = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table collectors owner to trueup_app;
  end if;
end
$$;
