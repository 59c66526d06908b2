-- A try is told by whose it is as well: every write of a record, and every hint of one, counts its own tries from one.
update discards set token = writes.write_id || ' ' || discards.token from writes
 where writes.sync_key = discards.sync_key and writes.identity_id = discards.identity_id and writes.side = discards.side
   and writes.lease_epoch::text = discards.token;
update discards set token = discards.token || ' ' || extract(epoch from hints.noted_at) from hints
 where hints.sync_key = discards.sync_key and hints.side = discards.side and hints.record_id = discards.record_id
   and discards.identity_id is null and hints.lease_epoch::text = discards.token;

-- In the order of the identities. A job from before says nothing of whose its tries are, and what became of them is looked up.
alter table bulk_jobs add column write_ids uuid[] not null default '{}';
