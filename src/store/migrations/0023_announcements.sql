-- Messages about delivered changes, until a system has taken them. One that it refuses is due no more and waits for the next start.
create table announcements (
  sync_key bigint not null,
  announcement_id uuid not null,
  name text not null,
  identity_id uuid not null,
  side text not null,
  record_id text,
  change text not null check (change in ('create', 'update', 'delete')),
  fields text[] not null,
  noted_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  failure jsonb,
  primary key (sync_key, announcement_id)
);
create index announcements_due on announcements (sync_key, name, due_at);

alter table announcements enable row level security;
alter table announcements force row level security;
create policy by_workspace on announcements using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table announcements owner to trueup_app;
  end if;
end
$$;
