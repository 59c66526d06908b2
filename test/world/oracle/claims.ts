/** I4, I7: nobody is said to have entered what nobody entered there, and nothing is written that is there already. */
import type { Entry } from '../records.ts';
import { AUTOMATED_CITY } from '../shape.ts';
import type { World } from '../world.ts';
import { changedTexts, isSame, keyed, TEXT_FIELDS, textOf, timeline } from './truth.ts';

export function checkClaims(world: World): void {
  // What the lost part of the store knew is not known any more, nor whose a record is that has the id of another.
  const isGivenAgain = world.all.some(({ systems }) =>
    [...systems.values()].some(({ records }) => records.givenAgain.size > 0),
  );
  if (world.restoredOrder > 0 || isGivenAgain) return;
  const entries = timeline(world);
  checkDecisions(world, entries);
  checkEchoes(world, entries);
}

/** I4: each claim of a decision was entered at the side that is said to claim it. Our own values are nobody's edit. */
function checkDecisions(world: World, entries: readonly Entry[]): void {
  const entered = new Set<string>();
  for (const entry of entries)
    if (entry.actor !== 'trueup')
      for (const { field, value } of changedTexts(entry)) entered.add(`${entry.side} ${keyed(field, value)}`);
  for (const { side, after } of takenAway(entries))
    for (const field of TEXT_FIELDS) entered.add(`${side} ${keyed(field, textOf(after, field) ?? '')}`);
  for (const { field, rule, winner, loser } of world.store.dump().decisions) {
    // What is decided of references are things, and nobody enters those.
    if (world.model.fields.get(field)?.type.kind === 'reference') continue;
    for (const { side, value } of [winner, loser]) {
      if (typeof value !== 'string' || side === 'person' || value.startsWith(AUTOMATED_CITY)) continue;
      if (!entered.has(`${side} ${keyed(field, value)}`))
        world.violations.push(
          `I4: by ${rule} ${side} is said to have entered the ${field} ${JSON.stringify(value)}, and nobody had there`,
        );
    }
  }
}

/**
 * Records that Trueup has made and that somebody has given another key, or hidden, or changed for the most part where they have no
 * key: where the answer was lost as well, no search finds them, and what they hold then counts as entered by whoever did that
 * (docs/promises.md).
 */
function takenAway(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter((made) => {
    if (made.actor !== 'trueup' || made.kind !== 'create') return false;
    const since = entries.filter(
      ({ actor, side, recordId }) => actor !== 'trueup' && side === made.side && recordId === made.recordId,
    );
    return (
      since.some(({ kind }) => kind === 'hide') ||
      changedIn(since, 'email') ||
      (textOf(made.after, 'email') === null && isMostlyChanged(made, since))
    );
  });
}

function isMostlyChanged({ after: made }: Entry, since: readonly Entry[]): boolean {
  const fields = Object.entries(made ?? {}).flatMap(([field, value]) => (value === null ? [] : [field]));
  return 2 * fields.filter((field) => changedIn(since, field)).length > fields.length;
}

function changedIn(entries: readonly Entry[], field: string): boolean {
  return entries.some(
    ({ kind, before, after }) =>
      kind === 'update' && !isSame(field, before?.[field] as never, after?.[field] as never),
  );
}

/** I7: a write that finds everything as it would leave it was not owed. */
function checkEchoes(world: World, entries: readonly Entry[]): void {
  if (world.faults.counts().has('executedLate')) return;
  const touched = new Map<string, number>();
  for (const entry of entries) {
    const { actor, kind, side, recordId, before, after, write, order } = entry;
    const record = `${side} ${recordId}`;
    if (actor !== 'trueup') touched.set(record, order);
    else if (kind === 'update' && write !== null && before !== null && after !== null) {
      const asked = Object.entries(write.asked);
      // A field without a value and one that is not there are told apart by Trueup, and not by systems.
      const isSaid = asked.some(([, value]) => value !== null);
      const isEcho =
        isSaid && asked.every(([field, value]) => isSame(field, value as never, before[field] as never));
      const system = world.systems.get(side);
      const isKnown =
        system?.shape.readLagMs === 0 &&
        (system.shape.conditionalWrite || (touched.get(record) ?? 0) < write.lookedOrder);
      if (isEcho && isKnown)
        world.violations.push(`I7: ${record} was sent ${JSON.stringify(write.asked)}, which it held`);
    }
  }
}
