/** What a record must hold to before it is saved. Each check throws the refusal that Salesforce gives. */
import { invalidReference, isDeleted, SalesforceError } from './failure.ts';
import { checkRecordType } from './normalise.ts';
import { idOf, textOf, type SfRecord } from './record.ts';
import type { DuplicateRule, Rules } from './rules.ts';
import type { SObject } from './schema.ts';
import { comparable, type RecordStore } from './store.ts';
import type { WriteContext } from './transaction.ts';

export interface Saving {
  readonly object: SObject;
  readonly before: SfRecord | null;
  readonly after: SfRecord;
  readonly context: WriteContext;
}

export function checkRequired({ object, before, after }: Saving): void {
  const missing = object.fields
    .filter((field) => !field.nillable && field.formula === null && (field.createable || field.updateable))
    .map(({ name }) => name)
    .filter((name) => (after[name] ?? null) === null && (before === null || (before[name] ?? null) !== null));
  if (missing.length === 0) return;
  const message = `Required fields are missing: [${missing.join(', ')}]`;
  throw new SalesforceError('REQUIRED_FIELD_MISSING', message, { fields: missing });
}

/** The record type's own choices, for values that this write brings. */
export function checkChoices({ object, before, after }: Saving): void {
  const recordType = object.recordTypes.find(({ id }) => id === after['RecordTypeId']);
  for (const field of object.fields) {
    const value = after[field.name] ?? null;
    const isNews =
      value !== (before?.[field.name] ?? null) || after['RecordTypeId'] !== before?.['RecordTypeId'];
    if (isNews) checkRecordType(field, value, recordType?.picklists[field.name]);
  }
}

/** Parents that this write brings must be there. */
export function checkReferences(saving: Saving, store: RecordStore): void {
  const { object, before, after } = saving;
  for (const field of object.fields) {
    const id = after[field.name] ?? null;
    if (field.type !== 'reference' || id === null || id === (before?.[field.name] ?? null)) continue;
    if (field.referenceTo.includes('RecordType')) {
      if (!object.recordTypes.some((recordType) => recordType.id === id))
        throw invalidReference([field.name]);
      continue;
    }
    if (field.referenceTo.length === 0) continue;
    const parent = store.get(id);
    if (parent === null) throw invalidReference([field.name]);
    if (parent['IsDeleted'] === true) throw isDeleted();
  }
}

export function checkValidations({ object, before, after, context }: Saving, rules: Rules): void {
  const broken = rules
    .validationsOf(object.name, context.actor.userId)
    .find((rule) => rule.refuses(after, before));
  if (broken === undefined) return;
  const fields = broken.field === undefined ? [] : [broken.field];
  throw new SalesforceError('FIELD_CUSTOM_VALIDATION_EXCEPTION', broken.message, { fields });
}

export function checkUnique({ object, before, after }: Saving, store: RecordStore): void {
  for (const field of object.fields) {
    const value = after[field.name] ?? null;
    if (!field.unique || value === null || value === (before?.[field.name] ?? null)) continue;
    const other = [...store.find(object, field, value)].find((id) => id !== after['Id']);
    if (other === undefined) continue;
    const message = `duplicate value found: ${field.name} duplicates value on record with id: ${other}`;
    throw new SalesforceError('DUPLICATE_VALUE', message, { fields: [] });
  }
}

/** Duplicate rules look at all records of the object, so an org with rules and very many records is slow here. */
export function checkDuplicates(saving: Saving, store: RecordStore, rules: Rules): void {
  const { object, before, after, context } = saving;
  for (const rule of rules.duplicatesOf(object.name, before === null ? 'create' : 'update')) {
    const isNews = before === null || rule.fields.some((name) => after[name] !== before[name]);
    if (!isNews || (rule.action === 'alert' && context.allowDuplicates)) continue;
    // An alert asks a person, who has seen it at the screen; a block stops everybody.
    if (rule.action === 'alert' && context.actor.kind === 'person') continue;
    const key = duplicateKey(rule, object, after);
    if (key === null) continue;
    const matches = [...store.all(object.name)].filter(
      (other) =>
        other['IsDeleted'] !== true &&
        other['Id'] !== after['Id'] &&
        duplicateKey(rule, object, other) === key,
    );
    if (matches.length > 0) throw duplicatesDetected(rule, object, matches);
  }
}

function duplicateKey(rule: DuplicateRule, object: SObject, record: SfRecord): string | null {
  const parts = rule.fields.map((name) => {
    const field = object.fields.find((candidate) => candidate.name === name);
    const value = field?.formula == null ? record[name] : field.formula(record, () => null);
    return field === undefined || textOf(value) === ''
      ? null
      : comparable({ ...field, caseSensitive: false }, value ?? null);
  });
  return parts.includes(null) ? null : JSON.stringify(parts);
}

function duplicatesDetected(
  rule: DuplicateRule,
  object: SObject,
  matches: readonly SfRecord[],
): SalesforceError {
  const errorMessage = 'Use one of these records?';
  const matchRecords = matches.map((match) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record: {
      attributes: { type: object.name, url: `/services/data/v60.0/sobjects/${object.name}/${idOf(match)}` },
      Id: idOf(match),
    },
  }));
  const duplicateResult = {
    allowSave: rule.action === 'alert',
    duplicateRule: rule.name,
    duplicateRuleEntityType: object.name,
    errorMessage,
    matchResults: [
      {
        entityType: object.name,
        errors: [],
        matchEngine: 'ExactMatchEngine',
        matchRecords,
        rule: `${rule.name}_Match`,
        size: matches.length,
        success: true,
      },
    ],
  };
  return new SalesforceError('DUPLICATES_DETECTED', errorMessage, { details: { duplicateResult } });
}
