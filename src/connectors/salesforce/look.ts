/** Looks records up by id, and tells a record that is gone, or lives on in another, from one that is kept from us. */
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
  const missing = new Set(asked.filter((id) => !found.has(id.slice(0, SHORT))));
  const gone = await deletedAmong(api, selection, [...missing], viewAll);
  return ids.map((id): Lookup => {
    const short = id.slice(0, SHORT);
    const record = found.get(short);
    if (record !== undefined && isId(id)) return { kind: 'found', record };
    const mergedInto = gone.get(short) ?? '';
    if (mergedInto !== '') return { kind: 'absent', id, mergedInto };
    const isGone = viewAll || !missing.has(id) || gone.has(short);
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

/**
 * Which of the missing Salesforce itself says were deleted, for they are in its bin or in its log of deletes; each with the record
 * that it was merged into, empty where it was none. Whoever sees everything needs no word for what is gone, only for what was merged.
 */
async function deletedAmong(
  api: SalesforceApi,
  { object }: Selection,
  ids: readonly string[],
  viewAll: boolean,
): Promise<ReadonlyMap<string, string>> {
  const gone = new Map<string, string>();
  const isMergeable = object.fields.has('MasterRecordId');
  if (ids.length === 0 || !object.fields.has('IsDeleted') || (viewAll && !isMergeable)) return gone;
  const columns = isMergeable ? 'Id, MasterRecordId' : 'Id';
  const soql = `SELECT ${columns} FROM ${object.name} WHERE IsDeleted = true AND Id IN `;
  for (const part of literalParts(ids.map(quoted), soql, GET_BATCH_MAX)) {
    const { rows } = await api.query(
      `${soql}(${part.join(', ')}) LIMIT ${String(GET_BATCH_MAX)}`,
      LOOK,
      true,
    );
    for (const row of rows) gone.set(textOf(row['Id']).slice(0, SHORT), textOf(row['MasterRecordId']));
  }
  const isAll = viewAll || ids.every((id) => gone.has(id.slice(0, SHORT)));
  if (isAll || !object.replicateable) return gone;
  const log = await deletedSince(api, object.name, api.clock.nowMs() - BIN_MS, LOOK);
  for (const id of log.ids) if (!gone.has(id.slice(0, SHORT))) gone.set(id.slice(0, SHORT), '');
  return gone;
}
