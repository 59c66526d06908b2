/** Between the ids that a side uses and the identities that they name, for many records at once. */
import type { Place, ReferenceLens, SideModel } from '../engine/model.ts';
import { bodyOf } from '../engine/plan.ts';
import {
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

/** What the records say, with identities in the place of the side's own ids. */
export async function readAll(
  tx: SyncTx,
  side: SideModel,
  records: readonly Values[],
): Promise<readonly Read[]> {
  if (side.references.length === 0) return records.map((values) => ({ values }));
  const identityOf = await namesOf(side, records, (place, ids) => tx.identitiesAt(place, ids));
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

/** What stands at the side for the identities that these refer to. */
export async function recordNames(
  tx: SyncTx,
  side: SideModel,
  bundles: readonly Bundle[],
): Promise<Translate> {
  const golden = bundles.map(({ identity }) => identity.golden);
  return namesOf(side, golden, (place, ids) => tx.recordsAt(place, ids));
}

/** One question per place, however many fields refer there. */
async function namesOf(
  side: SideModel,
  records: readonly Values[],
  ask: (place: Place, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<Translate> {
  const asked = new Map<string, { readonly place: Place; readonly ids: Set<string> }>();
  for (const lens of side.references) {
    const { ids } = asked.get(placeKey(lens)) ?? { ids: new Set<string>() };
    asked.set(placeKey(lens), { place: lens.refersTo, ids });
    for (const values of records) for (const id of idsIn(values[lens.field.name])) ids.add(id);
  }
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const [key, { place, ids }] of asked) if (ids.size > 0) found.set(key, await ask(place, [...ids]));
  return (lens, id) => found.get(placeKey(lens))?.get(id);
}

function placeKey({ refersTo }: ReferenceLens): string {
  return `${refersTo.sync} ${refersTo.side}`;
}

/** What to send of what is owed, in identities and as the side calls them; or what it all waits for. */
export type Sendable =
  | { readonly kind: 'send'; readonly body: Values; readonly there: Values }
  | { readonly kind: 'wait'; readonly waits: readonly Wait[] };

/**
 * What names something that is not there yet stays behind, and is owed as soon as the rest has arrived. A create waits
 * instead, unless the field may come late; and so does an update of which nothing else is left.
 */
export function sendable(side: SideModel, bundle: Bundle, kind: WriteKind, recordOf: Translate): Sendable {
  const owed = bodyOf(side, bundle, kind);
  const { body: there, missing } = writeReferences(side, owed, recordOf);
  const absent = side.references.filter(({ field }) => missing[field.name] !== undefined);
  if (absent.length === 0) return { kind: 'send', body: owed, there };
  const waits =
    kind === 'create' ? absent.some(({ field }) => !isLate(field.type)) : Object.keys(there).length === 0;
  if (!waits)
    return {
      kind: 'send',
      body: Object.fromEntries(Object.entries(owed).filter(([name]) => name in there)),
      there,
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
