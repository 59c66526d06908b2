-- Where each secret may go: to a connection as it was when somebody gave the secret for it.

create table secret_uses (
  workspace_no int not null,
  secret text not null,
  connection text not null,
  system text not null,
  settings jsonb not null,
  -- Handed over by the environment of the server rather than stored.
  from_environment boolean not null,
  granted_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, secret, connection)
);

-- Until when, and for whom, a secret that was just given may go to connections that are only being described.
alter table secrets add column open_to text, add column open_until timestamptz not null default '-infinity';

-- What is stored already was meant. The owner sees all workspaces only while row security is not forced.
alter table connections no force row level security;
insert into secret_uses (workspace_no, secret, connection, system, settings, from_environment)
select distinct workspace_no, value ->> 'secretName', name, system, settings, true
  from connections, jsonb_each(settings) where jsonb_typeof(value) = 'object' and value ? 'secretName';
alter table connections force row level security;

do $$
declare
  owner text := current_user;
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    owner := 'trueup_app';
  end if;
  alter table secret_uses enable row level security;
  alter table secret_uses force row level security;
  create policy by_workspace on secret_uses using (coalesce(workspace_no = (select current_workspace()), false));
  execute format('alter table secret_uses owner to %I', owner);
end
$$;
