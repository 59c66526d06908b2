/**
 * Applies what a look at a side showed: finds or makes the identity of every record, merges, plans, and stores all of it
 * in the caller's transaction. Running it twice with the same sightings changes nothing the second time.
 */
import { mergeDelete, mergeHidden, mergeReturn } from '../engine/existence.ts';
import { readRecord, type FieldProblem } from '../engine/mapping.ts';
import { matchKeys, matchOf } from '../engine/match.ts';
import { mergeObservation, newIdentity, newLink } from '../engine/merge.ts';
import type { Bundle, Observation } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import { isEmpty, type Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type {
  KnownRecord,
  NewHint,
  OpenCreate,
  StoredFailure,
  SyncTx,
  UnlinkedRecord,
} from '../store/contract.ts';
import { Collision } from '../store/database.ts';
import { Batch, changeBody } from './batch.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { ApplyCounts, Sighting, SightingPage } from './sighting.ts';

/** How long a record waits that may turn out to be a create of ours whose answer is still on its way. */
const POSSIBLY_OURS_WAIT_MS = 1_000;
const OPEN_CREATES_MAX = 20_000;

/** A record that was read and says something new. */
interface Reading {
  readonly recordId: string;
  readonly version: string | null;
  readonly values: Values;
  readonly known: KnownRecord | undefined;
  /** The identity whose record this is; null for a record that is not linked, or was deleted. */
  readonly linkedTo: string | null;
}

/** Everything one page leads to, sorted by what has to be done about it. */
interface Sorted {
  readonly readings: Reading[];
  readonly existence: { readonly sighting: Sighting; readonly known: KnownRecord }[];
  readonly unlinked: UnlinkedRecord[];
  readonly hints: NewHint[];
  readonly dead: { readonly recordId: string; readonly failure: StoredFailure }[];
  readonly unchangedIds: string[];
  readonly forgotten: string[];
}

export interface Applied {
  readonly counts: ApplyCounts;
  /** Sides that now have something to deliver. */
  readonly wakened: ReadonlySet<string>;
}

export async function applyPage(runtime: SyncRuntime, tx: SyncTx, given: SightingPage): Promise<Applied> {
  const page = { ...given, sightings: once(given.sightings) };
  const side = must(runtime.sides.get(page.side), 'a page comes from a side of the sync');
  const known = await tx.recordsOf(
    page.side,
    page.sightings.map((sighting) => sighting.recordId),
  );
  const sorted = sort(side, page, known);
  const batch = new Batch(runtime, tx);
  const homes = await findHomes(runtime, tx, side, page, sorted, batch);
  const identityIds = new Set([
    ...homes.values(),
    ...sorted.existence.map(({ known: { identityId } }) => identityId ?? ''),
  ]);
  identityIds.delete('');
  for (const bundle of (await tx.lockBundles([...identityIds])).values()) batch.load(bundle);
  for (const reading of sorted.readings)
    applyReading(runtime, batch, page, sorted, reading, homes.get(reading.recordId));
  for (const { sighting, known: record } of sorted.existence)
    applyExistence(runtime, tx, batch, page.side, sighting, record);
  for (const recordId of sorted.forgotten) batch.forget(page.side, recordId);
  const wakened = await batch.store();
  await storeUnlinked(tx, page, sorted);
  const changed = sorted.readings.length + sorted.existence.length;
  const unreadable =
    page.sightings.filter((sighting) => sighting.kind === 'unreadable').length + sorted.dead.length;
  return {
    counts: { seen: page.sightings.length, changed, unreadable, unchangedIds: sorted.unchangedIds },
    wakened,
  };
}

/** A feed may tell of a record twice; the later word counts. Two rows that share an id are one unreadable record. */
function once(sightings: readonly Sighting[]): readonly Sighting[] {
  const byId = new Map(sightings.map((sighting) => [sighting.recordId, sighting]));
  return byId.size === sightings.length ? sightings : [...byId.values()];
}

async function storeUnlinked(tx: SyncTx, page: SightingPage, sorted: Sorted): Promise<void> {
  const parked = sorted.unlinked.filter((record) => record.status === 'parked');
  const holds = parked.map(({ recordId, failure }) => ({
    side: page.side,
    recordId,
    reason: failure?.code === 'trueup.duplicate_record' ? 'duplicateRecord' : 'ambiguousMatch',
    seen: { message: failure?.message ?? '' },
  }));
  await tx.saveUnlinked(page.side, sorted.unlinked, holds);
  await tx.closeDeadHints(
    page.side,
    sorted.readings.filter((reading) => reading.known !== undefined).map(({ recordId }) => recordId),
  );
  await tx.noteHints(page.side, sorted.hints);
  await tx.buryRecords(page.side, sorted.dead);
}

/** Tells news from what is known, by version and by time; reads the news through the mapping. */
function sort(side: SideRuntime, page: SightingPage, known: ReadonlyMap<string, KnownRecord>): Sorted {
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
    const version = sighting.kind === 'record' ? sighting.record.version : null;
    if (
      record !== undefined &&
      version !== null &&
      record.version === version &&
      record.status !== 'gone' &&
      record.status !== 'hidden'
    ) {
      sorted.unchangedIds.push(sighting.recordId);
    } else if (record !== undefined && page.readBeganMs <= record.asOfMs) {
      // Read before something newer was accounted for: it proves nothing about the present, so look again.
      sorted.hints.push({ recordId: sighting.recordId, kind: 'changed' });
    } else if (sighting.kind === 'record') sortRecord(side, page, sorted, sighting, record);
    else if (sighting.kind === 'unreadable')
      sortUnreadable(page, sorted, sighting.recordId, sighting.unreadable.failure, record);
    else if (record?.identityId != null) sorted.existence.push({ sighting, known: record });
    else if (record !== undefined && sighting.kind === 'deleted') sorted.forgotten.push(sighting.recordId);
  }
  return sorted;
}

