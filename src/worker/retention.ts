/** The end of what is over: what a workspace no longer keeps, in bounded pieces, with an entry in the audit trail. */
import { pruneAnnouncements } from '../store/announcements.ts';
import { audit, UPKEEP } from '../store/audit.ts';
import { allSyncs } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { dropJournalMonths, type DroppedMonths } from '../store/journal-months.ts';
import { pruneMeasures } from '../store/measures.ts';
import {
  forgetOld,
  forgetOldAlerts,
  forgetOldJournal,
  JOURNAL_DAYS,
  RETAINED,
  retentionOf,
  type Retained,
} from '../store/retention.ts';
import { pruneForgotten } from '../store/save.ts';

export interface RetentionPlace {
  readonly url: string;
  readonly workspaceNo: number;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

/** How many rows of each are no more. */
export type Forgotten = Readonly<Record<Retained, number>> & {
  /** There was more than one go may end; the next one goes on. */
  readonly isCutShort: boolean;
};

const ROWS_MAX = 5_000;
/** Of one kind in one go: a million rows. */
const PIECES_MAX = 200;
/** Who does what nobody orders. */
const NOBODY = 'trueup';

/** Ends what is over in the workspace. Each piece is a transaction of its own, so an end at any moment loses nothing. */
export async function forgetWhatIsOver(
  place: RetentionPlace,
  signal: AbortSignal,
  by = NOBODY,
): Promise<Forgotten> {
  const retention = await place.transaction(retentionOf);
  const daysOf = new Map(retention.map(({ what, days }) => [what, days]));
  const dropped = await dropJournalMonths(place.url, JOURNAL_DAYS);
  const counts = new Map<Retained, number>(RETAINED.map((what) => [what, 0]));
  counts.set('journal', dropped.entries);
  let isCutShort = false;
  const inPieces = async (what: Retained, forget: (tx: Tx) => Promise<number>): Promise<void> => {
    for (let piece = 0; !signal.aborted; piece += 1) {
      if (piece === PIECES_MAX) isCutShort = true;
      const rows = isCutShort ? 0 : await place.transaction(forget);
      counts.set(what, (counts.get(what) ?? 0) + rows);
      if (rows === 0) return;
    }
  };
  for (const { syncKey } of await place.transaction(allSyncs)) {
    for (const what of ['attempts', 'decisions', 'holds', 'runs'] as const) {
      const days = daysOf.get(what) ?? null;
      if (days !== null)
        await inPieces(what, (tx) => forgetOld(tx, syncKey, what, { days, rowsMax: ROWS_MAX }));
    }
    for (const month of await monthsOver(place, dropped, daysOf.get('journal') ?? null))
      await inPieces('journal', (tx) => forgetOldJournal(tx, syncKey, month, ROWS_MAX));
  }
  const days = daysOf.get('alerts') ?? null;
  if (days !== null) await inPieces('alerts', (tx) => forgetOldAlerts(tx, { days, rowsMax: ROWS_MAX }));
  const forgotten = { ...(Object.fromEntries(counts) as Record<Retained, number>), isCutShort };
  await tell(place, by, forgotten, dropped);
  return forgotten;
}

/** Of these nobody says how long they are kept: they serve nothing any more. */
const SPENT = [pruneForgotten, pruneMeasures, pruneAnnouncements] as const;

/** Ends records that were forgotten, old measures, and messages that nobody has taken, in the same pieces; how many it were. */
export async function forgetWhatIsSpent(
  place: Pick<RetentionPlace, 'transaction'>,
  syncKey: string,
  signal: AbortSignal,
  countMax = ROWS_MAX,
): Promise<number> {
  let ended = 0;
  for (const prune of SPENT) {
    for (let piece = 0; piece < PIECES_MAX && !signal.aborted; piece += 1) {
      const some = await place.transaction((tx) => prune(tx, syncKey, countMax));
      ended += some;
      if (some < countMax) break;
    }
  }
  return ended;
}

/** Of the months that others still keep, those that are over here. */
async function monthsOver(
  place: Pick<RetentionPlace, 'transaction'>,
  { shared }: DroppedMonths,
  days: number | null,
): Promise<DroppedMonths['shared']> {
  if (days === null || shared.length === 0) return [];
  return place.transaction(async (tx) => shared.filter(({ endsMs }) => endsMs <= tx.nowMs - days * DAY_MS));
}

const DAY_MS = 86_400_000;

async function tell(
  place: RetentionPlace,
  by: string,
  forgotten: Forgotten,
  { months }: DroppedMonths,
): Promise<void> {
  const detail = Object.fromEntries(
    Object.entries(forgotten).filter(([, value]) => value !== 0 && value !== false),
  );
  if (Object.keys(detail).length === 0) return;
  await place.transaction((tx) =>
    audit(tx, place.workspaceNo, {
      by,
      action: UPKEEP.forgotten,
      subject: months.length === 0 ? 'what is over' : months.join(', '),
      detail,
    }),
  );
}
