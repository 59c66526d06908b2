/**
 * Of two records of one thing at a side one waits. Where the other one is deleted, it was a record that somebody deleted and not the
 * thing: the one that waits takes its place.
 */
import type { SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { leavePlace, unchanged } from '../engine/existence.ts';
import { linkAt, type Bundle } from '../engine/state.ts';
import type { SyncTx } from '../store/contract.ts';
import { proveAbsent } from './absence.ts';
import type { Batch } from './batch.ts';
import type { Homes } from './homes.ts';
import { EARLY_LOOK_MS } from './limits.ts';
import { lookTogether } from './look-together.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import { kindOf, type Sorted } from './sort.ts';
import { deletedBody } from './untold.ts';

/** Records that may take the places of deleted ones, as they are now. */
export interface Successors {
  readonly records: readonly SystemRecord[];
  /** Those that were looked up, whether they were found or not. */
  readonly asked: ReadonlySet<string>;
  /** Of those the ones that were not shown, though nothing proves that they are gone. */
  readonly doubted: readonly string[];
  /** Of what nothing is concluded, and why: what waits and was not read, or is doubted, and the deleted records beside it. */
  readonly unsure: ReadonlyMap<string, Failure>;
}

/** What a look has come to before it is known what waits beside the deleted records. */
export interface Shown {
  readonly deleted: readonly string[];
  /** Records that were read just now. */
  readonly shown: ReadonlySet<string>;
  /** Those of them that are not there, for the first time, though nothing proves that they are gone. */
  readonly doubtful: ReadonlySet<string>;
}

const NOBODY: Successors = { records: [], asked: new Set(), doubted: [], unsure: new Map() };

const DOUBTED: Failure = {
  kind: 'transient',
  code: 'trueup.waiting_record_doubted',
  message: 'a record that waits for the place was not shown, and nothing proves that it is gone',
  retryAfterMs: EARLY_LOOK_MS,
};

/** Reads what waits beside the deleted records: that it waits was true when it was last looked at. */
export async function findSuccessors(
  runtime: SyncRuntime,
  side: SideRuntime,
  { deleted, shown, doubtful }: Shown,
  signal: AbortSignal,
): Promise<Successors> {
  if (deleted.length === 0) return NOBODY;
  const waiting = await runtime.transaction((tx) => tx.waitingBeside(side.model.name, deleted));
  const asked = new Set([...waiting.values()].flat());
  const unseen = [...asked].filter((recordId) => !shown.has(recordId));
  const { records, absent, failed } = await readWaiting(side, unseen);
  const proved = await proveAbsent(runtime, side, [...absent], deleted, signal);
  const isDoubted = (recordId: string): boolean =>
    doubtful.has(recordId) || (absent.has(recordId) && !proved.has(recordId));
  const doubted = [...asked].filter(isDoubted);
  const reasons = new Map([...failed, ...doubted.map((recordId) => [recordId, DOUBTED] as const)]);
  const unsure = [...waiting].flatMap(([recordId, beside]) => {
    const failure = beside.map((one) => reasons.get(one)).find((one) => one !== undefined);
    return failure === undefined ? [] : ([[recordId, failure]] as const);
  });
  return { records, asked, doubted, unsure: new Map([...reasons, ...unsure]) };
}

interface Waiting {
  readonly records: readonly SystemRecord[];
  /** Not those of which the system says what they were merged into: they are gone. */
  readonly absent: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, Failure>;
}

async function readWaiting(side: SideRuntime, ids: readonly string[]): Promise<Waiting> {
  const records: SystemRecord[] = [];
  const absent = new Set<string>();
  const failed = new Map<string, Failure>();
  for (const lookup of await lookTogether(side, ids)) {
    if (lookup.kind === 'found') records.push(lookup.record);
    else if (lookup.kind === 'failed') failed.set(lookup.id, lookup.failure);
    else if (lookup.kind === 'absent' && lookup.mergedInto === undefined) absent.add(lookup.id);
  }
  return { records, absent, failed };
}

/**
 * Of the records that the page shows to be deleted: vacates the places that records of the same page, which belong to nothing yet, are
 * about to take; and leaves to another look those beside which something waits that this one does not tell of, or is too old to.
 */
export async function vacate(
  { sides }: SyncRuntime,
  tx: SyncTx,
  batch: Batch,
  page: SightingPage,
  sorted: Sorted,
  homes: Homes,
): Promise<void> {
  const deleted = sorted.existence.filter(({ sighting }) => sighting.kind === 'deleted');
  if (deleted.length === 0) return;
  const successors = successorsIn(sorted, homes);
  const unsettled = await unsettledBeside(tx, page, sorted, deleted);
  for (const one of deleted) {
    const { sighting, known } = one;
    const { recordId } = sighting;
    const bundle = batch.get(known.identityId ?? '');
    const left = bundle === undefined ? null : leftBy(bundle, page, recordId, tx.nowMs);
    if (left === null || sighting.kind !== 'deleted') continue;
    const successor = successors.get(left.identity.id);
    if (successor !== undefined) {
      const story = { identityId: left.identity.id, side: page.side, recordId };
      const body = { ...deletedBody(sides.get(page.side), sighting.evidence), successor };
      batch.apply(unchanged(left), { ...story, kind: 'deleted', body });
    } else if (unsettled.has(recordId)) sorted.hints.push({ recordId, kind: kindOf(page, recordId) });
    else continue;
    sorted.existence.splice(sorted.existence.indexOf(one), 1);
  }
}

/** Per identity the record of the page that its keys lead there. */
function successorsIn({ readings }: Sorted, homes: Homes): ReadonlyMap<string, string> {
  const successors = new Map<string, string>();
  for (const { recordId, linkedTo } of readings) {
    const home = homes.of.get(recordId);
    if (linkedTo === null && home !== undefined && !homes.unsure.has(recordId))
      successors.set(home, recordId);
  }
  return successors;
}

/** Deleted records beside which something waits that was not looked up with them, or is left to another look itself. */
async function unsettledBeside(
  tx: SyncTx,
  { side, beside }: SightingPage,
  { hints }: Sorted,
  deleted: Sorted['existence'],
): Promise<ReadonlySet<string>> {
  const waiting = await tx.waitingBeside(
    side,
    deleted.map(({ sighting }) => sighting.recordId),
  );
  const isOpen = (recordId: string): boolean =>
    beside?.has(recordId) !== true || hints.some((hint) => hint.recordId === recordId);
  return new Set([...waiting].flatMap(([recordId, others]) => (others.some(isOpen) ? [recordId] : [])));
}

/** The thing without the record in its place; null where the record has none, or something newer is known of it. */
function leftBy(
  bundle: Bundle,
  { side, readBeganMs }: SightingPage,
  recordId: string,
  nowMs: number,
): Bundle | null {
  const link = linkAt(bundle, side);
  if (link?.recordId !== recordId || readBeganMs <= link.asOfMs) return null;
  const left = leavePlace(bundle, side, nowMs);
  return left === bundle ? null : left;
}
