/** I10 in a run of real processes: what people deleted is not made again, and does not live on unasked. */
import { textOf } from '../world/oracle/truth.ts';
import type { Actor, Entry } from '../world/records.ts';
import type { Evidence } from './evidence.ts';

/** The records of one key, as the logs tell of them up to some moment. */
interface Thing {
  /** When a person deleted one of them, if no person has entered or edited one since; 0 otherwise. */
  deletedOrder: number;
  /** Whether Trueup knew the record that was deleted. */
  isKnown: boolean;
  /** Whether Trueup has deleted another one in answer. */
  isFollowed: boolean;
  /** When Trueup last made one. */
  copiedOrder: number;
  /** The records that are there, with who made each. */
  readonly living: Map<string, Actor>;
}

/**
 * Adds every thing that was made again, or lives on, after people deleted it. A create that crosses the delete makes nothing
 * again: the thing lives elsewhere, and nobody has told Trueup yet. What it made must go the same way in the end, or `asked`,
 * the keys about which a person is asked, must name it.
 */
export function checkResurrected(
  evidence: Evidence,
  entries: readonly Entry[],
  asked: ReadonlySet<string>,
): void {
  const { violations } = evidence;
  const known = knownRecords(evidence);
  const things = new Map<string, Thing>();
  for (const entry of entries) {
    const email = textOf(entry.after ?? entry.before, 'email');
    if (email === null) continue;
    const thing = things.get(email) ?? nothing();
    things.set(email, thing);
    if (isMadeAgain(thing, entry) && !isForgotten(evidence, thing))
      violations.push(`I10: ${email} was deleted, and made again as ${recordOf(entry)}`);
    account(thing, entry, known);
  }
  for (const [email, thing] of things)
    if (livesOn(thing) && !isForgotten(evidence, thing) && !asked.has(email))
      violations.push(`I10: ${email} was deleted, and lives on as ${[...thing.living.keys()].join(' and ')}`);
}

function nothing(): Thing {
  return { deletedOrder: 0, isKnown: false, isFollowed: false, copiedOrder: 0, living: new Map() };
}

function account(thing: Thing, entry: Entry, known: ReadonlySet<string>): void {
  const { actor, kind, order } = entry;
  const record = recordOf(entry);
  if (kind === 'delete') thing.living.delete(record);
  else if (kind === 'create') thing.living.set(record, actor);
  if (actor === 'trueup' && kind === 'create') thing.copiedOrder = order;
  if (actor === 'trueup' && kind === 'delete') thing.isFollowed = thing.deletedOrder > 0;
  if (actor !== 'user') return;
  thing.deletedOrder = kind === 'delete' ? order : 0;
  thing.isKnown = kind === 'delete' && known.has(record);
  thing.isFollowed = false;
}

/**
 * Trueup makes a record of what lives nowhere, or of what it has itself begun to delete. A second record that a person
 * entered is not part of that: once its twin is gone it is a thing of its own.
 */
function isMadeAgain({ deletedOrder, isFollowed, living }: Thing, { actor, kind, write }: Entry): boolean {
  const leftAfter = deletedOrder > 0 && (write?.sentOrder ?? 0) >= deletedOrder;
  const isEntered = [...living.values()].includes('user');
  return (
    actor === 'trueup' && kind === 'create' && leftAfter && !isEntered && (isFollowed || living.size === 0)
  );
}

/** The delete of a record that Trueup never saw tells it nothing. */
function livesOn({ deletedOrder, isKnown, living }: Thing): boolean {
  return deletedOrder > 0 && isKnown && living.size > 0;
}

/**
 * A restored store does not know what it made after the backup: when the original is gone by the time that it looks again, its
 * copies are things that somebody has just entered, and the plan that a person approves says so.
 */
function isForgotten({ lapses }: Evidence, { copiedOrder, deletedOrder }: Thing): boolean {
  return lapses.some(
    ({ fromOrder, untilOrder }) =>
      copiedOrder > fromOrder && copiedOrder <= untilOrder && deletedOrder <= untilOrder,
  );
}

function knownRecords({ store }: Evidence): ReadonlySet<string> {
  return new Set(
    store.links.flatMap(({ side, recordId, linked }) => (linked === null ? [] : `${side} ${recordId}`)),
  );
}

function recordOf({ side, recordId }: Entry): string {
  return `${side} ${recordId}`;
}
