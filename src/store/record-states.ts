/** In which state each record is, and for which one reason: what the balance counts and what its lists show, in one place. */
import { HINT_TOKEN, UNREADABLE_TOKEN, WRITE_TOKEN } from './letters.ts';

/** The states that the balance counts, in the order of how well a record is. */
export type RecordState = 'inSync' | 'pending' | 'held' | 'dead' | 'excluded';

interface ReasonRule {
  readonly reason: string;
  /** Null: it is no longer counted. */
  readonly state: RecordState | null;
  readonly when: string;
}

/** The first that holds of a record is its reason. */
const RULES = [
  { reason: 'gone', state: null, when: `links.status = 'gone'` },
  { reason: 'filtered', state: 'excluded', when: `links.status = 'excluded'` },
  { reason: 'writeFailed', state: 'dead', when: 'open_writes.dead' },
  { reason: 'unreadable', state: 'dead', when: `links.status = 'unreadable' and discards.letter_id is null` },
  { reason: 'lookFailed', state: 'dead', when: `hints.state = 'dead' and discards.letter_id is null` },
  { reason: 'parked', state: 'held', when: `links.status = 'parked'` },
  { reason: 'hidden', state: 'held', when: `links.status = 'hidden'` },
  { reason: 'returned', state: 'held', when: `links.status = 'returned'` },
  { reason: 'writeHeld', state: 'held', when: 'open_writes.held' },
  { reason: 'hold', state: 'held', when: 'open_holds.identity_id is not null' },
  { reason: 'writeGivenUp', state: 'excluded', when: 'open_writes.discarded' },
  { reason: 'lookGivenUp', state: 'excluded', when: 'discards.letter_id is not null' },
  { reason: 'toBeRead', state: 'pending', when: 'hints.record_id is not null' },
  { reason: 'owed', state: 'pending', when: 'open_writes.identity_id is not null' },
  { reason: 'waits', state: 'pending', when: 'unread.identity_id is not null' },
  { reason: 'inStep', state: 'inSync', when: 'true' },
] as const satisfies readonly ReasonRule[];

/** Why a record is in its state; every one belongs to one state, and a record has one. */
export type RecordReason = (typeof RULES)[number]['reason'];

type ReasonsOf<State extends RecordState | null> = Extract<
  (typeof RULES)[number],
  { readonly state: State }
>['reason'];

/** The reasons of each state, as its list goes through them; `gone` is a list, though no state that is counted. */
export const REASONS_OF = {
  inSync: ['inStep'],
  pending: ['toBeRead', 'owed', 'waits'],
  held: ['parked', 'hidden', 'returned', 'writeHeld', 'hold'],
  dead: ['writeFailed', 'unreadable', 'lookFailed'],
  excluded: ['filtered', 'writeGivenUp', 'lookGivenUp'],
  gone: ['gone'],
} as const satisfies { readonly [State in RecordState]: readonly ReasonsOf<State>[] } & {
  readonly gone: readonly ReasonsOf<null>[];
};

const STATE_OF: ReadonlyMap<string, RecordState | null> = new Map(
  RULES.map(({ reason, state }) => [reason, state]),
);

/** Null for a record that is gone: nothing counts it. */
export function stateOf(reason: RecordReason): RecordState | null {
  return STATE_OF.get(reason) ?? null;
}

/** Further conditions, each beginning with `and`, that keep a statement to some of the records. */
export interface RecordScope {
  readonly identities: (column: string) => string;
  readonly links: string;
  readonly hints: string;
}

/**
 * Parts of a `with`: `reasons (side, record_id, identity_id, status, failure, reason)` has every record in the scope once. $1 is
 * the sync. A record that was only heard of, and has no link yet, has neither identity nor status.
 */
export function reasonsIn({ identities, links, hints }: RecordScope): string {
  return `open_writes as (
  select writes.identity_id, bool_or(state = 'dead' and discards.letter_id is null) as dead, bool_or(state = 'held') as held,
         bool_and(state = 'dead' and discards.letter_id is not null) as discarded
    from writes
    left join discards on discards.sync_key = $1 and discards.identity_id = writes.identity_id
         and discards.side = writes.side and discards.token = ${WRITE_TOKEN} ${identities('discards.identity_id')}
   where writes.sync_key = $1 ${identities('writes.identity_id')} group by writes.identity_id),
open_holds as (
  select distinct identity_id from holds
   where sync_key = $1 and closed_at is null and identity_id is not null ${identities('holds.identity_id')}),
unread as (
  select distinct identity_id from waits
   where sync_key = $1 and kind in ('read', 'point') ${identities('waits.identity_id')}),
reasons as (
  select links.side, links.record_id, links.identity_id, links.status, links.failure,
         case ${RULES.map(({ reason, when }) => `when ${when} then '${reason}'`).join('\n              ')} end as reason
    from links
    left join hints on hints.sync_key = $1 and hints.side = links.side and hints.record_id = links.record_id ${hints}
    left join open_writes on open_writes.identity_id = links.identity_id
    left join open_holds on open_holds.identity_id = links.identity_id
    left join unread on unread.identity_id = links.identity_id
    left join discards on discards.sync_key = $1 and discards.identity_id is null
         and discards.side = links.side and discards.record_id = links.record_id
         and discards.token = case when hints.failure is not null then ${HINT_TOKEN} else ${UNREADABLE_TOKEN} end
   where links.sync_key = $1 ${links}
  union all
  select hints.side, hints.record_id, null, null, hints.failure, case when hints.state = 'dead' then 'lookFailed' else 'toBeRead' end
    from hints
   where hints.sync_key = $1 and hints.kind <> 'deleted' ${hints}
     and not exists (select from links
                      where links.sync_key = $1 and links.side = hints.side and links.record_id = hints.record_id))`;
}
