/** Sessions and API tokens: who comes in with what. Only hashes of what is sent over the network are kept. */
import type { Role } from './accounts.ts';
import type { Tx } from './database.ts';

/** Somebody who came in: the account, and how far a token lets it go. */
export interface Entrant {
  readonly accountId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly endsMs: number;
  /** Null for a session, which may do all that the role may. */
  readonly scopes: readonly string[] | null;
}

interface EntrantColumns {
  readonly account_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly ends_ms: number;
}

function entrant(row: EntrantColumns, scopes: readonly string[] | null): Entrant {
  const { account_id: accountId, name, email, role, ends_ms: endsMs } = row;
  return { accountId, name, email, role, endsMs, scopes };
}

const ACCOUNT = 'accounts.account_id, accounts.name, accounts.email, accounts.role';

export async function addSession(
  tx: Tx,
  workspaceNo: number,
  session: { readonly hash: Uint8Array; readonly accountId: string; readonly lifeMs: number },
): Promise<void> {
  await tx.execute(
    `insert into sessions (workspace_no, session_hash, account_id, ends_at)
     values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4::float8 / 1000))`,
    [workspaceNo, session.hash, session.accountId, session.lifeMs],
  );
}

/** Null when there is no such session, it has ended, or nobody has used it for `idleMs`. */
export async function sessionEntrant(tx: Tx, hash: Uint8Array, idleMs: number): Promise<Entrant | null> {
  const [row] = await tx.query<EntrantColumns>(
    `select ${ACCOUNT}, extract(epoch from ends_at)::float8 * 1000 as ends_ms
       from sessions join accounts using (workspace_no, account_id)
      where session_hash = $1 and not is_disabled and ends_at > clock_timestamp()
        and used_at > clock_timestamp() - make_interval(secs => $2::float8 / 1000)`,
    [hash, idleMs],
  );
  return row === undefined ? null : entrant(row, null);
}

/** Keeps a session that is being used from running idle. Coarse, so that reading costs no write. */
export async function touchSession(tx: Tx, hash: Uint8Array, grainMs: number): Promise<void> {
  await tx.execute(
    `update sessions set used_at = clock_timestamp()
      where session_hash = $1 and used_at < clock_timestamp() - make_interval(secs => $2::float8 / 1000)`,
    [hash, grainMs],
  );
}

export async function endSession(tx: Tx, hash: Uint8Array): Promise<void> {
  await tx.execute('delete from sessions where session_hash = $1', [hash]);
}

/** Removes what can let nobody in any more. */
export async function pruneSessions(tx: Tx, idleMs: number): Promise<void> {
  await tx.execute(
    `delete from sessions where ends_at < clock_timestamp()
        or used_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)`,
    [idleMs],
  );
}

export interface TokenRow {
  readonly tokenId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly madeMs: number;
  readonly expiresMs: number;
  readonly usedMs: number | null;
}

export interface NewToken {
  readonly tokenId: string;
  readonly hash: Uint8Array;
  readonly accountId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly lifeMs: number;
}

interface TokenColumns {
  readonly token_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly made_ms: number;
  readonly expires_ms: number;
  readonly used_ms: number | null;
}

const TOKEN_COLUMNS = `token_id, name, scopes, extract(epoch from made_at)::float8 * 1000 as made_ms,
  extract(epoch from expires_at)::float8 * 1000 as expires_ms, extract(epoch from used_at)::float8 * 1000 as used_ms`;

function tokenRow(row: TokenColumns): TokenRow {
  return {
    tokenId: row.token_id,
    name: row.name,
    scopes: row.scopes,
    madeMs: row.made_ms,
    expiresMs: row.expires_ms,
    usedMs: row.used_ms,
  };
}

export async function addToken(tx: Tx, workspaceNo: number, token: NewToken): Promise<TokenRow> {
  const [row] = await tx.query<TokenColumns>(
    `insert into api_tokens (workspace_no, token_hash, token_id, account_id, name, scopes, expires_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7::float8 / 1000))
     returning ${TOKEN_COLUMNS}`,
    [workspaceNo, token.hash, token.tokenId, token.accountId, token.name, token.scopes, token.lifeMs],
  );
  if (row === undefined) throw new Error('a token that was just made is not there');
  return tokenRow(row);
}

export async function tokensOf(tx: Tx, accountId: string): Promise<readonly TokenRow[]> {
  const rows = await tx.query<TokenColumns>(
    `select ${TOKEN_COLUMNS} from api_tokens where account_id = $1 order by made_at`,
    [accountId],
  );
  return rows.map(tokenRow);
}

/** False when the account has no such token. */
export async function dropToken(tx: Tx, accountId: string, tokenId: string): Promise<boolean> {
  return (
    (await tx.execute('delete from api_tokens where account_id = $1 and token_id = $2', [
      accountId,
      tokenId,
    ])) === 1
  );
}

/** Null when there is no such token or it has expired. Notes, coarsely, that it was used. */
export async function tokenEntrant(tx: Tx, hash: Uint8Array, grainMs: number): Promise<Entrant | null> {
  const [row] = await tx.query<EntrantColumns & { readonly scopes: readonly string[] }>(
    `select ${ACCOUNT}, scopes, extract(epoch from expires_at)::float8 * 1000 as ends_ms
       from api_tokens join accounts using (workspace_no, account_id)
      where token_hash = $1 and not is_disabled and expires_at > clock_timestamp()`,
    [hash],
  );
  if (row === undefined) return null;
  await tx.execute(
    `update api_tokens set used_at = clock_timestamp()
      where token_hash = $1 and coalesce(used_at, '-infinity') < clock_timestamp() - make_interval(secs => $2::float8 / 1000)`,
    [hash, grainMs],
  );
  return entrant(row, row.scopes);
}
