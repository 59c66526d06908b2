/**
 * Creates whose key is taken. An upsert would write over whatever record has the key, seen or not; so creates are inserts,
 * the unique key makes them idempotent, and a refusal is looked into: our own earlier try, or somebody else's record.
 */
import type { SystemRecord } from '../../connector/contract.ts';
import type { Json } from '../../lib/json.ts';
import type { SalesforceApi } from './api.ts';
import { failureOf } from './failures.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { findByValue } from './read.ts';
import type { Outcome, Outcomes, Row } from './row.ts';
import { encoded } from './values.ts';
import { spelled } from './wire.ts';

const DUPLICATE = 'salesforce.duplicate_value';
const RECORDS_PER_KEY_MAX = 2;

/** What refused inserts with a key turn out to be: done already, or in the way of a record that must be read first. */
export async function withoutTaken(
  api: SalesforceApi,
  object: SalesforceObject,
  outcomes: Outcomes,
): Promise<Outcomes> {
  const refused = [...outcomes].flatMap(([row, outcome]) => {
    const isTaken =
      outcome.kind === 'failed' && outcome.failure.code === DUPLICATE && row.operation === 'insert';
    return isTaken && row.key !== null ? [{ row, field: row.key[0], key: row.key[1] }] : [];
  });
  const settled = new Map<Row, Outcome>();
  for (const field of new Set(refused.map((one) => one.field))) {
    const rows = refused.filter((one) => one.field === field);
    const fields = [...new Set([field, ...rows.flatMap(({ row }) => row.values.map(([one]) => one))])];
    const keys = rows.map(({ key }) => key);
    const found = await findByValue(api, { object, fields }, field, keys, keys.length * RECORDS_PER_KEY_MAX);
    for (const { row, key } of rows) {
      const record = found.find(({ fields: values }) => sameKey(values.get(field.name) ?? null, key));
      // Another of its fields is unique as well, and that is what is taken.
      if (record !== undefined) settled.set(row, ruling(row, record, field));
    }
  }
  return settled;
}

function ruling(row: Row, record: SystemRecord, { name }: SalesforceField): Outcome {
  const isOurs = row.values.every(([field, value]) =>
    isSame(encoded(field, record.fields.get(field.name) ?? null), value),
  );
  if (isOurs) return { kind: 'done', id: record.id };
  const message = `A record that has the same ${name} is there already and holds other values.`;
  return { kind: 'failed', failure: failureOf('key_taken', message, name) };
}

/** As Salesforce keeps a value: without blanks at the ends, with line breaks as LF. */
function isSame(left: Json, right: Json): boolean {
  const [one, other] = [left, right].map((value) => spelled(value).trim().replaceAll('\r\n', '\n'));
  return one === other;
}

/** Salesforce compares keys without regard to case. */
function sameKey(left: Json, right: Json): boolean {
  return spelled(left).toLowerCase() === spelled(right).toLowerCase();
}
