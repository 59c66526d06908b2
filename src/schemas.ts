/** The schemas of a sync's sides: noted version by version, compared with those its mappings were made for, and weighed. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import type { CollectionDescription, FieldDescription, Session } from './connector/contract.ts';
import { compileSync, type SideDefinition } from './engine/model.ts';
import { InvalidValue, isEmpty } from './engine/value.ts';
import { must } from './lib/assert.ts';
import type { Json } from './lib/json.ts';
import { accountedPage, type AccountedRecord } from './store/accounted.ts';
import type { SyncRow } from './store/control.ts';
import type { Tx } from './store/database.ts';
import { baseSchema, noteSchema, observeAnew, schemaHistory, type SchemaRow } from './store/schemas.ts';
import { compareSchemas, schemaText, type SameValues, type SchemaChange } from './syncfile/schema/compare.ts';
import { effectsOn, type SchemaEffect } from './syncfile/schema/effect.ts';
import { narrowedBy } from './syncfile/schema/narrow.ts';

/** The store, as an installation opens it. */
interface Store {
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

/** What is known about a side's schema: since when its mapping is made for which, and what has changed since. */
export interface SideSchema {
  readonly side: SideDefinition;
  readonly base: SchemaRow;
  readonly effects: readonly SchemaEffect[];
}

/**
 * Notes what the systems say now and weighs it against what the mappings were made for. Where mapped fields
 * have changed, or what was stopped goes on, all sides are read anew: what was read under another schema proves nothing
 * about this one.
 */
export async function weighSchemas(
  store: Store,
  sync: SyncRow,
  descriptions: ReadonlyMap<string, CollectionDescription>,
  sameValues: ReadonlyMap<string, SameValues> = new Map(),
): Promise<readonly SideSchema[]> {
  return store.transaction(async (tx) => {
    const weighed: SideSchema[] = [];
    for (const side of sync.definition.sides) {
      const description = descriptions.get(side.name);
      if (description === undefined) continue;
      weighed.push(await weighSide(tx, sync, side, description.fields, sameValues.get(side.name)));
    }
    return weighed;
  });
}

async function weighSide(
  tx: Tx,
  { syncKey, definition }: SyncRow,
  side: SideDefinition,
  fields: readonly FieldDescription[],
  sameValues: SameValues | undefined,
): Promise<SideSchema> {
  const { name, collection } = side;
  const [last] = await schemaHistory(tx, syncKey, name, 1);
  const seen = { side: name, collection, fields: fields as unknown as Json, hash: schemaHash(fields) };
  const isNews = await noteSchema(tx, syncKey, seen);
  const base = must(await baseSchema(tx, syncKey, name, collection), 'a schema that was just noted is there');
  const effects = effectsOn(definition, side, compareSchemas(fieldsOf(base), fields, sameValues));
  if (isNews && last?.collection === collection) {
    const step = effectsOn(definition, side, compareSchemas(fieldsOf(last), fields));
    const before = effectsOn(definition, side, compareSchemas(fieldsOf(base), fieldsOf(last)));
    const isTouched = step.some((effect) => effect.fields.length > 0);
    if (isTouched || !isDeepStrictEqual(narrowedBy(definition, before), narrowedBy(definition, effects)))
      await observeAnew(tx, syncKey);
  }
  return { side, base, effects };
}

/** What was seen last of a side's schema, against what its mapping was made for. */
export interface KnownSchema {
  readonly side: string;
  readonly collection: string;
  /** Since when the mapping is made for what it is made for. */
  readonly sinceMs: number;
  /** When the system last said something else. */
  readonly seenAtMs: number;
  /** Counts what the system has said, one after the other. */
  readonly version: number;
  readonly effects: readonly SchemaEffect[];
}

/** Weighs what was noted; no system is asked. Without the sides whose schema has not been seen yet. */
export async function knownSchemas(tx: Tx, sync: SyncRow): Promise<readonly KnownSchema[]> {
  const { syncKey, definition } = sync;
  const known: KnownSchema[] = [];
  for (const side of definition.sides) {
    const { name, collection } = side;
    const base = await baseSchema(tx, syncKey, name, collection);
    const [newest] = await schemaHistory(tx, syncKey, name, 1);
    if (base === null || newest?.collection !== collection) continue;
    known.push({
      side: name,
      collection,
      sinceMs: base.approvedAtMs ?? base.seenAtMs,
      seenAtMs: newest.seenAtMs,
      version: newest.schemaNo,
      effects: effectsOn(definition, side, changesBetween(base, newest)),
    });
  }
  return known;
}

/** The fields that a stored schema says. */
export function fieldsOf({ fields }: SchemaRow): readonly FieldDescription[] {
  return fields as unknown as readonly FieldDescription[];
}

/** Equal for schemas that differ in nothing that matters. */
export function schemaHash(fields: readonly FieldDescription[]): string {
  return createHash('sha256').update(schemaText(fields)).digest('hex');
}

/** What one stored schema changed against the one before it. */
export function changesBetween(older: SchemaRow, newer: SchemaRow): readonly SchemaChange[] {
  return compareSchemas(fieldsOf(older), fieldsOf(newer));
}

const RECORDS_COMPARED_MAX = 100;
const FIELDS_COMPARED_MAX = 20;

/**
 * Evidence for renamed fields: in how many records a new field holds what a mapped field that is gone was last seen to
 * hold. Reads a few records; nothing where no mapped field has gone.
 */
export async function sameValuesAt(
  store: Store,
  sync: SyncRow,
  side: SideDefinition,
  session: Session,
  present: readonly FieldDescription[],
): Promise<SameValues> {
  const base = await store.transaction((tx) => baseSchema(tx, sync.syncKey, side.name, side.collection));
  const known = new Set((base === null ? [] : fieldsOf(base)).map(({ name }) => name));
  const here = new Set(present.map(({ name }) => name));
  const model = must(compileSync(sync.definition).sideOf.get(side.name), 'a side of its sync');
  const gone = model.lenses.filter(
    ({ native, computed }) => computed === null && known.has(native) && !here.has(native),
  );
  const added = present
    .map(({ name }) => name)
    .filter((name) => !known.has(name))
    .slice(0, FIELDS_COMPARED_MAX);
  if (base === null || gone.length === 0 || added.length === 0) return new Map();
  const records = await store.transaction((tx) => firstRecords(tx, sync.syncKey, side.name));
  const ids = records.map(({ recordId }) => recordId);
  const looked = ids.length === 0 ? [] : await session.get(side.collection, ids, added);
  return new Map(
    gone.map(({ field, get, native }) => {
      const counts = added.map((name) => {
        let [same, of] = [0, 0];
        for (const [index, look] of looked.entries()) {
          const before = records[index]?.accounted[field.name];
          if (look.kind !== 'found' || before === undefined || isEmpty(before)) continue;
          const value = get(look.record.fields.get(name) ?? null);
          of += 1;
          if (!(value instanceof InvalidValue) && field.same(value, before)) same += 1;
        }
        return [name, { same, of }] as const;
      });
      return [native, new Map(counts)] as const;
    }),
  );
}

async function firstRecords(tx: Tx, syncKey: string, side: string): Promise<readonly AccountedRecord[]> {
  const page = await accountedPage(tx, syncKey, { side, recordId: '' }, RECORDS_COMPARED_MAX);
  return page.filter((record) => record.side === side);
}
