-- When somebody last asked for the stream to be read: a sweep that began before that does not answer it.
alter table streams add column woken_at timestamptz;
