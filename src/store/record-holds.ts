/** Holds about records that are in no identity: opened while a record cannot be linked, closed once that is over. */
import type { Ids } from '../lib/ids.ts';
import type { RecordHold } from './contract.ts';
import type { Tx } from './database.ts';

/** Where a record is. */
export interface RecordPlace {
  readonly side: string;
  readonly recordId: string;
}

/** One that is open already stays one hold. */
export async function openRecordHolds(
  tx: Tx,
  syncKey: string,
  ids: Ids,
  holds: readonly RecordHold[],
): Promise<void> {
  if (holds.length === 0) return;
  await tx.execute(
    `insert into holds (sync_key, hold_id, side, record_id, reason, seen, opened_at)
     select $1::bigint, hold_id, side, record_id, reason, seen, clock_timestamp()
       from json_to_recordset($2) as opened (hold_id uuid, side text, record_id text, reason text, seen jsonb)
     on conflict (sync_key, side, record_id, reason) where closed_at is null and identity_id is null
     do update set seen = excluded.seen`,
    [
      syncKey,
      JSON.stringify(
        holds.map((hold) => ({
          hold_id: ids.next(),
          side: hold.side,
          record_id: hold.recordId,
          reason: hold.reason,
          seen: hold.seen,
        })),
      ),
    ],
  );
}

/** The records are linked, gone or left out by now, so nobody need decide about them; `still` keeps what is held anew. */
export async function settleRecordHolds(
  tx: Tx,
  syncKey: string,
  places: readonly RecordPlace[],
  still: readonly RecordHold[] = [],
): Promise<void> {
  if (places.length === 0) return;
  await tx.execute(
    `update holds set closed_at = clock_timestamp(), closed_by = 'trueup', resolution = 'settled'
       from unnest($2::text[], $3::text[]) as settled (side, record_id)
      where holds.sync_key = $1 and holds.identity_id is null and holds.closed_at is null
        and holds.side = settled.side and holds.record_id = settled.record_id
        and (holds.side, holds.record_id, holds.reason) not in (select * from unnest($4::text[], $5::text[], $6::text[]))`,
    [
      syncKey,
      places.map(({ side }) => side),
      places.map(({ recordId }) => recordId),
      still.map(({ side }) => side),
      still.map(({ recordId }) => recordId),
      still.map(({ reason }) => reason),
    ],
  );
}
