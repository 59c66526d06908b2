/**
 * I25: a part never names a thing that nobody meant, or that was never there; and at rest it names the same thing at every side, or
 * something says why not. Which records are of one thing `kin.ts` tells.
 */
import { SENT_LEASE_MS } from '../../../src/worker/limits.ts';
import { partsAt, REFERENCE, thingsAt } from '../parts.ts';
import type { Fields } from '../records.ts';
import { NEVER } from '../store/instant.ts';
import type { World } from '../world.ts';
import { emptiedSides, stoppedIdentities } from './convergence.ts';
import { kinOf, recordWord, type Kin } from './kin.ts';
import { textOf, timeline } from './truth.ts';

export function checkReferences(things: World, parts: World): void {
  const kin = kinOf(things);
  checkSent(things, parts, kin);
  checkAgreement(things, parts, kin);
  checkStale(things, parts, kin);
  checkWaits(things, parts, kin);
  checkDeletes(things, parts);
}

function namedIn(fields: Fields | null): string | null {
  return textOf(fields, REFERENCE);
}

/** What Trueup has sent names a record that was there by then, and a thing that somebody has given a record of that part. */
function checkSent(things: World, parts: World, kin: Kin): void {
  const partKin = kinOf(parts);
  const entries = timeline(parts);
  for (const { actor, write, side, recordId } of entries) {
    const named = write === null ? null : namedIn(write.asked);
    if (actor !== 'trueup' || write === null || named === null) continue;
    const at = thingsAt(side);
    const words = `${side} ${recordId} was given the ${REFERENCE} ${named}`;
    const wasThere = things.systems
      .get(at)
      ?.records.entries.some((entry) => entry.recordId === named && entry.order <= write.sentOrder);
    if (wasThere !== true) parts.violations.push(`I25: ${words}, which was never there`);
    // An id that went to another record names either: docs/promises.md.
    const isMeant = entries.some((said) => {
      const meant = said.actor === 'user' && said.order <= write.sentOrder ? namedIn(said.after) : null;
      return (
        meant !== null &&
        partKin(said.side, said.recordId) === partKin(side, recordId) &&
        kin(thingsAt(said.side), meant) === kin(at, named)
      );
    });
    if (wasThere === true && !isMeant && !isGivenAgain(things))
      parts.violations.push(`I25: ${words}, which is a thing that nobody had said of it`);
  }
}

function isGivenAgain({ systems }: World): boolean {
  return [...systems.values()].some(({ records }) => records.givenAgain.size > 0);
}

interface Named {
  readonly side: string;
  readonly recordId: string;
  readonly named: string | null;
}

/** At rest all records of a part name the same thing, as long as the part is there. */
function checkAgreement(things: World, parts: World, kin: Kin): void {
  if (isGivenAgain(things) || isGivenAgain(parts)) return;
  const excused = new Set([...excusedRecords(parts), ...leftRecords(parts)]);
  for (const group of partsByKey(parts).values()) {
    const [first, ...others] = group.filter(({ side, recordId }) => !excused.has(recordWord(side, recordId)));
    if (first === undefined) continue;
    const thingOf = ({ side, named }: Named): string | null =>
      named === null ? null : (kin(thingsAt(side), named) ?? 'nothing');
    for (const other of others)
      if (thingOf(first) !== thingOf(other))
        parts.violations.push(
          `I25: ${first.side} ${first.recordId} names ${String(first.named)}, and ${other.side} ${other.recordId} ${String(other.named)}, which is another thing`,
        );
  }
}

/** At rest no part names a record that is gone where its thing has another one. */
function checkStale(things: World, parts: World, kin: Kin): void {
  if (isGivenAgain(things)) return;
  const excused = new Set([...excusedRecords(parts), ...leftRecords(parts)]);
  const lost = excusedRecords(things);
  const { links, journal } = things.store.dump();
  const identityOf = (side: string, recordId: string): string | null | undefined =>
    links.find((row) => row.side === side && row.recordId === recordId)?.linked?.identityId ??
    // A record that is gone may have lost its link: then the journal tells whose it was.
    journal.findLast((told) => told.side === side && told.recordId === recordId)?.identityId;
  for (const [side, { records }] of parts.systems) {
    const at = thingsAt(side);
    const there = things.systems.get(at)?.records;
    for (const { id, fields, isHidden } of records.all()) {
      const named = namedIn(fields);
      if (named === null || isHidden || excused.has(recordWord(side, id)) || there?.now(named) !== null)
        continue;
      const was = identityOf(at, named);
      const now = there
        .all()
        .find(
          (record) =>
            !record.isHidden &&
            !lost.has(recordWord(at, record.id)) &&
            kin(at, record.id) === kin(at, named) &&
            (was === undefined || was === identityOf(at, record.id)),
        );
      if (now !== undefined)
        parts.violations.push(
          `I25: ${side} ${id} names ${named}, which is gone, and its thing is there as ${now.id}`,
        );
    }
  }
}

