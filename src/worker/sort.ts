/** Tells what a page brings that is new from what is known, and reads the news through the mapping. */
import { readRecord, type FieldProblem } from '../engine/mapping.ts';
import type { Values } from '../engine/value.ts';
import type { KnownRecord, NewHint, StoredFailure, UnlinkedRecord } from '../store/contract.ts';
import type { SideRuntime } from './runtime.ts';
import type { Sighting, SightingPage } from './sighting.ts';

/** However much older than what is known a look was, it is repeated within this time. */
const LOOK_AGAIN_MS_MAX = 60_000;

/** A record that was read and says something new. */
export interface Reading {
  readonly recordId: string;
  readonly version: string | null;
  readonly values: Values;
  /** References to what is not known yet. */
  readonly unread?: Values;
  /** What the record itself says, by reference. */
  readonly called?: Values;
  readonly known: KnownRecord | undefined;
  /** What the system says of when the record was last changed. */
  readonly stampedMs: number | null;
  /** The identity whose record this is; null for a record that is not linked, or was deleted. */
  readonly linkedTo: string | null;
}

/** One that is linked to nothing, and what of it could be read. */
export interface Unlinked extends Omit<UnlinkedRecord, 'keys'> {
  readonly values: Values;
}

export interface Damaged {
  readonly recordId: string;
  readonly identityId: string;
  readonly failure: StoredFailure;
}

/** Everything one page leads to, sorted by what has to be done about it. */
export interface Sorted {
  readonly readings: Reading[];
  readonly existence: { readonly sighting: Sighting; readonly known: KnownRecord }[];
  readonly unlinked: Unlinked[];
  readonly hints: NewHint[];
  /** Records of identities that cannot be read. */
  readonly dead: Damaged[];
  readonly unchangedIds: string[];
  readonly forgotten: string[];
}

/** Of these an equal version tells too little: that the record is there is news, or what kept it out may be gone. */
const ASKED_EACH_TIME: ReadonlySet<KnownRecord['status']> = new Set(['gone', 'hidden', 'parked']);

/** Tells news from what is known, by version and by time; reads the news through the mapping. */
export function sort(
  side: SideRuntime,
  page: SightingPage,
  known: ReadonlyMap<string, KnownRecord>,
  nowMs: number,
): Sorted {
  const sorted: Sorted = {
    readings: [],
    existence: [],
    unlinked: [],
    hints: [],
    dead: [],
    unchangedIds: [],
    forgotten: [],
  };
  for (const sighting of page.sightings) {
    const record = known.get(sighting.recordId);
    const isSame = isAsKnown(sighting, record);
    if (isSame) sorted.unchangedIds.push(sighting.recordId);
    if (isSame && !isBeforeAnOlderLook(side, page, sighting.recordId)) continue;
    if (record !== undefined && page.readBeganMs <= record.asOfMs) {
      // Read before something newer was accounted for: it proves nothing about the present. Look again once a look can.
      const dueInMs = Math.min(record.asOfMs - page.readBeganMs, LOOK_AGAIN_MS_MAX);
      sorted.hints.push({ recordId: sighting.recordId, kind: kindOf(page, sighting.recordId), dueInMs });
    } else if (sighting.kind === 'record') sortRecord(side, page.readBeganMs, sorted, sighting, record);
    else if (sighting.kind === 'unreadable')
      sortUnreadable(page.readBeganMs, sorted, sighting.recordId, sighting.unreadable.failure, record);
    else if (record?.identityId != null) sorted.existence.push({ sighting, known: record });
    // It takes no part: whether it is gone or kept from us, it is met anew when it is shown again.
    else if (record !== undefined) sorted.forgotten.push(sighting.recordId);
    else sorted.unlinked.push(goneUnknown(sighting.recordId, nowMs));
  }
  return sorted;
}

function isAsKnown(sighting: Sighting, known: KnownRecord | undefined): boolean {
  if (sighting.kind !== 'record' || known === undefined || ASKED_EACH_TIME.has(known.status)) return false;
  return sighting.record.version !== null && sighting.record.version === known.version;
}

/**
 * Somebody is to look at the record, and may be shown an earlier moment than this page of the feed shows. That it was as known just now is
 * accounted for, so that such a look proves nothing. A sweep shows it every time: no look would be late enough.
 */
function isBeforeAnOlderLook({ card }: SideRuntime, page: SightingPage, recordId: string): boolean {
  const isOfFeed = page.isMet === true && page.isBesideFeed === undefined;
  return isOfFeed && card.readLagMs > 0 && page.hinted?.has(recordId) === true;
}

/** Nobody knew it; what was read before, and is not yet applied, must not bring it in. */
function goneUnknown(recordId: string, asOfMs: number): Unlinked {
  return { recordId, status: 'gone', version: null, asOfMs, failure: null, values: {} };
}

/**
 * Of a look that settles nothing. What the feed itself said of a delete must not be forgotten, whatever was met: another look could
 * not prove it, and under the id there may be another record.
 */
export function kindOf({ toldGone = [] }: SightingPage, recordId: string): NewHint['kind'] {
  return toldGone.some((told) => told.recordId === recordId) ? 'deleted' : 'changed';
}

function sortRecord(
  side: SideRuntime,
  asOfMs: number,
  sorted: Sorted,
  sighting: Extract<Sighting, { readonly kind: 'record' }>,
  known: KnownRecord | undefined,
): void {
  const { recordId, record } = sighting;
  const reading = readRecord(side.model, record.fields);
  switch (reading.kind) {
    case 'values':
      sorted.readings.push({
        recordId,
        version: record.version,
        values: reading.values,
        stampedMs: record.modifiedAtMs ?? null,
        known,
        linkedTo: known === undefined || known.status === 'gone' ? null : known.identityId,
      });
      break;
    case 'excluded':
      if (known?.identityId == null) {
        sorted.unlinked.push({
          recordId,
          status: 'excluded',
          version: record.version,
          asOfMs,
          failure: null,
          values: {},
        });
      } else sorted.existence.push({ sighting: { kind: 'hidden', recordId }, known });
      break;
    case 'invalid':
      sortUnreadable(
        asOfMs,
        sorted,
        recordId,
        failureOf(reading.problems),
        known,
        record.version,
        reading.readable,
      );
      break;
  }
}

function sortUnreadable(
  asOfMs: number,
  sorted: Sorted,
  recordId: string,
  failure: StoredFailure,
  known: KnownRecord | undefined,
  version: string | null = null,
  values: Values = {},
): void {
  const identityId = known?.identityId ?? null;
  if (identityId !== null) sorted.dead.push({ recordId, identityId, failure });
  else sorted.unlinked.push({ recordId, status: 'unreadable', version, asOfMs, failure, values });
}

function failureOf(problems: readonly FieldProblem[]): StoredFailure {
  const [first] = problems;
  const places = problems.map((problem) => `${problem.native}: ${problem.reason}`);
  return {
    kind: 'invalid',
    code: `mapping.${first?.code ?? 'invalid'}`,
    message: places.join('; '),
    ...(first === undefined ? {} : { field: first.native }),
    advice: 'Correct the value in the system, or change the mapping of the field.',
  };
}
