-- Where people may sign in instead of here (OpenID Connect), and who of them is which account.

create table sign_in_providers (
  workspace_no int not null references workspaces,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
  title text not null,
  issuer text not null,
  client_id text not null,
  scope text not null,
  groups_claim text not null,
  -- Groups with the role of each.
  roles json not null,
  -- The role of those who are in none of the groups; null lets nobody in who is in none.
  default_role text check (default_role in ('viewer', 'operator', 'approver', 'admin')),
  -- Sealed; null for a client without a secret.
  sealed bytea,
  sealed_key bytea,
  key_version int,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, name),
  check ((sealed is null) = (sealed_key is null) and (sealed is null) = (key_version is null))
);

-- By what the provider says of itself and of the person, and by nothing else. Outlives the provider's settings.
create table account_identities (
  workspace_no int not null,
  issuer text not null,
  subject text not null,
  account_id uuid not null,
  linked_at timestamptz not null default clock_timestamp(),
  primary key (workspace_no, issuer, subject),
  foreign key (workspace_no, account_id) references accounts on delete cascade
);
create index account_identities_account on account_identities (workspace_no, account_id);

-- Who has set out to a provider and is not back: each counts once. What proves the way back is with the browser only.
create table sign_in_attempts (
  workspace_no int not null,
  attempt_hash bytea not null,
  provider text not null,
  -- For whom the identity is to be noted; null for signing in.
  account_id uuid,
  return_to text not null,
  ends_at timestamptz not null,
  primary key (workspace_no, attempt_hash),
  foreign key (workspace_no, provider) references sign_in_providers on delete cascade,
  foreign key (workspace_no, account_id) references accounts on delete cascade
);
create index sign_in_attempts_age on sign_in_attempts (ends_at);

do $$
declare
  name text;
  owner text := current_user;
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    owner := 'trueup_app';
  end if;
  foreach name in array array['sign_in_providers', 'account_identities', 'sign_in_attempts'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_workspace on %I using (coalesce(workspace_no = (select current_workspace()), false))', name);
    execute format('alter table %I owner to %I', name, owner);
  end loop;
end
$$;
