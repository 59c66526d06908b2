/** Objects and fields in the words of the contract. */
import type { CapabilityCard, CollectionDescription, FieldDescription } from '../../connector/contract.ts';
import type { FieldType } from '../../engine/value.ts';
import { EXECUTION_MS_MAX } from './api.ts';
import { BULK_MS_MAX } from './bulk-job.ts';
import { bulkFrom } from './bulk-worth.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { EVENTS_MAX } from './publish.ts';
import type { Settings } from './settings.ts';

const WRITE_BATCH_MAX = 1_000;
const BULK_WRITES_MAX = 20_000;
export const GET_BATCH_MAX = 2_000;
const SECOND_MS = 1_000;

export function describeObject(object: SalesforceObject, settings: Settings): CollectionDescription {
  const fields = [...object.fields.values()];
  return {
    name: object.name,
    title: object.label,
    fields: fields.map(describeField),
    card: object.isEvent ? EVENT_CARD : cardOf(object, settings),
    recordsEstimate: null,
  };
}

/**
 * Not conditional: `If-Unmodified-Since` knows seconds only, so that two edits within one pass for the same, and it takes
 * one request for each record; a query beside the write in a composite request locks nothing.
 */
function cardOf(object: SalesforceObject, settings: Settings): CapabilityCard {
  const hasEvents = settings.changeEvents.includes(object.name);
  const writesMin = bulkFrom(settings);
  const hasKey = [...object.fields.values()].some(({ isKey, unique }) => isKey && unique);
  return {
    version: 'opaque',
    conditionalWrite: false,
    createIdentity: hasKey ? 'uniqueKey' : 'search',
    readLagMs: 0,
    deletes: object.fields.has('IsDeleted') ? 'feed' : 'lookup',
    feed: object.fields.has('SystemModstamp') ? (hasEvents ? 'log' : 'cursor') : 'none',
    executionMaxMs: EXECUTION_MS_MAX,
    writeBatchMax: WRITE_BATCH_MAX,
    ...(writesMin === null
      ? {}
      : { bulk: { writesMin, writesMax: BULK_WRITES_MAX, durationMaxMs: BULK_MS_MAX } }),
    getBatchMax: GET_BATCH_MAX,
    can: object.can,
  };
}

/** An event is told and gone: there is nothing to look at, to change, or to tell twice tellings apart by. */
const EVENT_CARD: CapabilityCard = {
  version: 'none',
  conditionalWrite: false,
  createIdentity: 'none',
  readLagMs: 0,
  deletes: 'lookup',
  feed: 'none',
  executionMaxMs: EXECUTION_MS_MAX,
  writeBatchMax: EVENTS_MAX,
  getBatchMax: 1,
  can: { create: true, update: false, delete: false },
};

function describeField(field: SalesforceField): FieldDescription {
  return {
    name: field.name,
    title: field.label,
    type: typeOf(field),
    required: field.required,
    readOnly: !field.createable && !field.updateable,
    unique: field.unique,
    ...(field.referenceTo.length === 0 || field.through !== null ? {} : { refersTo: field.referenceTo }),
  };
}

/** Blanks at the ends are cut and empty text is nothing, whatever the field. */
function textType({ length }: SalesforceField): FieldType {
  return { kind: 'text', trims: true, emptyIsNull: true, ...(length > 0 ? { lengthMax: length } : {}) };
}

function typeOf(field: SalesforceField): FieldType {
  switch (field.type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'int':
    case 'long':
      return { kind: 'integer' };
    case 'double':
    case 'currency':
    case 'percent':
      return { kind: 'decimal', scaleMax: field.scale };
    case 'date':
      return { kind: 'date' };
    case 'datetime':
      return { kind: 'instant', grainMs: SECOND_MS };
    case 'time':
      return { kind: 'time' };
    case 'id':
    case 'reference':
      return { kind: 'salesforceId' };
    case 'email':
      return { kind: 'email' };
    case 'picklist':
      return field.options === null ? textType(field) : { kind: 'choice', options: field.options };
    case 'multipicklist':
      return field.options === null ? { kind: 'set' } : { kind: 'set', options: field.options };
    case 'address':
    case 'location':
    case 'json':
    case 'anyType':
      return { kind: 'json' };
    default:
      return field.html ? { kind: 'html' } : textType(field);
  }
}
