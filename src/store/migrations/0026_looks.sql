-- Since when the feed has been followed without a gap: it tells nothing of what happened before. What has a position is followed from now on.
alter table streams add column followed_since timestamptz;
-- The owner sees the rows of all workspaces meanwhile.
alter table streams no force row level security;
update streams set followed_since = clock_timestamp() where kind = 'changes' and checkpoint::text <> 'null';
alter table streams force row level security;

-- When the latest thing that a hint tells of can be read: a look that began before is followed by another.
alter table hints add column look_from timestamptz not null default '-infinity';
