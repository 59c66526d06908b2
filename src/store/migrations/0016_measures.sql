-- What the measures over time are taken from: every time a problem was open, what people did about it, and tries by the hour.

create table problem_openings (
  sync_key bigint not null,
  problem_id text not null,
  opening int not null,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  primary key (sync_key, problem_id, opening)
);
create index problem_openings_opened on problem_openings (sync_key, opened_at);
create index problem_openings_resolved on problem_openings (sync_key, resolved_at);
insert into problem_openings (sync_key, problem_id, opening, opened_at, resolved_at)
select sync_key, problem_id, openings, opened_at, resolved_at from problems;

-- One deed of one person about one opening of a problem. spent_ms is what the deed took: counted from the clock, or said by
-- the person (is_said), which then stands instead of what was counted for them.
create table problem_deeds (
  sync_key bigint not null,
  problem_id text not null,
  opening int not null,
  done_at timestamptz not null,
  done_by text not null,
  spent_ms float8 not null check (spent_ms >= 0),
  is_said boolean not null,
  primary key (sync_key, problem_id, opening, done_at, done_by)
);
create index problem_deeds_person on problem_deeds (done_by, done_at);

-- How many tries to write succeeded and failed in each hour, so that eight weeks are not counted try by try.
create table try_hours (
  sync_key bigint not null,
  side text not null,
  hour timestamptz not null,
  written bigint not null,
  failed bigint not null,
  primary key (sync_key, side, hour)
);
create index attempts_failed on attempts (sync_key, ended_at) where outcome = 'failed';
-- The journal grows in the order of time: a summary of its pages finds an hour of it, and costs its writers nothing.
create index journal_at on journal using brin (at) with (autosummarize = on);

-- Row security and owner as 0003 gives them to all tables of a workspace.
do $$
declare
  name text;
begin
  foreach name in array array['problem_openings', 'problem_deeds', 'try_hours'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
end
$$;
