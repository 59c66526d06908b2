/** Reads what was written: what Salesforce made of the values, and the version that readers will meet. */
import type { SystemRecord } from '../../connector/contract.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { SalesforceApi } from './api.ts';
import { GET_BATCH_MAX } from './describe.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { columnsOf, recordOf } from './record.ts';
import type { Outcomes, Row } from './row.ts';
import { textOf } from './wire.ts';

const SHORT = 15;

export interface Reading {
  readonly api: SalesforceApi;
  readonly object: SalesforceObject;
  readonly readFields: readonly SalesforceField[] | null;
}

/**
 * The written records that are still as the write left them: nobody but our own user modified them since. Without readers
 * there is no version to answer, and fields of parents cannot be had by id.
 */
export async function readBack(
  { api, object, readFields }: Reading,
  outcomes: Outcomes,
): Promise<ReadonlyMap<Row, SystemRecord>> {
  const records = new Map<Row, SystemRecord>();
  const written = [...outcomes].flatMap(([row, outcome]) =>
    outcome.kind === 'done' && row.operation !== 'delete' ? [{ row, id: outcome.id }] : [],
  );
  if (readFields === null || readFields.some(({ through }) => through !== null)) return records;
  const isKnown = object.fields.has('LastModifiedById');
  if (!isKnown || written.length === 0) return records;
  const columns = columnsOf(object.fields, readFields);
  try {
    for (let start = 0; start < written.length; start += GET_BATCH_MAX) {
      const part = written.slice(start, start + GET_BATCH_MAX);
      const ids = part.map(({ id }) => id);
      const rows = await api.retrieve(object.name, ids, columns, { purpose: 'delivery' });
      for (const [index, { row }] of part.entries()) {
        const found = rows[index] ?? null;
        if (found !== null && isOurs(api, found)) records.set(row, recordOf(found, readFields));
      }
    }
  } catch (error) {
    // The writes stand; without a version they are read again.
    failureFrom(error);
  }
  return records;
}

function isOurs(api: SalesforceApi, found: JsonObject): boolean {
  const { userId } = api.account;
  return userId !== '' && textOf(found['LastModifiedById']).slice(0, SHORT) === userId.slice(0, SHORT);
}
