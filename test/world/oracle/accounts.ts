/** I2, I3: every value that a person entered is golden, was built upon, lost by a recorded decision, or is kept in a hold. */
import type { Entry, Fields } from '../records.ts';
import { AUTOMATED_CITY } from '../shape.ts';
import type { Judged } from './judged.ts';
import {
  changedTexts,
  elementsOf,
  isReadable,
  keyed,
  replacedTexts,
  TEXT_FIELDS,
  textOf,
  timeline,
} from './truth.ts';

interface Kept {
  /** What the store can show of each value: golden, loser, held. */
  readonly roots: ReadonlySet<string>;
  /** Value → values that people put in its place, knowing it. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Values that went with a record that a person deleted, or that nobody could see in time. */
  readonly excused: ReadonlySet<string>;
}

export function checkAccounts(world: Judged): void {
  const entries = timeline(world);
  const kept = keptIn(world, entries);
  for (const entry of entries) {
    checkLooked(world, entry);
    if (entry.actor === 'trueup') checkReplaced(world, kept, entry);
    else if (entry.actor === 'user') checkEntered(world, kept, entry);
  }
  checkElements(world, entries);
}

function keptIn(world: Judged, entries: readonly Entry[]): Kept {
  const { identities, decisions, holds, links } = world.store.dump();
  const roots = new Set<string>();
  const add = (field: string, value: unknown): void => {
    if (typeof value === 'string') roots.add(keyed(field, value));
  };
  for (const { golden } of identities) for (const field of TEXT_FIELDS) add(field, golden[field]);
  for (const { field, loser } of decisions) add(field, loser.value);
  for (const { seen } of holds)
    for (const values of Object.values(seen as Record<string, Record<string, unknown>>))
      for (const field of TEXT_FIELDS) add(field, values?.[field]);
  // A record that waits for a person is still there, with all that it holds.
  const held = new Set(
    holds.flatMap(({ closed, field, identityId }) => (closed === null && field === null ? [identityId] : [])),
  );
  for (const { side, recordId, status, linked } of links) {
    if (status === 'gone' || (status === 'live' && !held.has(linked?.identityId ?? ''))) continue;
    const fields = world.systems.get(side)?.records.now(recordId)?.fields ?? null;
    for (const field of TEXT_FIELDS) add(field, textOf(fields, field));
  }
  for (const fields of outOfReach(world)) for (const field of TEXT_FIELDS) add(field, textOf(fields, field));
  const children = new Map<string, string[]>();
  const excused = new Set<string>();
  for (const entry of entries) {
    for (const { field, before, value } of changedTexts(entry)) {
      if (before === null || entry.actor === 'trueup') continue;
      const key = keyed(field, before);
      children.set(key, [...(children.get(key) ?? []), keyed(field, value)]);
    }
    for (const { field, value } of replacedTexts(entry)) {
      if (entry.actor !== 'trueup' && textOf(entry.after, field) === null) excused.add(keyed(field, value));
      // What a system's own automation overwrites at once nobody else can ever see.
      if (entry.actor === 'automation') excused.add(keyed(field, value));
      // What was decided after the backup was taken is known no more.
      if ((entry.write?.sentOrder ?? Infinity) <= world.restoredOrder) excused.add(keyed(field, value));
      if (entry.actor === 'trueup' && wasUnseen(world, entries, entry, field, value))
        excused.add(keyed(field, value));
    }
  }
  return { roots, children, excused };
}

/** What is kept from us, or cannot be read, is still there with all that it holds. */
function outOfReach(world: Judged): readonly Fields[] {
  return [...world.systems].flatMap(([side, { records }]) =>
    records
      .all()
      .filter(({ isHidden, fields }) => isHidden || !isReadable(world, side, fields))
      .map(({ fields }) => fields),
  );
}

/**
 * Where a system cannot refuse a stale write, what is entered between the look before a write and its landing is overwritten: the
 * window that no client of such a system can close. It begins at the moment which that very look has shown, which where reads lag
 * is one before it; what another unit of work of the same process was shown meanwhile came too late for this write.
 */
