-- The match keys of records that are linked to nothing, as far as they can be read: nothing with one of them is made at their side
-- before it is known whose they are. They come and go with what the record's row in `links` says of it.
create table unlinked_keys (
  sync_key bigint not null,
  side text not null,
  record_id text not null,
  match_key text not null,
  primary key (sync_key, side, match_key, record_id)
);
create index unlinked_keys_record on unlinked_keys (sync_key, side, record_id);

alter table unlinked_keys enable row level security;
alter table unlinked_keys force row level security;
create policy by_workspace on unlinked_keys using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table unlinked_keys owner to trueup_app;
  end if;
end
$$;

-- A create that waits for such a record (`key`): that one is its parent record, at its own side.
alter table waits
  drop constraint waits_kind,
  drop constraint waits_record,
  add constraint waits_kind check (kind in ('read', 'write', 'delete', 'point', 'key')),
  add constraint waits_record check ((kind in ('read', 'point', 'key')) = (parent_record is not null));
create index waits_key on waits (sync_key, side, parent_record) where kind = 'key';

-- What could not be read is read once more, now that its keys are kept.
update links set version = null where status = 'unreadable' and identity_id is null;
