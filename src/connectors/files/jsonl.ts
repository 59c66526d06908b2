/** JSON Lines as a table: one JSON structure per line, its keys are the fields. */
import { isUtf8 } from 'node:buffer';

import type { Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { endsLine } from './csv-dialect.ts';
import { parseExactly, parseVerbatim, sameNative, UnsafeKey, verbatimNumber } from './exact-json.ts';
import { beingWritten, emptyFile, failureOf } from './failures.ts';
import { splice } from './splice.ts';
import {
  CHUNK_ROWS,
  type Edit,
  type Fields,
  type Row,
  type Settled,
  type Shape,
  type Table,
} from './table.ts';

const NEWLINE = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export function openJsonl(file: string, bytes: Buffer): Table {
  const start = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  if (bytes.length === start) throw emptyFile(file);
  const firstEnd = bytes.indexOf(NEWLINE);
  const lineEnd = firstEnd > 0 && bytes[firstEnd - 1] === 0x0d ? '\r\n' : '\n';
  return {
    file,
    header: null,
    typed: true,
    losses: [],
    rows: () => readLines(file, bytes, start),
    settle: settleJson,
    render: async (edits, shape) =>
      splice(bytes, edits, lineEnd, (edit) => Buffer.from(renderLine(bytes, edit, shape))),
  };
}

function* readLines(file: string, bytes: Buffer, start: number): Generator<readonly Row[]> {
  let rows: Row[] = [];
  let offset = start;
  for (let line = 1; offset < bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, offset);
    const end = newline === -1 ? bytes.length : newline + 1;
    const row = readLine(bytes.subarray(offset, end), line, { start: offset, end });
    if (row?.kind === 'broken' && newline === -1 && !endsLine(bytes)) {
      throw beingWritten(file, `ends in the middle of line ${String(line)}`);
    }
    if (row !== null) rows.push(row);
    if (rows.length >= CHUNK_ROWS) {
      yield rows;
      rows = [];
    }
    offset = end;
  }
  yield rows;
}

function readLine(raw: Buffer, line: number, span: Row['span']): Row | null {
  const text = raw.toString('utf8').trim();
  if (text === '') return null;
  const broken = (code: string, reason: string): Row => ({
    kind: 'broken',
    line,
    span,
    failure: lineFailure(code, line, reason),
  });
  if (text.includes('\uFFFD') && !isUtf8(raw)) return broken('not_utf8', 'the text is not UTF-8');
  let parsed: unknown;
  try {
    parsed = parseExactly(text);
  } catch (error) {
    if (error instanceof UnsafeKey) return broken('unsafe_key', `the key ${error.message} is not allowed`);
    return broken('bad_json', `the line is not valid JSON${placeOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return broken('bad_json', 'the line is JSON, but not of the form {"key": value}');
  }
  return {
    kind: 'readable',
    line,
    span,
    fields: new Map(Object.entries(parsed as Readonly<Record<string, NativeValue>>)),
  };
}

/** Only the place is taken from the parser's message: the rest of it may quote the record. */
function placeOf(error: unknown): string {
  const place = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return place === undefined ? '' : ` (character ${String(Number(place) + 1)})`;
}

function lineFailure(code: string, line: number, reason: string): Failure {
  return failureOf('invalid', code, `row ${String(line)}: ${reason}`, {
    advice: 'Repair this line in a text editor.',
  });
}

function settleJson(column: string, value: NativeValue, shape: Shape): Settled {
  if (typeof value !== 'string') return { kind: 'value', value };
  if (!value.isWellFormed()) {
    const reason = `${column}: the text cannot be written as UTF-8`;
    return { kind: 'refused', failure: failureOf('invalid', 'not_utf8', reason, { field: column }) };
  }
  // What is a number in every other row is written as one, so that a column keeps its type.
  const isNumber = isNumeric(shape, column) && verbatimNumber(value) !== null;
  const exact = isNumber ? parseExactly(value) : value;
  return { kind: 'value', value: typeof exact === 'number' ? exact : value };
}

function isNumeric(shape: Shape, column: string): boolean {
  const kind = shape.types.get(column)?.kind;
  return kind === 'integer' || kind === 'decimal';
}

function renderLine(bytes: Buffer, edit: Exclude<Edit, { readonly kind: 'remove' }>, shape: Shape): string {
  if (edit.kind === 'append') return stringify(edit.fields, new Map(), new Map(), shape);
  const { start, end } = edit.row.span;
  const text = bytes.toString('utf8', start, end).trim();
  const verbatim = new Map(Object.entries(parseVerbatim(text) as Readonly<Record<string, unknown>>));
  return stringify(edit.fields, edit.row.fields, verbatim, shape);
}

function stringify(
  after: Fields,
  before: Fields,
  verbatim: ReadonlyMap<string, unknown>,
  shape: Shape,
): string {
  const members = [...after].map(([key, value]) => {
    const kept = verbatim.has(key) && sameNative(before.get(key), value);
    return `${JSON.stringify(key)}:${JSON.stringify(kept ? verbatim.get(key) : spelled(key, value, shape))}`;
  });
  return `{${members.join(',')}}`;
}

/** A number too long for JavaScript is text for us and must become a number again. */
function spelled(key: string, value: NativeValue, shape: Shape): unknown {
  return typeof value === 'string' && isNumeric(shape, key) ? (verbatimNumber(value) ?? value) : value;
}
