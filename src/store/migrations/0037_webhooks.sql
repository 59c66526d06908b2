-- Deliveries of webhooks that were taken, by the names under which they are known again, for as long as their senders try again.
create table webhook_seen (
  workspace_no int not null,
  connection text not null,
  name text not null,
  seen_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, connection, name)
);
create index webhook_seen_age on webhook_seen (workspace_no, connection, seen_at);

-- When a connection last told of each of its collections.
create table webhook_tellings (
  workspace_no int not null,
  connection text not null,
  collection text not null,
  told_at timestamptz not null,
  primary key (workspace_no, connection, collection)
);

-- The deliveries of a connection that were refused since one was taken; none once one is.
create table webhook_refusals (
  workspace_no int not null,
  connection text not null,
  refused bigint not null,
  since timestamptz not null,
  last_at timestamptz not null,
  why text not null,
  primary key (workspace_no, connection)
);

do $$
declare
  owner text := current_user;
  name text;
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    owner := 'trueup_app';
  end if;
  foreach name in array array['webhook_seen', 'webhook_tellings', 'webhook_refusals'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
    execute format('alter table %I owner to %I', name, owner);
  end loop;
end
$$;
