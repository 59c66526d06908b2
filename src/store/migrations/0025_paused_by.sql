-- What the system said when it asked for the pause, so that every worker tells the same reason; null where it said nothing.
alter table budgets add column paused_by json;
