/** I5, I8, I9, I14: what Trueup did, judged by the systems' logs alone. */
import type { Value, Values } from '../../../src/engine/value.ts';
import type { Entry, Fields } from '../records.ts';
import type { Judged, JudgedStore } from './judged.ts';
import {
  changedTexts,
  elementsOf,
  fieldsTold,
  isSame,
  keyed,
  TEXT_FIELDS,
  textOf,
  timeline,
} from './truth.ts';

const HOUR_MS = 60 * 60_000;
/** Of a handful of records so many are deleted without asking: src/engine/guard.ts. */
const DELETES_ALLOWED = 3;

export function checkWrites(world: Judged): void {
  const entries = timeline(world);
  checkCreates(world, entries);
  checkDeletes(world, entries);
  checkProvenance(world, entries);
  checkSwings(world, entries);
  checkFloods(world, entries);
  if (world.restoredOrder === 0 && world.mistakable.size === 0) checkRekeyed(world, entries);
}

/** I5: one intention makes one record, and of one thing at most one record lives that Trueup made. */
function checkCreates(world: Judged, entries: readonly Entry[]): void {
  const byKey = new Map<string, string>();
  const living = new Map<string, string>();
  const makers = new Map<string, string | undefined>();
  for (const entry of entries) {
    const { actor, kind, write, side, recordId, before, after } = entry;
    const record = `${side} ${recordId}`;
    // What has got another key is another thing's record from then on.
    const isRekeyed = kind === 'update' && textOf(before, 'email') !== textOf(after, 'email');
    if (isRekeyed) forget(living, record);
    // No search for what a lost create has made finds it then: docs/promises.md.
    if ((isRekeyed && actor !== 'trueup') || kind === 'hide')
      for (const lives of [byKey, living]) forget(lives, record);
    if (kind === 'delete') for (const lives of [byKey, living]) forget(lives, record);
    if (actor !== 'trueup' || kind !== 'create' || write === null) continue;
    // An id that is given again before anybody looks makes one record look like another: docs/promises.md.
    if (world.systems.get(side)?.shape.reusesIds === true) continue;
    if (byKey.has(write.key) && world.restoredOrder === 0)
      world.violations.push(`I5: one create made ${record} and ${byKey.get(write.key) ?? ''}`);
    byKey.set(write.key, record);
    const email = write.asked['email'];
    if (typeof email !== 'string') {
      checkKeyless(world, entries, entry);
      continue;
    }
    // Of a record that took the id of another between two looks, the key went with that id.
    if (world.mistakable.size > 0) continue;
    const thing = `${side} ${email}`;
    // Somebody may enter a thing of the same key anew while the old one is held, or after it was given another one.
    const [maker, other] = [world.senders.get(write.key), living.get(thing)];
    if (other !== undefined && makers.get(other) === maker)
      world.violations.push(`I5: ${email} was made twice: ${record} and ${other}`);
    living.set(thing, record);
    makers.set(record, maker);
  }
}

/** What has no key is known by the name it was given: one that lives there already is not made there. */
function checkKeyless(world: Judged, entries: readonly Entry[], made: Entry): void {
  const name = textOf(made.after, 'name');
  if (name === null || world.restoredOrder > 0) return;
  const holders = new Map<string, string | null>();
  for (const { side, recordId, after, order } of entries) {
    if (order >= made.order) break;
    if (side === made.side)
      holders.set(recordId, textOf(after, 'email') === null ? textOf(after, 'name') : null);
  }
  if (isUnknowable(world, entries, made, name)) return;
  for (const [recordId, held] of holders)
    if (held === name && !world.backUntold.has(pairOf(made, recordId)))
      world.violations.push(`I5: ${made.side} ${made.recordId} was made of what ${recordId} holds already`);
}

/** What a create made, and another record of its side. */
export function pairOf({ side, recordId: made }: Entry, recordId: string): string {
  return `${side} ${made} ${recordId}`;
}

/** It was taken from a record of which nothing told whose it was (docs/promises.md). */
function isUnknowable(world: Judged, entries: readonly Entry[], made: Entry, name: string): boolean {
  return entries.some((entry) => {
    if (entry.side === made.side || entry.order > made.order || textOf(entry.after, 'name') !== name)
      return false;
    if (entry.actor === 'trueup') return entry.kind === 'create' && isLostFromSight(world, entry);
    return entry.kind === 'undelete' && isBackAsAnother(world, entries, entry);
  });
}

