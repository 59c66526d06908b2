-- Pairs of things that may be one, for a person to say. What was said is kept, so that nothing is asked twice.
create table match_suggestions (
  sync_key bigint not null,
  suggestion_id uuid not null,
  left_id uuid not null,
  right_id uuid not null,
  kind text not null check (kind in ('match', 'inner')),
  score float8 not null check (score between 0 and 1),
  why text not null,
  state text not null default 'open' check (state in ('open', 'confirmed', 'rejected')),
  found_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  primary key (sync_key, suggestion_id),
  check (left_id < right_id),
  check ((state = 'open') = (decided_at is null) and (decided_at is null) = (decided_by is null))
);
create unique index match_suggestions_pair on match_suggestions (sync_key, left_id, right_id);
create index match_suggestions_open on match_suggestions (sync_key, score desc) where state = 'open';

-- Two things that a person made one, with all that is needed to tell them apart again.
create table joins (
  sync_key bigint not null,
  join_id uuid not null,
  kept_id uuid not null,
  gone_id uuid not null,
  memory jsonb not null,
  joined_at timestamptz not null,
  joined_by text not null,
  parted_at timestamptz,
  parted_by text,
  primary key (sync_key, join_id),
  check ((parted_at is null) = (parted_by is null))
);

-- Row security and owner as 0003 gives them to all tables of a sync.
do $$
declare
  name text;
begin
  foreach name in array array['match_suggestions', 'joins'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
end
$$;
