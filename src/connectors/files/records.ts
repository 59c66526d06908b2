/** From rows to records: identity, duplicates, versions. */
import { hash } from 'node:crypto';

import type { SystemRecord, UnreadableRecord } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { canonicalJson } from '../../lib/json.ts';
import { createTypeObserver } from './column-types.ts';
import { failureOf } from './failures.ts';
import type { Fields, ReadableRow, Row, Shape, Table } from './table.ts';

/** What one pass over a table finds out, before anything is said about a single record. */
export interface Survey extends Shape {
  readonly columns: readonly string[];
  /** Record id → the line it stands on. */
  readonly lineOf: ReadonlyMap<string, number>;
  /** Ids that stand on several lines, with all of them. */
  readonly duplicates: ReadonlyMap<string, readonly number[]>;
  /** The lines of rows that may be any record: their id cannot be told. */
  readonly unknownLines: ReadonlySet<number>;
  /** The rows of the records that were asked for; none for an id that stands on several. */
  readonly wanted: ReadonlyMap<string, ReadableRow>;
}

/** Lets others run between two chunks of rows; false when the caller has given up. */
export type Breathe = () => Promise<boolean>;

const LINES_NAMED_MAX = 10;

/** Null when the caller gave up. */
export async function surveyTable(
  table: Table,
  idColumn: string,
  wantedIds: ReadonlySet<string>,
  breathe: Breathe,
): Promise<Survey | null> {
  const wanted = new Map<string, ReadableRow>();
  const lineOf = new Map<string, number>();
  const duplicates = new Map<string, number[]>();
  const observer = createTypeObserver();
  const unknownLines = new Set<number>();
  let lastRow: ReadableRow | null = null;
  for (const rows of table.rows()) {
    for (const row of rows) {
      if (row.kind === 'readable') lastRow = row;
      if (table.typed && row.kind === 'readable') observer.observe(row.fields);
      const id = row.kind === 'readable' ? idOf(row.fields, idColumn) : null;
      if (id === null || row.kind !== 'readable') {
        unknownLines.add(row.line);
        continue;
      }
      noteLine(id, row.line, lineOf, duplicates);
      if (wantedIds.has(id)) wanted.set(id, row);
    }
    if (!(await breathe())) return null;
  }
  for (const id of duplicates.keys()) wanted.delete(id);
  const types = observer.types();
  const columns = table.header ?? [...new Set([idColumn, ...types.keys()])];
  return { columns, types, lineOf, duplicates, unknownLines, wanted, lastRow };
}

/** What stands for the id of a row whose id cannot be told. */
export function placeAt(line: number): string {
  return `row ${String(line)}`;
}

/** The line of a place; null for what is no place. */
export function lineOfPlace(id: string): number | null {
  const line = /^row (\d{1,9})$/.exec(id)?.[1];
  return line === undefined ? null : Number(line);
}

/** A row that has been mended, or is gone: no record, unless the file's own ids look like places. */
export function isMendedPlace(id: string, { unknownLines, lineOf }: Survey): boolean {
  const line = lineOfPlace(id);
  if (line === null || unknownLines.has(line)) return false;
  for (const own of lineOf.keys()) if (lineOfPlace(own) !== null) return false;
  return true;
}

export type Reading =
  | { readonly kind: 'record'; readonly id: string; readonly row: ReadableRow }
  | { readonly kind: 'unreadable'; readonly unreadable: UnreadableRecord };

export function readRow(row: Row, survey: Survey, idColumn: string): Reading {
  const place = placeAt(row.line);
  if (row.kind === 'broken') return { kind: 'unreadable', unreadable: { id: place, failure: row.failure } };
  const id = idOf(row.fields, idColumn);
  if (id === null) {
    const failure = failureOf('invalid', 'missing_id', `${place} has no value in column ${idColumn}`, {
      field: idColumn,
      advice: 'Give the record an id that no other row has, or delete the row.',
    });
    return { kind: 'unreadable', unreadable: { id: place, failure } };
  }
  const failure = duplicateFailure(survey, id, idColumn);
  return failure === null ? { kind: 'record', id, row } : { kind: 'unreadable', unreadable: { id, failure } };
}

/** Null unless several rows claim the id. Which of them is meant is not for us to say, so none is read. */
export function duplicateFailure(survey: Survey, id: string, idColumn: string): Failure | null {
  const lines = survey.duplicates.get(id);
  if (lines === undefined) return null;
  const named = lines.slice(0, LINES_NAMED_MAX).map(String).join(', ');
  const more = lines.length > LINES_NAMED_MAX ? ` and ${String(lines.length - LINES_NAMED_MAX)} more` : '';
  return failureOf('invalid', 'duplicate_id', `rows ${named}${more} have the same ${idColumn}`, {
    field: idColumn,
    advice: 'Keep one of these rows, or give each an id of its own.',
  });
}

export function recordOf(id: string, row: ReadableRow, fields: readonly string[]): SystemRecord {
  const asked = new Map<string, NativeValue>();
  for (const name of fields) {
    const value = row.fields.get(name);
    if (value !== undefined) asked.set(name, value);
  }
  return { id, version: versionOf(row.fields), fields: asked };
}

/** While a row cannot be read, any record that is not found may be the one in it: nothing is called absent. */
export function unreadableRows(file: string, count: number): Failure {
  const rows = count === 1 ? 'one of its rows' : `${String(count)} of its rows`;
  return failureOf(
    'invalid',
    'unreadable_rows',
    `the record is not found in ${file}, but ${rows} cannot be read`,
    {
      advice: `Repair the unreadable rows of ${file}; the record may be in one of them.`,
    },
  );
}

/** A digest of the whole record: equal content, equal version, wherever the row stands and however it is quoted. */
export function versionOf(fields: Fields): string {
  const members = [...fields].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return hash('sha256', canonicalJson(members), 'base64url').slice(0, 22);
}

export function idOf(fields: Fields, idColumn: string): string | null {
  const value = fields.get(idColumn);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function noteLine(
  id: string,
  line: number,
  lineOf: Map<string, number>,
  duplicates: Map<string, number[]>,
): void {
  const first = lineOf.get(id);
  if (first === undefined) {
    lineOf.set(id, line);
    return;
  }
  const lines = duplicates.get(id) ?? [first];
  lines.push(line);
  duplicates.set(id, lines);
}
