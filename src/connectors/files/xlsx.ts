/** The first sheet of a workbook as a table. It is read by one library and written anew by another. */
import readExcelFile from 'read-excel-file/node';
import writeExcelFile from 'write-excel-file/node';

import type { NativeValue } from '../../engine/value.ts';
import { failureOf, refuse } from './failures.ts';
import { checkHeader } from './header.ts';
import {
  CHUNK_ROWS,
  type Edit,
  type Fields,
  type Row,
  type Settled,
  type Shape,
  type Table,
} from './table.ts';
import { inspectWorkbook, notAWorkbook, type Workbook } from './workbook.ts';
import { cellOf, escapedText, nativeOf, type Cell } from './xlsx-cell.ts';

interface Sheet {
  readonly file: string;
  readonly workbook: Workbook;
  readonly names: readonly string[];
  readonly grid: readonly (readonly Cell[])[];
}

const TEXT_CHARACTERS_MAX = 32_767;
export async function openXlsx(file: string, bytes: Buffer, idColumn: string): Promise<Table> {
  const workbook = inspectWorkbook(file, bytes);
  const grid = await readGrid(file, bytes);
  const names = (grid[0] ?? []).map((cell) => (cell === null ? '' : String(nativeOf(cell))));
  const sheet: Sheet = { file, workbook, names, grid };
  return {
    file,
    header: checkHeader(file, names, idColumn),
    typed: true,
    losses: workbook.losses,
    rows: () => readSheetRows(sheet),
    settle: settleCell,
    render: async (edits, shape) => [await renderWorkbook(sheet, edits, shape)],
  };
}

async function readGrid(file: string, bytes: Buffer): Promise<readonly (readonly Cell[])[]> {
  let sheets: Awaited<ReturnType<typeof readExcelFile>>;
  try {
    sheets = await readExcelFile(bytes, { trim: false });
  } catch (error) {
    throw notAWorkbook(file, error);
  }
  // The library's types call a date `typeof Date`; what it gives is a Date.
  return (sheets[0]?.data ?? []) as unknown as readonly (readonly Cell[])[];
}

function* readSheetRows(sheet: Sheet): Generator<readonly Row[]> {
  for (let from = 1; from < sheet.grid.length; from += CHUNK_ROWS) {
    const rows: Row[] = [];
    for (let index = from; index < Math.min(from + CHUNK_ROWS, sheet.grid.length); index += 1) {
      const row = readRow(sheet, index);
      if (row !== null) rows.push(row);
    }
    yield rows;
  }
}

function readRow(sheet: Sheet, index: number): Row | null {
  const line = index + 1;
  const span = { start: index, end: line };
  const broken = sheet.workbook.brokenRows.get(line);
  if (broken !== undefined) {
    const advice = 'Correct the cell, or let Excel compute and save the workbook.';
    const failure = failureOf('invalid', 'error_cell', `row ${String(line)}: ${broken}`, { advice });
    return { kind: 'broken', line, span, failure };
  }
  const cells = sheet.grid[index] ?? [];
  if (cells.every((cell) => cell === null)) return null;
  const fields = new Map<string, NativeValue>();
  for (const [column, name] of sheet.names.entries()) {
    if (name !== '') fields.set(name, nativeOf(cells[column] ?? null));
  }
  return { kind: 'readable', line, span, fields };
}

function settleCell(column: string, value: NativeValue, shape: Shape): Settled {
  const refused = (code: string, reason: string): Settled => ({
    kind: 'refused',
    failure: failureOf('invalid', code, `${column}: ${reason}`, { field: column }),
  });
  if (value === '') return { kind: 'value', value: null };
  if (value === null || typeof value === 'boolean' || typeof value === 'number')
    return { kind: 'value', value };
  if (typeof value === 'object')
    return refused('not_text', 'a cell holds text, a number or a date, not a list or a structure');
  if (value.length > TEXT_CHARACTERS_MAX)
    return refused('too_long', 'a cell holds at most 32,767 characters');
  if (!value.isWellFormed() || /[\ufffe\uffff]/.test(value))
    return refused('not_xml', 'the text has characters that a workbook cannot hold');
  return { kind: 'value', value: nativeOf(cellOf(value, shape.types.get(column))) };
}

