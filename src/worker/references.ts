/** Between what a side calls things and the identities that they are, for many records at once. */
import type { Place, ReferenceLens, SideModel } from '../engine/model.ts';
import { bodyOf } from '../engine/plan.ts';
import {
  callOf,
  idsIn,
  isLate,
  readReferences,
  writeReferences,
  type Read,
  type Translate,
} from '../engine/references.ts';
import type { Bundle, WriteKind } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { SyncTx } from '../store/contract.ts';
import type { Wait } from '../store/reference-contract.ts';
import type { Reading } from './sort.ts';

/** What the records say, with identities in the place of what the side calls them. */
export async function readAll(
  tx: SyncTx,
  side: SideModel,
  records: readonly Values[],
): Promise<readonly Read[]> {
  if (side.references.length === 0) return records.map((values) => ({ values }));
  const identityOf = await thingsCalled(tx, side, records);
  return records.map((values) => readReferences(side, values, identityOf));
}

/** The same of readings, each in its place. */
export async function readReadings(tx: SyncTx, side: SideModel, readings: Reading[]): Promise<void> {
  if (side.references.length === 0) return;
  const reads = await readAll(
    tx,
    side,
    readings.map(({ values }) => values),
  );
  for (const [index, read] of reads.entries()) {
    const reading = readings[index];
    if (reading !== undefined) readings[index] = { ...reading, ...read };
  }
}

/** The things that references in these values name. */
export async function thingsCalled(
  tx: SyncTx,
  side: SideModel,
  records: readonly Values[],
): Promise<Translate> {
  const found = await askPlaces(
    side,
    records,
    ({ refersTo }, called) => callOf(refersTo, called),
    (place, calls) => tx.identitiesAt(place, calls),
  );
  return (lens, called) => found.get(placeKey(lens))?.get(callOf(lens.refersTo, called));
}

/** What the side calls the identities that references in these values name. */
export async function callsThere(
  tx: SyncTx,
  side: SideModel,
  records: readonly Values[],
): Promise<Translate> {
  const found = await askPlaces(
    side,
    records,
    (_, id) => id,
    (place, ids) => tx.recordsAt(place, ids),
  );
  return (lens, id) => found.get(placeKey(lens))?.get(id);
}

/** One question per place, however many fields refer there. */
async function askPlaces(
  side: SideModel,
  records: readonly Values[],
  wordOf: (lens: ReferenceLens, id: string) => string,
  ask: (place: Place, words: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const asked = new Map<string, { readonly place: Place; readonly words: Set<string> }>();
  for (const lens of side.references) {
    const { words } = asked.get(placeKey(lens)) ?? { words: new Set<string>() };
    asked.set(placeKey(lens), { place: lens.refersTo, words });
    for (const values of records)
      for (const id of idsIn(values[lens.field.name])) words.add(wordOf(lens, id));
  }
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const [key, { place, words }] of asked)
    if (words.size > 0) found.set(key, await ask(place, [...words]));
  return found;
}

function placeKey({ refersTo: { sync, side, by = '' } }: ReferenceLens): string {
  return JSON.stringify([sync, side, by]);
}

/** What to send of what is owed, in identities and as the side calls them; or what it all waits for. */
export type Sendable =
  | { readonly kind: 'send'; readonly body: Values; readonly there: Values; readonly called: Values }
  | { readonly kind: 'wait'; readonly waits: readonly Wait[] };

/**
 * What names something that is not there yet stays behind, and is owed as soon as the rest has arrived. A create waits
 * instead, unless the field may come late; and so does an update of which nothing else is left.
 */
export function sendable(side: SideModel, bundle: Bundle, kind: WriteKind, callNow: Translate): Sendable {
  const owed = bodyOf(side, bundle, kind);
  const { body: there, missing } = writeReferences(side, owed, callNow);
  const absent = side.references.filter(({ field }) => missing[field.name] !== undefined);
  const called = Object.fromEntries(
    side.references.flatMap(({ field: { name } }) => {
      const call = there[name] ?? null;
      return idsIn(call).length === 0 ? [] : [[name, call] as const];
    }),
  );
  if (absent.length === 0) return { kind: 'send', body: owed, there, called };
  const waits =
    kind === 'create' ? absent.some(({ field }) => !isLate(field.type)) : Object.keys(there).length === 0;
  if (!waits)
    return {
      kind: 'send',
      body: Object.fromEntries(Object.entries(owed).filter(([name]) => name in there)),
      there,
      called,
    };
  const recordId = linkAt(bundle, side.name)?.recordId ?? null;
  const own = { identityId: bundle.identity.id, side: side.name, recordId };
  return {
    kind: 'wait',
    waits: absent.map(({ field, refersTo: at }) => {
      const [parentId = ''] = idsIn(missing[field.name]);
      return { ...own, field: field.name, kind: 'write', at, parentId };
    }),
  };
}
