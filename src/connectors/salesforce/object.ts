/** One kind of record as Salesforce describes it, cut down to what reading and writing need. */
import type { JsonObject } from '../../lib/json.ts';
import { isTrue, numberOf, objectsOf, textOf, textsOf } from './wire.ts';

export interface SalesforceField {
  readonly name: string;
  readonly label: string;
  /** Salesforce's own word: `string`, `picklist`, `reference`. */
  readonly type: string;
  readonly length: number;
  readonly scale: number;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly required: boolean;
  readonly unique: boolean;
  /** A record can be found by it in an upsert. */
  readonly isKey: boolean;
  readonly filterable: boolean;
  /** The choices; null where others may be stored as well. */
  readonly options: readonly string[] | null;
  readonly html: boolean;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  /** A record is deleted, and locked, with the one it refers to here. */
  readonly isParent: boolean;
  /** Where a value of the parent stands for the reference: `Account.ERP_Key__c`. Null for a field of the record itself. */
  readonly through: { readonly reference: string; readonly object: string; readonly key: string } | null;
}

export interface SalesforceObject {
  readonly name: string;
  readonly label: string;
  readonly keyPrefix: string;
  readonly can: { readonly create: boolean; readonly update: boolean; readonly delete: boolean };
  readonly replicateable: boolean;
  /** A platform event: told once, and never read. */
  readonly isEvent: boolean;
  readonly fields: ReadonlyMap<string, SalesforceField>;
}

/** Binary content and what only other interfaces can take apart. */
const LEFT_OUT: ReadonlySet<string> = new Set(['base64', 'complexvalue', 'datacategorygroupreference']);

export function objectFrom(described: JsonObject): SalesforceObject {
  const fields = objectsOf(described['fields'])
    .map(fieldFrom)
    .filter(({ type }) => !LEFT_OUT.has(type));
  return {
    name: textOf(described['name']),
    label: textOf(described['label']),
    keyPrefix: textOf(described['keyPrefix']),
    can: {
      create: isTrue(described['createable']),
      update: isTrue(described['updateable']),
      delete: isTrue(described['deletable']),
    },
    replicateable: isTrue(described['replicateable']),
    isEvent: textOf(described['name']).endsWith('__e'),
    fields: new Map(fields.map((field) => [field.name, field])),
  };
}

function fieldFrom(field: JsonObject): SalesforceField {
  const type = textOf(field['type']);
  const createable = isTrue(field['createable']);
  const relationshipName = textOf(field['relationshipName']);
  return {
    name: textOf(field['name']),
    label: textOf(field['label']),
    type,
    length: numberOf(field['length']),
    scale: numberOf(field['scale']),
    createable,
    updateable: isTrue(field['updateable']),
    required:
      createable && !isTrue(field['nillable']) && !isTrue(field['defaultedOnCreate']) && type !== 'boolean',
    unique: isTrue(field['unique']) || type === 'id',
    isKey: isTrue(field['idLookup']) && isTrue(field['externalId']),
    filterable: isTrue(field['filterable']),
    options: isTrue(field['restrictedPicklist']) ? optionsOf(field) : null,
    html: isTrue(field['htmlFormatted']),
    referenceTo: textsOf(field['referenceTo']),
    relationshipName: relationshipName === '' ? null : relationshipName,
    isParent: isTrue(field['cascadeDelete']),
    through: null,
  };
}

function optionsOf(field: JsonObject): readonly string[] {
  return objectsOf(field['picklistValues'])
    .filter((option) => isTrue(option['active']))
    .map((option) => textOf(option['value']));
}

/** The parent's keys, each as a field of this object through the reference. */
export function keysThrough(
  reference: SalesforceField,
  parent: SalesforceObject,
): readonly SalesforceField[] {
  const { relationshipName, name, createable, updateable } = reference;
  if (relationshipName === null) return [];
  return [...parent.fields.values()]
    .filter(({ isKey, unique }) => isKey && unique)
    .map((key) => ({
      ...key,
      name: `${relationshipName}.${key.name}`,
      label: `${reference.label}: ${key.label}`,
      createable,
      updateable,
      // Whether there must be a parent is for the reference itself to say.
      required: false,
      unique: false,
      isKey: false,
      referenceTo: [],
      relationshipName: null,
      through: { reference: name, object: parent.name, key: key.name },
    }));
}
