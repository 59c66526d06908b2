-- What went wrong, grouped by cause, with what people said and did about it.

-- Why a connection could not be opened; null while it can.
alter table connections add column failure jsonb;

-- Dead letters that a person gave up, by the try that was given up: another try of the same write is another letter.
create table discards (
  sync_key bigint not null,
  letter_id text not null,
  token text not null,
  side text not null,
  identity_id uuid,
  record_id text,
  reason text not null,
  discarded_by text not null,
  discarded_at timestamptz not null default clock_timestamp(),
  primary key (sync_key, letter_id)
);

-- One row per cause, for ever: a cause that comes back is the same problem, opened again.
create table problems (
  sync_key bigint not null,
  problem_id text not null,
  code text not null,
  kind text not null,
  side text not null,
  direction text not null check (direction in ('in', 'out', 'both')),
  field text,
  cause text not null,
  message text not null,
  advice text,
  state text not null check (state in ('open', 'resolved')),
  first_seen_at timestamptz not null,
  opened_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  openings int not null default 1,
  records bigint not null,
  samples jsonb not null,
  owner text,
  primary key (sync_key, problem_id),
  check ((state = 'resolved') = (resolved_at is not null))
);
create index problems_open on problems (sync_key, state, opened_at);

-- The most records a problem had in an hour, for its trend.
create table problem_hours (
  sync_key bigint not null,
  problem_id text not null,
  hour timestamptz not null,
  records bigint not null,
  primary key (sync_key, problem_id, hour)
);

create table problem_notes (
  sync_key bigint not null,
  problem_id text not null,
  noted_at timestamptz not null default clock_timestamp(),
  author text not null,
  note text not null,
  primary key (sync_key, problem_id, noted_at)
);

-- Row security and owner as 0003 gives them to all tables of a workspace.
do $$
declare
  name text;
begin
  foreach name in array array['discards', 'problems', 'problem_hours', 'problem_notes'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
end
$$;