/**
 * What our create made had the id of a record whose end nobody had seen, or the answer was lost, and people had changed most of it
 * before Trueup first saw it.
 */
function isLostFromSight(world: Judged, { side, recordId, after }: Entry): boolean {
  if (world.mistakable.has(`${side} ${recordId}`)) return true;
  const [found] = linkings(world, side, recordId);
  return found !== undefined && isMostlyReplaced(after, found);
}

/**
 * Trueup had seen its end, and people had brought it back and changed most of it before Trueup saw it again: to whoever is told only
 * that it went and what is there now, its system may as well have given its id to another record.
 */
function isBackAsAnother(world: Judged, entries: readonly Entry[], back: Entry): boolean {
  const { side, recordId } = back;
  const { journal } = world.store.dump();
  const seenGone = journal.findIndex(
    (told) => told.kind === 'deleted' && told.side === side && told.recordId === recordId,
  );
  const end = entries.findLast(
    (entry) =>
      entry.kind === 'delete' &&
      entry.side === side &&
      entry.recordId === recordId &&
      entry.order < back.order,
  );
  if (seenGone < 0 || end === undefined) return false;
  return linkings(world, side, recordId, seenGone).some((found) => isMostlyReplaced(end.before, found));
}

/** What the record held each time that it was linked to a thing, from this entry of the journal on. */
function linkings(world: Judged, side: string, recordId: string, from = 0): readonly Values[] {
  const { journal } = world.store.dump();
  return journal.slice(from).flatMap((told) => {
    const values = told.side === side && told.recordId === recordId ? valuesLinked(told) : undefined;
    return values === undefined ? [] : [values];
  });
}

/** What the record held when it was linked; undefined of an entry that tells of something else. */
function valuesLinked({ kind, body }: JudgedStore['journal'][number]): Values | undefined {
  if (kind !== 'linked') return undefined;
  const { values } = body as unknown as { readonly values?: Values };
  return values;
}

function isMostlyReplaced(held: Fields | null, found: Values): boolean {
  const given = Object.entries((held ?? {}) as Values).filter(([, value]) => value !== null);
  const kept = given.filter(([field, value]) => isStillThere(field, value, found[field]));
  return 2 * kept.length < given.length;
}

function isStillThere(field: string, given: Value, found: Value | undefined): boolean {
  const elements = elementsOf(given);
  if (elements.length > 0) return elements.every((element) => elementsOf(found).includes(element));
  return isSame(field, given, found);
}

function forget(lives: Map<string, string>, record: string): void {
  for (const [key, lived] of lives) if (lived === record) lives.delete(key);
}

/**
 * I9: nothing is deleted that no person deleted, or merged away, elsewhere before. A thing is known by its values; where somebody
 * has put another key in the place of one, by both; and what a create has made of it, whatever that holds, by the create.
 */
function checkDeletes(world: Judged, entries: readonly Entry[]): void {
  const valuesOf = new Map<string, Set<string>>();
  /** A record of a deleted one's thing may have got no key, because a person is asked which it is: what it holds tells then. */
  const heldOf = new Map<string, Set<string>>();
  const deleted = new Set<string>();
  const makers = new Map<string, string | undefined>();
  /** What creates have made of a thing tells of it where one of its records got nothing by which it could be known. */
  const copied = new Map<string, ReadonlySet<string>>();
  const deletedThings = new Set<string | undefined>();
  const replaced = new Map<string, string>();
  const keyAt = new Map<string, string>();
  const isDeleted = (value: string, seen: readonly string[] = []): boolean => {
    const before = replaced.get(value);
    if (deleted.has(value) || before === undefined || seen.includes(before)) return deleted.has(value);
    return isDeleted(before, [...seen, value]);
  };
  for (const entry of entries) {
    // What took the id of another between two looks took its place, as far as anybody can see: docs/promises.md.
    const isMistaken = entry.kind === 'create' && world.mistakable.has(`${entry.side} ${entry.recordId}`);
    const old = isMistaken
      ? (keyAt.get(`${entry.side} ${entry.recordId}`) ?? null)
      : textOf(entry.before, 'email');
    const key = textOf(entry.after, 'email');
    if (key !== null) keyAt.set(`${entry.side} ${entry.recordId}`, key);
    if (entry.actor === 'user' && old !== null && key !== null && old !== key)
      replaced.set(keyed('email', key), keyed('email', old));
    const record = `${entry.side} ${entry.recordId}`;
    const values = noted(valuesOf, record, tellingOf(entry.after));
    const held = noted(heldOf, record, textsOf(entry.after));
    const sentFor = world.senders.get(entry.write?.key ?? '');
    if (entry.kind === 'create') makers.set(record, sentFor);
    if (entry.kind === 'create' && sentFor !== undefined)
      copied.set(sentFor, new Set([...(copied.get(sentFor) ?? []), ...values]));
    if (entry.kind !== 'delete') continue;
    if (entry.actor !== 'trueup') {
      for (const value of held) deleted.add(value);
      if (makers.get(record) !== undefined) deletedThings.add(makers.get(record));
    } else if (deletedThings.has(sentFor)) continue;
    else if (![...values, ...copiesOf(world, sentFor ?? '', copied)].some((value) => isDeleted(value)))
      world.violations.push(
        `${isConcealed(world) ? 'I11' : 'I9'}: ${record} was deleted, and nobody had deleted it anywhere`,
      );
  }
}

