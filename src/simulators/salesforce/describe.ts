/** What describe tells of objects and fields, to a user who may not see all of them. */
import { text, field as fieldOf } from './fields.ts';
import type { Field, FieldType, PlatformEvent, RecordType, SObject } from './schema.ts';
import { isLookedUpBy } from './store.ts';
import type { Viewer } from './viewer.ts';

type Described = Readonly<Record<string, unknown>>;

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  address: 'urn:address',
  string: 'xsd:string',
  textarea: 'xsd:string',
  email: 'xsd:string',
  phone: 'xsd:string',
  url: 'xsd:string',
  picklist: 'xsd:string',
  multipicklist: 'xsd:string',
};
const BYTES_PER_CHARACTER = 3;
/** What every field here says, because the org has nothing of the kind. */
const SAME_FOR_ALL: Described = {
  autoNumber: false,
  calculatedFormula: null,
  controllerName: null,
  defaultValueFormula: null,
  dependentPicklist: false,
  deprecatedAndHidden: false,
  encrypted: false,
  highScaleNumber: false,
  htmlFormatted: false,
  inlineHelpText: null,
  namePointing: false,
  queryByDistance: false,
  referenceTargetField: null,
  relationshipOrder: null,
  restrictedDelete: false,
  writeRequiresMasterRead: false,
};

/** An object without its fields, as it stands in the list of all. */
const READ_ONLY: ReadonlySet<string> = new Set(['User', 'RecordType', 'UserPermissionAccess']);

export function describeShort(viewer: Viewer, object: SObject, version: string): Described {
  const url = `/services/data/v${version}/sobjects/${object.name}`;
  const canWrite = viewer.org.access.object(object.name) === 'edit' && !READ_ONLY.has(object.name);
  return {
    activateable: false,
    createable: canWrite,
    custom: object.custom,
    customSetting: false,
    deletable: canWrite,
    deprecatedAndHidden: false,
    feedEnabled: false,
    hasSubtypes: false,
    isSubtype: false,
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: object.name !== 'UserPermissionAccess',
    mergeable: object.fields.some(({ name }) => name === 'MasterRecordId'),
    mruEnabled: true,
    name: object.name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: true,
    triggerable: true,
    undeletable: canWrite,
    updateable: canWrite,
    urls: { sobject: url, describe: `${url}/describe`, rowTemplate: `${url}/{ID}` },
  };
}

export function describeObject(viewer: Viewer, object: SObject, version: string): Described {
  const types = object.recordTypes;
  return {
    ...describeShort(viewer, object, version),
    actionOverrides: [],
    childRelationships: childrenOf(viewer, object),
    compactLayoutable: true,
    fields: viewer.fields(object).map((field) => describeField(viewer, object, field)),
    recordTypeInfos: [
      ...types.map((type) => describeRecordType(type, object, version)),
      master(types, object, version),
    ],
    supportedScopes: [{ label: 'All records', name: 'everything' }],
  };
}

const SET_BY_SALESFORCE = { createable: false, updateable: false };

/** A platform event as describe tells it: something that can be created and nothing else. */
export function describeEvent(viewer: Viewer, event: PlatformEvent, version: string): Described {
  const system = [
    text('ReplayId', 1_000, SET_BY_SALESFORCE),
    text('EventUuid', 36, SET_BY_SALESFORCE),
    fieldOf('CreatedDate', 'datetime', SET_BY_SALESFORCE),
    fieldOf('CreatedById', 'reference', { ...SET_BY_SALESFORCE, length: 18, referenceTo: ['User'] }),
  ];
  const label = event.name.replace(/__e$/, '').replaceAll('_', ' ');
  const { name, keyPrefix } = event;
  const fields = [...system, ...event.fields.map((field) => ({ ...field, updateable: false }))];
  const object = { name, label, labelPlural: label, keyPrefix, custom: true, fields, recordTypes: [] };
  const never = ['deletable', 'layoutable', 'queryable', 'replicateable', 'retrieveable', 'searchable'];
  return {
    ...describeObject(viewer, object, version),
    ...Object.fromEntries([...never, 'undeletable', 'updateable'].map((word) => [word, false])),
  };
}

