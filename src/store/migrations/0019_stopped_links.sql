-- The few records that stand still, found without reading the many that do not. Takes the place of that of parked ones.
create index links_stopped on links (sync_key, side, record_id) where status in ('unreadable', 'parked', 'hidden');
drop index links_parked;
