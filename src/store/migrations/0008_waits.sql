-- What waits for another thing: a reference that names nothing known yet (`read`), a write of one to a record that does not
-- exist yet (`write`), the delete of a record that others still refer to (`delete`, whose field is empty). A parked write is
-- never due; waking it makes it due. `parent_sync` is a name: the sync it belongs to may be applied later.
create table waits (
  sync_key bigint not null,
  identity_id uuid not null,
  side text not null,
  field text not null,
  kind text not null check (kind in ('read', 'write', 'delete')),
  record_id text,
  parent_sync text,
  parent_side text,
  parent_record text,
  parent_id uuid,
  since timestamptz not null,
  due_at timestamptz not null,
  checks int not null default 0,
  primary key (sync_key, identity_id, side, field, kind),
  check ((kind = 'delete') = (parent_sync is null and parent_side is null)),
  check ((kind = 'read') = (parent_record is not null)),
  check ((kind = 'write') = (parent_id is not null)),
  check (kind <> 'read' or record_id is not null)
);
create index waits_due on waits (sync_key, due_at);
create index waits_record on waits (parent_sync, parent_side, parent_record) where kind = 'read';
create index waits_identity on waits (parent_id, parent_side) where kind = 'write';

alter table waits enable row level security;
alter table waits force row level security;
create policy by_workspace on waits using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table waits owner to trueup_app;
  end if;
end
$$;
