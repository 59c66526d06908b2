/** Reads a CSV file's rows. A broken row costs itself: reading goes on at the line after the fault. */
import { isUtf8 } from 'node:buffer';

import { CsvError, parse } from 'csv-parse/sync';

import type { Failure } from '../../connector/failure.ts';
import { countLines, type Dialect, endsLine, parserOptions } from './csv-dialect.ts';
import { beingWritten, failureOf } from './failures.ts';
import { CHUNK_ROWS, type Row } from './table.ts';

export interface CsvFile {
  readonly file: string;
  readonly bytes: Buffer;
  readonly dialect: Dialect;
}

interface ParsedRow {
  readonly cells: readonly string[];
  readonly end: number;
}

const QUOTE = 0x22;

export function* readCsvRows(csv: CsvFile): Generator<readonly Row[]> {
  const { bytes, dialect } = csv;
  let offset = dialect.headerSpan.end;
  let line = dialect.headerLastLine + 1;
  let unclosedLine: number | null = null;
  while (offset < bytes.length) {
    const rows: Row[] = [];
    const { parsed, isBroken } = parseSome(csv, offset);
    for (const { cells, end } of parsed) {
      const start = skipLineEnds(bytes, offset, end);
      line += countLines(bytes, offset, start, dialect.lineEnd);
      const row = toRow(csv, cells, start, end, line);
      if (row !== null) rows.push(row);
      if (row?.kind === 'readable') unclosedLine = null;
      line += countLines(bytes, start, end, dialect.lineEnd);
      offset = end;
    }
    if (isBroken) {
      const start = skipLineEnds(bytes, offset, bytes.length);
      line += countLines(bytes, offset, start, dialect.lineEnd);
      const fault = findFault(csv, start, line);
      rows.push({ kind: 'broken', line, span: { start, end: fault.resume }, failure: fault.failure });
      if (fault.reachesEnd) unclosedLine ??= fault.line;
      line = fault.line + 1;
      offset = fault.resume;
    }
    yield rows;
    if (!isBroken && parsed.length < CHUNK_ROWS) break;
  }
  // A quote that is open at the end, with nothing readable behind it, is what a file looks like while it is saved.
  if (unclosedLine !== null) {
    throw beingWritten(csv.file, `ends inside the quoted value that opens in line ${String(unclosedLine)}`);
  }
}

/** The cells of one row, each with whether it stands in quotes. */
export function readCells(
  raw: Buffer,
  dialect: Dialect,
): readonly { readonly text: string; readonly quoted: boolean }[] {
  const quoted: boolean[] = [];
  const texts: string[] = [];
  parse(raw, {
    ...parserOptions(dialect.delimiter, dialect.lineEnd),
    cast: (text, context) => {
      texts.push(text);
      quoted.push(context.quoting);
      return text;
    },
  });
  return texts.map((text, index) => ({ text, quoted: quoted[index] === true }));
}

/** Parses up to a chunk of rows from `offset`; stops before the first one that is not CSV. */
function parseSome(
  csv: CsvFile,
  offset: number,
): { readonly parsed: readonly ParsedRow[]; readonly isBroken: boolean } {
  const parsed: ParsedRow[] = [];
  try {
    parse(csv.bytes.subarray(offset), {
      ...parserOptions(csv.dialect.delimiter, csv.dialect.lineEnd),
      to: CHUNK_ROWS,
      on_record: (cells: string[], context) => {
        parsed.push({ cells, end: offset + context.bytes });
        return null;
      },
    });
    return { parsed, isBroken: false };
  } catch (error) {
    if (error instanceof CsvError) return { parsed, isBroken: true };
    throw error;
  }
}