function sortRecord(
  side: SideRuntime,
  page: SightingPage,
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
          asOfMs: page.readBeganMs,
          failure: null,
        });
      } else sorted.existence.push({ sighting: { kind: 'hidden', recordId }, known });
      break;
    case 'invalid':
      sortUnreadable(page, sorted, recordId, failureOf(reading.problems), known, record.version);
      break;
  }
}

function sortUnreadable(
  page: SightingPage,
  sorted: Sorted,
  recordId: string,
  failure: StoredFailure,
  known: KnownRecord | undefined,
  version: string | null = null,
): void {
  if (known?.identityId != null) sorted.dead.push({ recordId, failure });
  else sorted.unlinked.push({ recordId, status: 'unreadable', version, asOfMs: page.readBeganMs, failure });
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

/** The identity each reading belongs to: its link's, a match, a create of ours that landed, or none yet. */
async function findHomes(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  page: SightingPage,
  sorted: Sorted,
  batch: Batch,
): Promise<Map<string, string>> {
  const homes = new Map<string, string>();
  const strangers: Reading[] = [];
  for (const reading of sorted.readings) {
    if (reading.linkedTo !== null) homes.set(reading.recordId, reading.linkedTo);
    else strangers.push(reading);
  }
  if (strangers.length === 0) return homes;
  const keysOf = new Map(strangers.map((reading) => [reading, matchKeys(runtime.model, reading.values)]));
  const keys = [...keysOf.values()].flat();
  const identityByKey = await tx.identitiesByKey(keys);
  batch.noteFreeKeys(keys.filter((key) => !identityByKey.has(key)));
  const creates = side.model.creates ? await tx.openCreates(page.side, OPEN_CREATES_MAX) : [];
  for (const reading of strangers) {
    const match = matchOf(keysOf.get(reading) ?? [], identityByKey);
    if (match.kind === 'one') homes.set(reading.recordId, match.identityId);
    else if (match.kind === 'several')
      park(page, sorted, reading, 'trueup.ambiguous_match', 'its keys lead to several identities');
    else if (creates.length === 0 || !findCreate(side, sorted, reading, creates, homes)) {
      // What was deleted under this id may have come back.
      if (reading.known?.identityId != null) homes.set(reading.recordId, reading.known.identityId);
    }
  }
  return homes;
}

/**
 * The echo of a create can arrive before its answer; nothing but its content tells it from somebody's new record. False
 * when it is certainly none of ours.
 */
function findCreate(
  side: SideRuntime,
  sorted: Sorted,
  reading: Reading,
  creates: readonly OpenCreate[],
  homes: Map<string, string>,
): boolean {
  const alike = creates.filter(({ body }) => sharesValue(side, body, reading.values));
  const equal = alike.filter(({ body }) => holdsAll(side, body, reading.values));
  const [only, ...others] = equal;
  if (only !== undefined && others.length === 0) homes.set(reading.recordId, only.identityId);
  else if (alike.length > 0) {
    sorted.readings.splice(sorted.readings.indexOf(reading), 1);
    sorted.hints.push({ recordId: reading.recordId, kind: 'changed', dueInMs: POSSIBLY_OURS_WAIT_MS });
  }
  return alike.length > 0;
}

function sharesValue(side: SideRuntime, body: Values, values: Values): boolean {
  return side.model.lenses.some(
    ({ field }) => !isEmpty(body[field.name]) && field.same(body[field.name], values[field.name]),
  );
}

function holdsAll(side: SideRuntime, body: Values, values: Values): boolean {
  return side.model.lenses.every(
    ({ field }) => body[field.name] === undefined || field.same(body[field.name], values[field.name]),
  );
}

function park(page: SightingPage, sorted: Sorted, reading: Reading, code: string, message: string): void {
  sorted.readings.splice(sorted.readings.indexOf(reading), 1);
  const failure = {
    kind: 'invalid',
    code,
    message,
    advice: 'Decide which identity the record belongs to, or correct its keys.',
  };
  const { recordId, version } = reading;
  sorted.unlinked.push({ recordId, status: 'parked', version, asOfMs: page.readBeganMs, failure });
}

function applyReading(
  runtime: SyncRuntime,
  batch: Batch,
  page: SightingPage,
  sorted: Sorted,
  reading: Reading,
  home: string | undefined,
): void {
  const bundle = bundleFor(runtime, batch, page, reading, home);
  if (bundle === null) {
    const message = 'another record of this side already belongs to the identity that its keys lead to';
    sorted.unlinked.push({
      recordId: reading.recordId,
      status: 'parked',
      version: reading.version,
      asOfMs: page.readBeganMs,
      failure: {
        kind: 'invalid',
        code: 'trueup.duplicate_record',
        message,
        advice: 'Merge the two records in the system, or change one of them.',
      },
    });
    return;
  }
  const observation: Observation = {
    side: page.side,
    recordId: reading.recordId,
    version: reading.version,
    values: reading.values,
    readBeganMs: page.readBeganMs,
    ...(page.unchangedUntilMs === null ? {} : { unchangedUntilMs: page.unchangedUntilMs }),
  };
  // It was deleted, and whether it may come back is for a person to say.
  if (linkAt(bundle, page.side)?.status === 'gone') return;
  const isNew = reading.linkedTo === null;
  const outcome = mergeObservation(runtime.model, bundle, observation);
  const tells = isNew || outcome.changes.length > 0 || outcome.decisions.length > 0;
  const story = { identityId: bundle.identity.id, side: page.side, recordId: reading.recordId };
  const body = changeBody(outcome, isNew ? { values: reading.values } : {});
  batch.apply(outcome, tells ? { ...story, kind: isNew ? 'linked' : 'changed', body } : null);
}

/** The bundle with a live link to the record; null when the identity already has another record at this side. */
function bundleFor(
  runtime: SyncRuntime,
  batch: Batch,
  page: SightingPage,
  reading: Reading,
  home: string | undefined,
): Bundle | null {
  const found = home === undefined ? undefined : batch.get(home);
  if (found === undefined || (found.identity.tombstone !== null && isAnother(runtime, found, reading))) {
    return begin(runtime, batch, page.side, reading);
  }
  const link = linkAt(found, page.side);
  if (link?.recordId === reading.recordId) {
    if (link.status === 'live') return found;
    const returned = mergeReturn(found, page.side);
    batch.apply(returned, null);
    return returned.bundle;
  }
  if (reading.linkedTo !== null) throw new Collision('the record has changed its identity meanwhile');
  if (link !== undefined && link.status !== 'gone') return null;
  const links = [
    ...found.links.filter((other) => other.side !== page.side),
    newLink(page.side, reading.recordId),
  ];
  batch.put({ ...found, links });
  return { ...found, links };
}

/** A system gave the id of a deleted record to a new one: its keys are not those of what was deleted. */
function isAnother(runtime: SyncRuntime, deleted: Bundle, reading: Reading): boolean {
  if (reading.linkedTo !== null) return false;
  const keys = matchKeys(runtime.model, reading.values);
  const old = matchKeys(runtime.model, deleted.identity.golden);
  return keys.length > 0 && !keys.some((key) => old.includes(key));
}

/** A thing not met before, unless an earlier record of this very page has the same keys. */
function begin(runtime: SyncRuntime, batch: Batch, side: string, reading: Reading): Bundle | null {
  const keys = matchKeys(runtime.model, reading.values);
  const sibling = keys.map((key) => batch.newcomer(key)).find((bundle) => bundle !== undefined);
  if (sibling !== undefined) return null;
  const identity = newIdentity(runtime.ids.next());
  const bundle: Bundle = { identity, links: [newLink(side, reading.recordId)], writes: [], holds: [] };
  batch.begin(bundle, keys);
  return bundle;
}

function applyExistence(
  runtime: SyncRuntime,
  tx: SyncTx,
  batch: Batch,
  side: string,
  sighting: Sighting,
  known: KnownRecord,
): void {
  const bundle = known.identityId === null ? undefined : batch.get(known.identityId);
  if (bundle === undefined || linkAt(bundle, side)?.recordId !== sighting.recordId) return;
  const story = { identityId: bundle.identity.id, side, recordId: sighting.recordId };
  if (sighting.kind === 'deleted') {
    const outcome = mergeDelete(runtime.model, bundle, side, sighting.evidence, tx.nowMs);
    if (outcome.bundle !== bundle)
      batch.apply(outcome, { ...story, kind: 'deleted', body: { evidence: sighting.evidence } });
  } else if (sighting.kind === 'hidden') {
    const outcome = mergeHidden(bundle, side, tx.nowMs);
    if (outcome.bundle !== bundle) batch.apply(outcome, { ...story, kind: 'hidden', body: {} });
  }
}
