/** Feeds against sweeps: what the last complete sweep of a side found that its feed should have told of and did not. */
import type { Tx } from './database.ts';

/** News that a comparison found, with what the system says of when the record was last changed. */
export interface UntoldRecord {
  readonly recordId: string;
  readonly identityId: string | null;
  readonly kind: 'changed' | 'linked' | 'deleted';
  /** When it was found. */
  readonly atMs: number;
  /** When the record was last known before; null for one that was not. */
  readonly knownMs: number | null;
  /** The record's stamp, and the one it had when it was last known; null where there is none, or it decides nothing. */
  readonly stampedMs: number | null;
  readonly stampedBeforeMs: number | null;
}

/** The last complete sweep of a side against its feed. */
export interface SweepVitals {
  readonly side: string;
  readonly startedMs: number;
  /** When the complete sweep before it began; null when it was the first since the sync was last defined anew. */
  readonly previousMs: number | null;
  /** Whether anything came by the feed between the two. */
  readonly wasTold: boolean;
  readonly untold: readonly UntoldRecord[];
}

const UNTOLD_MAX = 10_000;
/** What a sweep has not met is looked up by itself soon after its end. */
const LOOKED_UP_WITHIN_MINUTES = 10;

export async function sweepVitals(tx: Tx, syncKey: string): Promise<readonly SweepVitals[]> {
  const rows = await tx.query<SweepColumns>(
    `with swept as (
       select run_id, side, started_at, changed + missing as changed,
              lag(started_at) over runs_of_side as previous, lag(ended_at) over runs_of_side as before,
              row_number() over (partition by side order by started_at desc) as age
         from runs where sync_key = $1 and kind = 'sweep' and state = 'complete'
       window runs_of_side as (partition by side order by started_at))
     select run_id, side, changed, extract(epoch from started_at)::float8 * 1000 as started_ms,
            case when previous > defined.at then extract(epoch from previous)::float8 * 1000 end as previous_ms,
            exists (select from journal
                     where journal.sync_key = $1 and journal.side = swept.side and journal.at > swept.before
                       and journal.at <= swept.started_at and journal.kind in ('changed', 'linked', 'deleted')
                       and journal.body -> 'untold' is null) as told
       from swept cross join (select max(created_at) as at from revisions where sync_key = $1) as defined
      where age = 1 order by side`,
    [syncKey],
  );
  const vitals: SweepVitals[] = [];
  for (const { run_id: runId, side, changed, started_ms: startedMs, previous_ms: previousMs, told } of rows) {
    const untold = Number(changed) === 0 || previousMs === null ? [] : await untoldBy(tx, syncKey, runId);
    vitals.push({ side, startedMs, previousMs, wasTold: told, untold });
  }
  return vitals;
}

interface SweepColumns {
  readonly run_id: string;
  readonly side: string;
  readonly changed: string;
  readonly started_ms: number;
  readonly previous_ms: number | null;
  readonly told: boolean;
}

function untoldBy(tx: Tx, syncKey: string, runId: string): Promise<readonly UntoldRecord[]> {
  return tx.query<UntoldRecord>(
    `select journal.record_id as "recordId", journal.identity_id as "identityId", journal.kind,
            extract(epoch from journal.at)::float8 * 1000 as "atMs", (body #>> '{untold,knownMs}')::float8 as "knownMs",
            (body #>> '{untold,stampedMs}')::float8 as "stampedMs",
            (body #>> '{untold,stampedBeforeMs}')::float8 as "stampedBeforeMs"
       from runs join journal on journal.sync_key = $1 and journal.side = runs.side and journal.at >= runs.started_at
            and journal.at <= runs.ended_at + make_interval(mins => $3)
      where runs.sync_key = $1 and runs.run_id = $2 and journal.kind in ('changed', 'linked', 'deleted')
        and journal.body -> 'untold' is not null
      order by journal.at, journal.record_id limit $4`,
    [syncKey, runId, LOOKED_UP_WITHIN_MINUTES, UNTOLD_MAX],
  );
}
