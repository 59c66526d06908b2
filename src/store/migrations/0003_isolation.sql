-- Row-level security per workspace, forced, and failing closed: without a workspace every table looks empty.
-- `set local` leaves an empty text behind for the rest of the session, hence nullif. The setting is read in a subquery,
-- which runs once per statement and not once per row; coalesce says in so many words what no workspace means, and keeps
-- the planner from believing that the policy leaves hardly any rows.

create function current_workspace() returns bigint
  language sql stable parallel safe
  return nullif(current_setting('trueup.workspace', true), '')::bigint;

do $$
declare
  name text;
begin
  foreach name in array array['connections', 'secrets'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
  end loop;
  foreach name in array array[
    'syncs', 'revisions', 'plans', 'streams', 'hints', 'identities', 'links', 'match_keys', 'writes', 'attempts',
    'holds', 'decisions', 'guard_windows', 'runs', 'sightings', 'journal'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
  end loop;
end
$$;

-- A superuser is above row security. Trueup steps down to this role wherever it connects as one; the tables are the
-- role's own (row security is forced on owners too), so that workers may refresh their statistics.
do $$
declare
  name text;
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    begin
      create role trueup_app nologin;
    exception
      -- Roles belong to the whole server: another database of it may have made this one, or be making it now.
      when duplicate_object or unique_violation then null;
    end;
    execute format('grant usage, create on schema %I to trueup_app', current_schema());
    for name in select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
    loop
      execute format('alter table %I owner to trueup_app', name);
    end loop;
  end if;
end
$$;
