-- Lists of records by their state: each reason of a state is walked along an index of what is so, however much there is of the rest.

-- What is not simply live, by how it stands. A live record has no entry here, so a first sync pays nothing.
create index links_apart on links (sync_key, status, side, record_id)
  where status in ('unreadable', 'parked', 'hidden', 'returned', 'excluded', 'gone');
drop index links_stopped;

create index hints_dead on hints (sync_key, side, record_id) where state = 'dead';

-- Held, dead and waiting writes are never due. No state in the index or its condition, for the reason told beside writes_due.
create index writes_parked on writes (sync_key, identity_id) where due_at = 'infinity';

create index discards_identity on discards (sync_key, identity_id) where identity_id is not null;
create index discards_record on discards (sync_key, side, record_id) where identity_id is null;
