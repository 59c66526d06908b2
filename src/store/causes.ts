/** What is wrong with a sync just now, from every table that tells of it, grouped by cause. */
import { causeOf, LETTERS, problemIdOf } from './letters.ts';

/** Examples kept of each problem. */
const SAMPLES_MAX = 5;
/** What the next try usually settles is nobody's problem before this. */
const SETTLES_WITHIN = `interval '10 minutes'`;

/**
 * One row per cause. $1 to $9 are those of LETTERS, with the sync in $1; $10 has the texts of holds by their reason, $11 and
 * $12 the sides of the sync and the connection of each.
 */
export const CAUSES = `
${LETTERS},
sides as (select * from unnest($11::text[], $12::text[]) as sides (side, connection)),
failing as (
  select case when kind = 'read' then 'in' else 'out' end as direction, side, coalesce(record_id, identity_id::text) as record,
         first_at as since, failure
    from chosen
   where state <> 'discarded' and failure ->> 'code' <> 'trueup.put_back'
     and (state = 'waiting' or failure ->> 'kind' not in ('precondition', 'unknownOutcome')
          or first_at < clock_timestamp() - ${SETTLES_WITHIN})
  union all
  -- A feed shows every few seconds that it is alive: what fails has failed since then, whichever way it is read.
  select 'in', side, null, since, failure
    from (select side, failure, coalesce(max(last_success_at) over (partition by side), last_attempt_at) as since
            from streams where sync_key = $1) as streams
   where failure is not null and not failure ->> 'code' like '%.cursor_expired'
  union all
  select 'both', sides.side, null, state_since, coalesce(failure,
         jsonb_build_object('kind', 'config', 'code', 'connection.' || state, 'message', coalesce(state_reason, state)))
    from connections join sides on sides.connection = connections.name
   where state not in ('connected', 'new')
  union all
  -- A record that is linked has found its place, whatever once kept it from one.
  select 'in', holds.side, coalesce(holds.record_id, holds.identity_id::text), opened_at,
         jsonb_build_object('kind', 'hold', 'code', 'hold.' || reason, 'field', field,
                            'message', coalesce($10::jsonb ->> reason, reason))
    from holds
   where holds.sync_key = $1 and closed_at is null
     and (holds.identity_id is not null
          or (select links.identity_id from links
               where links.sync_key = $1 and links.side = holds.side and links.record_id = holds.record_id) is null)
  union all
  select 'out', side, identity_id::text, planned_at,
         jsonb_build_object('kind', 'hold', 'code', 'hold.' || reason, 'message', $10::jsonb ->> reason)
    from (select side, identity_id, planned_at, case kind when 'delete' then 'massDelete' else 'massChange' end as reason
            from writes where sync_key = $1 and state = 'held') as stopped
  union all
  select 'in', links.side, links.record_id, links.as_of,
         coalesce(links.failure, jsonb_build_object('kind', 'hold', 'code', 'hold.hidden', 'message', $10::jsonb ->> 'hidden'))
    from links
    left join holds on holds.sync_key = $1 and holds.closed_at is null and holds.side = links.side and holds.record_id = links.record_id
   where links.sync_key = $1 and links.status in ('parked', 'hidden') and holds.hold_id is null),
-- Thousands may fail in the same words: what the words say is found out once.
worded as materialized (
  select side, failure, ${problemIdOf('side', 'failure')} as problem_id, ${causeOf('failure')} as cause
    from (select distinct side, failure from failing) as different),
causes as (
  select problem_id, side, failure ->> 'code' as code, failure ->> 'field' as field,
         cause, min(failure ->> 'kind') as kind, max(failure ->> 'message') as message,
         max(failure ->> 'advice') as advice, min(since) as since, count(distinct record) as records,
         case when bool_and(direction = 'in') then 'in' when bool_and(direction = 'out') then 'out' else 'both' end as direction,
         to_jsonb((array_agg(distinct record) filter (where record is not null))[1:${String(SAMPLES_MAX)}]) as samples
    from failing join worded using (side, failure) group by 1, 2, 3, 4, 5)`;
