-- What records refer to, by identity, so that those that refer to a thing are found without reading all of a side. A row may
-- outlive what it says for a while: whoever finds records by it looks at what is accounted for.
create table referrals (
  sync_key bigint not null,
  side text not null,
  identity_id uuid not null,
  parent_id text not null,
  primary key (sync_key, side, identity_id, parent_id)
);
create index referrals_parent on referrals (parent_id, sync_key, side);
-- The owner sees the rows of all workspaces meanwhile.
alter table syncs no force row level security;
alter table revisions no force row level security;
alter table links no force row level security;
insert into referrals (sync_key, side, identity_id, parent_id)
select links.sync_key, links.side, links.identity_id, named.parent_id
  from (
    select syncs.sync_key, field ->> 'name' as name
      from syncs join revisions using (sync_key, revision) cross join lateral jsonb_array_elements(revisions.definition -> 'fields') as field
     where field -> 'type' ->> 'kind' = 'reference') as referring
  join links on links.sync_key = referring.sync_key and links.accounted is not null
 cross join lateral (
    select links.accounted ->> referring.name as parent_id where json_typeof(links.accounted -> referring.name) = 'string'
    union
    select json_array_elements_text(case json_typeof(links.accounted -> referring.name) when 'array' then links.accounted -> referring.name else '[]' end)
  ) as named
 on conflict do nothing;
alter table syncs force row level security;
alter table revisions force row level security;
alter table links force row level security;

-- By what references name things that do not name them by record ids: the value of a field, as it is compared, at a side (empty:
-- in the golden record). Several things may have one name: then it names none of them.
create table names (
  sync_key bigint not null,
  side text not null,
  field text not null,
  name text not null,
  identity_id uuid not null,
  primary key (sync_key, side, field, name, identity_id)
);

-- `point`: what a record refers to is called otherwise there by now, is another record, or has become another thing: the record
-- is pointed anew. Its `parent_record` is the identity it refers to, its `parent_id` the one it shall.
alter table waits add column parent_field text;
do $$
declare
  name text;
begin
  foreach name in array array['referrals', 'names'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(sync_key >> 32 = (select current_workspace()), false))', name);
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter table %I owner to trueup_app', name);
    end if;
  end loop;
  for name in select conname from pg_constraint where conrelid = 'waits'::regclass and contype = 'c' loop
    execute format('alter table waits drop constraint %I', name);
  end loop;
end
$$;
alter table waits
  add constraint waits_kind check (kind in ('read', 'write', 'delete', 'point')),
  add constraint waits_place check ((kind = 'delete') = (parent_sync is null and parent_side is null)),
  add constraint waits_record check ((kind in ('read', 'point')) = (parent_record is not null)),
  add constraint waits_thing check ((kind in ('write', 'point')) = (parent_id is not null)),
  add constraint waits_reader check (kind <> 'read' or record_id is not null);
