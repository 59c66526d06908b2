-- Which history of the database this is, as it was when somebody last looked: one row, of no workspace.
create table lineage (
  one boolean primary key default true check (one),
  -- The identifier of the database cluster; null where nobody may ask for it.
  server text,
  timeline text not null
);

do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter table lineage owner to trueup_app;
  end if;
end
$$;

-- Since when the sync reads everything again, as the store had gone back in time; null once a plan is approved.
alter table syncs add column recovering_since timestamptz;
