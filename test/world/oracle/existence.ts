/** I6, I10, I13, I19: what is there, what is not, and whose it is. */
import { readRecord } from '../../../src/engine/mapping.ts';
import { matchKeys } from '../../../src/engine/match.ts';
import type { FieldLens, FieldModel } from '../../../src/engine/model.ts';
import { PERSON, type Tombstone } from '../../../src/engine/state.ts';
import type { Value, Values } from '../../../src/engine/value.ts';
import { thingsAt } from '../parts.ts';
import type { Fields } from '../records.ts';
import type { World } from '../world.ts';
import { isKnownTooLate } from './doubt.ts';
import { kinOf, type Kin } from './kin.ts';
import { fieldsTold, textOf, timeline } from './truth.ts';

type Dump = ReturnType<World['store']['dump']>;

export function checkExistence(world: World): void {
  const dump = world.store.dump();
  checkOwners(world, dump);
  checkParked(world, dump);
  checkHidden(world, dump);
  checkBroughtBack(world, dump);
  checkTakenAlong(world, dump);
  checkAskedAgain(world, dump);
  checkInTheWay(world, dump);
}

/** I12: what a person has been shown and has decided upon is not asked again while nothing is new. */
function checkAskedAgain(world: World, { holds }: Dump): void {
  const entries = timeline(world);
  for (const { hold, choice, order } of world.decided) {
    if (choice.kind !== 'delete') continue;
    const shown = hold.seen as Readonly<Record<string, Fields>>;
    for (const { identityId, holdId, seen, openedAtMs, reason } of holds) {
      if (identityId !== hold.identityId || holdId === hold.holdId || openedAtMs <= hold.openedAtMs) continue;
      if (reason !== 'editAgainstDelete') continue;
      const isNews = Object.entries(seen as Readonly<Record<string, Fields>>).some(
        ([side, values]) =>
          entries.some((entry) => entry.order > order && entry.side === side && entry.actor !== 'trueup') ||
          Object.entries(values).some(
            ([field, value]) => JSON.stringify(shown[side]?.[field]) !== JSON.stringify(value),
          ),
      );
      if (!isNews && world.restoredOrder === 0)
        world.violations.push(
          `I12: a person is asked again about ${hold.identityId ?? ''} what was decided: ${reason}`,
        );
    }
  }
}

/** I13: what waits to be made for a record of its key waits for one that is linked to nothing and has that key still. */
function checkInTheWay(world: World, { waits, links, identities }: Dump): void {
  for (const { kind, identityId, side, parentRecord } of waits) {
    if (kind !== 'key') continue;
    const row = links.find((one) => one.side === side && one.recordId === parentRecord);
    const record = world.systems.get(side)?.records.now(parentRecord ?? '') ?? null;
    const email = identities.find(({ id }) => id === identityId)?.golden['email'];
    const isWaiting = row?.status === 'parked' || row?.status === 'unreadable';
    // Of one that is gone without anybody having told so only a sweep tells.
    const isOther = record !== null && !record.isHidden && textOf(record.fields, 'email') !== email;
    if (!isWaiting || isOther)
      world.violations.push(
        `I13: ${identityId} is not made at ${side}, as if ${parentRecord ?? ''} were in its way`,
      );
  }
}

/** I19: a thing has one record at a side. That a record belongs to one thing is the key of the table. */
function checkOwners(world: World, { links }: Dump): void {
  const seen = new Set<string>();
  for (const { side, recordId, linked } of links) {
    if (linked === null) continue;
    const place = `${linked.identityId} ${side}`;
    if (seen.has(place))
      world.violations.push(`I19: ${linked.identityId} has ${side} ${recordId} and another record there`);
    seen.add(place);
  }
}

