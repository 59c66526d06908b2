/** Reads records: page by page in the order of ids, and by value. */
import type { SnapshotPage, SnapshotRequest, SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Asking, Rows, SalesforceApi } from './api.ts';
import { GET_BATCH_MAX } from './describe.ts';
import { refuse } from './failures.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { columnsOf, recordOf } from './record.ts';
import { fits, isId, literalOf, literalParts, quoted } from './soql.ts';
import { isObject, textOf } from './wire.ts';

/** What is read, and what of it. */
export interface Selection {
  readonly object: SalesforceObject;
  readonly fields: readonly SalesforceField[];
}

/** Keyset by id: a place that no locator can lose. */
export async function* readAll(
  api: SalesforceApi,
  selection: Selection,
  { resume, pageRecordsMax, signal }: SnapshotRequest,
): AsyncGenerator<SnapshotPage> {
  const limit = Math.max(1, Math.min(pageRecordsMax, GET_BATCH_MAX));
  let afterId = resumeId(resume);
  while (!signal.aborted) {
    const where = afterId === '' ? '' : ` WHERE Id > ${quoted(afterId)}`;
    const rest = `${where} ORDER BY Id LIMIT ${String(limit)}`;
    const { rows } = await selectRows(api, selection, rest, { purpose: 'sweep', signal });
    const records = rows.map((row) => recordOf(row, selection.fields));
    afterId = records.at(-1)?.id ?? afterId;
    const complete = rows.length < limit;
    yield { records, unreadable: [], resume: { afterId }, complete };
    if (complete) return;
  }
}

function resumeId(resume: Json): string {
  if (resume === null) return '';
  const afterId = isObject(resume) ? resume['afterId'] : undefined;
  if (typeof afterId === 'string' && (afterId === '' || isId(afterId))) return afterId;
  throw refuse('cursor_expired', 'The place to go on from is not one of this connector.');
}

/** The rows of a query; `rest` is what follows FROM. With too many fields for an address, ids first and then the records. */
export async function selectRows(
  api: SalesforceApi,
  { object, fields }: Selection,
  rest: string,
  asking: Asking,
  more: { readonly deletedToo?: boolean; readonly columns?: readonly string[] } = {},
): Promise<Rows> {
  const { deletedToo = false, columns = [] } = more;
  const all = [...new Set([...columnsOf(object.fields, fields), ...columns])];
  const soql = `SELECT ${all.join(', ')} FROM ${object.name}${rest}`;
  if (fits(soql)) return await api.query(soql, asking, deletedToo);
  const narrow = [...columnsOf(object.fields, []), ...columns];
  const found = await api.query(`SELECT ${narrow.join(', ')} FROM ${object.name}${rest}`, asking, deletedToo);
  const ids = found.rows.map((row) => textOf(row['Id']));
  const own = all.filter((name) => !name.includes('.'));
  const whole = ids.length === 0 ? [] : await api.retrieve(object.name, ids, own, asking);
  // A deleted record keeps the little that the query said of it; one that went in between is the next poll's news.
  return { ...found, rows: found.rows.flatMap((row, index) => joined(row, whole[index] ?? null)) };
}

function joined(row: JsonObject, whole: JsonObject | null): readonly JsonObject[] {
  if (whole !== null) return [{ ...row, ...whole }];
  return row['IsDeleted'] === true ? [row] : [];
}

/** The records that hold one of the values, as Salesforce compares: without regard to case. */
export async function findByValue(
  api: SalesforceApi,
  selection: Selection,
  field: SalesforceField,
  values: readonly NativeValue[],
  recordsMax: number,
): Promise<readonly SystemRecord[]> {
  if (!field.filterable)
    throw refuse(
      'not_searchable',
      `Salesforce cannot search ${selection.object.name} by ${field.name}.`,
      field.name,
    );
  const literals = values.flatMap((value) => {
    const literal = value === null || value === '' ? null : literalOf(field, value);
    return literal === null ? [] : [literal];
  });
  const select = columnsOf(selection.object.fields, selection.fields).join(', ');
  const found = new Map<string, SystemRecord>();
  for (const part of literalParts([...new Set(literals)], fits(select) ? select : '', recordsMax)) {
    const left = Math.min(recordsMax - found.size, GET_BATCH_MAX);
    if (left <= 0) break;
    const rest = ` WHERE ${field.name} IN (${part.join(', ')}) ORDER BY Id LIMIT ${String(left)}`;
    const { rows } = await selectRows(api, selection, rest, { purpose: 'resolve' });
    for (const row of rows) found.set(textOf(row['Id']), recordOf(row, selection.fields));
  }
  return [...found.values()];
}
