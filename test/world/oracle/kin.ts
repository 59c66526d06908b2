/**
 * Which records are of one thing, as the systems' own logs tell: they have held a value that is of one thing alone, as people enter
 * none twice. What a create has made of a thing whose key and name it was not told is known by the rest that it was told; where it was
 * told nothing, the journal says what else was linked to its thing.
 */
import type { Entry, Fields } from '../records.ts';
import { AUTOMATED_CITY, AUTOMATED_TAG } from '../shape.ts';
import type { World } from '../world.ts';
import { elementsOf, keyed, textOf, timeline } from './truth.ts';

/** Records of one thing have one word in common; undefined for what was never there. */
export type Kin = (side: string, recordId: string) => string | undefined;

export function kinOf(world: World): Kin {
  const parent = new Map<string, string>();
  const root = (word: string): string => {
    const up = parent.get(word);
    return up === undefined || up === word ? word : root(up);
  };
  /** Who was the first to hold what does not name a thing by itself. */
  const holders = new Map<string, string>();
  for (const entry of timeline(world)) {
    const { actor, kind, side, recordId, after } = entry;
    const record = recordWord(side, recordId);
    if (!parent.has(record)) parent.set(record, record);
    const names = namesIn(after);
    for (const name of names) parent.set(root(name), root(record));
    const isNameless = actor === 'trueup' && kind === 'create' && names.length === 0;
    const rest = restOf(after);
    const made = isNameless && rest.length === 0 ? madeOf(world, entry) : undefined;
    if (made !== undefined && parent.has(made)) parent.set(root(record), root(made));
    for (const word of rest) {
      const holder = holders.get(word);
      if (holder === undefined) holders.set(word, record);
      else if (isNameless) parent.set(root(record), root(holder));
    }
  }
  return (side, recordId) => {
    const record = recordWord(side, recordId);
    return parent.has(record) ? root(record) : undefined;
  };
}

/** What was linked first to the thing that a create was sent for. */
function madeOf(world: World, { write }: Entry): string | undefined {
  const identityId = world.senders.get(write?.key ?? '');
  const told = world.store
    .dump()
    .journal.find((one) => one.kind === 'linked' && one.identityId === identityId && one.recordId !== null);
  return told === undefined ? undefined : recordWord(told.side ?? '', told.recordId ?? '');
}

/** A record of whatever side in one word. */
export function recordWord(side: string, recordId: string): string {
  return JSON.stringify([side, recordId]);
}

function namesIn(fields: Fields | null): readonly string[] {
  return (['email', 'name'] as const).flatMap((field) => wordsOf(fields, field));
}

/** What automations enter is entered of many things. */
function restOf(fields: Fields | null): readonly string[] {
  const tags = elementsOf(fields?.['tags']).filter((tag) => tag !== AUTOMATED_TAG);
  const isAutomated = textOf(fields, 'city')?.startsWith(AUTOMATED_CITY) === true;
  return [...(isAutomated ? [] : wordsOf(fields, 'city')), ...tags.map((tag) => keyed('tags', tag))];
}

function wordsOf(fields: Fields | null, field: string): readonly string[] {
  const value = textOf(fields, field);
  return value === null ? [] : [keyed(field, value)];
}
