/** A described collection, ready to be worked with: its fields by name, its card, and how its records are read. */
import type {
  CapabilityCard,
  CollectionDescription,
  SystemRecord,
  UnreadableRecord,
} from '../../connector/contract.ts';
import type { AnswerHeaders } from '../../connector/http/request.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import { holds, scalarText, textAt } from './answers.ts';
import { cardOf } from './card.ts';
import type { CollectionShape, Description } from './description/shape.ts';
import { failureOf } from './failures.ts';
import { fieldOf, valueIn, type Field } from './fields.ts';
import { momentIn } from './moments.ts';

export interface Collection {
  readonly name: string;
  readonly shape: CollectionShape;
  readonly fields: ReadonlyMap<string, Field>;
  readonly card: CapabilityCard;
}

/** What a row of a list turned out to be. */
export type Row =
  | { readonly kind: 'record'; readonly record: SystemRecord }
  | { readonly kind: 'deleted'; readonly id: string }
  | { readonly kind: 'unreadable'; readonly unreadable: UnreadableRecord };

/** `isTold`: the system tells of its changes by itself. */
export function collectionOf(
  name: string,
  shape: CollectionShape,
  description: Description,
  isTold: boolean,
): Collection {
  const fields = Object.entries(shape.fields).map(([field, given]) => fieldOf(field, given));
  return {
    name,
    shape,
    fields: new Map(fields.map((field) => [field.name, field])),
    card: { ...cardOf(shape, description), ...(isTold ? { webhook: true } : {}) },
  };
}

export function describeCollection({ name, shape, fields, card }: Collection): CollectionDescription {
  return {
    name,
    ...(shape.title === undefined ? {} : { title: shape.title }),
    fields: [...fields.values()].map(({ described }) => described),
    card,
    recordsEstimate: null,
  };
}

/** The id of a row; null where it has none. */
export function idOf({ shape }: Collection, row: Json): string | null {
  const id = scalarText(valueAt(row, shape.id));
  return id === '' ? null : id;
}

/** `place` stands for the record in messages when it has no id: `row 7`. */
export function rowOf(
  collection: Collection,
  row: Json,
  headers: AnswerHeaders,
  fields: readonly Field[],
  place: string,
): Row {
  const { shape } = collection;
  const id = idOf(collection, row);
  if (id === null) {
    const failure = failureOf(
      'record_unreadable',
      `A record of ${collection.name} has no id at ${shape.id}.`,
    );
    return { kind: 'unreadable', unreadable: { id: place, failure } };
  }
  if (shape.deleted !== undefined && holds(shape.deleted, row)) return { kind: 'deleted', id };
  const modifiedAtMs = modifiedIn(collection, row);
  const version = shape.version === undefined ? null : textAt(shape.version, headers, row);
  const values = new Map<string, NativeValue>(
    fields.map((field) => [field.name, valueIn(field, valueAt(row, field.at))]),
  );
  return {
    kind: 'record',
    record: { id, version, fields: values, ...(modifiedAtMs === null ? {} : { modifiedAtMs }) },
  };
}

/** When the system says that the record was changed last; null where it does not. */
export function modifiedIn({ shape: { modified } }: Collection, row: Json): number | null {
  return modified === undefined ? null : momentIn(valueAt(row, modified.at), modified.as);
}
