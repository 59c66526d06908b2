/** The CSV of bulk jobs: an empty cell says nothing, `#N/A` says "empty". */
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

import type { Input } from './input.ts';

export type LineEnding = 'LF' | 'CRLF';

export interface CsvFormat {
  readonly columnDelimiter: string;
  readonly lineEnding: LineEnding;
}

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const DELIMITERS: ReadonlyMap<string, string> = new Map([
  ['COMMA', ','],
  ['TAB', '\t'],
  ['SEMICOLON', ';'],
  ['PIPE', '|'],
  ['CARET', '^'],
  ['BACKQUOTE', '`'],
]);
const NULL_CELL = '#N/A';

export function isDelimiter(name: string): boolean {
  return DELIMITERS.has(name);
}

/** The table, or the text of the failure that ends the whole job. */
export function parseTable(csv: string, format: CsvFormat): CsvTable | string {
  const firstLine = csv.slice(0, csv.indexOf('\n') + 1);
  if (firstLine !== '' && firstLine.endsWith('\r\n') !== (format.lineEnding === 'CRLF')) {
    return `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${format.lineEnding}`;
  }
  try {
    const [header = [], ...rows] = parse(csv, {
      bom: true,
      delimiter: DELIMITERS.get(format.columnDelimiter) ?? ',',
      record_delimiter: format.lineEnding === 'CRLF' ? '\r\n' : '\n',
      skip_empty_lines: true,
    });
    return { header, rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return `InvalidBatch : Failed to parse CSV: ${error.message}`;
  }
}

export function printTable(table: CsvTable, format: CsvFormat): string {
  return stringify(
    [table.header, ...table.rows].map((row) => [...row]),
    {
      quoted: true,
      delimiter: DELIMITERS.get(format.columnDelimiter) ?? ',',
      record_delimiter: format.lineEnding === 'CRLF' ? '\r\n' : '\n',
    },
  );
}

/** One row as a request would give the record. A header `Account.ERP_Key__c` names a parent by its key. */
export function inputOf(header: readonly string[], row: readonly string[]): Input {
  const input: Record<string, unknown> = {};
  for (const [index, name] of header.entries()) {
    const cell = row[index] ?? '';
    if (cell === '') continue;
    const value = cell === NULL_CELL ? null : cell;
    const [relationship = '', key] = name.split('.');
    if (key === undefined) input[name] = value;
    else input[relationship] = { [key]: value };
  }
  return input;
}
