/** Collectors: where the metrics are sent, and how that goes. */
import type { StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

export interface CollectorRow {
  readonly name: string;
  /** The whole address, with its path. */
  readonly url: string;
  readonly lastSentMs: number | null;
  /** Tries in a row that did not arrive, since when, and why the last one did not. */
  readonly failures: number;
  readonly failingSinceMs: number | null;
  readonly failure: StoredFailure | null;
}

/** The name in `secrets` of the headers that a collector wants. */
export function collectorSecret(name: string): string {
  return `COLLECTOR_${name.toUpperCase().replaceAll('-', '_')}`;
}

export async function saveCollector(tx: Tx, workspaceNo: number, name: string, url: string): Promise<void> {
  await tx.execute(
    `insert into collectors (workspace_no, name, url) values ($1, $2, $3)
     on conflict (workspace_no, name) do update set url = excluded.url, failures = 0, failing_since = null, failure = null`,
    [workspaceNo, name, url],
  );
}

/** False when there is no such collector. */
export async function removeCollector(tx: Tx, workspaceNo: number, name: string): Promise<boolean> {
  await tx.execute('delete from secrets where workspace_no = $1 and name = $2', [
    workspaceNo,
    collectorSecret(name),
  ]);
  const gone = await tx.execute('delete from collectors where workspace_no = $1 and name = $2', [
    workspaceNo,
    name,
  ]);
  return gone > 0;
}

export async function allCollectors(tx: Tx): Promise<readonly CollectorRow[]> {
  const rows = await tx.query<{
    name: string;
    url: string;
    sent_ms: number | null;
    failures: number;
    since_ms: number | null;
    failure: StoredFailure | null;
  }>(
    `select name, url, failures, failure, extract(epoch from last_sent_at)::float8 * 1000 as sent_ms,
            extract(epoch from failing_since)::float8 * 1000 as since_ms
       from collectors order by name`,
  );
  return rows.map(({ sent_ms: lastSentMs, since_ms: failingSinceMs, ...row }) => ({
    ...row,
    lastSentMs,
    failingSinceMs,
  }));
}

/** Notes how the last try went; null for well. */
export async function noteSent(tx: Tx, name: string, failure: StoredFailure | null): Promise<void> {
  await tx.execute(
    `update collectors
        set failure = $2, failures = case when $2::jsonb is null then 0 else failures + 1 end,
            failing_since = case when $2::jsonb is null then null else coalesce(failing_since, clock_timestamp()) end,
            last_sent_at = case when $2::jsonb is null then clock_timestamp() else last_sent_at end
      where name = $1`,
    [name, failure === null ? null : JSON.stringify(failure)],
  );
}
