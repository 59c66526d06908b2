-- What each side's system said of the fields of its collection: a row whenever it said something else than before. Mappings
-- were made for the newest approved one, or for the first where none was approved yet.
create table schemas (
  sync_key bigint not null,
  side text not null,
  schema_no int not null check (schema_no > 0),
  collection text not null,
  fields jsonb not null,
  hash text not null,
  seen_at timestamptz not null,
  approved_at timestamptz,
  approved_by text,
  primary key (sync_key, side, schema_no),
  check ((approved_at is null) = (approved_by is null))
);

-- Row security and owner as 0003 gives them to all tables of a sync.
alter table schemas enable row level security;
alter table schemas force row level security;
create policy by_workspace on schemas using (coalesce(sync_key >> 32 = (select current_workspace()), false));
do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table schemas owner to trueup_app;
  end if;
end
$$;
