/**
 * Applies what a look at a side showed: finds or makes the identity of every record, merges, plans, and stores all of it
 * in the caller's transaction. Running it twice with the same sightings changes nothing the second time.
 */
import {
  held,
  linkFound,
  linkReturned,
  mergeDelete,
  mergeHidden,
  mergeReturn,
  mergeUnreadable,
} from '../engine/existence.ts';
import { mergeSeen } from '../engine/late-edit.ts';
import { matchKeys } from '../engine/match.ts';
import { newIdentity, newLink } from '../engine/merge.ts';
import type { SideModel } from '../engine/model.ts';
import { asCalledBefore } from '../engine/references.ts';
import { sharesMost } from '../engine/resemblance.ts';
import type { Bundle, Link, Observation } from '../engine/state.ts';
import { linkAt, unansweredAt, writeAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { KnownRecord, NewHint, SyncTx } from '../store/contract.ts';
import { Collision } from '../store/database.ts';
import { Batch, changeBody } from './batch.ts';
import { formerOf, giveWay, isAnother, leaveLetGo, tellTaken } from './given-again.ts';
import { confirmMatches, findHomes, identitiesOf, lateHome, type Homes } from './homes.ts';
import { afterLag } from './lag.ts';
import { hintsOfMet, lookAgain } from './look-again.ts';
import { partMixed } from './mixed.ts';
import { leaveWhileReadAnew } from './read-anew.ts';
import { readReadings } from './references.ts';
import { askBesideRival } from './rivals.ts';
import type { SyncRuntime } from './runtime.ts';
import type { ApplyCounts, Sighting, SightingPage } from './sighting.ts';
import { kindOf, sort, type Damaged, type Reading, type Sorted } from './sort.ts';
import { vacate } from './succeed.ts';
import { deletedBody, unhinted, UNHINTED, untoldChange } from './untold.ts';
import { pointReferrers } from './waits.ts';

export interface Applied {
  readonly counts: ApplyCounts;
  /** Sides that now have something to deliver. */
  readonly wakened: ReadonlySet<string>;
}

export async function applyPage(runtime: SyncRuntime, tx: SyncTx, given: SightingPage): Promise<Applied> {
  const side = must(runtime.sides.get(given.side), 'a page comes from a side of the sync');
  const sightings = once(given.sightings);
  const recordIds = sightings.map(({ recordId }) => recordId);
  // Before anything is known of them: who has looked already is waited for, and who is looking finds the hint taken up again.
  const hinted = await tx.lookOnceMore(side.model.name, recordIds);
  const toldMeanwhile = hinted.filter(({ kind }) => kind === 'deleted');
  const page: SightingPage = {
    ...given,
    sightings,
    toldGone: [...(given.toldGone ?? []), ...toldMeanwhile],
    unhinted: unhinted(side, given, hinted),
    hinted: new Set(hinted.map(({ recordId }) => recordId)),
  };
  const known = await tx.recordsOf(page.side, recordIds);
  const sorted = sort(side, page, known, tx.nowMs);
  // A sweep comes again by itself.
  if (page.isBesideFeed === undefined)
    sorted.hints.push(...(await hintsOfMet(tx, page.side, sorted.unchangedIds, known)));
  await readReadings(tx, side.model, sorted.readings);
  const batch = new Batch(runtime, tx);
  const homes = await findHomes(runtime, tx, side, page, sorted, batch);
  const identityIds = new Set([
    ...identitiesOf(homes),
    ...sorted.existence.map((one) => one.known.identityId ?? ''),
    ...sorted.dead.map(({ identityId }) => identityId),
    ...page.sightings.map(({ recordId }) => formerOf(known.get(recordId)) ?? ''),
  ]);
  identityIds.delete('');
  const loaded = await tx.lockBundles([...identityIds]);
  for (const bundle of loaded.values()) batch.load(bundle);
  await confirmMatches(runtime, tx, page, sorted, homes, batch);
  leaveLetGo(batch, page, sorted, homes);
  tellTaken(runtime.model, batch, page, sorted);
  await leaveWhileReadAnew(runtime, tx, page, sorted);
  await vacate(runtime, tx, batch, page, sorted, homes);
  const parted: Bundle[] = [];
  for (const reading of sorted.readings) {
    parted.push(...partMixed(runtime, batch, page, reading, homes));
    if (homes.unsure.has(reading.recordId))
      sorted.hints.push({ recordId: reading.recordId, kind: 'changed' });
    else applyReading(runtime, tx, batch, page, sorted, reading, homes);
  }
  for (const { sighting, known: record } of sorted.existence)
    applyExistence(runtime, tx, batch, page, sorted, sighting, record);
  const dead = sorted.dead.filter((record) => applyUnreadable(batch, page, sorted, record, tx.nowMs));
  for (const { recordId } of sorted.unlinked) giveWay(batch, page.side, known.get(recordId));
  for (const recordId of sorted.forgotten) batch.forget({ side: page.side, recordId, identityId: null });
  const lookedAtMs = page.readBeganMs + side.card.readLagMs;
  const wakened = await batch.store(() => {
    if (page.isBesideFeed === true) sorted.hints.push(...learned(loaded, batch, page, sorted));
    // What the page showed may be newer than what a look shows that begins now.
    const hints = [...afterLag(side, sorted.hints)];
    return storeUnlinked(runtime, tx, page, { ...sorted, dead, hints }, lookedAtMs);
  });
  await lookAgain(tx, parted);
  await pointReferrers(runtime, tx, homes.moves);
  const changed = sorted.readings.length + sorted.existence.length;
  const unreadable =
    page.sightings.filter((sighting) => sighting.kind === 'unreadable').length + sorted.dead.length;
  return {
    counts: { seen: page.sightings.length, changed, unreadable, unchangedIds: sorted.unchangedIds },
    wakened,
  };
}

/**
 * Linked records of which the page has brought something new that is accounted for. Where a feed tells of them meanwhile, it may
 * have told of something newer already, and have been taken for what was known then: they are looked at once more.
 */
function learned(
  loaded: ReadonlyMap<string, Bundle>,
  batch: Batch,
  { side }: SightingPage,
  { readings }: Sorted,
): readonly NewHint[] {
  const accountedIn = (bundle: Bundle | undefined): Link['accounted'] | undefined =>
    bundle === undefined ? undefined : linkAt(bundle, side)?.accounted;
  return readings.flatMap(({ recordId, linkedTo }) => {
    const isSame =
      linkedTo === null || accountedIn(loaded.get(linkedTo)) === accountedIn(batch.get(linkedTo));
    return isSame ? [] : [{ recordId, kind: 'changed' }];
  });
}

/** A feed may tell of a record twice; the later word counts. Two rows that share an id are one unreadable record. */
function once(sightings: readonly Sighting[]): readonly Sighting[] {
  const byId = new Map(sightings.map((sighting) => [sighting.recordId, sighting]));
  return byId.size === sightings.length ? sightings : [...byId.values()];
}

async function storeUnlinked(
  { model }: SyncRuntime,
  tx: SyncTx,
  page: SightingPage,
  sorted: Sorted,
  lookedAtMs: number,
): Promise<void> {
  const parked = sorted.unlinked.filter((record) => record.status === 'parked');
  const holds = parked.map(({ recordId, failure }) => ({
    side: page.side,
    recordId,
    reason: failure?.code === 'trueup.duplicate_record' ? 'duplicateRecord' : 'ambiguousMatch',
    seen: { message: failure?.message ?? '' },
  }));
  const unlinked = sorted.unlinked.map(({ values, ...record }) => ({
    ...record,
    keys: matchKeys(model, values),
  }));
  await tx.saveUnlinked(page.side, unlinked, holds);
  // Also of records not known before: what broke us then has never been linked. And of unchanged ones: a record may have been
  // put back to what is known of it.
  const read = [...sorted.readings, ...sorted.unlinked].map(({ recordId }) => recordId);
  await tx.closeDeadHints(page.side, [...read, ...sorted.unchangedIds]);
  await tx.noteHints(page.side, sorted.hints);
  await tx.buryRecords(page.side, sorted.dead, lookedAtMs);
}

function applyReading(
  runtime: SyncRuntime,
  tx: SyncTx,
  batch: Batch,
  page: SightingPage,
  sorted: Sorted,
  reading: Reading,
  homes: Homes,
): void {
  const told = observationOf(page, reading, tx.nowMs);
  const bundle = bundleFor(runtime, batch, told, reading, homes);
  if (formerOf(reading.known) !== bundle?.identity.id) giveWay(batch, page.side, reading.known);
  if (bundle === null) {
    noteSecond(batch, must(runtime.sides.get(page.side), 'a page comes from a side').model, reading, homes);
    const [code, message] = whyParked(homes, reading.recordId);
    sorted.unlinked.push({
      recordId: reading.recordId,
      status: 'parked',
      version: reading.version,
      asOfMs: page.readBeganMs,
      values: reading.values,
      failure: {
        kind: 'invalid',
        code,
        message,
        advice:
          'Merge the two records in the system, delete one of them, or change one; what is deleted leaves its place to the other.',
      },
    });
    return;
  }
  // It was deleted, and whether it may come back is for a person to say.
  const link = linkAt(bundle, page.side);
  if (link?.status !== 'live') return;
  if (page.readBeganMs <= link.asOfMs) {
    // Something newer was accounted for while the page waited for the lock.
    sorted.hints.push({ recordId: reading.recordId, kind: kindOf(page, reading.recordId) });
    return;
  }
  const isNew = reading.linkedTo !== bundle.identity.id;
  const side = must(runtime.sides.get(page.side), 'a page comes from a side of the sync');
  const outcome = mergeSeen(runtime.model, bundle, readBeside(side.model, told, link));
  const isNews = outcome.changes.length > 0 || outcome.decisions.length > 0;
  const tells = isNew || isNews || outcome.violations !== undefined;
  const story = { identityId: bundle.identity.id, side: page.side, recordId: reading.recordId };
  const body = changeBody(outcome, {
    ...(isNew ? { values: reading.values } : {}),
    ...(page.isCheck === true ? untoldChange(side, reading) : {}),
    ...(page.unhinted?.has(reading.recordId) === true ? UNHINTED : {}),
  });
  if (isNew) batch.noteMet(page.side, reading.recordId, page.readBeganMs);
  if (reading.stampedMs !== null) batch.noteStamp(page.side, reading.recordId, reading.stampedMs);
  batch.apply(outcome, tells ? { ...story, kind: isNew ? 'linked' : 'changed', body } : null);
}

function whyParked({ echoes, pasts }: Homes, recordId: string): readonly [code: string, message: string] {
  if (echoes.has(recordId))
    return [
      'trueup.ambiguous_match',
      'a create may have made it, and its identity has another record at this side',
    ];
  const led = pasts.has(recordId) ? 'it belonged to before it was deleted' : 'its keys lead to';
  return [
    'trueup.duplicate_record',
    `another record of this side already belongs to the identity that ${led}`,
  ];
}

/** An open create has made it beside the record that took its place: what was sent is kept, should no answer come. */
function noteSecond(batch: Batch, model: SideModel, { recordId, values }: Reading, { of }: Homes): void {
  const { name: side } = model;
  const home = batch.get(of.get(recordId) ?? '');
  const write = home === undefined ? undefined : unansweredAt(home, side);
  if (home === undefined || write?.kind !== 'create' || write.body === null) return;
  const isAsked = home.holds.some(
    ({ reason, sides }) => reason === 'duplicateRecord' && sides?.includes(side) === true,
  );
  if (isAsked || !sharesMost(model, write.body, values)) return;
  const hold = { field: null, reason: 'duplicateRecord' as const, seen: write.body, side };
  const story = { identityId: home.identity.id, side, recordId };
  batch.apply(held(home, hold), { ...story, kind: 'held', body: { reason: hold.reason } });
}

/** What was seen, beside what is known by now of what the record calls things. */
function readBeside(side: SideModel, seen: Observation, link: Link): Observation {
  if (side.references.length === 0) return seen;
  const { values: _values, unread: _unread, called: _called, ...rest } = seen;
  return { ...rest, ...asCalledBefore(side, seen, link) };
}

function observationOf(page: SightingPage, reading: Reading, nowMs: number): Observation {
  const { recordId, version, values, unread, called } = reading;
  const { side, readBeganMs, followed } = page;
  const read = {
    values,
    ...(unread === undefined ? {} : { unread }),
    ...(called === undefined ? {} : { called }),
  };
  const seen = { side, recordId, version, ...read, readBeganMs, readEndedMs: nowMs };
  // What the feed had shown of it before may have been left to the look that the hint asks for, and is accounted for nowhere.
  const isFollowed = followed !== null && page.hinted?.has(recordId) !== true;
  return isFollowed ? { ...seen, followed } : seen;
}

/**
 * The bundle with a link to the record, live unless its return is a question for a person; null when the identity already
 * has another record at this side.
 */
function bundleFor(
  runtime: SyncRuntime,
  batch: Batch,
  seen: Observation,
  reading: Reading,
  homes: Homes,
): Bundle | null {
  const found = batch.get(homes.of.get(reading.recordId) ?? '');
  const past = homes.pasts.get(reading.recordId);
  // What it was of may have been deleted everywhere since.
  const isOver = past !== undefined && found?.identity.tombstone !== null;
  if (found === undefined || isOver || isAnother(runtime.model, found, seen.side, reading)) {
    return begin(runtime, batch, seen.side, reading);
  }
  const link = linkAt(found, seen.side);
  if (link?.recordId === reading.recordId) {
    const other = link.status === 'live' ? lateHome(runtime, batch, seen.side, reading, found, homes) : null;
    if (other !== null) return moveHome(batch, seen, found, other, homes);
    if (link.status === 'live') return found;
    // What it calls as before it still says, though nothing may be called so any more.
    const side = must(runtime.model.sideOf.get(seen.side), 'what was seen is of a side of the sync');
    const returned = mergeReturn(found, readBeside(side, seen, link));
    const story = { identityId: found.identity.id, side: seen.side, recordId: seen.recordId };
    batch.apply(
      returned,
      returned.holds.length === 0 ? null : { ...story, kind: 'held', body: { reason: 'returned' } },
    );
    return returned.bundle;
  }
  if (reading.linkedTo !== null) throw new Collision('the record has changed its identity meanwhile');
  if (link !== undefined && link.status !== 'gone') return null;
  const made = homes.made.get(reading.recordId) ?? [];
  const bodies = [
    ...triedBefore(found, seen.side),
    ...sentBefore(found, reading),
    ...made.map(({ body }) => body),
  ];
  const sent = bodies.map((body) => ({ seq: 0, body, expiresAtMs: seen.readBeganMs }));
  const linked =
    past === undefined
      ? linkFound(found, seen.side, reading.recordId, sent)
      : linkReturned(found, seen, sent, past);
  batch.put(linked);
  return askBesideRival(runtime.model, batch, found, linked, seen, made);
}

/** What a create that is to be sent once more sent before: what an older look shows of that is nobody's news. */
function triedBefore(bundle: Bundle, side: string): readonly Values[] {
  const write = writeAt(bundle, side);
  return write?.kind !== 'create' || write.body === null ? [] : [write.body];
}

/** What was on its way to the record when it was deleted: brought back, it may have received that. */
function sentBefore({ identity }: Bundle, { known }: Reading): readonly Values[] {
  const past = known?.past;
  return past?.identityId === identity.id ? (past.sent ?? []) : [];
}

/** It stood for nothing but the record, of which no more was known: that it was is remembered, and nothing is made of it. */
function moveHome(batch: Batch, seen: Observation, found: Bundle, other: Bundle, { moves }: Homes): Bundle {
  const { side, recordId, readBeganMs: atMs } = seen;
  const tombstone = { side, recordId, atMs, evidence: 'lookup' as const };
  batch.put({ ...found, identity: { ...found.identity, tombstone }, links: [], holds: [] });
  const body = { with: other.identity.id };
  batch.note({ identityId: found.identity.id, side, recordId, kind: 'joined', body });
  moves.push({ fromId: found.identity.id, toId: other.identity.id });
  const linked = linkFound(other, side, recordId);
  batch.put(linked);
  return linked;
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

/** False when the record has left its thing, or something newer was accounted for, while the page waited for the lock. */
function applyUnreadable(
  batch: Batch,
  page: SightingPage,
  sorted: Sorted,
  { recordId, identityId }: Damaged,
  nowMs: number,
): boolean {
  const { side, readBeganMs } = page;
  const bundle = batch.get(identityId);
  const link = bundle === undefined ? undefined : linkAt(bundle, side);
  if (bundle === undefined || link?.recordId !== recordId || readBeganMs <= link.asOfMs) {
    sorted.hints.push({ recordId, kind: kindOf(page, recordId) });
    return false;
  }
  batch.put(mergeUnreadable(bundle, side, nowMs));
  return true;
}

function applyExistence(
  runtime: SyncRuntime,
  tx: SyncTx,
  batch: Batch,
  page: SightingPage,
  sorted: Sorted,
  sighting: Sighting,
  known: KnownRecord,
): void {
  const { side, readBeganMs } = page;
  const bundle = known.identityId === null ? undefined : batch.get(known.identityId);
  const link = bundle === undefined ? undefined : linkAt(bundle, side);
  if (bundle === undefined || link?.recordId !== sighting.recordId) return;
  if (readBeganMs <= link.asOfMs) {
    sorted.hints.push({ recordId: sighting.recordId, kind: kindOf(page, sighting.recordId) });
    return;
  }
  const story = { identityId: bundle.identity.id, side, recordId: sighting.recordId };
  if (sighting.kind === 'deleted') {
    const { evidence } = sighting;
    const outcome = mergeDelete(runtime.model, bundle, side, evidence, tx.nowMs);
    const body = deletedBody(runtime.sides.get(side), evidence);
    if (outcome.bundle !== bundle) batch.apply(outcome, { ...story, kind: 'deleted', body });
  } else if (sighting.kind === 'hidden') {
    const outcome = mergeHidden(bundle, side, tx.nowMs);
    if (outcome.bundle !== bundle) batch.apply(outcome, { ...story, kind: 'hidden', body: {} });
  }
}