/** Records that can be seen, of parts whose key is theirs alone and has never changed. */
function partsByKey(parts: World): ReadonlyMap<string, readonly Named[]> {
  const groups = new Map<string, Named[]>();
  const doubtful = new Set<string>();
  for (const [side, { records }] of parts.systems) {
    const here = new Set<string>();
    for (const { id, fields, isHidden } of records.all()) {
      const email = textOf(fields, 'email');
      if (email === null) continue;
      if (here.has(email) || isHidden) doubtful.add(email);
      here.add(email);
      const group = groups.get(email) ?? [];
      group.push({ side, recordId: id, named: namedIn(fields) });
      groups.set(email, group);
    }
  }
  for (const { before, after } of timeline(parts)) {
    const [old, email] = [textOf(before, 'email'), textOf(after, 'email')];
    if (before === null || after === null || old === email) continue;
    for (const key of [old, email]) if (key !== null) doubtful.add(key);
  }
  for (const email of doubtful) groups.delete(email);
  return groups;
}

/** Records of parts about which a person is asked, or which wait for something, and those that are of no part. */
function excusedRecords({ store, systems }: World): ReadonlySet<string> {
  const dump = store.dump();
  const stopped = stoppedIdentities(dump, new Set());
  const waiting = new Set(dump.waits.map(({ identityId }) => identityId));
  const linked = new Set<string>();
  const excused = new Set<string>();
  for (const { side, recordId, status, linked: own } of dump.links) {
    const record = recordWord(side, recordId);
    const isHeld = own === null || stopped.has(own.identityId) || waiting.has(own.identityId);
    if (status === 'live' && !isHeld) linked.add(record);
  }
  for (const [side, { records }] of systems)
    for (const id of records.ids()) if (!linked.has(recordWord(side, id))) excused.add(recordWord(side, id));
  return excused;
}

/** Records of deleted parts: where deletes do not reach they are left as they were, and nothing is written to them. */
function leftRecords({ store }: World): readonly string[] {
  const { identities, links } = store.dump();
  const deleted = new Set(identities.flatMap(({ id, tombstone }) => (tombstone === null ? [] : [id])));
  return links.flatMap(({ side, recordId, linked }) =>
    deleted.has(linked?.identityId ?? '') ? [recordWord(side, recordId)] : [],
  );
}

/** What waits at rest waits for what is not there, or is still there; and what is out of the queue waits for something. */
function checkWaits(things: World, parts: World, kin: Kin): void {
  for (const world of [things, parts]) {
    const { waits, writes, links } = world.store.dump();
    const waiting = new Set(waits.map(({ identityId, side, kind }) => `${kind} ${identityId} ${side}`));
    for (const { identityId, side, kind, state, dueAtMs } of writes) {
      const isParked = (state === 'queued' || state === 'planned') && dueAtMs === NEVER;
      // A write may have become another kind since it was opened.
      const isWaiting = ['write', 'delete', 'key'].some((wait) =>
        waiting.has(`${wait} ${identityId} ${side}`),
      );
      if (isParked && !isWaiting)
        world.violations.push(`I25: the ${kind} of ${identityId} at ${side} is parked and waits for nothing`);
    }
    for (const { kind, identityId, side } of waits) {
      if (kind === 'point') world.violations.push(`I25: ${identityId} is not pointed anew at ${side}`);
      if (kind !== 'delete') continue;
      const own = links.find((row) => row.side === side && row.linked?.identityId === identityId);
      if (!isNamedOrHeld(parts, side, own?.recordId ?? '', kin))
        world.violations.push(
          `I25: the delete of ${side} ${own?.recordId ?? ''} waits, and nothing names it`,
        );
    }
  }
  checkAwaited(things, parts);
}

