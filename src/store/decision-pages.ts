/** Rulings of a sync, page by page: for work that goes through all of them without keeping them. */
import type { Rule } from '../engine/state.ts';
import type { Value } from '../engine/value.ts';
import type { Tx } from './database.ts';

export interface PagedDecision {
  readonly decisionId: string;
  readonly identityId: string;
  readonly atMs: number;
  readonly field: string;
  readonly rule: Rule;
  readonly winner: { readonly side: string; readonly value: Value };
  readonly loser: { readonly side: string; readonly value: Value };
}

/** Rulings on these fields since a moment, behind the given one in the order of their ids. */
export async function decisionsPage(
  tx: Tx,
  syncKey: string,
  sinceMs: number,
  fields: readonly string[],
  after: string | null,
  countMax: number,
): Promise<readonly PagedDecision[]> {
  const rows = await tx.query<{
    decision_id: string;
    identity_id: string;
    at_ms: number;
    field: string;
    rule: Rule;
    winner: PagedDecision['winner'];
    loser: PagedDecision['loser'];
  }>(
    `select decision_id, identity_id, extract(epoch from decided_at)::float8 * 1000 as at_ms, field, rule, winner, loser from decisions
      where sync_key = $1 and decided_at >= to_timestamp($2::float8 / 1000) and field = any($3)
        and ($4::uuid is null or decision_id > $4)
      order by decision_id limit $5`,
    [syncKey, sinceMs, fields, after, countMax],
  );
  return rows.map((row) => ({
    decisionId: row.decision_id,
    identityId: row.identity_id,
    atMs: row.at_ms,
    field: row.field,
    rule: row.rule,
    winner: row.winner,
    loser: row.loser,
  }));
}