/**
 * What creates have made of the thing. Where they were sent nothing, as no field that was filled goes to their side, no log of a system
 * tells of which record they were made: the journal tells what it held when it was linked, and its own log whether somebody deleted that.
 */
function copiesOf(
  world: Judged,
  identityId: string,
  copied: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const copies = copied.get(identityId);
  if (copies === undefined || copies.size > 0) return [...(copies ?? [])];
  return world.store
    .dump()
    .journal.filter((told) => told.identityId === identityId)
    .flatMap((told) => tellingOf(valuesLinked(told) ?? null));
}

/** What tells whose a record is: its key, or whatever it holds where it has none. */
function tellingOf(fields: Fields | null): readonly string[] {
  const email = textOf(fields, 'email');
  return email === null ? textsOf(fields) : [keyed('email', email)];
}

function textsOf(fields: Fields | null): readonly string[] {
  const texts = TEXT_FIELDS.flatMap((field) => {
    const value = textOf(fields, field);
    return value === null ? [] : [keyed(field, value)];
  });
  return [...texts, ...elementsOf(fields?.['tags']).map((element) => keyed('tags', element))];
}

/** Everything noted of the record by now. */
function noted(of: Map<string, Set<string>>, record: string, values: readonly string[]): ReadonlySet<string> {
  const all = of.get(record) ?? new Set<string>();
  of.set(record, all);
  for (const value of values) all.add(value);
  return all;
}

/** I11: what is hidden, or left out of a list or an answer, is not deleted; that would be the worse mistake. */
function isConcealed(world: Judged): boolean {
  const counts = world.faults.counts();
  const hides = timeline(world).some(({ kind }) => kind === 'hide');
  return hides || CONCEALING.some((fault) => counts.has(fault));
}

const CONCEALING = ['listEmpty', 'listTruncated', 'listSkips', 'lookBlank'] as const;

/**
 * I19: a record gets another key only where somebody has put the one in the other's place, never that of another thing. What people
 * give a record that Trueup made without a key is a key of the thing that it was made of.
 */
function checkRekeyed(world: Judged, entries: readonly Entry[]): void {
  /** What stands for a thing: its first key, or, of one that nothing told of but what was sent for it, its id. */
  const first = new Map<string, string>();
  const thingOf = (name: string): string => {
    const other = first.get(name);
    return other === undefined ? name : thingOf(other);
  };
  const unite = (name: string, other: string): void => {
    if (thingOf(name) !== thingOf(other)) first.set(thingOf(name), thingOf(other));
  };
  // Keys given to records that had none: two of them may be of one thing, which got one at each side.
  const given = new Set<string>();
  const isGiven = (email: string): boolean => [...given].some((key) => thingOf(key) === thingOf(email));
  const makers = new Map<string, string | undefined>();
  for (const { actor, kind, side, recordId, before, after, write } of entries) {
    const record = `${side} ${recordId}`;
    const sentFor = world.senders.get(write?.key ?? '');
    if (kind === 'create') makers.set(record, sentFor);
    const [old, email] = [textOf(before, 'email'), textOf(after, 'email')];
    const sent = textOf(write?.asked ?? null, 'email');
    if (sentFor !== undefined && sent !== null && !first.has(sentFor)) unite(sentFor, sent);
    if (kind !== 'update' || email === null) continue;
    if (old === null && actor !== 'trueup') {
      given.add(email);
      unite(email, makers.get(record) ?? email);
    }
    if (old === null || thingOf(email) === thingOf(old) || (isGiven(email) && isGiven(old))) continue;
    if (actor !== 'trueup') unite(email, old);
    else world.violations.push(`I19: ${record} was given the key ${email}, which is that of another thing`);
  }
}

