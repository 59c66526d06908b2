-- How a connection stands while it is used: how long the system asked to be left alone, and how much of what it allows is used.
alter table connections
  add column throttled_until timestamptz,
  add column throttled_reason text,
  -- A list of {limit, max, used, atMs, earlier: {used, atMs}}: the newest sample, and one to forecast from.
  add column quotas jsonb not null default '[]';