/** The choices of the object's picklists for one record type, as a layout shows them. */
export function describeChoices(
  viewer: Viewer,
  object: SObject,
  type: RecordType | null,
): readonly Described[] {
  return viewer
    .fields(object)
    .filter((field) => field.type === 'picklist' || field.type === 'multipicklist')
    .map((field) => ({
      picklistName: field.name,
      picklistValues: choices(field, type?.picklists[field.name] ?? field.picklist),
    }));
}

function describeField(viewer: Viewer, object: SObject, field: Field): Described {
  const isOwn = field.formula === null && field.type !== 'address';
  const mayEdit = viewer.org.access.field(object.name, field.name) === 'edit';
  const isLong = field.type === 'textarea' && field.length > 255;
  return {
    ...SAME_FOR_ALL,
    aggregatable: isOwn && !isLong,
    byteLength: field.length * BYTES_PER_CHARACTER,
    calculated: field.formula !== null && field.parts === null,
    cascadeDelete: field.onParentDelete === 'cascade',
    caseSensitive: field.caseSensitive,
    compoundFieldName: compoundOf(object, field),
    createable: field.createable && mayEdit,
    custom: field.name.endsWith('__c'),
    defaultValue: field.defaultValue,
    defaultedOnCreate:
      field.defaultValue !== null || ['OwnerId', 'Id'].includes(field.name) || !field.createable,
    digits: field.type === 'int' ? field.precision : 0,
    externalId: field.externalId,
    filterable: field.type !== 'address' && !isLong,
    groupable: isOwn && !isLong,
    idLookup: field.name === 'Id' || isLookedUpBy(field),
    label: field.label,
    length: field.length,
    name: field.name,
    nameField: field.name === 'Name',
    nillable: field.nillable,
    permissionable: field.nillable && field.createable,
    picklistValues: choices(field, field.picklist),
    precision: field.type === 'int' ? 0 : field.precision,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
    restrictedPicklist: field.restricted,
    scale: field.scale,
    soapType: SOAP_TYPES[field.type],
    sortable: field.type !== 'address' && !isLong,
    type: field.type,
    unique: field.unique,
    updateable: field.updateable && mayEdit,
  };
}

function choices(field: Field, values: readonly string[]): readonly Described[] {
  return values.map((value) => ({
    active: true,
    defaultValue: value === field.defaultValue,
    label: value,
    validFor: null,
    value,
  }));
}

function compoundOf(object: SObject, field: Field): string | null {
  return (
    object.fields.find(({ parts }) => parts !== null && Object.values(parts).includes(field.name))?.name ??
    null
  );
}

function childrenOf(viewer: Viewer, object: SObject): readonly Described[] {
  return viewer.org.schema.objects().flatMap((child) =>
    child.fields
      .filter(({ referenceTo }) => referenceTo.includes(object.name))
      .map((field) => ({
        cascadeDelete: field.onParentDelete === 'cascade',
        childSObject: child.name,
        deprecatedAndHidden: false,
        field: field.name,
        relationshipName: field.name === `${object.name}Id` ? child.labelPlural : null,
        restrictedDelete: false,
      })),
  );
}

function describeRecordType(type: RecordType, object: SObject, version: string): Described {
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: type.isDefault,
    developerName: type.developerName,
    master: false,
    name: type.name,
    recordTypeId: type.id,
    urls: { layout: `/services/data/v${version}/sobjects/${object.name}/describe/layouts/${type.id}` },
  };
}

/** The record type that every object has and that stands for none. */
function master(types: readonly RecordType[], object: SObject, version: string): Described {
  const id = '012000000000000AAA';
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: !types.some(({ isDefault }) => isDefault),
    developerName: 'Master',
    master: true,
    name: 'Master',
    recordTypeId: id,
    urls: { layout: `/services/data/v${version}/sobjects/${object.name}/describe/layouts/${id}` },
  };
}
