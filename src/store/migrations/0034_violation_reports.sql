-- What the newest look for values that break the data dictionary has found, sync by sync: counts, and a few examples by their ids.
create table violation_reports (
  sync_key bigint primary key,
  as_of timestamptz not null,
  -- Whose rules were asked.
  revision int not null,
  report json not null
);

alter table violation_reports enable row level security;
alter table violation_reports force row level security;
create policy by_workspace on violation_reports using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table violation_reports owner to trueup_app;
  end if;
end
$$;
