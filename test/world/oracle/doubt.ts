/** What became of a record that only a second sweep tells: the systems' own logs show which records that is true of. */
import { SIDE_EMPTIED } from '../../../src/worker/emptied.ts';
import type { RecordRow } from '../store/rows.ts';
import type { World } from '../world.ts';
import { timeline } from './truth.ts';

/**
 * What became of a record only a second sweep tells, and here none has come by itself: a position in a feed expired meanwhile, no
 * other record was there to be shown beside it when it was looked up, so that its absence proved nothing, or it is known too late.
 */
export function isInDoubt(world: World): boolean {
  const { shape, faults, store, systems } = world;
  if (shape.sweeps) return false;
  const hasExpired = faults.counts().has('cursorExpired');
  const rows = store.tables.links.rows();
  const wasAlone = ({ side, recordId, asOfMs }: RecordRow): boolean =>
    rows.every(
      (other) =>
        other.side !== side ||
        other.recordId === recordId ||
        other.linked === null ||
        (systems.get(side)?.records.at(other.recordId, asOfMs)?.isHidden ?? true),
    );
  return rows.some((row) => {
    const isGone = systems.get(row.side)?.records.now(row.recordId) === null;
    return row.status === 'hidden' && isGone && (hasExpired || wasAlone(row) || isKnownTooLate(world, row));
  });
}

/**
 * The answer to its create came once a person was being asked whether there is a record at all, and once that had been deleted. The
 * feed had told of the delete before, while the record was nobody's and no create was under way; that is not remembered. A look after
 * the answer proves it beside a record that is linked by then, and so does the next sweep.
 */
export function isKnownTooLate(
  world: World,
  { side, recordId }: Pick<RecordRow, 'side' | 'recordId'>,
): boolean {
  const answered = world.store
    .dump()
    .journal.find(
      (told) =>
        told.kind === 'late' &&
        told.side === side &&
        told.recordId === recordId &&
        (told.body as { readonly write?: string }).write === 'create',
    );
  if (answered === undefined) return false;
  return timeline(world).some(
    (entry) =>
      entry.kind === 'delete' &&
      entry.side === side &&
      entry.recordId === recordId &&
      entry.atMs <= answered.atMs,
  );
}

/**
 * The log of its system says that the record is hidden, or deleted where the feed tells of no deletes, and the side waits because its
 * sweep met nothing: until a person has said whether it was emptied nothing is concluded from that, so that a record which is nobody's
 * may count as what it was. Told again, it is news.
 */
export function isUntold({ store, systems }: World, side: string, recordId: string | null): boolean {
  const isEmptied = store.tables.streams
    .rows()
    .some((stream) => stream.side === side && stream.failure?.code === SIDE_EMPTIED);
  const system = systems.get(side);
  if (!isEmptied || system === undefined) return false;
  const record = system.records.now(recordId ?? '');
  return record === null ? !system.shape.feedTellsDeletes : record.isHidden;
}
