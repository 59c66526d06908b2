/** Records that have got the key of another thing: each is held, and some of them fit when they are looked at together. */
import type { Values } from '../engine/value.ts';
import type { Tx } from './database.ts';

/** Such a record, and the values that its thing would have by it. */
export interface Clash {
  readonly recordId: string;
  readonly values: Values;
}

export interface ClashTx {
  /** Those of these records that are held for the key of another thing. */
  clashesAt(side: string, recordIds: readonly string[]): Promise<readonly Clash[]>;
  /** The records there that are held so, and belong to these things. */
  clashesOf(side: string, identityIds: readonly string[]): Promise<readonly Clash[]>;
}

export function clashes(tx: Tx, syncKey: string): ClashTx {
  return {
    clashesAt: (side, recordIds) => clashesWhere(tx, syncKey, side, 'links.record_id = any($3)', recordIds),
    clashesOf: (side, identityIds) => {
      const isThere = `links.identity_id = any($3::uuid[]) and links.status in ('live', 'hidden')`;
      return clashesWhere(tx, syncKey, side, isThere, identityIds);
    },
  };
}

interface ClashColumns {
  readonly record_id: string;
  readonly golden: Values;
  readonly seen: Values;
}

/** Asked before anything else: hardly ever is anything held. */
const IS_ANY_HELD = `exists (select from holds
  where sync_key = $1 and closed_at is null and identity_id is not null and reason = 'ambiguousMatch' and field is null)`;

const CLASHES = `select links.record_id, golden, seen -> links.side as seen
  from links join holds on holds.sync_key = $1 and holds.identity_id = links.identity_id and holds.closed_at is null
    and holds.reason = 'ambiguousMatch' and holds.field is null and holds.seen ? links.side
  join identities on identities.sync_key = $1 and identities.identity_id = links.identity_id
 where ${IS_ANY_HELD} and links.sync_key = $1 and links.side = $2`;

/** By ids as an array: a planner without fresh statistics would join all links of the side to their keys. */
async function clashesWhere(
  tx: Tx,
  syncKey: string,
  side: string,
  condition: string,
  ids: readonly string[],
): Promise<readonly Clash[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query<ClashColumns>(`${CLASHES} and ${condition}`, [syncKey, side, ids]);
  return rows.map(({ record_id: recordId, golden, seen }) => ({ recordId, values: { ...golden, ...seen } }));
}
