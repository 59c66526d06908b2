-- Bulk jobs under way, so that whoever comes after a worker that died can learn how they ended. A row without a token stands
-- for the delivery that they belong to: its writes that no job has are of unknown outcome once nobody holds it.
create table bulk_jobs (
  sync_key bigint not null,
  job_id uuid not null,
  side text not null,
  token json,
  identity_ids uuid[] not null,
  -- The tries that the writes were on, in the order of the identities.
  epochs bigint[] not null,
  begun_at timestamptz not null default clock_timestamp(),
  lease_epoch bigint not null default 0,
  lease_until timestamptz not null,
  primary key (sync_key, job_id)
);

alter table bulk_jobs enable row level security;
alter table bulk_jobs force row level security;
create policy by_workspace on bulk_jobs using (coalesce(sync_key >> 32 = (select current_workspace()), false));

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table bulk_jobs owner to trueup_app;
  end if;
end
$$;
