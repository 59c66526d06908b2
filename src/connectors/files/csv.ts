/** CSV as a table. Cells are text; an empty cell, quoted or not, is null, because CSV has no other way to say it. */
import { stringify } from 'csv-stringify/sync';

import type { NativeValue } from '../../engine/value.ts';
import { detectDialect, type Dialect } from './csv-dialect.ts';
import { readCells, readCsvRows, type CsvFile } from './csv-rows.ts';
import { failureOf } from './failures.ts';
import { runsAsFormula } from './formula.ts';
import type { Delimiter, FilesSettings } from './settings.ts';
import { splice } from './splice.ts';
import type { Edit, Fields, ReadableRow, Settled, Shape, Table } from './table.ts';

export function openCsv(
  file: string,
  bytes: Buffer,
  settings: FilesSettings,
  delimiter: Delimiter | 'auto' = settings.delimiter,
): Table {
  const dialect = detectDialect(file, bytes, delimiter, settings.idColumn);
  const csv: CsvFile = { file, bytes, dialect };
  return {
    file,
    header: dialect.columns,
    typed: false,
    losses: [],
    rows: () => readCsvRows(csv),
    settle: (column, value) => settleText(column, value, settings.spreadsheetSafe),
    render: async (edits, shape) =>
      splice(bytes, edits, dialect.lineEnd, (edit) => renderRow(csv, edit, shape)),
  };
}

function settleText(column: string, value: NativeValue, spreadsheetSafe: boolean): Settled {
  if (value === null || value === '') return { kind: 'value', value: null };
  if (typeof value === 'object') {
    return refused(
      column,
      'not_text',
      'a CSV cell holds text, not a list or a structure',
      'Map the field to text.',
    );
  }
  const text = String(value);
  if (!text.isWellFormed()) {
    return refused(
      column,
      'not_utf8',
      'the text cannot be written as UTF-8',
      'Remove the broken characters.',
    );
  }
  if (spreadsheetSafe && runsAsFormula(text)) {
    return refused(
      column,
      'formula',
      'a spreadsheet would run the text as a formula',
      'Correct the value where it comes from, or turn the setting spreadsheet_safe off.',
    );
  }
  return { kind: 'value', value: text };
}

function refused(column: string, code: string, reason: string, advice: string): Settled {
  return {
    kind: 'refused',
    failure: failureOf('invalid', code, `${column}: ${reason}`, { field: column, advice }),
  };
}

type WrittenEdit = Exclude<Edit, { readonly kind: 'remove' }>;

function renderRow(csv: CsvFile, edit: WrittenEdit, shape: Shape): Buffer {
  const { dialect } = csv;
  const isNew = edit.kind === 'append';
  const pattern = isNew ? patternCells(csv, shape.lastRow) : cellsOf(csv, edit.row);
  const before = isNew ? null : edit.row.fields;
  const cells = dialect.names.map((name, index) => {
    const kept = isNew ? '' : (pattern[index]?.text ?? '');
    return name !== '' && isChanged(before, edit.fields, name) ? textOf(edit.fields.get(name)) : kept;
  });
  return Buffer.from(
    writeRow(
      cells,
      pattern.map(({ quoted }) => quoted),
      dialect,
    ),
  );
}

function isChanged(before: Fields | null, after: Fields, name: string): boolean {
  return before === null || before.get(name) !== after.get(name);
}

function textOf(value: NativeValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function cellsOf(csv: CsvFile, row: ReadableRow): ReturnType<typeof readCells> {
  return readCells(csv.bytes.subarray(row.span.start, row.span.end), csv.dialect);
}

/** New rows are quoted like the last row, column by column; in a file without rows, like the header. */
function patternCells(csv: CsvFile, lastRow: ReadableRow | null): ReturnType<typeof readCells> {
  const { start, end } = lastRow?.span ?? csv.dialect.headerSpan;
  return readCells(csv.bytes.subarray(start, end), csv.dialect);
}

function writeRow(cells: readonly string[], quoted: readonly boolean[], dialect: Dialect): string {
  return stringify([cells], {
    delimiter: dialect.delimiter,
    record_delimiter: dialect.lineEnd,
    quote_record_delimiter: true,
    eof: false,
    cast: {
      string: (value, context) => {
        const wasQuoted = quoted[context.index] === true;
        return { value, quoted: wasQuoted, quoted_empty: wasQuoted };
      },
    },
  });
}
