/** A row of an answer as a record of the contract. */
import { createHash } from 'node:crypto';

import type { SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { canonicalJson, type Json, type JsonObject } from '../../lib/json.ts';
import type { SalesforceField } from './object.ts';
import { decoded } from './values.ts';
import { isObject, textOf } from './wire.ts';

const DIGEST_LENGTH = 22;

/** Fields that every read asks for beside the wanted ones. */
export const OWN_FIELDS = ['Id', 'SystemModstamp', 'LastModifiedDate', 'LastModifiedById'] as const;

/** The names to ask for: ours and the wanted, each once. */
export function columnsOf(
  known: ReadonlyMap<string, unknown>,
  fields: readonly SalesforceField[],
): readonly string[] {
  const own = OWN_FIELDS.filter((name) => known.has(name));
  return [...new Set([...own, ...fields.map(({ name }) => name)])];
}

export function recordOf(row: JsonObject, fields: readonly SalesforceField[]): SystemRecord {
  return recordFrom((name) => cell(row, name), fields);
}

/** The same, whatever the row is: `valueOf` gives what REST would, by the name of the column. */
export function recordFrom(
  valueOf: (name: string) => Json,
  fields: readonly SalesforceField[],
): SystemRecord {
  const values = new Map<string, NativeValue>(
    fields.map((field) => [field.name, decoded(field, valueOf(field.name))]),
  );
  const modifiedAtMs = Date.parse(zoned(textOf(valueOf('LastModifiedDate'))));
  return {
    id: textOf(valueOf('Id')),
    version: versionOf(textOf(valueOf('SystemModstamp')), values),
    fields: values,
    ...(Number.isNaN(modifiedAtMs) ? {} : { modifiedAtMs }),
  };
}

/**
 * SystemModstamp counts seconds, so by itself it would call two edits within one second the same. The digest of the values
 * that were asked for tells them apart, and also sees formulas, whose change moves no stamp.
 */
function versionOf(stamp: string, values: ReadonlyMap<string, NativeValue>): string {
  const content = Object.fromEntries([...values].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  const digest = createHash('sha256')
    .update(canonicalJson(content))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH);
  return `${stamp}~${digest}`;
}

/** The value at the end of a path such as `Account.ERP_Key__c`; null where a parent on the way is missing. */
function cell(row: JsonObject, name: string): Json {
  let inside: Json = row;
  for (const step of name.split('.')) inside = isObject(inside) ? (inside[step] ?? null) : null;
  return inside;
}

/** `2026-01-31T09:00:00.000+0000` with the colon that ISO 8601 wants. */
export function zoned(stamp: string): string {
  return stamp.replace(/\+0000$/, 'Z');
}
