/** What a look at a side showed of one record, before anything is concluded from it. */
import type { SystemRecord, UnreadableRecord } from '../connector/contract.ts';
import type { DeleteEvidence, Followed } from '../engine/state.ts';
import type { ToldGone } from '../store/contract.ts';

export type Sighting =
  | { readonly kind: 'record'; readonly recordId: string; readonly record: SystemRecord }
  | { readonly kind: 'unreadable'; readonly recordId: string; readonly unreadable: UnreadableRecord }
  | { readonly kind: 'deleted'; readonly recordId: string; readonly evidence: DeleteEvidence }
  | { readonly kind: 'hidden'; readonly recordId: string };

/** The sightings of a page that a system gave. */
export function sightingsOf(page: {
  readonly records: readonly SystemRecord[];
  readonly unreadable: readonly UnreadableRecord[];
}): readonly Sighting[] {
  return [
    ...page.records.map((record): Sighting => ({ kind: 'record', recordId: record.id, record })),
    ...page.unreadable.map((unreadable): Sighting => ({
      kind: 'unreadable',
      recordId: unreadable.id,
      unreadable,
    })),
  ];
}

/** A set of looks at one side that began at the same instant. */
export interface SightingPage {
  readonly side: string;
  readonly sightings: readonly Sighting[];
  /** Store-clock instant before which nothing of this page was read. */
  readonly readBeganMs: number;
  /** Of records that the feed had told to be gone before this look: when it last did. Absent where nothing is known of that. */
  readonly toldGone?: readonly ToldGone[];
  /** What the feed had shown before this page; null where no feed shows it, or one that has shown nothing yet. */
  readonly followed: Followed | null;
  /** Whether a feed should have told of whatever is news here: a side with a feed is compared, not for the first time. */
  readonly isCheck?: boolean;
  /**
   * Whether a feed tells of the same records meanwhile: a sweep of a side that has one. Who looks after a hint has that hint. Absent
   * where this is no sweep.
   */
  readonly isBesideFeed?: boolean;
  /** Whether a feed or a sweep met these records, and nobody looked for them. */
  readonly isMet?: boolean;
  /** Records for which a hint was open before; of a look that hints asked for, those that were asked for as gone. */
  readonly hinted?: ReadonlySet<string>;
  /** Of those that a webhook should have told of: for which no hint is open. */
  readonly unhinted?: ReadonlySet<string>;
  /**
   * What waited beside deleted records of the page and was looked up with them, whether it was found or not. Not what the page leaves
   * out because another look has settled it.
   */
  readonly beside?: ReadonlySet<string>;
  /** The side is being read for the first time: what it holds was there before, whatever else was read before it. */
  readonly isFirst?: boolean;
}

export interface ApplyCounts {
  readonly seen: number;
  readonly changed: number;
  readonly unreadable: number;
  /** Records met with the version already accounted for. */
  readonly unchangedIds: readonly string[];
}
