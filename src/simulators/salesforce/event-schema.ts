/** Avro schemas of events: derived from the object, told apart by an id that changes with them. */
import { createHash } from 'node:crypto';

import avsc from 'avsc';

import type { Field, PlatformEvent, SObject } from './schema.ts';

export interface EventSchema {
  readonly id: string;
  readonly json: string;
  readonly type: avsc.Type;
  /** The fields behind the header, in the order of their bits; the header itself is bit 0. */
  readonly fields: readonly EventField[];
}

export interface EventField {
  readonly name: string;
  readonly field: Field;
  /** The parts of a compound in the order of their bits; null for a plain field. */
  readonly parts: readonly { readonly name: string; readonly source: string }[] | null;
}

type AvroField = {
  readonly name: string;
  readonly type: unknown;
  readonly doc?: string;
  readonly default?: null;
};

const NAMESPACE = 'com.sforce.eventbus';
const LEFT_OUT: ReadonlySet<string> = new Set(['Id', 'IsDeleted', 'MasterRecordId', 'SystemModstamp']);
const ADDRESS_TAIL = ['StateCode', 'CountryCode', 'GeocodeAccuracy'];
const DOCS: Readonly<Record<Field['type'], string>> = {
  id: 'EntityId',
  string: 'Text',
  textarea: 'MultiLineText',
  email: 'Email',
  phone: 'Phone',
  url: 'Url',
  picklist: 'DynamicEnum',
  multipicklist: 'MultiEnum',
  boolean: 'Boolean',
  int: 'Integer',
  double: 'Double',
  currency: 'Currency',
  percent: 'Percent',
  date: 'DateOnly',
  datetime: 'DateTime',
  reference: 'EntityId',
  address: 'Address',
};
const CHANGE_TYPES = [
  'CREATE',
  'UPDATE',
  'DELETE',
  'UNDELETE',
  'GAP_CREATE',
  'GAP_UPDATE',
  'GAP_DELETE',
  'GAP_UNDELETE',
  'GAP_OVERFLOW',
  'SNAPSHOT',
];

/** The name of an object's change event: `Account` gives AccountChangeEvent, `Rig__c` gives Rig__ChangeEvent. */
export function changeEventName(object: string): string {
  return object.endsWith('__c') ? `${object.slice(0, -1)}ChangeEvent` : `${object}ChangeEvent`;
}

export function changeEventSchema(object: SObject): EventSchema {
  const fields = eventFields(object);
  const defined = new Set<string>();
  const header: AvroField = { name: 'ChangeEventHeader', type: headerType() };
  const own = fields.map((field): AvroField => ({
    name: field.name,
    type: typeOf(object, field, defined),
    doc: `Data:${DOCS[field.field.type]}`,
    default: null,
  }));
  return schemaOf(changeEventName(object.name), [header, ...own], fields);
}

export function platformEventSchema(event: PlatformEvent): EventSchema {
  const fields = event.fields.map((field) => ({ name: field.name, field, parts: null }));
  const own = event.fields.map((field): AvroField => ({
    name: field.name,
    type: ['null', primitiveOf(field)],
    doc: `Data:${DOCS[field.type]}`,
    default: null,
  }));
  const system: readonly AvroField[] = [
    { name: 'CreatedDate', type: 'long', doc: 'CreatedDate:DateTime' },
    { name: 'CreatedById', type: 'string', doc: 'CreatedBy:EntityId' },
  ];
  return schemaOf(event.name, [...system, ...own], fields);
}

function schemaOf(
  name: string,
  avroFields: readonly AvroField[],
  fields: readonly EventField[],
): EventSchema {
  const schema = { type: 'record', name, namespace: NAMESPACE, fields: avroFields };
  const json = JSON.stringify(schema);
  const id = createHash('sha256').update(json).digest('base64url').slice(0, 22);
  return { id, json, type: avsc.Type.forSchema(JSON.parse(json) as avsc.Schema), fields };
}

/** Parts of a compound stand inside it only; formulas are never told. */
function eventFields(object: SObject): readonly EventField[] {
  const inside = new Set(object.fields.flatMap(({ parts }) => Object.values(parts ?? {})));
  return object.fields
    .filter(
      ({ name, formula, parts }) =>
        !LEFT_OUT.has(name) && !inside.has(name) && (formula === null || parts !== null),
    )
    .map((field) => ({ name: field.name, field, parts: partsOf(field) }));
}

function partsOf({ parts }: Field): EventField['parts'] {
  return parts === null ? null : Object.entries(parts).map(([name, source]) => ({ name, source }));
}

function typeOf(object: SObject, { name, field, parts }: EventField, defined: Set<string>): unknown {
  if (parts !== null) {
    const isAddress = field.type === 'address';
    const names = [...parts.map((part) => part.name), ...(isAddress ? ADDRESS_TAIL : [])];
    return ['null', recordType(isAddress ? 'Address' : 'PersonName', names, defined)];
  }
  // An account may be a person in other orgs, so its name is a text or a structure.
  if (object.name === 'Account' && name === 'Name') {
    return [
      'null',
      'string',
      recordType('Switchable_PersonName', ['Salutation', 'FirstName', 'LastName'], defined),
    ];
  }
  return ['null', primitiveOf(field)];
}

/** A record type is spelled out once and then only named. */
function recordType(name: string, fields: readonly string[], defined: Set<string>): unknown {
  if (defined.has(name)) return name;
  defined.add(name);
  return {
    type: 'record',
    name,
    fields: fields.map((part) => ({ name: part, type: ['null', 'string'], default: null })),
  };
}

function primitiveOf(field: Field): string {
  switch (field.type) {
    case 'boolean':
      return 'boolean';
    case 'int':
      return 'int';
    case 'double':
    case 'currency':
    case 'percent':
      return 'double';
    case 'date':
    case 'datetime':
      return 'long';
    default:
      return 'string';
  }
}

function headerType(): unknown {
  const texts = { type: 'array', items: 'string' };
  return {
    type: 'record',
    name: 'ChangeEventHeader',
    fields: [
      { name: 'entityName', type: 'string' },
      { name: 'recordIds', type: texts },
      { name: 'changeType', type: { type: 'enum', name: 'ChangeType', symbols: CHANGE_TYPES } },
      { name: 'changeOrigin', type: 'string' },
      { name: 'transactionKey', type: 'string' },
      { name: 'sequenceNumber', type: 'int' },
      { name: 'commitTimestamp', type: 'long' },
      { name: 'commitNumber', type: 'long' },
      { name: 'commitUser', type: 'string' },
      { name: 'nulledFields', type: texts },
      { name: 'diffFields', type: texts },
      { name: 'changedFields', type: texts },
    ],
  };
}