/** I6: of two records of one thing at a side a person is asked about one. I13: and only as long as there are two. */
function checkParked(world: World, { links, identities, holds }: Dump): void {
  const asked = new Set(
    holds.flatMap(({ closed, identityId, side, recordId }) =>
      closed === null && identityId === null ? [`${side} ${recordId ?? ''}`] : [],
    ),
  );
  const keysOf = new Map(
    identities.map(({ id, golden, tombstone }) => [
      id,
      tombstone === null ? matchKeys(world.model, golden) : [],
    ]),
  );
  let kin: Kin | undefined;
  for (const { side, recordId, status, failure } of links) {
    if (status !== 'parked') continue;
    const record = world.systems.get(side)?.records.now(recordId) ?? null;
    if (record === null || record.isHidden) continue;
    if (!asked.has(`${side} ${recordId}`))
      world.violations.push(`I6: ${side} ${recordId} is parked and nobody is asked about it`);
    if (failure?.code !== 'trueup.duplicate_record') continue;
    const keys = keysIn(world, side, record.fields);
    // What has no key, and was brought back, waits because of what it was: the logs tell of which thing that is.
    const thing = keys.length === 0 ? (kin ??= kinOf(world))(side, recordId) : undefined;
    const isTaken = links.some(
      (other) =>
        other.side === side &&
        other.linked !== null &&
        other.status !== 'gone' &&
        (keysOf.get(other.linked.identityId)?.some((key) => keys.includes(key)) === true ||
          (thing !== undefined && kin?.(side, other.recordId) === thing)),
    );
    if (!isTaken) world.violations.push(`I13: ${side} ${recordId} is parked, and its place is free`);
  }
}

function keysIn(world: World, side: string, fields: Fields): readonly string[] {
  const model = world.model.sideOf.get(side);
  if (model === undefined) return [];
  const reading = readRecord(model, new Map(Object.entries(fields)));
  return reading.kind === 'values' ? matchKeys(world.model, reading.values) : [];
}

/** I13: what the feed has told to be deleted counts as deleted, not as hidden; if it was known too late for that, once it was swept. */
function checkHidden(world: World, { links }: Dump): void {
  const told = world.faults.counts();
  if (told.has('hintDropped') || told.has('cursorExpired') || world.restoredOrder > 0) return;
  for (const { side, recordId, status } of links) {
    const system = world.systems.get(side);
    if (status !== 'hidden' || system?.card.deletes !== 'feed') continue;
    if (!world.shape.sweeps && isKnownTooLate(world, { side, recordId })) continue;
    if (system.records.now(recordId) === null)
      world.violations.push(`I13: ${side} ${recordId} is hidden, and the feed has told of its delete`);
  }
}

/** I10: where a thing lives, a record that Trueup deleted before a person decided otherwise is made again. */
function checkBroughtBack(world: World, { identities, links, holds, writes }: Dump): void {
  const stopped = new Set<string | null>();
  for (const { closed, identityId } of holds) if (closed === null) stopped.add(identityId);
  for (const { state, identityId } of writes)
    if (state === 'dead' || state === 'held') stopped.add(identityId);
  const living = new Set(
    identities.flatMap(({ id, tombstone }) => (tombstone === null && !stopped.has(id) ? [id] : [])),
  );
  const last = new Map(
    timeline(world).map((entry) => [`${entry.side} ${entry.recordId}`, `${entry.actor} ${entry.kind}`]),
  );
  for (const { side, recordId, status, linked } of links) {
    if (status !== 'gone' || linked === null || !living.has(linked.identityId)) continue;
    if (last.get(`${side} ${recordId}`) === 'trueup delete')
      world.violations.push(`I10: ${linked.identityId} lives, and ${side} ${recordId} is not made again`);
  }
}

/**
 * The deleted record had received what was entered for the field: it was last told to hold that when it was met or written, and
 * nothing was entered between then and its delete. What was entered is taken as it was then, as its thing may have become another
 * since. Where something was, the log of its system must show that nobody changed the field of that record in the meantime.
 */
function hadReceived(
  world: World,
  story: Dump['journal'],
  tombstone: Tombstone,
  { field, native }: FieldLens,
  golden: Value | undefined,
): boolean {
  const { side, recordId } = tombstone;
  const end = story.findLastIndex((entry) => entry.kind === 'deleted' && entry.side === side);
  const before = end < 0 ? story : story.slice(0, end);
  const entered = before.findLast(({ body }) => fieldsTold(body)[field.name] !== undefined);
  const asEntered = entered === undefined ? golden : (fieldsTold(entered.body)[field.name]?.[1] as Value);
  const isIt = (value: Value | undefined): boolean =>
    [golden, asEntered].some((one) => field.same(value, one ?? null));
  if (namedItself(world, tombstone, native, entered?.atMs ?? 0).some(isIt)) return true;
  const at = before.findLastIndex(
    (entry) =>
      (entry.kind === 'linked' || entry.kind === 'written') &&
      entry.side === side &&
      entry.recordId === recordId &&
      valueIn(entry, field) !== undefined,
  );
  const told = before[at];
  if (told === undefined) return false;
  if (!isIt(valueIn(told, field))) return false;
  // What a person decides is entered anew even where it stays the same value.
  const isNews = before
    .slice(at + 1)
    .some(({ kind, body }) => kind === 'decided' || fieldsTold(body)[field.name] !== undefined);
  return !isNews || !wasChanged(world, tombstone, native, told.atMs);
}

