/** How one CSV file is written: found once from its first lines, kept when we write to it. */
import { isUtf8 } from 'node:buffer';

import { CsvError, parse, type Options } from 'csv-parse/sync';

import { beingWritten, emptyFile, refuse } from './failures.ts';
import { checkHeader } from './header.ts';
import type { Delimiter } from './settings.ts';
import type { Span } from './table.ts';

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly lineEnd: '\n' | '\r\n' | '\r';
  /** Every name of the header row, the empty ones too: their places matter. */
  readonly names: readonly string[];
  readonly columns: readonly string[];
  readonly headerSpan: Span;
  /** The line the header ends on. */
  readonly headerLastLine: number;
}

/** The longest row that is read; a longer one is nearly always a quote that is never closed. */
export const ROW_CHARACTERS_MAX = 4 * 1024 * 1024;

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const HEADER_SAMPLE_BYTES = 256 * 1024;

export function detectDialect(
  file: string,
  bytes: Buffer,
  wanted: Delimiter | 'auto',
  idColumn: string,
): Dialect {
  refuseOtherEncodings(file, bytes);
  const start = preambleEnd(bytes);
  const lineEnd = detectLineEnd(bytes);
  if (bytes.toString('latin1', start).trim() === '') throw emptyFile(file);
  const delimiter = wanted === 'auto' ? detectDelimiter(bytes, start) : wanted;
  const { names, end } = readHeader(file, bytes, start, delimiter, lineEnd);
  if (end === bytes.length && !endsLine(bytes)) throw beingWritten(file, 'ends in the middle of its header');
  return {
    delimiter,
    lineEnd,
    names,
    columns: checkHeader(file, names, idColumn),
    headerSpan: { start, end },
    headerLastLine: countLines(bytes, 0, end, lineEnd),
  };
}

export function parserOptions(delimiter: Delimiter, lineEnd: Dialect['lineEnd']): Options {
  return {
    delimiter,
    record_delimiter: lineEnd === '\r' ? ['\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_CHARACTERS_MAX,
  };
}

export function countLines(bytes: Buffer, start: number, end: number, lineEnd: Dialect['lineEnd']): number {
  const byte = lineEnd === '\r' ? 0x0d : 0x0a;
  let count = 0;
  for (let at = bytes.indexOf(byte, start); at !== -1 && at < end; at = bytes.indexOf(byte, at + 1))
    count += 1;
  return count;
}

export function endsLine(bytes: Uint8Array): boolean {
  const last = bytes.at(-1);
  return last === 0x0a || last === 0x0d;
}

function refuseOtherEncodings(file: string, bytes: Buffer): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isUtf16) return;
  throw refuse('config', 'encoding', `${file} is saved as UTF-16`, {
    advice: 'Save it as UTF-8; in Excel: "CSV UTF-8 (comma delimited)".',
  });
}

/** Where the header begins: after a byte order mark, and after the `sep=;` line that Excel writes and understands. */
function preambleEnd(bytes: Buffer): number {
  const start = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const hint = /^sep=.\r?\n/.exec(bytes.toString('latin1', start, start + 8));
  return start + (hint?.[0].length ?? 0);
}

function detectLineEnd(bytes: Buffer): Dialect['lineEnd'] {
  const newline = bytes.indexOf(0x0a);
  if (newline === -1) return bytes.includes(0x0d) ? '\r' : '\n';
  return newline > 0 && bytes[newline - 1] === 0x0d ? '\r\n' : '\n';
}

/** The candidate that occurs most often in the header, outside quotes. */
function detectDelimiter(bytes: Buffer, start: number): Delimiter {
  const hint = /^sep=([,;\t])/.exec(bytes.toString('latin1', 0, start).replace(/^\u00ef\u00bb\u00bf/, ''));
  if (hint?.[1] !== undefined) return hint[1] as Delimiter;
  const counts = { ',': 0, ';': 0, '\t': 0 };
  let quoted = false;
  for (const character of bytes.toString('latin1', start, start + HEADER_SAMPLE_BYTES)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) break;
    else if (!quoted && (character === ',' || character === ';' || character === '\t'))
      counts[character] += 1;
  }
  const candidates: readonly Delimiter[] = [',', ';', '\t'];
  return candidates.reduce((best, candidate) => (counts[candidate] > counts[best] ? candidate : best), ',');
}

function readHeader(
  file: string,
  bytes: Buffer,
  start: number,
  delimiter: Delimiter,
  lineEnd: Dialect['lineEnd'],
): { readonly names: readonly string[]; readonly end: number } {
  let names: readonly string[] = [];
  let end = start;
  try {
    parse(bytes.subarray(start), {
      ...parserOptions(delimiter, lineEnd),
      to: 1,
      on_record: (cells: string[], context) => {
        names = cells;
        end = start + context.bytes;
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refuse(
      'config',
      'bad_header',
      `the header of ${file} has a quote that is not closed or not in its place`,
      {
        advice: 'Repair the first row in a text editor.',
        cause: error,
      },
    );
  }
  if (!isUtf8(bytes.subarray(start, end))) throw notUtf8(file);
  return { names, end };
}

function notUtf8(file: string): Error {
  return refuse('config', 'encoding', `the header of ${file} is not UTF-8 text`, {
    advice: 'Save the file as UTF-8; in Excel: "CSV UTF-8 (comma delimited)".',
  });
}