async function renderWorkbook(sheet: Sheet, edits: readonly Edit[], shape: Shape): Promise<Buffer> {
  const { file, workbook } = sheet;
  if (workbook.losses.length > 0) {
    throw refuse('config', 'would_lose', `writing ${file} would lose its ${workbook.losses.join(', ')}`, {
      advice:
        'Keep the synchronised table in a plain workbook of its own, or as CSV, and let the other workbook refer to it.',
    });
  }
  const grid = editGrid(sheet, edits, shape);
  const columns = sheet.names.map((_, index) => {
    const width = workbook.columnWidths.get(index + 1);
    return width === undefined ? {} : { width };
  });
  const written = await writeExcelFile(
    grid.map((cells) => cells.map(styled)),
    {
      sheet: workbook.sheetName,
      columns,
      ...(workbook.frozenRows > 0 ? { stickyRowsCount: workbook.frozenRows } : {}),
    },
  ).toBuffer();
  await checkWritten(file, written, grid);
  return written;
}

function editGrid(sheet: Sheet, edits: readonly Edit[], shape: Shape): readonly (readonly Cell[])[] {
  const replaced = new Map<number, readonly Cell[] | null>();
  const added: (readonly Cell[])[] = [];
  for (const edit of edits) {
    if (edit.kind === 'append') added.push(toCells(sheet, edit.fields, [], shape));
    else if (edit.kind === 'remove') replaced.set(edit.row.span.start, null);
    else
      replaced.set(
        edit.row.span.start,
        toCells(sheet, edit.fields, sheet.grid[edit.row.span.start] ?? [], shape),
      );
  }
  const kept = sheet.grid.flatMap((cells, index) => {
    const cellsNow = replaced.get(index);
    return cellsNow === null ? [] : [cellsNow ?? cells];
  });
  return [...kept, ...added];
}

function toCells(sheet: Sheet, fields: Fields, before: readonly Cell[], shape: Shape): readonly Cell[] {
  return sheet.names.map((name, index) => {
    const cell = before[index] ?? null;
    const value = fields.get(name);
    return value === undefined || nativeOf(cell) === value ? cell : cellOf(value, shape.types.get(name));
  });
}

type StyledCell = { readonly value: string | number | boolean | Date; readonly format?: string } | null;

/** Number formats are lost in a rewrite; dates and times need one to be shown as such. */
function styled(cell: Cell): StyledCell {
  if (typeof cell === 'string') return { value: escapedText(cell) };
  if (!(cell instanceof Date)) return cell === null ? null : { value: cell };
  const native = String(nativeOf(cell));
  if (native.includes('T')) return { value: cell, format: 'yyyy-mm-dd hh:mm:ss' };
  return { value: cell, format: native.includes(':') ? 'hh:mm:ss' : 'yyyy-mm-dd' };
}

/** Two libraries must agree on the format before a user's file is replaced by what one of them wrote. */
async function checkWritten(
  file: string,
  written: Buffer,
  grid: readonly (readonly Cell[])[],
): Promise<void> {
  const readBack = await readGrid(file, written).catch(() => []);
  const isSame = grid.every((cells, row) =>
    cells.every((cell, column) => nativeOf(readBack[row]?.[column] ?? null) === nativeOf(cell)),
  );
  if (!isSame) {
    throw refuse(
      'permanent',
      'not_faithful',
      `${file} was not written: the new workbook would not read back as meant`,
      {
        advice: 'Report this with the workbook attached; keep the table as CSV meanwhile.',
      },
    );
  }
}
