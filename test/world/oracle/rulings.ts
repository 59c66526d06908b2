/** I4, I10, I15, I16: that the rules of the sync were followed, judged by the systems' logs and the recorded decisions. */
import { matchKeys } from '../../../src/engine/match.ts';
import type { Entry } from '../records.ts';
import type { World } from '../world.ts';
import { changedTexts, textOf, timeline } from './truth.ts';

export function checkRulings(world: World): void {
  const entries = timeline(world);
  checkKeys(world);
  checkDeleteRules(world, entries);
  checkReturned(world, entries);
  checkReverts(world, entries);
  // A decision does not say under which revision's policies it was made.
  if (world.model === world.shape.model) {
    checkOwners(world, entries);
    checkLatest(world, entries);
  }
}

/** I15: no two living things have one key, unless a person is asked about one of them. */
function checkKeys(world: World): void {
  const { identities, holds, writes } = world.store.dump();
  const asked = new Set<string | null>();
  for (const { closed, identityId } of holds) if (closed === null) asked.add(identityId);
  for (const { state, identityId } of writes) if (state === 'dead' || state === 'held') asked.add(identityId);
  const holder = new Map<string, string>();
  for (const { id, golden, tombstone } of identities) {
    if (tombstone !== null || asked.has(id)) continue;
    for (const key of matchKeys(world.model, golden)) {
      if (holder.has(key))
        world.violations.push(`I15: ${id} and ${holder.get(key) ?? ''} both have the key ${key}`);
      holder.set(key, id);
    }
  }
}

/** I10: where deletes are ignored, nothing is deleted; where they are held, nothing before a person has decided. */
function checkDeleteRules(world: World, entries: readonly Entry[]): void {
  const { mode } = world.shape.definition.deletes;
  const isDecided = world.decided.some(({ choice }) => choice.kind === 'delete');
  if (mode === 'propagate' || (mode === 'hold' && isDecided)) return;
  for (const { actor, kind, side, recordId } of entries)
    if (actor === 'trueup' && kind === 'delete')
      world.violations.push(
        `I10: ${side} ${recordId} was deleted, and deletes are ${mode === 'hold' ? 'held' : 'ignored'}`,
      );
}

/** I10: what somebody has brought back is not deleted again, unless it was deleted by somebody elsewhere too. */
function checkReturned(world: World, entries: readonly Entry[]): void {
  if (world.restoredOrder > 0 || world.decided.some(({ choice }) => choice.kind === 'delete')) return;
  const returned = new Map<string, number>();
  const deletedAt = new Map<string, Set<string>>();
  const namesOf = new Map<string, Set<string>>();
  for (const entry of entries) {
    const record = `${entry.side} ${entry.recordId}`;
    // Known by every key that it has had; what has none by the name it was given.
    const thing = textOf(entry.before, 'email') ?? textOf(entry.before, 'name') ?? record;
    const names = namesOf.get(record) ?? new Set<string>();
    namesOf.set(record, names.add(thing));
    if (entry.kind === 'undelete') returned.set(record, entry.order);
    if (entry.kind !== 'delete') continue;
    if (entry.actor !== 'trueup') {
      for (const name of names) deletedAt.set(name, (deletedAt.get(name) ?? new Set()).add(entry.side));
      returned.delete(record);
      continue;
    }
    const isElsewhere = [...names].some((name) =>
      [...(deletedAt.get(name) ?? [])].some((side) => side !== entry.side),
    );
    // A delete that was sent before the record came back could not know.
    if (isElsewhere || (returned.get(record) ?? Infinity) > (entry.write?.sentOrder ?? 0)) continue;
    world.violations.push(`I10: ${record} had been brought back and was deleted again`);
  }
}

