-- Who compares a side just now, so that nobody else does, and where its schedule stands.
create table reconciling (
  sync_key bigint not null references syncs,
  side text not null,
  -- Whoever holds it gives a sign of life before this; afterwards anybody may take over.
  lease_by uuid,
  lease_since timestamptz,
  lease_until timestamptz not null default '-infinity',
  -- The last time of the schedule that was answered; null before there was a schedule.
  slot timestamptz,
  -- The scheduled run that has not ended: where it goes on, and not before when.
  run_id uuid,
  progress json,
  rest_until timestamptz not null default '-infinity',
  tries int not null default 0,
  primary key (sync_key, side),
  check (progress is null or run_id is not null)
);

alter table reconciling enable row level security;
alter table reconciling force row level security;
create policy by_workspace on reconciling using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table reconciling owner to trueup_app;
  end if;
end
$$;

-- Of how many records those that a reconciliation looked at were drawn; null where it looked at all.
alter table runs add column drawn_of bigint;
