/** From what a request says about a record to the values of its fields: names checked, permissions checked, values normalised. */
import type { Access } from './access.ts';
import { invalidReference, noSuchColumn, SalesforceError } from './failure.ts';
import type { Actor } from './log.ts';
import { normalise } from './normalise.ts';
import type { SfRecord, SfValue } from './record.ts';
import type { Field, Schema, SObject } from './schema.ts';
import { isLookedUpBy, type RecordStore } from './store.ts';

/** A record as a request gives it. */
export type Input = Readonly<Record<string, unknown>>;

export interface InputRules {
  readonly schema: Schema;
  readonly store: RecordStore;
  readonly access: Access;
}

/** The fields that the input names, in stored form. A parent may be named by one of its external ids. */
export function valuesOf(
  rules: InputRules,
  object: SObject,
  input: Input,
  operation: 'create' | 'update',
  actor: Actor,
): SfRecord {
  const values: Record<string, SfValue> = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (name === 'attributes') continue;
    const field = rules.schema.field(object.name, name);
    const parent = field === null ? parentField(object, name) : null;
    if (parent !== null && typeof value === 'object' && value !== null) {
      values[parent.name] = parentByKey(rules, parent, value);
      continue;
    }
    if (field === null || !isVisible(rules, object, field, actor)) throw noSuchColumn(object.name, name);
    if (!isWritable(rules, object, field, operation, actor)) refused.push(field.name);
    else values[field.name] = normalise(field, value);
  }
  if (refused.length > 0) throw notWritable(refused);
  return values;
}

/** Whether the user may know of the field. */
export function isVisible(
  rules: Pick<InputRules, 'access'>,
  object: SObject,
  field: Field,
  actor: Actor,
): boolean {
  return actor.kind !== 'integration' || rules.access.field(object.name, field.name) !== 'none';
}

function isWritable(
  rules: InputRules,
  object: SObject,
  field: Field,
  operation: 'create' | 'update',
  actor: Actor,
): boolean {
  const allowed = operation === 'create' ? field.createable : field.updateable;
  return allowed && (actor.kind !== 'integration' || rules.access.field(object.name, field.name) === 'edit');
}

function notWritable(fields: readonly string[]): SalesforceError {
  const message = `Unable to create/update fields: ${fields.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
  return new SalesforceError('INVALID_FIELD_FOR_INSERT_UPDATE', message, { fields });
}

function parentField(object: SObject, relationship: string): Field | null {
  const wanted = relationship.toLowerCase();
  return object.fields.find(({ relationshipName }) => relationshipName?.toLowerCase() === wanted) ?? null;
}

function parentByKey(rules: InputRules, field: Field, key: object): string {
  const [name, value] = Object.entries(key).find(([member]) => member !== 'attributes') ?? [];
  for (const target of field.referenceTo) {
    const object = rules.schema.object(target);
    const keyField = object === null || name === undefined ? null : rules.schema.field(target, name);
    if (object === null || keyField === null || !isLookedUpBy(keyField)) continue;
    const found = [...rules.store.find(object, keyField, normalise(keyField, value))];
    if (found[0] !== undefined && found.length === 1) return found[0];
    const message = `Foreign key external ID: ${String(value).toLowerCase()} not found for field ${keyField.name} in entity ${object.name}`;
    throw new SalesforceError('INVALID_FIELD', message, { fields: [] });
  }
  throw invalidReference([field.name]);
}
