-- A record that is there again although its identity was deleted waits for a person under a status of its own; and a link
-- remembers when its record was last looked at, apart from the instant before which nothing counts any more.
alter table links drop constraint links_status_check;
alter table links add constraint links_status_check
  check (status in ('live', 'hidden', 'gone', 'returned', 'parked', 'excluded', 'unreadable'));
alter table links drop constraint links_check;
alter table links add constraint links_check
  check ((status in ('live', 'hidden', 'returned')) <= (identity_id is not null));
alter table links add column looked_at timestamptz;

-- Records that wait for others to make room are few, and looked at again whenever a key becomes free.
create index links_parked on links (sync_key, side, record_id) where status = 'parked';
