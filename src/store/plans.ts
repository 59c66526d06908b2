/** Plans: what is sealed to be looked at, and what an approval releases. */
import type { Tx } from './database.ts';

export interface PlanRow {
  readonly hash: string;
  readonly revision: number;
  readonly writes: number;
  readonly sealedAtMs: number;
  readonly approved: boolean;
}

/** Seals what is planned now. The hash covers every planned write and the golden state it was planned from. */
export async function sealPlan(tx: Tx, syncKey: string, revision: number): Promise<PlanRow> {
  const rows = await tx.query<{ hash: string; writes: string; sealed_at_ms: number }>(
    `with planned as (
       select count(*) as writes,
              coalesce(encode(sha256(convert_to(string_agg(line, E'\\n' order by line), 'UTF8')), 'hex'), 'empty') as hash
         from (select writes.identity_id || ' ' || writes.side || ' ' || writes.kind || ' ' || identities.seq as line
                 from writes join identities using (sync_key, identity_id)
                where writes.sync_key = $1 and writes.state = 'planned') as lines)
     insert into plans (sync_key, hash, revision, writes, sealed_at)
     select $1, hash, $2, writes, clock_timestamp() from planned
     on conflict (sync_key, hash) do update set sealed_at = excluded.sealed_at, revision = excluded.revision
     returning hash, writes, extract(epoch from sealed_at)::float8 * 1000 as sealed_at_ms`,
    [syncKey, revision],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('sealing a plan returned nothing');
  return {
    hash: row.hash,
    revision,
    writes: Number(row.writes),
    sealedAtMs: row.sealed_at_ms,
    approved: false,
  };
}

export async function findPlan(tx: Tx, syncKey: string, hashPrefix: string | null): Promise<PlanRow | null> {
  const rows = await tx.query<{
    hash: string;
    revision: number;
    writes: string;
    sealed_at_ms: number;
    approved: boolean;
  }>(
    `select hash, revision, writes, extract(epoch from sealed_at)::float8 * 1000 as sealed_at_ms, approved_at is not null as approved
       from plans where sync_key = $1 and ($2::text is null or starts_with(hash, $2)) order by sealed_at desc limit 1`,
    [syncKey, hashPrefix],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    hash: row.hash,
    revision: row.revision,
    writes: Number(row.writes),
    sealedAtMs: row.sealed_at_ms,
    approved: row.approved,
  };
}

/** What a plan is about, by side: records that are known there of its things, and whether it makes others. */
export interface Touched {
  readonly side: string;
  readonly recordIds: readonly string[];
  readonly creates: boolean;
}

/** Null where that is more than `recordsMax` records. */
export async function touchedBy(
  tx: Tx,
  syncKey: string,
  { sealedAtMs }: PlanRow,
  recordsMax: number,
): Promise<readonly Touched[] | null> {
  const rows = await tx.query<{ side: string; record_id: string | null; creates: boolean }>(
    `with due as materialized (
       select identity_id, side, kind from writes
        where sync_key = $1 and state = 'planned' and planned_at <= to_timestamp($2::float8 / 1000))
     select side, null as record_id, true as creates from due where kind = 'create' group by side
     union all
     (select side, record_id, false from links
       where sync_key = $1 and identity_id = any(array(select identity_id from due)) and status <> 'gone' limit $3)`,
    [syncKey, sealedAtMs, recordsMax + 1],
  );
  if (rows.filter(({ record_id }) => record_id !== null).length > recordsMax) return null;
  return [...Map.groupBy(rows, ({ side }) => side)].map(([side, own]) => ({
    side,
    recordIds: own.flatMap(({ record_id: recordId }) => recordId ?? []),
    creates: own.some(({ creates }) => creates),
  }));
}

export interface Approval {
  readonly released: number;
  /** Planned writes whose base has moved since the plan was sealed: nobody has approved what they would do now. */
  readonly moved: number;
}

/**
 * Releases the writes that the plan was sealed over by moving the sync's watermark, except those about whose records
 * anything has become known since: they count as planned now and wait for the next plan.
 */
export async function approvePlan(
  tx: Tx,
  syncKey: string,
  plan: PlanRow,
  approver: string,
): Promise<Approval> {
  await tx.execute(
    `update plans set approved_at = clock_timestamp(), approved_by = $3 where sync_key = $1 and hash = $2 and approved_at is null`,
    [syncKey, plan.hash, approver],
  );
  await tx.execute(
    `update writes set planned_at = clock_timestamp()
       from links
      where writes.sync_key = $1 and writes.state = 'planned' and writes.planned_at <= to_timestamp($2::float8 / 1000)
        and links.sync_key = $1 and links.identity_id = writes.identity_id and links.as_of > to_timestamp($2::float8 / 1000)`,
    [syncKey, plan.sealedAtMs],
  );
  await tx.execute('update syncs set approved_until = to_timestamp($2::float8 / 1000) where sync_key = $1', [
    syncKey,
    plan.sealedAtMs,
  ]);
  const [counts] = await tx.query<{ released: string; moved: string }>(
    `select count(*) filter (where planned_at <= to_timestamp($2::float8 / 1000)) as released,
            count(*) filter (where planned_at > to_timestamp($2::float8 / 1000)) as moved
       from writes where sync_key = $1 and state = 'planned'`,
    [syncKey, plan.sealedAtMs],
  );
  return { released: Number(counts?.released ?? 0), moved: Number(counts?.moved ?? 0) };
}
