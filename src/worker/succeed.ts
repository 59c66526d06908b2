/**
 * Of two records of one thing at a side one waits. Where the other one is deleted, it was a record that somebody deleted and not the
 * thing: the one that waits takes its place.
 */
import type { SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { leavePlace, unchanged } from '../engine/existence.ts';
import { linkAt } from '../engine/state.ts';
import type { KnownRecord } from '../store/contract.ts';
import type { Batch } from './batch.ts';
import type { Homes } from './homes.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import { kindOf, type Sorted } from './sort.ts';
import { deletedBody } from './untold.ts';

/** Records that may take the places of deleted ones, as they are now. */
export interface Successors {
  readonly records: readonly SystemRecord[];
  /** Deleted records of which it is not known whether anything takes their place, as what may do so could not be read. */
  readonly unsure: ReadonlyMap<string, Failure>;
}

const NOBODY: Successors = { records: [], unsure: new Map() };

/** Reads what waits beside the deleted records: that it waits was true when it was last looked at. `shown` has been read just now. */
export async function findSuccessors(
  runtime: SyncRuntime,
  { model, card, session }: SideRuntime,
  deleted: Iterable<string>,
  shown: ReadonlySet<string>,
): Promise<Successors> {
  const recordIds = [...deleted];
  if (recordIds.length === 0) return NOBODY;
  const waiting = await runtime.transaction((tx) => tx.waitingBeside(model.name, recordIds));
  const asked = [...new Set([...waiting.values()].flat())].filter((recordId) => !shown.has(recordId));
  const records: SystemRecord[] = [];
  const failed = new Map<string, Failure>();
  for (let start = 0; start < asked.length; start += card.getBatchMax) {
    const lookups = await session.get(
      model.collection,
      asked.slice(start, start + card.getBatchMax),
      model.natives,
    );
    for (const lookup of lookups) {
      if (lookup.kind === 'found') records.push(lookup.record);
      else if (lookup.kind === 'failed') failed.set(lookup.id, lookup.failure);
    }
  }
  const unsure = [...waiting].flatMap(([recordId, beside]) => {
    const failure = beside.map((one) => failed.get(one)).find((one) => one !== undefined);
    return failure === undefined ? [] : ([[recordId, failure]] as const);
  });
  return { records, unsure: new Map(unsure) };
}

/**
 * Leaves deletes for another look where the page shows something that waits as it was before it was last seen: whether it takes the
 * place of one of them is not known from that.
 */
export function deferBesideOlder(
  page: SightingPage,
  sorted: Sorted,
  known: ReadonlyMap<string, KnownRecord>,
): void {
  const deleted = sorted.existence.filter(({ sighting }) => sighting.kind === 'deleted');
  if (deleted.length === 0) return;
  const isOlder = page.sightings.some(({ kind, recordId }) => {
    const record = known.get(recordId);
    return kind === 'record' && record?.status === 'parked' && page.readBeganMs <= record.asOfMs;
  });
  for (const one of isOlder ? deleted : []) {
    sorted.existence.splice(sorted.existence.indexOf(one), 1);
    sorted.hints.push({ recordId: one.sighting.recordId, kind: kindOf(one.sighting) });
  }
}

/** Vacates the places of deleted records that records of the same page, which belong to nothing yet, are about to take. */
export function vacate(
  { sides }: SyncRuntime,
  batch: Batch,
  { side, readBeganMs }: SightingPage,
  sorted: Sorted,
  homes: Homes,
  nowMs: number,
): void {
  if (sorted.existence.length === 0) return;
  const successors = new Map<string | null, string>();
  for (const { recordId, linkedTo } of sorted.readings) {
    const home = homes.of.get(recordId);
    if (linkedTo === null && home !== undefined && !homes.unsure.has(recordId))
      successors.set(home, recordId);
  }
  const taken = sorted.existence.filter(({ known }) => successors.has(known.identityId));
  for (const one of taken) {
    const { sighting, known } = one;
    const bundle = batch.get(known.identityId ?? '');
    if (sighting.kind !== 'deleted' || bundle === undefined) continue;
    const link = linkAt(bundle, side);
    if (link?.recordId !== sighting.recordId || readBeganMs <= link.asOfMs) continue;
    const left = leavePlace(bundle, side, nowMs);
    if (left === bundle) continue;
    sorted.existence.splice(sorted.existence.indexOf(one), 1);
    const story = { identityId: bundle.identity.id, side, recordId: sighting.recordId };
    const successor = successors.get(known.identityId) ?? '';
    const body = { ...deletedBody(sides.get(side), sighting.evidence), successor };
    batch.apply(unchanged(left), { ...story, kind: 'deleted', body });
  }
}
