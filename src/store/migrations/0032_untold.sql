-- What the system says of when the version that is accounted for was last changed; null where it did not say, or was not read.
-- A change that a comparison found and no feed told of is judged by it: whether the stamp moved, and whether it can be true.
alter table links add column stamped_at timestamptz;

-- Which records an alert is about: how many, and some of them by name. Null where it is about no single ones.
alter table alerts add column records jsonb;