/**
 * The things that the record itself had named, from then on until its delete. What somebody enters in it that was entered elsewhere as
 * well changes nothing, so that no journal tells of it: the log of its system tells which ids stood there, and the journal of the things
 * which of them had last been met under such an id before the delete.
 */
function namedItself(
  world: World,
  { side, recordId, atMs }: Tombstone,
  native: string,
  sinceMs: number,
): readonly string[] {
  const entries = timeline(world).filter(
    (entry) => entry.side === side && entry.recordId === recordId && entry.atMs <= atMs,
  );
  const first = entries.findLastIndex((entry) => entry.atMs <= sinceMs);
  const ids = entries.slice(Math.max(0, first)).map(({ after }) => textOf(after, native));
  const met = world.all
    .flatMap(({ store }) => store.dump().journal)
    .filter((told) => told.side === thingsAt(side) && told.atMs <= atMs);
  return ids.flatMap((id) => {
    const told = met.findLast(
      (one) => (one.kind === 'linked' || one.kind === 'written') && one.recordId === id,
    );
    return told?.identityId ?? [];
  });
}

/** Somebody changed the field of the record between then and its delete. */
function wasChanged(
  world: World,
  { side, recordId, atMs }: Tombstone,
  native: string,
  sinceMs: number,
): boolean {
  return timeline(world).some(
    (entry) =>
      entry.actor !== 'trueup' &&
      entry.kind === 'update' &&
      entry.side === side &&
      entry.recordId === recordId &&
      entry.atMs > sinceMs &&
      entry.atMs <= atMs &&
      textOf(entry.before, native) !== textOf(entry.after, native),
  );
}

function valueIn({ body }: Dump['journal'][number], { name }: FieldModel): Value | undefined {
  const { values } = body as unknown as { readonly values?: Values };
  return values?.[name];
}

/** I10: a delete takes no edit along that the deleted record had not received, unless a rule or a person said so. */
function checkTakenAlong(world: World, { identities, links, holds, decisions, journal }: Dump): void {
  const ruled = new Set(
    decisions.flatMap(({ rule, identityId, field }) =>
      rule === 'deleteWins' ? [`${identityId} ${field}`] : [],
    ),
  );
  const asked = new Set(holds.flatMap(({ field, identityId }) => (field === null ? [identityId] : [])));
  for (const { id, tombstone, golden, edits } of identities) {
    if (tombstone === null || asked.has(id)) continue;
    const link = links.find(({ side, linked }) => side === tombstone.side && linked?.identityId === id)
      ?.linked?.link;
    // In one moment of the world only the journal tells which of two came first.
    const story = journal.filter(({ identityId }) => identityId === id);
    const isDecidedAfter =
      story.findLastIndex(({ kind }) => kind === 'decided') >
      story.findLastIndex(({ kind, side }) => kind === 'deleted' && side === tombstone.side);
    for (const lens of world.model.sideOf.get(tombstone.side)?.lenses ?? []) {
      const { field, direction } = lens;
      const edit = edits[field.name];
      if (link?.status !== 'gone' || direction === 'in' || edit === undefined) continue;
      // What was decided about it afterwards was not there to be taken along.
      if (edit.untilMs > tombstone.atMs || (edit.side === PERSON && isDecidedAfter)) continue;
      const isBehind = edit.side !== tombstone.side && edit.seq > (link.agreed[field.name] ?? 0);
      if (!isBehind || field.same(golden[field.name], link.accounted[field.name])) continue;
      // What a gone record named is followed all the same, should it be brought back: that its word means another thing by now is
      // no sign of what it had received before it went; what it was told to hold is, whoever had given it that.
      const isPointedAnew = field.type.kind === 'reference' && link.called?.[field.name] !== undefined;
      if (isPointedAnew && hadReceived(world, story, tombstone, lens, golden[field.name])) continue;
      if (!ruled.has(`${id} ${field.name}`))
        world.violations.push(
          `I10: the delete at ${tombstone.side} of ${id} took along the ${field.name} that ${edit.side} had entered`,
        );
    }
  }
}