/** I16: of values that are entered once, none is written twice to a field unless somebody touched that field in between. */
function checkReverts(world: World, entries: readonly Entry[]): void {
  if (world.faults.counts().has('executedLate') || world.restoredOrder > 0 || world.decided.length > 0)
    return;
  if (world.model !== world.shape.model) return;
  const written = new Map<string, number>();
  const touched = new Map<string, number>();
  /** Per record that a create of ours has made the thing that it was made of. */
  const madeOf = new Map<string, string | undefined>();
  let structural = 0;
  for (const entry of entries) {
    const changes = changedTexts(entry);
    const record = `${entry.side} ${entry.recordId}`;
    const sentFor = world.senders.get(entry.write?.key ?? '');
    if (entry.kind === 'create') madeOf.set(record, sentFor);
    // Meant for the record that had the id before, where the system could not refuse it: what stood there is written again.
    const isAstray = sentFor !== undefined && (madeOf.get(record) ?? sentFor) !== sentFor;
    // What is made after a delete under the same id is another record.
    if (entry.kind === 'delete')
      for (const place of written.keys()) if (place.startsWith(`${record} `)) written.delete(place);
    if (entry.actor !== 'trueup') {
      if (entry.kind !== 'update' || changes.some(({ field }) => field === 'email')) structural = entry.order;
      for (const field of ['name', 'city'])
        if (textOf(entry.before, field) !== textOf(entry.after, field)) touched.set(field, entry.order);
      continue;
    }
    for (const { field, value } of changes) {
      if (isAstray) touched.set(field, entry.order);
      const place = `${record} ${field} ${value}`;
      const before = written.get(place);
      if (before !== undefined && before > structural && before > (touched.get(field) ?? 0))
        world.violations.push(`I16: ${place} was written a second time though nobody touched the field`);
      written.set(place, entry.order);
    }
  }
}

/** I4: an owner loses only to a person, as long as it has a record to speak for it. */
function checkOwners(world: World, entries: readonly Entry[]): void {
  const isSilenced = (side: string): boolean =>
    entries.some((entry) => entry.side === side && (entry.kind === 'delete' || entry.kind === 'hide'));
  for (const { field, rule, winner, loser } of world.store.dump().decisions) {
    const owner = world.model.fields.get(field)?.policy.owners[0]?.side;
    if (owner === undefined || loser.side !== owner || winner.side === owner || isSilenced(owner)) continue;
    if (['person', 'hold', 'fill', 'editWins', 'deleteWins'].includes(rule)) continue;
    if (world.model.sideOf.get(owner)?.lensOf.get(field)?.direction === 'out') continue;
    world.violations.push(`I4: ${owner} owns ${field} and lost it to ${winner.side} by ${rule}`);
  }
}

/**
 * I4: what won by being later was entered no earlier. What happens in one millisecond of the world has no order in time, and
 * a value that its record has held several times counts as entered whenever that leaves the ruling right.
 */
function checkLatest(world: World, entries: readonly Entry[]): void {
  // A feed that leaves something out says that a record has not changed: docs/promises.md.
  if (world.faults.counts().has('hintDropped')) return;
  const { decisions, links, journal } = world.store.dump();
  // What was deleted, and made again, was of the thing all the same.
  const linked = links.map(({ side, recordId, linked: one }) => ({
    side,
    recordId,
    identityId: one?.identityId ?? null,
  }));
  const known = [...linked, ...journal];
  for (const { identityId, field, rule, winner, loser } of decisions) {
    if (rule !== 'latest') continue;
    const entered = ({ side, value }: typeof winner): readonly Entry[] => {
      const records = known.flatMap((row) =>
        row.side === side && row.identityId === identityId ? [row.recordId] : [],
      );
      return entries.filter(
        (entry) =>
          entry.actor !== 'trueup' &&
          entry.side === side &&
          entry.after !== null &&
          records.includes(entry.recordId) &&
          textOf(entry.after, field) === value &&
          textOf(entry.before, field) !== value,
      );
    };
    const won = entered(winner).map((entry) => toldAtMs(entries, entry));
    const lost = entered(loser).map(({ atMs }) => atMs);
    if (won.length > 0 && lost.length > 0 && Math.max(...won) < Math.min(...lost))
      world.violations.push(
        `I4: ${field} ${String(winner.value)} won as the later one over ${String(loser.value)}, which is later`,
      );
  }
}

/**
 * When the feed can first have told of it. What is entered in a record while that is hidden it leaves out, and whoever has followed
 * it meanwhile knows only that the value was not shown before the record was shown again: docs/promises.md.
 */
function toldAtMs(entries: readonly Entry[], { side, recordId, order, atMs }: Entry): number {
  const shifts = entries.filter(
    (entry) =>
      entry.side === side && entry.recordId === recordId && (entry.kind === 'hide' || entry.kind === 'show'),
  );
  if (shifts.findLast((shift) => shift.order < order)?.kind !== 'hide') return atMs;
  return shifts.find((shift) => shift.order > order)?.atMs ?? atMs;
}
