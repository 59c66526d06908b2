/** Names of columns, with the parents they may lead through: `Account.Owner.Name`. */
import { SalesforceError } from './failure.ts';
import type { SfRecord, SfValue } from './record.ts';
import type { Field, SObject } from './schema.ts';
import type { Viewer } from './viewer.ts';

export interface Column {
  /** The parents on the way, by the name of the relationship as the schema spells it. */
  readonly relationships: readonly string[];
  readonly field: Field;
  readonly owner: SObject;
  /** The record that holds the field; null where a parent on the way is empty. */
  readonly holder: (record: SfRecord) => SfRecord | null;
  readonly read: (record: SfRecord) => SfValue;
}

const PARENTS_MAX = 5;

export function resolvePath(viewer: Viewer, object: SObject, path: string): Column {
  const parts = path.split('.');
  if (parts[0]?.toLowerCase() === object.name.toLowerCase() && parts.length > 1) parts.shift();
  const name = parts.pop() ?? '';
  let owner = object;
  let holder: Column['holder'] = itself;
  const relationships: string[] = [];
  for (const part of parts.slice(0, PARENTS_MAX)) {
    const step = parentOf(viewer, owner, part);
    const before = holder;
    holder = (record) => viewer.org.store.get(before(record)?.[step.field.name]);
    owner = step.object;
    relationships.push(step.field.relationshipName ?? part);
  }
  const field = viewer.field(owner, name);
  if (field === null) throw noColumn(owner, name);
  return { relationships, field, owner, holder, read: readerOf(viewer, field, holder) };
}

function readerOf(viewer: Viewer, field: Field, holder: Column['holder']): Column['read'] {
  return (record) => {
    const held = holder(record);
    return held === null ? null : viewer.org.valueOf(field, held);
  };
}

function parentOf(
  viewer: Viewer,
  object: SObject,
  name: string,
): { readonly field: Field; readonly object: SObject } {
  const wanted = name.toLowerCase();
  const field = viewer
    .fields(object)
    .find(({ relationshipName }) => relationshipName?.toLowerCase() === wanted);
  const parent = field?.referenceTo[0] === undefined ? null : viewer.object(field.referenceTo[0]);
  if (field !== undefined && parent !== null) return { field, object: parent };
  const message = `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`;
  throw new SalesforceError('INVALID_FIELD', message);
}

function noColumn(object: SObject, name: string): SalesforceError {
  const message = `No such column '${name}' on entity '${object.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`;
  return new SalesforceError('INVALID_FIELD', message);
}

function itself(record: SfRecord): SfRecord {
  return record;
}
