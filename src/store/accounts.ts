/** The people of a workspace: who they are, what they may do, and how often somebody failed to be them. */
import type { Tx } from './database.ts';

/** Each may do what those before it may. */
export type Role = 'viewer' | 'operator' | 'approver' | 'admin';

export interface AccountRow {
  readonly accountId: string;
  /** In small letters. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly lastSignInMs: number | null;
}

/** What a sign-in is held against. */
export interface Credentials {
  readonly account: AccountRow;
  /** Null for those who sign in elsewhere only. */
  readonly passwordHash: string | null;
  /** Wrong tries in a row. */
  readonly failures: number;
  readonly nextTryMs: number;
}

interface AccountColumns {
  readonly account_id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly is_disabled: boolean;
  readonly last_sign_in_ms: number | null;
}

const COLUMNS = `account_id, email, name, role, is_disabled, extract(epoch from last_sign_in_at)::float8 * 1000 as last_sign_in_ms`;

function accountRow(row: AccountColumns): AccountRow {
  return {
    accountId: row.account_id,
    email: row.email,
    name: row.name,
    role: row.role,
    isDisabled: row.is_disabled,
    lastSignInMs: row.last_sign_in_ms,
  };
}

export async function allAccounts(tx: Tx): Promise<readonly AccountRow[]> {
  return (await tx.query<AccountColumns>(`select ${COLUMNS} from accounts order by email`)).map(accountRow);
}

export async function hasAccounts(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ has: boolean }>('select exists (select from accounts) as has');
  return row?.has === true;
}

export interface NewAccount {
  readonly accountId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string | null;
}

/** False when the address is taken. */
export async function addAccount(tx: Tx, workspaceNo: number, account: NewAccount): Promise<boolean> {
  const { accountId, email, name, role, passwordHash } = account;
  const added = await tx.execute(
    `insert into accounts (workspace_no, account_id, email, name, role, password_hash) values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_no, email) do nothing`,
    [workspaceNo, accountId, email, name, role, passwordHash],
  );
  return added === 1;
}

export interface AccountChange {
  readonly name?: string;
  readonly role?: Role;
  readonly isDisabled?: boolean;
  readonly passwordHash?: string;
}

/** Null when there is no such account. Whoever is disabled, or has a new password, is signed out everywhere. */
export async function changeAccount(
  tx: Tx,
  accountId: string,
  change: AccountChange,
): Promise<AccountRow | null> {
  const [row] = await tx.query<AccountColumns>(
    `update accounts
        set name = coalesce($2, name), role = coalesce($3, role), is_disabled = coalesce($4, is_disabled),
            password_hash = coalesce($5, password_hash)
      where account_id = $1 returning ${COLUMNS}`,
    [
      accountId,
      change.name ?? null,
      change.role ?? null,
      change.isDisabled ?? null,
      change.passwordHash ?? null,
    ],
  );
  if (row === undefined) return null;
  if (change.isDisabled === true || change.passwordHash !== undefined)
    await tx.execute('delete from sessions where account_id = $1', [accountId]);
  return accountRow(row);
}

/** How many could still change roles and accounts without this one. Locks them, so that two cannot leave nobody. */
export async function otherAdmins(tx: Tx, accountId: string): Promise<number> {
  const rows = await tx.query<{ account_id: string }>(
    `select account_id from accounts where role = 'admin' and not is_disabled order by account_id for update`,
  );
  return rows.filter((row) => row.account_id !== accountId).length;
}

/** By address, or by id; null when there is no such account. Locks the row: tries at one account count one by one. */
export async function credentialsOf(
  tx: Tx,
  who: { readonly email: string } | { readonly accountId: string },
): Promise<Credentials | null> {
  const [condition, value] =
    'email' in who ? (['email = $1', who.email] as const) : (['account_id = $1', who.accountId] as const);
  const [row] = await tx.query<
    AccountColumns & {
      readonly password_hash: string | null;
      readonly failures: number;
      readonly next_try_ms: number | null;
    }
  >(
    `select ${COLUMNS}, password_hash, failures,
            extract(epoch from nullif(next_try_at, '-infinity'))::float8 * 1000 as next_try_ms
       from accounts where ${condition} for update`,
    [value],
  );
  if (row === undefined) return null;
  return {
    account: accountRow(row),
    passwordHash: row.password_hash,
    failures: row.failures,
    nextTryMs: row.next_try_ms ?? 0,
  };
}

/** Notes a wrong try; the next one counts only after `waitMs`. */
export async function noteFailedSignIn(tx: Tx, accountId: string, waitMs: number): Promise<void> {
  await tx.execute(
    `update accounts set failures = failures + 1, next_try_at = clock_timestamp() + make_interval(secs => $2::float8 / 1000)
      where account_id = $1`,
    [accountId, waitMs],
  );
}

/** Notes that somebody is in; a `passwordHash` replaces one that was made with older parameters. */
export async function noteSignIn(tx: Tx, accountId: string, passwordHash: string | null): Promise<void> {
  await tx.execute(
    `update accounts set failures = 0, next_try_at = '-infinity', last_sign_in_at = clock_timestamp(),
            password_hash = coalesce($2, password_hash)
      where account_id = $1`,
    [accountId, passwordHash],
  );
}
