/** Creating or changing a record by a key that the record itself carries. */
import { invalidReference, malformedId, SalesforceError } from './failure.ts';
import { parseId } from './ids.ts';
import type { Input } from './input.ts';
import { normalise } from './normalise.ts';
import type { Field, SObject } from './schema.ts';
import type { RecordStore } from './store.ts';
import type { Transaction } from './transaction.ts';
import type { Writer } from './writer.ts';

export interface Saved {
  readonly id: string;
  readonly created?: boolean;
}

/** The key must be among the input. Refused when it is missing or more than one record answers to it. */
export function upsertOne(
  org: { readonly store: RecordStore; pauseForRace(): void },
  transaction: Transaction,
  writer: Writer,
  object: SObject,
  field: Field,
  input: Input,
): Saved {
  const { key, rest } = splitOff(input, field.name);
  if (field.name === 'Id') {
    if (key == null || key === '') return { id: writer.create(transaction, object, rest), created: true };
    const id = idIn(key, object);
    writer.update(transaction, id, rest);
    return { id, created: false };
  }
  const value = normalise(field, key);
  if (value === null) throw new SalesforceError('MISSING_ARGUMENT', `${field.name} not specified`);
  const [id, ...others] = org.store.find(object, field, value);
  if (others.length > 0) {
    throw new SalesforceError(
      'INVALID_FIELD',
      `${field.name}: more than one record found for external id field`,
    );
  }
  if (id === undefined)
    return { id: writer.create(transaction, object, { ...rest, [field.name]: value }), created: true };
  writer.update(transaction, id, rest);
  return { id, created: false };
}

/** Names of fields have no case, so the key may be spelled in any. */
function splitOff(input: Input, name: string): { readonly key: unknown; readonly rest: Input } {
  const isKey = (member: string): boolean => member.toLowerCase() === name.toLowerCase();
  const key = Object.entries(input).find(([member]) => isKey(member))?.[1];
  return { key, rest: Object.fromEntries(Object.entries(input).filter(([member]) => !isKey(member))) };
}

/** The id of a record of this object, or the refusal of what is none. */
export function idIn(value: unknown, object: SObject): string {
  const id = parseId(value);
  if (id === null) throw malformedId(`${object.name} ID`, String(value), ['Id']);
  if (!id.startsWith(object.keyPrefix)) throw invalidReference(['Id']);
  return id;
}
