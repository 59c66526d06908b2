/** Answers to requests with a key, kept for a day so that asking twice does once. */
import type { Tx } from './database.ts';

export type Answered =
  | { readonly kind: 'new' }
  | { readonly kind: 'running' }
  /** The key was used for another request. */
  | { readonly kind: 'other' }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string };

interface Asked {
  readonly accountId: string;
  readonly key: string;
}

const KEPT_HOURS = 24;
/** A request that was begun and never answered lost its process; it may be asked for again. */
const RUNNING_MINUTES = 5;

/** Marks the request as being answered, unless it was asked for before. */
export async function beginAnswer(
  tx: Tx,
  workspaceNo: number,
  { accountId, key, requestHash }: Asked & { readonly requestHash: Uint8Array },
): Promise<Answered> {
  await tx.execute(
    `delete from answered_requests
      where asked_at < clock_timestamp() - make_interval(hours => $1)
         or (status is null and asked_at < clock_timestamp() - make_interval(mins => $2))`,
    [KEPT_HOURS, RUNNING_MINUTES],
  );
  const begun = await tx.execute(
    `insert into answered_requests (workspace_no, account_id, key, request_hash) values ($1, $2, $3, $4)
     on conflict (workspace_no, account_id, key) do nothing`,
    [workspaceNo, accountId, key, requestHash],
  );
  if (begun === 1) return { kind: 'new' };
  const [row] = await tx.query<{ request_hash: Buffer; status: number | null; body: string | null }>(
    'select request_hash, status, body from answered_requests where account_id = $1 and key = $2',
    [accountId, key],
  );
  if (row === undefined) return { kind: 'running' };
  if (!row.request_hash.equals(requestHash)) return { kind: 'other' };
  return row.status === null
    ? { kind: 'running' }
    : { kind: 'answered', status: row.status, body: row.body ?? '' };
}

export async function keepAnswer(
  tx: Tx,
  workspaceNo: number,
  { accountId, key }: Asked,
  answer: { readonly status: number; readonly body: string },
): Promise<void> {
  await tx.execute(
    `update answered_requests set status = $4, body = $5
      where workspace_no = $1 and account_id = $2 and key = $3 and status is null`,
    [workspaceNo, accountId, key, answer.status, answer.body],
  );
}

/** Lets the key be used again: nothing came of it. */
export async function forgetAnswer(tx: Tx, { accountId, key }: Asked): Promise<void> {
  await tx.execute('delete from answered_requests where account_id = $1 and key = $2', [accountId, key]);
}
