/** Whole lists, and records by the value of a field. */
import type {
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
  UnreadableRecord,
} from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import type { AnswerHeaders } from '../../connector/http/request.ts';
import type { NativeValue } from '../../engine/value.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import type { Asking } from './api.ts';
import { idOf, rowOf, type Row } from './collection.ts';
import type { FindShape, ListShape } from './description/lists.ts';
import { failureOf, refuse } from './failures.ts';
import { namesOf } from './names.ts';
import { lookUp, type Look } from './single.ts';
import { isResumable, walk, type ListSource, type Position, type Sheet, type Walk } from './walk.ts';

/** A list as the description says it. */
export function sourceOf(
  list: Pick<ListShape, 'path' | 'method' | 'query' | 'headers' | 'body' | 'records' | 'pages'>,
): ListSource {
  return { request: list, records: list.records, pages: list.pages };
}

/** How to walk a list for this look. */
export function walkOf(look: Look, what: string, recordsMax: number): Omit<Walk, 'start'> {
  const { collection, fields, purpose, signal } = look;
  const asking: Asking = { operation: `${collection.name}.${what}`, effect: 'read', purpose, signal };
  return { asking, names: namesOf(fields, {}), recordsMax, idOf: (row) => idOf(collection, row) };
}

/** The rows of a page, read one by one where the list does not hold whole records. */
export async function rowsOf(
  look: Look,
  { rows, headers }: { readonly rows: readonly Json[]; readonly headers: AnswerHeaders },
  byId: boolean,
): Promise<readonly Row[]> {
  const { collection, fields } = look;
  const read = rows.map((row, index) => rowOf(collection, row, headers, fields, `row ${String(index + 1)}`));
  if (!byId) return read;
  const ids = read.flatMap((row) => (row.kind === 'record' ? [row.record.id] : []));
  const whole = new Map((await lookUp(look, ids)).map((lookup, index) => [ids[index], lookup]));
  return read.flatMap((row): readonly Row[] => {
    const lookup = row.kind === 'record' ? whole.get(row.record.id) : undefined;
    if (lookup === undefined) return [row];
    if (lookup.kind === 'found') return [{ kind: 'record', record: lookup.record }];
    if (lookup.kind === 'absent') return [{ kind: 'deleted', id: lookup.id }];
    const failure =
      lookup.kind === 'failed'
        ? lookup.failure
        : failureOf('record_unreadable', `A record of ${collection.name} is listed and cannot be read.`);
    // A system that answers nobody now would make every record unreadable: that is for the whole read to fail by.
    if (['transient', 'rateLimited', 'auth', 'config'].includes(failure.kind) && lookup.kind === 'failed')
      throw new ConnectorFailure(failure);
    return [{ kind: 'unreadable', unreadable: { id: lookup.id, failure } }];
  });
}

/** Every page of the collection, none larger than was asked for. */
export async function* readAll(
  look: Look,
  { resume, pageRecordsMax }: SnapshotRequest,
): AsyncGenerator<SnapshotPage> {
  const { list } = look.collection.shape;
  const resumable = isResumable(list.pages);
  const start = resumable ? positionIn(resume, look) : null;
  for await (const sheet of walk(look.api, sourceOf(list), {
    ...walkOf(look, 'list', pageRecordsMax),
    start,
  })) {
    const rows = await rowsOf(look, sheet, list.by_id === true);
    const parts = partsOf(
      rows.filter(({ kind }) => kind !== 'deleted'),
      pageRecordsMax,
    );
    for (const [index, part] of parts.entries()) {
      const isLastPart = index === parts.length - 1;
      const goOn = isLastPart ? sheet.next : sheet.at;
      yield {
        records: part.flatMap((row): readonly SystemRecord[] => (row.kind === 'record' ? [row.record] : [])),
        unreadable: part.flatMap((row): readonly UnreadableRecord[] =>
          row.kind === 'unreadable' ? [row.unreadable] : [],
        ),
        resume: resumable && goOn !== null ? { list: look.collection.name, at: goOn } : null,
        complete: isLastPart && sheet.next === null,
      };
    }
  }
}

/** The records whose field equals one of the values; what the system's search gives beyond them is left out. */
export async function findByValue(
  look: Look,
  field: string,
  values: readonly NativeValue[],
  recordsMax: number,
): Promise<readonly SystemRecord[]> {
  const find = look.collection.shape.find[field];
  if (find === undefined)
    throw refuse(
      'not_searchable',
      `The description says no way to find records of ${look.collection.name} by ${field}.`,
      field,
    );
  const found = new Map<string, SystemRecord>();
  for (const value of values) {
    if (value === null || typeof value === 'object') continue;
    for (const record of await findOne(look, find, field, value, recordsMax - found.size))
      found.set(record.id, record);
    if (found.size >= recordsMax) break;
  }
  return [...found.values()];
}

async function findOne(
  look: Look,
  find: FindShape,
  field: string,
  value: string | number | boolean,
  recordsMax: number,
): Promise<readonly SystemRecord[]> {
  const by = look.collection.fields.get(field);
  const asked = by === undefined || look.fields.includes(by) ? look.fields : [...look.fields, by];
  const isAsked = asked === look.fields;
  const how = { ...walkOf({ ...look, fields: asked }, 'find', 100), start: null };
  const sought = typeof value === 'boolean' ? String(value) : value;
  const slots = find.value === undefined ? [] : [{ slot: find.value, value: sought }];
  const names = { ...how.names, value: String(value) };
  const found: SystemRecord[] = [];
  const sheets =
    find.one === true
      ? theOne(look, find, { ...how, slots, names })
      : walk(look.api, sourceOf(find), { ...how, slots, names });
  for await (const sheet of sheets) {
    for (const row of await rowsOf({ ...look, fields: asked }, sheet, find.by_id === true)) {
      if (row.kind !== 'record' || !isSame(row.record.fields.get(field), value)) continue;
      const fields = new Map(row.record.fields);
      if (!isAsked) fields.delete(field);
      found.push({ ...row.record, fields });
      if (found.length >= recordsMax) return found;
    }
  }
  return found;
}

/** An answer that is the record itself, as a page of one; none where the system says that there is none. */
async function* theOne(
  look: Look,
  find: FindShape,
  how: Walk,
): AsyncGenerator<Pick<Sheet, 'rows' | 'headers'>> {
  const asking = { ...how.asking, expects: [404, 410] };
  const answer = await look.api.send(find, { names: how.names, slots: how.slots ?? [] }, asking);
  const row = answer.status >= 400 ? null : (valueAt(answer.content, find.records) ?? null);
  yield { rows: row === null ? [] : [row], headers: answer.headers };
}

/** Searches are wider than equality, and systems differ in whether case counts: whoever asked compares again. */
function isSame(held: NativeValue | undefined, sought: string | number | boolean): boolean {
  if (held === null || held === undefined || typeof held === 'object') return false;
  return String(held).toLowerCase() === String(sought).toLowerCase();
}

function partsOf(rows: readonly Row[], sizeMax: number): readonly (readonly Row[])[] {
  const parts: Row[][] = [];
  for (let start = 0; start < rows.length; start += sizeMax) parts.push(rows.slice(start, start + sizeMax));
  return parts.length === 0 ? [[]] : parts;
}

function positionIn(resume: Json, { collection }: Look): Position | null {
  if (
    resume === null ||
    typeof resume !== 'object' ||
    isJsonArray(resume) ||
    resume['list'] !== collection.name
  )
    return null;
  const at = resume['at'];
  return typeof at === 'string' || typeof at === 'number' ? at : null;
}