/** Null for a row whose cells are all empty: spreadsheets leave such behind; it says nothing. */
function toRow(csv: CsvFile, cells: readonly string[], start: number, end: number, line: number): Row | null {
  if (cells.every((cell) => cell === '')) return null;
  const { names } = csv.dialect;
  const span = { start, end };
  const isTorn = end === csv.bytes.length && !endsLine(csv.bytes);
  if (cells.length !== names.length) {
    if (isTorn && cells.length < names.length) {
      throw beingWritten(csv.file, `ends in the middle of line ${String(line)}`);
    }
    return { kind: 'broken', line, span, failure: wrongCount(names.length, cells.length, line) };
  }
  if (cells.some((cell) => cell.includes('\uFFFD')) && !isUtf8(csv.bytes.subarray(start, end))) {
    return { kind: 'broken', line, span, failure: notUtf8(line) };
  }
  const fields = new Map<string, string | null>();
  for (const [index, name] of names.entries()) {
    if (name !== '') fields.set(name, cells[index] === '' ? null : (cells[index] ?? null));
  }
  return { kind: 'readable', line, span, fields };
}

interface Fault {
  readonly failure: Failure;
  /** The line at fault: where the quote opens that makes the row unreadable. */
  readonly line: number;
  readonly resume: number;
  readonly reachesEnd: boolean;
}

/** Looks again, by hand, at a row that the parser refused: it does not say where the offending quote opened. */
function findFault(csv: CsvFile, start: number, startLine: number): Fault {
  const { bytes, dialect } = csv;
  const { at, kind } = offendingQuote(bytes, start, dialect);
  const line = startLine + countLines(bytes, start, at, dialect.lineEnd);
  const lineEnd = bytes.indexOf(dialect.lineEnd === '\r' ? 0x0d : 0x0a, at);
  const row = `row ${String(startLine)}`;
  const opened = `in line ${String(line)}`;
  const advice = 'Repair this row in a text editor: a quote inside a quoted value must be doubled.';
  const failure = {
    unclosed: () =>
      failureOf('invalid', 'unclosed_quote', `${row}: the quote that opens ${opened} is never closed`, {
        advice,
      }),
    closed: () =>
      failureOf(
        'invalid',
        'stray_quote',
        `${row}: text follows the closing quote of the value that opens ${opened}`,
        { advice },
      ),
    inside: () =>
      failureOf('invalid', 'stray_quote', `${row}: a quote stands inside an unquoted value ${opened}`, {
        advice,
      }),
    long: () =>
      failureOf('invalid', 'row_too_long', `${row}: the row is longer than 4 million characters`, { advice }),
  }[kind]();
  return {
    failure,
    line,
    resume: lineEnd === -1 ? bytes.length : lineEnd + 1,
    reachesEnd: kind === 'unclosed',
  };
}

type OffendingQuote = { readonly at: number; readonly kind: 'unclosed' | 'closed' | 'inside' | 'long' };

function offendingQuote(bytes: Buffer, start: number, dialect: Dialect): OffendingQuote {
  const delimiter = dialect.delimiter.charCodeAt(0);
  let at = start;
  while (at < bytes.length) {
    if (bytes[at] === QUOTE) {
      const close = closingQuote(bytes, at);
      if (close === -1) return { at, kind: 'unclosed' };
      const next = bytes[close + 1];
      if (next !== undefined && next !== delimiter && !isLineEnd(next)) return { at, kind: 'closed' };
      at = close + 1;
    } else {
      while (at < bytes.length && bytes[at] !== delimiter && !isLineEnd(bytes[at])) {
        if (bytes[at] === QUOTE) return { at, kind: 'inside' };
        at += 1;
      }
    }
    if (bytes[at] !== delimiter) break;
    at += 1;
  }
  return { at: start, kind: 'long' };
}

function closingQuote(bytes: Buffer, open: number): number {
  let at = bytes.indexOf(QUOTE, open + 1);
  while (at !== -1 && bytes[at + 1] === QUOTE) at = bytes.indexOf(QUOTE, at + 2);
  return at;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function skipLineEnds(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isLineEnd(bytes[at])) at += 1;
  return at;
}

function wrongCount(expected: number, got: number, line: number): Failure {
  return failureOf(
    'invalid',
    'column_count',
    `row ${String(line)}: expected ${String(expected)} columns as in the header, got ${String(got)}`,
    { advice: 'Add the missing delimiters, or put values that contain the delimiter in quotes.' },
  );
}

function notUtf8(line: number): Failure {
  return failureOf('invalid', 'not_utf8', `row ${String(line)}: the text is not UTF-8`, {
    advice: 'Save the file as UTF-8; in Excel: "CSV UTF-8 (comma delimited)".',
  });
}
