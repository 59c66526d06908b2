/**
 * What the news that a comparison found says of the feed that did not tell of it. A stamp is *impossible* when the record was
 * seen unchanged after the moment that it names, or when it lies in the future: whatever the feed does, such a stamp is wrong.
 * Any other stamp accuses the feed: nobody told it, or it did not listen. Pure.
 */
import { counted } from '../../lib/counted.ts';
import type { SweepVitals, UntoldRecord } from '../../store/sweep-vitals.ts';

const MINUTE_MS = 60_000;
/** Clocks that agree differ by less, and stamps are cut to whole seconds. */
const STAMP_SLACK_MS = 2 * MINUTE_MS;

export type FeedTrouble =
  | { readonly kind: 'deaf'; readonly records: readonly UntoldRecord[]; readonly detail: string }
  | { readonly kind: 'clock'; readonly records: readonly UntoldRecord[]; readonly detail: string };

/** `unmoved`: as it was before the change. `passed`: new and believable. `none`: no stamp, or one that decides nothing. */
type StampSays = 'behind' | 'ahead' | 'unmoved' | 'passed' | 'none';

/** The trouble with a side's feed; null where there are fewer than `recordsMin` records that show one. */
export function feedTrouble(sweep: SweepVitals, recordsMin: number): FeedTrouble | null {
  const { previousMs, wasTold, untold, side } = sweep;
  if (previousMs === null) return null;
  const seen = untold.filter((record) => !isOld(record, previousMs));
  const bySays = Map.groupBy(seen, (record) => whatStampSays(record, previousMs));
  const [behind, ahead] = [bySays.get('behind') ?? [], bySays.get('ahead') ?? []];
  const impossible = [...behind, ...ahead];
  // Proof, whatever else the feed tells of: one of several writers may be the one with the wrong clock.
  if (impossible.length >= recordsMin)
    return { kind: 'clock', records: impossible, detail: clockDetail(side, behind, ahead, previousMs) };
  if (wasTold || seen.length < recordsMin) return null;
  return { kind: 'deaf', records: seen, detail: deafDetail(side, seen, bySays) };
}

/** New here, and older than the comparison that did not see it: it came into view, and nothing of it had to be told. */
function isOld({ kind, knownMs, stampedMs }: UntoldRecord, previousMs: number): boolean {
  return kind === 'linked' && knownMs === null && stampedMs !== null && stampedMs < previousMs;
}

function whatStampSays(record: UntoldRecord, previousMs: number): StampSays {
  const { stampedMs, stampedBeforeMs, atMs } = record;
  if (stampedMs === null) return 'none';
  if (stampedMs > atMs + STAMP_SLACK_MS) return 'ahead';
  if (stampedMs === stampedBeforeMs) return 'unmoved';
  const unchangedAtMs = lastUnchangedMs(record, previousMs);
  if (stampedMs >= unchangedAtMs - STAMP_SLACK_MS) return 'passed';
  // Without the stamp of before, an old one may be that very stamp, unless it is newer than what was known.
  const hasMoved = stampedBeforeMs !== null || (record.knownMs !== null && stampedMs > record.knownMs);
  return hasMoved ? 'behind' : 'none';
}

/** The change came after this: the record was accounted for then, or met unchanged by the comparison before. */
function lastUnchangedMs({ knownMs }: UntoldRecord, previousMs: number): number {
  return Math.max(knownMs ?? previousMs, previousMs);
}

function deafDetail(
  side: string,
  records: readonly UntoldRecord[],
  bySays: ReadonlyMap<StampSays, readonly UntoldRecord[]>,
): string {
  const found = `the last comparison found ${counted(records.length, `record of ${side}`, `records of ${side}`)} changed or gone that its feed had not told of`;
  const [unmoved, passed] = [bySays.get('unmoved')?.length ?? 0, bySays.get('passed')?.length ?? 0];
  if (unmoved > passed)
    return `${found}; ${String(unmoved)} of them carry the stamp that they had before: whoever changes them does not set it`;
  if (passed > 0)
    return `${found}; ${String(passed)} of them carry a new stamp that the feed has passed: they were shown to it too late, or not at all`;
  return found;
}

function clockDetail(
  side: string,
  behind: readonly UntoldRecord[],
  ahead: readonly UntoldRecord[],
  previousMs: number,
): string {
  const isSlow = behind.length >= ahead.length;
  const records = isSlow ? behind : ahead;
  const found = `the last comparison found ${counted(records.length, `record of ${side}`, `records of ${side}`)} changed whose stamp`;
  const says = isSlow ? 'is older than the last look that showed it unchanged' : 'lies in the future';
  return `${found} ${says}: what stamps it is ${offset(records, previousMs)} ${isSlow ? 'slow' : 'fast'}`;
}

/**
 * By how much a clock is wrong. Each record was changed between the last look that showed it unchanged and the one that found
 * the change, which gives a least and a most; one clock fits them all, several fit none.
 */
function offset(records: readonly UntoldRecord[], previousMs: number): string {
  const bounds = records.map((record) => {
    const stampedMs = record.stampedMs ?? record.atMs;
    const [one, other] = [record.atMs - stampedMs, lastUnchangedMs(record, previousMs) - stampedMs];
    return {
      leastMs: Math.min(Math.abs(one), Math.abs(other)),
      mostMs: Math.max(Math.abs(one), Math.abs(other)),
    };
  });
  const least = Math.round(Math.max(...bounds.map(({ leastMs }) => leastMs)) / MINUTE_MS);
  const most = Math.round(Math.min(...bounds.map(({ mostMs }) => mostMs)) / MINUTE_MS);
  if (least > most) return `up to ${String(least)} minutes`;
  return least === most ? `${String(least)} minutes` : `${String(least)} to ${String(most)} minutes`;
}
