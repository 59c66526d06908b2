/** The providers with which people may sign in (OpenID Connect), their client secrets sealed. */
import type { Secret } from '../lib/secret.ts';
import type { Role } from './accounts.ts';
import type { Tx } from './database.ts';
import type { Sealer } from './seal.ts';
import { sealedPlace } from './sealed-places.ts';

export interface SignInProvider {
  readonly name: string;
  /** As the button says it: "Sign in with …". */
  readonly title: string;
  /** The address by which the provider calls itself, to the letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** What is asked for, with spaces between. */
  readonly scope: string;
  /** Where the provider says in which groups somebody is: the name of a claim, or a path with dots. */
  readonly groupsClaim: string;
  readonly roles: readonly { readonly group: string; readonly role: Role }[];
  /** The role of those who are in none of the groups; null lets none of them in. */
  readonly defaultRole: Role | null;
}

/** As it is shown: whether a secret is stored, never which. */
export interface StoredProvider extends SignInProvider {
  readonly hasSecret: boolean;
}

interface ProviderColumns {
  readonly name: string;
  readonly title: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly scope: string;
  readonly groups_claim: string;
  readonly roles: SignInProvider['roles'];
  readonly default_role: Role | null;
  readonly sealed: Buffer | null;
  readonly sealed_key: Buffer | null;
  readonly key_version: number | null;
}

const COLUMNS =
  'name, title, issuer, client_id, scope, groups_claim, roles, default_role, sealed, sealed_key, key_version';

function providerOf(row: ProviderColumns): StoredProvider {
  const { name, title, issuer, scope, roles } = row;
  return {
    name,
    title,
    issuer,
    clientId: row.client_id,
    scope,
    groupsClaim: row.groups_claim,
    roles,
    defaultRole: row.default_role,
    hasSecret: row.sealed !== null,
  };
}

export async function allProviders(tx: Tx): Promise<readonly StoredProvider[]> {
  const rows = await tx.query<ProviderColumns>(`select ${COLUMNS} from sign_in_providers order by name`);
  return rows.map(providerOf);
}

/** The provider with its secret opened; null when there is none of that name. */
export async function openProvider(
  tx: Tx,
  sealer: Sealer,
  workspaceNo: number,
  name: string,
): Promise<{ readonly provider: StoredProvider; readonly secret: Secret | null } | null> {
  const [row] = await tx.query<ProviderColumns>(`select ${COLUMNS} from sign_in_providers where name = $1`, [
    name,
  ]);
  if (row === undefined) return null;
  const { sealed, sealed_key: sealedKey, key_version: keyVersion } = row;
  const isSealed = sealed !== null && sealedKey !== null && keyVersion !== null;
  const place = sealedPlace('sign-in', workspaceNo, name);
  return {
    provider: providerOf(row),
    secret: isSealed ? sealer.open(place, { sealed, sealedKey, keyVersion }) : null,
  };
}

/** Replaces the provider of that name. Whoever is on the way to it begins again: what they set out with may no longer hold. */
export async function saveProvider(
  tx: Tx,
  sealer: Sealer,
  workspaceNo: number,
  provider: SignInProvider,
  secret: Secret | null,
): Promise<void> {
  const { name, title, issuer, clientId, scope, groupsClaim, roles, defaultRole } = provider;
  const sealed = secret === null ? null : sealer.seal(sealedPlace('sign-in', workspaceNo, name), secret);
  await tx.execute('delete from sign_in_attempts where provider = $1', [name]);
  await tx.execute(
    `insert into sign_in_providers (workspace_no, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (workspace_no, name) do update
        set title = excluded.title, issuer = excluded.issuer, client_id = excluded.client_id, scope = excluded.scope,
            groups_claim = excluded.groups_claim, roles = excluded.roles, default_role = excluded.default_role,
            sealed = excluded.sealed, sealed_key = excluded.sealed_key, key_version = excluded.key_version,
            changed_at = clock_timestamp()`,
    [
      workspaceNo,
      name,
      title,
      issuer,
      clientId,
      scope,
      groupsClaim,
      JSON.stringify(roles),
      defaultRole,
      sealed?.sealed ?? null,
      sealed?.sealedKey ?? null,
      sealed?.keyVersion ?? null,
    ],
  );
}

/**
 * False when there is none. Whoever has no other way in than by it is signed out; who they are stays known, for the case
 * that it comes back.
 */
export async function removeProvider(tx: Tx, name: string): Promise<boolean> {
  const [removed] = await tx.query<{ issuer: string }>(
    'delete from sign_in_providers where name = $1 returning issuer',
    [name],
  );
  if (removed === undefined) return false;
  await tx.execute(
    `delete from sessions using account_identities join accounts using (workspace_no, account_id)
      where issuer = $1 and password_hash is null and accounts.account_id = sessions.account_id`,
    [removed.issuer],
  );
  return true;
}
