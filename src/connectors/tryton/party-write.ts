/** From flat fields to what Tryton's `create` and `write` of a party take: its row and commands for the other rows. */
import type { WriteRequest } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Asking } from './client.ts';
import type { ReferenceKind, References, TrytonRecord } from './collection.ts';
import { failWith } from './failures.ts';
import { fieldOf } from './generic.ts';
import { encodeValue, type Model } from './model.ts';
import { ADDRESS_PREFIX, MECHANISMS, VAT_TYPE } from './party-fields.ts';
import { rowsOf, textOf } from './wire.ts';

type Fields = WriteRequest['fields'];

const REFERENCE_FIELDS: ReadonlyMap<string, readonly [ReferenceKind, model: string]> = new Map([
  ['address.country', ['country', 'country.country']],
  ['address.subdivision', ['subdivision', 'country.subdivision']],
  ['lang', ['language', 'ir.lang']],
]);

const PART_FIELDS: ReadonlySet<string> = new Set([...MECHANISMS, 'vat']);

export async function resolveReferences(
  client: Asking,
  requests: readonly WriteRequest[],
): Promise<References> {
  const ids = new Map<string, number>();
  for (const [field, [kind, model]] of REFERENCE_FIELDS) {
    const codes = new Set(requests.map((request) => request.fields.get(field)).filter(isText));
    if (codes.size === 0) continue;
    const domain = [['code', 'in', [...codes]]];
    const args = [domain, 0, null, null, ['code']];
    const context = { active_test: false };
    const rows = rowsOf(await client.model(model, 'search_read', args, { effect: 'read', context }), model);
    for (const row of rows) ids.set(`${kind} ${textOf(row['code'])}`, Number(row['id']));
  }
  return { idOf: (kind, code) => ids.get(`${kind} ${code}`) };
}

export function createParty(model: Model, fields: Fields, references: References): JsonObject {
  const address = addressValues(fields, references);
  const mechanisms = MECHANISMS.flatMap((type) => {
    const value = textField(fields, type);
    return isText(value) ? [{ type, value }] : [];
  });
  const vat = textField(fields, 'vat');
  return {
    ...ownValues(model, fields, references),
    ...(Object.values(address).some((value) => value !== null) ? { addresses: [['create', [address]]] } : {}),
    ...(mechanisms.length > 0 ? { contact_mechanisms: [['create', mechanisms]] } : {}),
    ...(isText(vat) ? { identifiers: [['create', [{ type: VAT_TYPE, code: vat }]]] } : {}),
  };
}

export function updateParty(
  model: Model,
  fields: Fields,
  current: TrytonRecord,
  references: References,
): JsonObject {
  const addresses = addressCommands(addressValues(fields, references), current.parts.get('address'));
  const mechanisms = MECHANISMS.flatMap((type) =>
    rowCommands(textField(fields, type), current.parts.get(type), (value) => ({ value }), { type }),
  );
  const identifiers = rowCommands(textField(fields, 'vat'), current.parts.get('vat'), (code) => ({ code }), {
    type: VAT_TYPE,
  });
  return {
    ...ownValues(model, fields, references),
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(mechanisms.length > 0 ? { contact_mechanisms: mechanisms } : {}),
    ...(identifiers.length > 0 ? { identifiers } : {}),
  };
}

/** The fields of the party's own row. */
function ownValues(model: Model, fields: Fields, references: References): JsonObject {
  const values: Record<string, Json> = {};
  for (const [name, value] of fields) {
    if (name.startsWith(ADDRESS_PREFIX) || PART_FIELDS.has(name)) continue;
    values[name] =
      name === 'lang' ? referenceId(name, value, references) : encodeValue(fieldOf(model, name), value);
  }
  return values;
}

function addressValues(fields: Fields, references: References): JsonObject {
  const values: Record<string, Json> = {};
  for (const [name, value] of fields) {
    if (!name.startsWith(ADDRESS_PREFIX)) continue;
    const column = name.slice(ADDRESS_PREFIX.length);
    // An address has places for empty text, unlike the rows of the other parts.
    if (REFERENCE_FIELDS.has(name)) values[column] = referenceId(name, value, references);
    else values[column] = value === '' ? '' : (textField(fields, name) ?? null);
  }
  return values;
}

function addressCommands(values: JsonObject, addressId: number | undefined): readonly Json[] {
  if (Object.keys(values).length === 0) return [];
  if (addressId !== undefined) return [['write', [addressId], values]];
  return Object.values(values).some((value) => value !== null) ? [['create', [values]]] : [];
}

/** Write to the row that is there, add one where none is, delete it for an empty value. */
function rowCommands(
  value: string | null | undefined,
  rowId: number | undefined,
  content: (value: string) => JsonObject,
  kind: JsonObject,
): readonly Json[] {
  if (value === undefined) return [];
  if (value === null) return rowId === undefined ? [] : [['delete', [rowId]]];
  return rowId === undefined
    ? [['create', [{ ...kind, ...content(value) }]]]
    : [['write', [rowId], content(value)]];
}

/** Undefined when the request does not set the field; empty text counts as null, because Tryton has no empty row. */
function textField(fields: Fields, name: string): string | null | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  if (value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw failWith('tryton.wrong_type', `Field ${name} takes text, and the value is none.`, { field: name });
}

function referenceId(name: string, value: NativeValue, references: References): number | null {
  const code = textField(new Map([[name, value]]), name);
  if (code === null || code === undefined) return null;
  const [kind] = REFERENCE_FIELDS.get(name) ?? [];
  const id = kind === undefined ? undefined : references.idOf(kind, code);
  if (id !== undefined) return id;
  throw failWith('tryton.unknown_reference', `Tryton has no ${kind ?? name} with the code "${code}".`, {
    field: name,
  });
}

function isText(value: NativeValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
