/** Looks records up by id, and tells a record that is gone from one that is kept from us. */
import type { Lookup, SystemRecord } from '../../connector/contract.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { deletedSince } from './deleted.ts';
import { GET_BATCH_MAX } from './describe.ts';
import { selectRows, type Selection } from './read.ts';
import { columnsOf, recordOf } from './record.ts';
import { isId, literalParts, quoted } from './soql.ts';
import { textOf } from './wire.ts';

const SHORT = 15;
const LOOK: Asking = { purpose: 'delivery' };
/** As far back as Salesforce tells of deleted records. */
const BIN_MS = 14 * 86_400_000;

/** One lookup per id, in order. Ids may come in their short form. */
export async function lookUp(
  api: SalesforceApi,
  selection: Selection,
  ids: readonly string[],
  viewAll: boolean,
): Promise<readonly Lookup[]> {
  const { keyPrefix } = selection.object;
  const asked = [...new Set(ids.filter((id) => isId(id) && id.startsWith(keyPrefix)))];
  const found = new Map<string, SystemRecord>();
  for (let start = 0; start < asked.length; start += GET_BATCH_MAX) {
    for (const row of await rowsOf(api, selection, asked.slice(start, start + GET_BATCH_MAX))) {
      const record = recordOf(row, selection.fields);
      found.set(record.id.slice(0, SHORT), record);
    }
  }
  const missing = asked.filter((id) => !found.has(id.slice(0, SHORT)));
  const gone = missing.length === 0 || viewAll ? null : await deletedAmong(api, selection, missing);
  return ids.map((id): Lookup => {
    const record = found.get(id.slice(0, SHORT));
    if (record !== undefined && isId(id)) return { kind: 'found', record };
    const isGone = gone === null || !missing.includes(id) || gone.has(id.slice(0, SHORT));
    return { kind: isGone ? 'absent' : 'hidden', id };
  });
}

/** Fields of parents can only be queried; everything else comes by id, 2,000 at a time. */
async function rowsOf(
  api: SalesforceApi,
  selection: Selection,
  ids: readonly string[],
): Promise<readonly JsonObject[]> {
  const { object, fields } = selection;
  if (!fields.some(({ through }) => through !== null)) {
    const rows = await api.retrieve(object.name, ids, columnsOf(object.fields, fields), LOOK);
    return rows.filter((row) => row !== null);
  }
  const select = columnsOf(object.fields, fields).join(', ');
  const rows: JsonObject[] = [];
  for (const part of literalParts(ids.map(quoted), select, GET_BATCH_MAX)) {
    const rest = ` WHERE Id IN (${part.join(', ')}) LIMIT ${String(GET_BATCH_MAX)}`;
    rows.push(...(await selectRows(api, selection, rest, LOOK)).rows);
  }
  return rows;
}

/** Which of the missing Salesforce itself says were deleted: they are in its bin, or in its log of deletes. */
async function deletedAmong(
  api: SalesforceApi,
  { object }: Selection,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>();
  if (!object.fields.has('IsDeleted')) return gone;
  const soql = `SELECT Id FROM ${object.name} WHERE IsDeleted = true AND Id IN `;
  for (const part of literalParts(ids.map(quoted), soql, GET_BATCH_MAX)) {
    const { rows } = await api.query(
      `${soql}(${part.join(', ')}) LIMIT ${String(GET_BATCH_MAX)}`,
      LOOK,
      true,
    );
    for (const row of rows) gone.add(textOf(row['Id']).slice(0, SHORT));
  }
  if (ids.every((id) => gone.has(id.slice(0, SHORT))) || !object.replicateable) return gone;
  const log = await deletedSince(api, object.name, api.clock.nowMs() - BIN_MS, LOOK);
  for (const id of log.ids) gone.add(id.slice(0, SHORT));
  return gone;
}
