/** Short ways of writing fields down. */
import type { Field, FieldType, SObject } from './schema.ts';

const TEXT_LENGTH = 255;

type Options = Partial<Omit<Field, 'name' | 'type'>>;

export function field(name: string, type: FieldType, options: Options = {}): Field {
  const unique = options.unique ?? false;
  const externalId = options.externalId ?? false;
  return {
    name,
    type,
    label: options.label ?? labelOf(name),
    length: 0,
    precision: 0,
    scale: 0,
    nillable: type !== 'boolean',
    createable: true,
    updateable: true,
    caseSensitive: false,
    idLookup: unique || externalId,
    referenceTo: [],
    relationshipName: null,
    onParentDelete: 'clear',
    picklist: [],
    restricted: false,
    defaultValue: type === 'boolean' ? false : null,
    formula: null,
    parts: null,
    ...options,
    unique,
    externalId,
  };
}

export function text(name: string, length = TEXT_LENGTH, options: Options = {}): Field {
  return field(name, 'string', { length, ...options });
}

export function longText(name: string, length = 32_000): Field {
  return field(name, 'textarea', { length });
}

/** A key of another system: unique, and usable for upsert. */
export function externalKey(name: string, options: Options = {}): Field {
  return text(name, TEXT_LENGTH, { unique: true, externalId: true, ...options });
}

export function picklist(name: string, values: readonly string[], options: Options = {}): Field {
  return field(name, 'picklist', { length: TEXT_LENGTH, picklist: values, ...options });
}

export function number(name: string, precision: number, scale: number, options: Options = {}): Field {
  return field(name, 'double', { precision, scale, ...options });
}

export function currency(name: string): Field {
  return field(name, 'currency', { precision: 18, scale: 2 });
}

export function reference(
  name: string,
  referenceTo: readonly string[],
  relationshipName: string,
  options: Options = {},
): Field {
  return field(name, 'reference', { length: 18, referenceTo, relationshipName, ...options });
}

/** A field that is computed when read. */
export function formula(
  name: string,
  type: FieldType,
  compute: NonNullable<Field['formula']>,
  length = 0,
): Field {
  const readOnly = { createable: false, updateable: false, nillable: true, length };
  return field(name, type, { ...readOnly, formula: compute });
}

/** The five parts of an address and the compound that shows them together. */
export function address(prefix: string): readonly Field[] {
  const part = (name: string): string => `${prefix}${name}`;
  const names = ['Street', 'City', 'State', 'PostalCode', 'Country'];
  return [
    field(part('Street'), 'textarea', { length: TEXT_LENGTH }),
    text(part('City'), 40),
    text(part('State'), 80),
    text(part('PostalCode'), 20),
    text(part('Country'), 80),
    field(part('Address'), 'address', {
      createable: false,
      updateable: false,
      parts: Object.fromEntries(names.map((name) => [name, part(name)])),
    }),
  ];
}

const READ_ONLY = { createable: false, updateable: false };

/** What every object has in front of and behind its own fields. */
export function systemFields(options: { readonly merges: boolean; readonly owned: boolean }): {
  readonly before: readonly Field[];
  readonly after: readonly Field[];
} {
  const id = field('Id', 'id', { ...READ_ONLY, length: 18, nillable: false, idLookup: true });
  const isDeleted = field('IsDeleted', 'boolean', READ_ONLY);
  const master = reference('MasterRecordId', [], 'MasterRecord', READ_ONLY);
  const owner = reference('OwnerId', ['User'], 'Owner', { nillable: false });
  return {
    before: options.merges ? [id, isDeleted, master] : [id, isDeleted],
    after: [
      ...(options.owned ? [owner] : []),
      field('CreatedDate', 'datetime', { ...READ_ONLY, nillable: false }),
      reference('CreatedById', ['User'], 'CreatedBy', { ...READ_ONLY, nillable: false }),
      field('LastModifiedDate', 'datetime', { ...READ_ONLY, nillable: false }),
      reference('LastModifiedById', ['User'], 'LastModifiedBy', { ...READ_ONLY, nillable: false }),
      field('SystemModstamp', 'datetime', { ...READ_ONLY, nillable: false }),
    ],
  };
}

/** An object with its system fields around the given ones. A name that ends in `__c` makes it a custom object. */
export function sobject(
  name: string,
  keyPrefix: string,
  fields: readonly Field[],
  options: Partial<Pick<SObject, 'label' | 'labelPlural' | 'recordTypes'>> & {
    readonly merges?: boolean;
  } = {},
): SObject {
  const around = systemFields({ merges: options.merges ?? false, owned: name !== 'User' });
  const label = options.label ?? labelOf(name);
  return {
    name,
    label,
    labelPlural: options.labelPlural ?? `${label}s`,
    keyPrefix,
    custom: name.endsWith('__c'),
    fields: [...around.before, ...fields, ...around.after],
    recordTypes: options.recordTypes ?? [],
  };
}

/** `ERP_Key__c` → ERP Key; `LastName` → Last Name; `AccountId` → Account ID. */
function labelOf(name: string): string {
  return name
    .replace(/__c$/, '')
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/ Id$/, ' ID');
}
