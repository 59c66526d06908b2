/** What changes when anything worth looking at has changed: a short text per topic, cheap however much there is. */
import type { Tx } from './database.ts';

export interface Pulse {
  readonly overview: string;
  readonly holds: string;
  readonly runs: string;
  readonly connections: string;
  readonly syncs: string;
}

const PULSE = `
select
  (select coalesce(string_agg(concat_ws(' ', sync_key, side, kind, current_as_of, failure ->> 'code', md5(checkpoint::text)), ',' order by sync_key, side, kind), '')
     from streams) as overview,
  (select concat_ws(' ', count(*), max(opened_at)) from (select opened_at from holds where closed_at is null limit 10000) as open)
    || (select concat_ws(' ', '', count(*), max(found_at)) from (select found_at from match_suggestions where state = 'open' limit 10000) as alike) as holds,
  (select coalesce(string_agg(concat_ws(' ', run_id, state, seen), ','), '')
     from (select run_id, state, seen from runs where sync_key = any($1) order by run_id desc limit 20) as newest) as runs,
  (select coalesce(string_agg(concat_ws(' ', name, state, state_since, throttled_until, md5(quotas::text)), ',' order by name), '') from connections) as connections,
  (select coalesce(string_agg(concat_ws(' ', sync_key, mode, revision, approved_until), ',' order by sync_key), '') from syncs) as syncs`;

export async function pulse(tx: Tx, syncKeys: readonly string[]): Promise<Pulse> {
  const [row] = await tx.query<Record<keyof Pulse, string>>(PULSE, [syncKeys]);
  return row ?? { overview: '', holds: '', runs: '', connections: '', syncs: '' };
}
