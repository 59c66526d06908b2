-- What is wrong enough to tell somebody, where to tell it, and what is still to be told.

create table alerts (
  workspace_no int not null references workspaces,
  alert_key text not null,
  state text not null check (state in ('raised', 'recovered')),
  severity text not null check (severity in ('warning', 'critical')),
  code text not null,
  sync text,
  side text,
  title text not null,
  detail text not null,
  advice text not null,
  since timestamptz not null,
  raised_at timestamptz not null,
  recovered_at timestamptz,
  primary key (workspace_no, alert_key),
  check ((state = 'recovered') = (recovered_at is not null))
);

-- Addresses and keys that are secret lie sealed in `secrets`; here is what may be shown.
create table channels (
  workspace_no int not null references workspaces,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  kind text not null check (kind in ('email', 'slack', 'teams', 'pagerduty', 'webhook')),
  settings jsonb not null,
  severity text not null check (severity in ('warning', 'critical')),
  digest boolean not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, name)
);

-- One message to one channel. It is sent at least once, and says its id, so that a receiver can tell a repetition.
create table notices (
  workspace_no int not null,
  notice_id uuid not null,
  channel text not null,
  body jsonb not null,
  state text not null default 'due' check (state in ('due', 'sent', 'given_up')),
  tries int not null default 0,
  failure jsonb,
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  primary key (workspace_no, notice_id),
  foreign key (workspace_no, channel) references channels (workspace_no, name) on delete cascade,
  check ((state = 'due') = (ended_at is null))
);
create index notices_due on notices (workspace_no, due_at) where state = 'due';

-- What people expect of a side; without it the side's own habit is the measure.
create table expectations (
  sync_key bigint not null,
  side text not null,
  fresh_within_ms float8,
  changes_within_ms float8,
  primary key (sync_key, side)
);

-- How much of each limit was left at the full hours, for its forecast.
create table budget_hours (
  workspace_no int not null,
  connection_key text not null,
  limit_name text not null,
  hour timestamptz not null,
  units float8 not null,
  primary key (workspace_no, connection_key, limit_name, hour)
);

do $$
declare
  name text;
begin
  foreach name in array array['alerts', 'channels', 'notices', 'budget_hours'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
  end loop;
  alter table expectations enable row level security;
  alter table expectations force row level security;
  create policy by_workspace on expectations using (coalesce(sync_key >> 32 = (select current_workspace()), false));
  if (select rolsuper from pg_roles where rolname = current_user) then
    foreach name in array array['alerts', 'channels', 'notices', 'budget_hours', 'expectations'] loop
      execute format('alter table %I owner to trueup_app', name);
    end loop;
  end if;
end
$$;
