/** People on their way to a provider and back, and who they are here: known by issuer and subject, never by an address. */
import type { AccountRow } from './accounts.ts';
import { credentialsOf } from './accounts.ts';
import type { Tx } from './database.ts';

export interface SignInAttempt {
  readonly provider: string;
  /** The account that the identity is to be noted for; null for signing in. */
  readonly accountId: string | null;
  /** A path of this site. */
  readonly returnTo: string;
}

export async function addAttempt(
  tx: Tx,
  workspaceNo: number,
  attempt: SignInAttempt & { readonly hash: Uint8Array; readonly lifeMs: number },
): Promise<void> {
  await tx.execute('delete from sign_in_attempts where ends_at < clock_timestamp()');
  await tx.execute(
    `insert into sign_in_attempts (workspace_no, attempt_hash, provider, account_id, return_to, ends_at)
     values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6::float8 / 1000))`,
    [workspaceNo, attempt.hash, attempt.provider, attempt.accountId, attempt.returnTo, attempt.lifeMs],
  );
}

/** Takes the attempt away with it: of two who come back with the same, one comes in. Null when it is gone or too old. */
export async function takeAttempt(tx: Tx, hash: Uint8Array, provider: string): Promise<SignInAttempt | null> {
  const [row] = await tx.query<{
    provider: string;
    account_id: string | null;
    return_to: string;
    is_alive: boolean;
  }>(
    `delete from sign_in_attempts where attempt_hash = $1 and provider = $2
     returning provider, account_id, return_to, ends_at > clock_timestamp() as is_alive`,
    [hash, provider],
  );
  if (row === undefined || !row.is_alive) return null;
  return { provider: row.provider, accountId: row.account_id, returnTo: row.return_to };
}

/** Who somebody is at a provider. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** The account of an identity, with whether it has a password here; null when it has none. Locks the account. */
export async function accountOfIdentity(
  tx: Tx,
  { issuer, subject }: Identity,
): Promise<{ readonly account: AccountRow; readonly hasPassword: boolean } | null> {
  const [row] = await tx.query<{ account_id: string }>(
    'select account_id from account_identities where issuer = $1 and subject = $2',
    [issuer, subject],
  );
  if (row === undefined) return null;
  const known = await credentialsOf(tx, { accountId: row.account_id });
  return known === null ? null : { account: known.account, hasPassword: known.passwordHash !== null };
}

/** False when the identity is somebody's already. */
export async function addIdentity(
  tx: Tx,
  workspaceNo: number,
  { issuer, subject }: Identity,
  accountId: string,
): Promise<boolean> {
  const added = await tx.execute(
    `insert into account_identities (workspace_no, issuer, subject, account_id) values ($1, $2, $3, $4)
     on conflict (workspace_no, issuer, subject) do nothing`,
    [workspaceNo, issuer, subject, accountId],
  );
  return added === 1;
}

/** Ends everything by which the account could still come in: its sessions, its tokens. */
export async function shutOut(tx: Tx, accountId: string): Promise<void> {
  await tx.execute('delete from sessions where account_id = $1', [accountId]);
  await tx.execute('delete from api_tokens where account_id = $1', [accountId]);
}
