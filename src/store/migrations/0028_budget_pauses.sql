alter table budgets
  -- What the system said when it asked for the pause, so that every worker tells the same reason; null where it said nothing.
  add column paused_by json,
  -- When a request was last let past its ceiling, to hear whether somebody has raised the limit, or first stopped at it.
  add column probed_at_ms float8;