function wasUnseen(
  world: Judged,
  entries: readonly Entry[],
  write: Entry,
  field: string,
  value: string,
): boolean {
  const system = world.systems.get(write.side);
  if (system === undefined || system.shape.conditionalWrite || write.write === null) return false;
  const entered = entries.findLast(
    (entry) =>
      entry.order < write.order &&
      entry.side === write.side &&
      entry.recordId === write.recordId &&
      textOf(entry.after, field) === value &&
      textOf(entry.before, field) !== value,
  );
  return entered !== undefined && entered.order > write.write.lookedOrder;
}

/** I3: where a system cannot refuse a stale write, nothing is changed that was not looked at just before. */
function checkLooked(world: Judged, { side, recordId, kind, write }: Entry): void {
  if (kind !== 'update' || write === null || write.lookedOrder > 0) return;
  if (world.systems.get(side)?.shape.conditionalWrite === false)
    world.violations.push(`I3: ${side} ${recordId} was changed, and nobody had looked at it just before`);
}

function checkEntered(world: Judged, kept: Kept, entry: Entry): void {
  for (const { field, value } of changedTexts(entry)) {
    if (isReceiver(world, entry.side, field) || isKept(kept, keyed(field, value))) continue;
    world.violations.push(`I2: ${field} ${JSON.stringify(value)} of ${entry.side} ${entry.recordId} is lost`);
  }
}

function checkReplaced(world: Judged, kept: Kept, entry: Entry): void {
  for (const { field, value } of replacedTexts(entry)) {
    if (value.startsWith(AUTOMATED_CITY)) continue;
    if (isReceiver(world, entry.side, field) || isKept(kept, keyed(field, value))) continue;
    world.violations.push(
      `I3: ${field} ${JSON.stringify(value)} of ${entry.side} ${entry.recordId} was overwritten unaccounted`,
    );
  }
}

/** A side that only receives a field, or does not know it, has nothing to say about it. */
function isReceiver(world: Judged, side: string, field: string): boolean {
  const lens = world.model.sideOf.get(side)?.lensOf.get(field);
  return lens === undefined || lens.direction === 'out';
}

function isKept({ roots, children, excused }: Kept, start: string): boolean {
  const seen = new Set([start]);
  for (const key of seen) {
    if (roots.has(key) || excused.has(key)) return true;
    for (const child of children.get(key) ?? []) seen.add(child);
  }
  return false;
}

/** An element that somebody added is still there, or somebody took it away, or its record went. */
function checkElements(world: Judged, entries: readonly Entry[]): void {
  const { identities, holds, decisions, links } = world.store.dump();
  const known = JSON.stringify([
    identities.map(({ golden }) => golden['tags'] ?? null),
    holds.map(({ seen }) => seen),
    // Where sets are merged nobody loses.
    decisions.flatMap(({ rule, loser }) => (rule === 'set' ? [] : [loser.value])),
    links
      .filter(({ status }) => status !== 'live' && status !== 'gone')
      .map(({ side, recordId }) => world.systems.get(side)?.records.now(recordId)?.fields ?? null),
    outOfReach(world),
  ]);
  const taken = new Set(
    entries
      // What was decided after the backup was taken is known no more.
      .filter(
        ({ actor, write }) => actor !== 'trueup' || (write?.sentOrder ?? Infinity) <= world.restoredOrder,
      )
      .flatMap(({ before, after }) => {
        const left = elementsOf(after?.['tags']);
        return elementsOf(before?.['tags']).filter((element) => !left.includes(element));
      }),
  );
  for (const entry of entries) {
    if (entry.actor !== 'user' || isReceiver(world, entry.side, 'tags')) continue;
    const system = world.systems.get(entry.side);
    const before = elementsOf(entry.before?.['tags']);
    for (const element of elementsOf(entry.after?.['tags'])) {
      if (before.includes(element) || taken.has(element) || known.includes(JSON.stringify(element))) continue;
      // The window of systems that cannot refuse a stale write.
      if (system?.shape.conditionalWrite !== true) continue;
      world.violations.push(`I2: tag ${element} of ${entry.side} ${entry.recordId} is lost`);
    }
  }
}
