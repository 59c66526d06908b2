/** What a sync has been: its revisions and their authors, and the plans that were sealed over them. */
import type { Tx } from './database.ts';

export interface RevisionRow {
  readonly revision: number;
  readonly hash: string;
  readonly author: string;
  readonly savedMs: number;
}

/** The newest revisions before `before`, newest first. */
export async function revisionsPage(
  tx: Tx,
  syncKey: string,
  before: number | null,
  countMax: number,
): Promise<readonly RevisionRow[]> {
  const rows = await tx.query<{ revision: number; hash: string; author: string; saved_ms: number }>(
    `select revision, hash, author, extract(epoch from created_at)::float8 * 1000 as saved_ms
       from revisions where sync_key = $1 and ($2::int is null or revision < $2) order by revision desc limit $3`,
    [syncKey, before, countMax],
  );
  return rows.map(({ saved_ms: savedMs, ...row }) => ({ ...row, savedMs }));
}

/** The text that the revision was made from; null when there is no such revision. */
export async function revisionSource(tx: Tx, syncKey: string, revision: number): Promise<string | null> {
  const [row] = await tx.query<{ source: string }>(
    'select source from revisions where sync_key = $1 and revision = $2',
    [syncKey, revision],
  );
  return row?.source ?? null;
}

/** The text of the newest revision of any sync; null before the first. */
export async function newestSource(tx: Tx): Promise<string | null> {
  const [row] = await tx.query<{ source: string }>(
    'select source from revisions order by created_at desc, sync_key desc limit 1',
  );
  return row?.source ?? null;
}

/** The same, with no other being taken before this transaction ends: of two edits of one text only one may follow it. */
export async function newestSourceAlone(tx: Tx): Promise<string | null> {
  // Readers go on; whoever saves a revision waits the moment until this one is saved or refused.
  await tx.execute('lock table revisions in share row exclusive mode');
  return newestSource(tx);
}

export interface SealedPlan {
  readonly hash: string;
  readonly revision: number;
  readonly writes: number;
  readonly sealedMs: number;
  readonly approvedBy: string | null;
}

/** The plan that was sealed last; null before the first. */
export async function newestPlan(tx: Tx, syncKey: string): Promise<SealedPlan | null> {
  const [row] = await tx.query<{
    hash: string;
    revision: number;
    writes: string;
    sealed_ms: number;
    approved_by: string | null;
  }>(
    `select hash, revision, writes, extract(epoch from sealed_at)::float8 * 1000 as sealed_ms, approved_by
       from plans where sync_key = $1 order by sealed_at desc limit 1`,
    [syncKey],
  );
  if (row === undefined) return null;
  return {
    hash: row.hash,
    revision: row.revision,
    writes: Number(row.writes),
    sealedMs: row.sealed_ms,
    approvedBy: row.approved_by,
  };
}
