/**
 * `party.party` as one flat record. Tryton keeps a party's e-mail, address and tax number in rows of other models; an
 * operations person thinks of them as fields of the customer. The first row of a type (Tryton's own order) counts.
 */
import { createHash } from 'node:crypto';

import type { FieldDescription, SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { canonicalJson, isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { timestampMs, type Collection, type TrytonRecord } from './collection.ts';
import { failWith } from './failures.ts';
import { fieldOf, lastWriter, plainDomain, timestampText } from './generic.ts';
import { describeField, type Model } from './model.ts';
import {
  ADDRESS_PREFIX,
  FLAT_FIELDS,
  FLAT_NAMES,
  MECHANISMS,
  OWN_NAMES,
  PARTY,
  VAT_TYPE,
} from './party-fields.ts';
import { createParty, resolveReferences, updateParty } from './party-write.ts';
import { decodeValue, isObject, numberOf } from './wire.ts';

/** One call reads the party with all its rows, so that they are of one moment. */
const COLUMNS: readonly string[] = [
  'name',
  'code',
  'active',
  '_timestamp',
  'write_uid',
  'create_uid',
  'lang.code',
  'tax_identifier.code',
  ...['street', 'postal_code', 'city', 'country.code', 'subdivision.code', '_timestamp'].map(
    (name) => `addresses.${name}`,
  ),
  ...['type', 'value', '_timestamp'].map((name) => `contact_mechanisms.${name}`),
  ...['type', 'code', '_timestamp'].map((name) => `identifiers.${name}`),
];

export function partyCollection(model: Model): Collection {
  const others = [...model.fields.values()].filter((field) => !FLAT_NAMES.has(field.name)).map(describeField);
  return {
    name: PARTY,
    fields: [...FLAT_FIELDS.map((field) => withRights(field, model)), ...others],
    feeds: [
      { model: PARTY, owner: null },
      { model: 'party.address', owner: 'party' },
      { model: 'party.contact_mechanism', owner: 'party' },
      { model: 'party.identifier', owner: 'party' },
    ],
    hasActive: true,
    columns: (fields) => [...COLUMNS, ...fields.filter((name) => !FLAT_NAMES.has(name))],
    decode: decodeParty,
    domain: (field, values) => [partyClause(model, field, values)],
    holds: holdsValue,
    resolve: resolveReferences,
    createValues: (fields, references) => createParty(model, fields, references),
    updateValues: (fields, current, references) => updateParty(model, fields, current, references),
  };
}

/** Tryton may forbid this user to change a field of the party's own row. */
function withRights(field: FieldDescription, model: Model): FieldDescription {
  return OWN_NAMES.has(field.name) && model.fields.get(field.name)?.readOnly === true
    ? { ...field, readOnly: true }
    : field;
}

function decodeParty(row: JsonObject, fields: readonly string[]): TrytonRecord {
  const id = numberOf(row['id'], PARTY);
  const address = childrenOf(row, 'addresses')[0];
  const identifiers = childrenOf(row, 'identifiers');
  const vat = identifiers.find((identifier) => identifier['type'] === VAT_TYPE);
  const mechanisms = childrenOf(row, 'contact_mechanisms');
  const found: [part: string, model: string, child: JsonObject | undefined][] = [
    ['address', 'party.address', address],
    ['vat', 'party.identifier', vat],
  ];
  for (const type of MECHANISMS) {
    found.push([type, 'party.contact_mechanism', mechanisms.find((mechanism) => mechanism['type'] === type)]);
  }
  const content = flatContent(row, address, found);
  const ownRow = `${PARTY},${String(id)}`;
  const timestamps = new Map([[ownRow, timestampText(row) ?? '']]);
  const parts = new Map<string, number>();
  for (const [part, model, child] of found) {
    if (child === undefined) continue;
    const childId = numberOf(child['id'], model);
    parts.set(part, childId);
    timestamps.set(`${model},${String(childId)}`, timestampText(child) ?? '');
  }
  const asked = new Map(fields.map((name) => [name, content.get(name) ?? decodeValue(row[name])]));
  const modifiedAtMs = Math.max(...[...timestamps.values()].map(timestampMs));
  const record = { id: String(id), version: versionOf(timestamps, content), fields: asked, modifiedAtMs };
  return { id, record, row: ownRow, timestamps, parts, lastWriterId: lastWriter(row) };
}

function flatContent(
  row: JsonObject,
  address: JsonObject | undefined,
  found: readonly (readonly [string, string, JsonObject | undefined])[],
): ReadonlyMap<string, NativeValue> {
  const content = new Map<string, NativeValue>([
    ['name', decodeValue(row['name'])],
    ['code', decodeValue(row['code'])],
    ['active', decodeValue(row['active'])],
    ['lang', codeOf(row['lang.'])],
    ['tax_identifier', codeOf(row['tax_identifier.'])],
    ['address.street', decodeValue(address?.['street'])],
    ['address.postal_code', decodeValue(address?.['postal_code'])],
    ['address.city', decodeValue(address?.['city'])],
    ['address.country', codeOf(address?.['country.'])],
    ['address.subdivision', codeOf(address?.['subdivision.'])],
  ]);
  for (const [part, , child] of found) {
    if (part !== 'address') content.set(part, decodeValue(child?.[part === 'vat' ? 'code' : 'value']));
  }
  return content;
}

function childrenOf(row: JsonObject, name: string): readonly JsonObject[] {
  const children = row[`${name}.`] ?? null;
  return isJsonArray(children) ? children.filter(isObject) : [];
}

function codeOf(target: Json | undefined): NativeValue {
  return isObject(target) ? decodeValue(target['code']) : null;
}

/**
 * Tryton does not touch the party when one of its rows changes, so the version covers them all. It covers the values
 * too: where the database keeps whole seconds only (SQLite), two edits within one second have one timestamp.
 */
function versionOf(
  timestamps: ReadonlyMap<string, string>,
  content: ReadonlyMap<string, NativeValue>,
): string {
  const text = canonicalJson([Object.fromEntries(timestamps), Object.fromEntries(content)] as Json);
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}

function partyClause(model: Model, field: string, values: readonly NativeValue[]): Json {
  if (field === 'lang') throw failWith('tryton.not_searchable', 'Tryton cannot search by lang.', { field });
  if (!FLAT_NAMES.has(field) || OWN_NAMES.has(field)) {
    return plainDomain(fieldOf(model, field), values);
  }
  const texts = values.filter((value) => typeof value === 'string');
  if (field === 'vat')
    return [
      'identifiers',
      'where',
      [
        ['type', '=', VAT_TYPE],
        ['code', 'in', texts],
      ],
    ];
  if (field === 'tax_identifier') return ['tax_identifier', 'in', texts];
  if (field.startsWith(ADDRESS_PREFIX)) {
    const column = field.slice(ADDRESS_PREFIX.length);
    const path = column === 'country' || column === 'subdivision' ? `${column}.code` : column;
    return ['addresses', 'where', [[path, 'in', texts]]];
  }
  const either = ['OR', ['value', 'in', texts], ['value_compact', 'in', texts]];
  return ['contact_mechanisms', 'where', [['type', '=', field], either]];
}

/** The search looks at every row of a party; only the first of its type is the party's field. */
function holdsValue(record: SystemRecord, field: string, values: readonly NativeValue[]): boolean {
  if (!FLAT_NAMES.has(field) || OWN_NAMES.has(field)) return true;
  const held = comparable(field, record.fields.get(field) ?? null);
  return values.some((value) => comparable(field, value) === held);
}

/** Tryton spaces telephone numbers when it stores them: `+493012345678` becomes `+49 30 12345678`. */
function comparable(field: string, value: NativeValue): NativeValue {
  const isNumber = field === 'phone' || field === 'mobile' || field === 'fax';
  return isNumber && typeof value === 'string' ? value.replaceAll(/[^+\d]/g, '') : value;
}