/**
 * Some part names it; or one has, and what it names by now is kept from Trueup or waits to be read; or one that a person is asked
 * about has named the thing, be it by the record that it had here before.
 */
function isNamedOrHeld(parts: World, place: string, thing: string, kin: Kin): boolean {
  const side = partsAt(place);
  const records = parts.systems.get(side)?.records;
  if (records === undefined) return false;
  if (records.all().some(({ fields }) => namedIn(fields) === thing)) return true;
  const dump = parts.store.dump();
  const stopped = stoppedIdentities(dump, emptiedSides(parts, dump));
  const toBeRead = new Set(
    dump.waits.flatMap(({ kind, side: at, recordId }) =>
      kind === 'read' ? [recordWord(at, recordId ?? '')] : [],
    ),
  );
  const naming = (isIt: (named: string) => boolean): ReadonlySet<string> =>
    new Set(records.entries.flatMap(({ recordId, after }) => (isIt(namedIn(after) ?? '') ? [recordId] : [])));
  const hasNamed = naming((named) => named === thing);
  const own = kin(place, thing);
  const hasMeant = naming((named) => own !== undefined && kin(place, named) === own);
  return dump.links.some(
    ({ side: at, recordId, status, linked }) =>
      at === side &&
      (status === 'live' || status === 'hidden') &&
      ((hasMeant.has(recordId) && stopped.has(linked?.identityId ?? '')) ||
        (hasNamed.has(recordId) &&
          (records.now(recordId)?.isHidden === true ||
            // What it names by now is not known yet: until it is, nobody can tell whether that is an edit that counts.
            toBeRead.has(recordWord(at, recordId)) ||
            // What took the id of another between two looks is that one, as far as can be seen: docs/promises.md.
            parts.mistakable.has(`${side} ${recordId}`)))),
  );
}

/** A wait for a thing ends when the thing can be named, and the record that names it is not held. */
function checkAwaited(things: World, parts: World): void {
  const { links } = things.store.dump();
  const dump = parts.store.dump();
  const stopped = stoppedIdentities(dump, new Set());
  for (const wait of dump.waits) {
    if (wait.kind !== 'read' && wait.kind !== 'write') continue;
    if (wait.kind === 'read' && stopped.has(wait.identityId)) continue;
    const place = wait.parentSide ?? '';
    const isWhat = ({ recordId, linked }: (typeof links)[number]): boolean =>
      wait.kind === 'read' ? recordId === wait.parentRecord : linked?.identityId === wait.parentId;
    const there = links.find((row) => row.side === place && row.status === 'live' && isWhat(row));
    const record = things.systems.get(place)?.records.now(there?.recordId ?? '') ?? null;
    if (record !== null && !record.isHidden)
      parts.violations.push(
        `I25: ${wait.side} ${wait.recordId ?? 'a new record'} waits for ${place} ${record.id}, which is there`,
      );
  }
}

/** A thing leaves a side after the parts that have named it there since before anything went wrong, and that were read before. */
function checkDeletes(things: World, parts: World): void {
  if (things.restoredOrder > 0) return;
  const { journal } = parts.store.dump();
  for (const { actor, kind, side, recordId, order, atMs } of timeline(things)) {
    if (actor !== 'trueup' || kind !== 'delete') continue;
    // Who named the record that had the id before names this one only as far as the system is concerned: docs/promises.md.
    if (things.systems.get(side)?.records.givenAgain.has(recordId) === true) continue;
    const [at, system] = [partsAt(side), parts.systems.get(partsAt(side))];
    for (const id of system?.records.ids() ?? []) {
      const before =
        system?.records.entries.filter((entry) => entry.recordId === id && entry.order < order) ?? [];
      const last = before.at(-1);
      const isSettled = last !== undefined && last.order <= things.settledOrder;
      // Where reads lag, a side is not read before people go on; and what is read once the delete has been taken up to be sent is too late.
      const isRead = journal.some(
        (told) => told.side === at && told.recordId === id && told.atMs < atMs - SENT_LEASE_MS,
      );
      if (isSettled && isRead && namedIn(last.after) === recordId)
        parts.violations.push(`I25: ${side} ${recordId} was deleted, and ${at} ${id} named it`);
    }
  }
}
