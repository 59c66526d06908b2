/** What the newest look for violations came to, for whoever asks any server of the installation. */
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';

export interface KeptViolations {
  readonly asOfMs: number;
  /** The revision whose rules were asked. */
  readonly revision: number;
  readonly report: Json;
}

/** Takes the place of the one before, unless that one is newer. */
export async function keepViolations(
  tx: Tx,
  syncKey: string,
  { asOfMs, revision, report }: KeptViolations,
): Promise<void> {
  await tx.execute(
    `insert into violation_reports (sync_key, as_of, revision, report)
     values ($1, to_timestamp($2::float8 / 1000), $3, $4)
     on conflict (sync_key) do update set as_of = excluded.as_of, revision = excluded.revision, report = excluded.report
        where violation_reports.as_of <= excluded.as_of`,
    [syncKey, asOfMs, revision, JSON.stringify(report)],
  );
}

/** Null for a sync that nobody has asked about yet. */
export async function keptViolations(tx: Tx, syncKey: string): Promise<KeptViolations | null> {
  const [row] = await tx.query<{ as_of_ms: number; revision: number; report: Json }>(
    `select extract(epoch from as_of)::float8 * 1000 as as_of_ms, revision, report
       from violation_reports where sync_key = $1`,
    [syncKey],
  );
  if (row === undefined) return null;
  return { asOfMs: row.as_of_ms, revision: row.revision, report: row.report };
}