/** I14: every value that Trueup wrote was entered by somebody. */
function checkProvenance(world: Judged, entries: readonly Entry[]): void {
  const entered = new Set<string>();
  const elements = new Set<string>();
  for (const { actor, after, side, write } of entries) {
    if (actor !== 'trueup') {
      for (const field of TEXT_FIELDS) {
        const value = textOf(after, field);
        if (value !== null) entered.add(keyed(field, value));
      }
      for (const element of elementsOf(after?.['tags'])) elements.add(element);
      continue;
    }
    const asked = write?.asked ?? {};
    for (const field of TEXT_FIELDS) {
      const value = textOf(asked, field);
      if (value !== null && !entered.has(keyed(field, value)))
        world.violations.push(
          `I14: ${side} was given a ${field} that nobody entered: ${JSON.stringify(value)}`,
        );
    }
    for (const element of elementsOf(asked['tags']))
      if (!elements.has(element))
        world.violations.push(`I14: ${side} was given a tag that nobody entered: ${element}`);
  }
}

/** I23: more deletes in an hour than the guard allows only after a person let that very set go. */
function checkFloods(world: Judged, entries: readonly Entry[]): void {
  const counts = new Map<string, number>();
  for (const { actor, kind, side, atMs } of entries) {
    if (actor !== 'trueup' || kind !== 'delete') continue;
    const hour = `${side} ${String(Math.floor(atMs / HOUR_MS))}`;
    counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  for (const [hour, count] of counts) {
    // Counted when they are planned, and carried out an hour later at times.
    const isAllowed = count <= 2 * DELETES_ALLOWED || world.released > 0 || world.restoredOrder > 0;
    if (!isAllowed)
      world.violations.push(`I23: ${String(count)} records were deleted within an hour at ${hour}`);
  }
}

/** I8: no field of a record takes one value twice from Trueup unless somebody changed or decided something in between. */
function checkSwings(world: Judged, entries: readonly Entry[]): void {
  // A write that lands late is corrected by writing once more what it undid.
  if (world.faults.counts().has('executedLate') || world.restoredOrder > 0) return;
  const written = new Map<string, Map<string, number>>();
  const lastChange = new Map<string, number>();
  for (const entry of entries) {
    // What is made under the id of what was deleted is another record, as the log of its system says.
    if (entry.kind === 'create')
      for (const field of TEXT_FIELDS) written.delete(`${entry.side} ${entry.recordId} ${field}`);
    if (entry.actor !== 'trueup') {
      for (const field of TEXT_FIELDS)
        if (textOf(entry.before, field) !== textOf(entry.after, field)) lastChange.set(field, entry.order);
      continue;
    }
    for (const { field, value } of changedTexts(entry)) {
      const place = `${entry.side} ${entry.recordId} ${field}`;
      const values = written.get(place) ?? new Map<string, number>();
      const before = values.get(value);
      const isSwung = before !== undefined && before > (lastChange.get(field) ?? 0);
      if (isSwung && !isTakenBack(world, entry, field, value, before))
        world.violations.push(`I8: ${place} was given ${JSON.stringify(value)} twice`);
      values.set(value, entry.order);
      written.set(place, values);
    }
  }
}

/**
 * A person has said since that the value which a side held is to be everybody's, while a write of ours was on its way to replace it
 * there: the decision and Trueup's journal both tell.
 */
function isTakenBack(
  world: Judged,
  { order, write }: Entry,
  field: string,
  value: string,
  sinceOrder: number,
): boolean {
  const thing = world.senders.get(write?.key ?? '');
  const isAsked = world.decided.some(
    ({ hold, choice, order: decidedOrder }) =>
      choice.kind === 'take' &&
      hold.identityId === thing &&
      hold.field === field &&
      decidedOrder >= sinceOrder &&
      decidedOrder < order,
  );
  const { journal } = world.store.dump();
  return (
    isAsked && journal.some(({ kind, body }) => kind === 'decided' && fieldsTold(body)[field]?.[1] === value)
  );
}
