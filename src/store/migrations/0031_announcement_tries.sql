-- What a system refuses is told to it again, ever more rarely, for as long as the message is news.
alter table announcements add column refusals smallint not null default 0;
update announcements set due_at = clock_timestamp(), refusals = 1 where due_at = 'infinity';
create index announcements_noted on announcements (sync_key, noted_at);
