/** What a workbook holds beside the cells of its first sheet: needed to read it truthfully and to know what a rewrite would lose. */
import { beingWritten, refuse } from './failures.ts';
import { listParts, readPart, type ZipPart } from './zip.ts';

export interface Workbook {
  readonly sheetName: string;
  /** What would be lost if the workbook were written anew; in words, for the failure. */
  readonly losses: readonly string[];
  /** Sheet rows (from 1) with a cell that shows an error, or a formula that was never computed. */
  readonly brokenRows: ReadonlyMap<number, string>;
  readonly columnWidths: ReadonlyMap<number, number>;
  readonly frozenRows: number;
}

/** Unpacked, a workbook takes many times its size; beyond this, reading it stalls a worker for seconds. */
const UNPACKED_BYTES_MAX = 100 * 1024 * 1024;

const LOST_PARTS: readonly (readonly [RegExp, string])[] = [
  [/^xl\/(drawings|media|charts)\//, 'drawings, pictures or charts'],
  [/^xl\/(comments|threadedComments)/, 'comments'],
  [/^xl\/tables\//, 'tables'],
  [/^xl\/(pivotTables|pivotCache|slicers|slicerCaches)\//, 'pivot tables'],
  [/^xl\/vbaProject/, 'macros'],
  [/^xl\/(externalLinks|connections|queryTables)/, 'links to other sources'],
  [/^xl\/(ctrlProps|activeX|embeddings)\//, 'form controls or embedded documents'],
];

const LOST_MARKUP: readonly (readonly [RegExp, string])[] = [
  [/<(?:\w+:)?f[\s>/]/, 'formulas'],
  [/<(?:\w+:)?mergeCell\s/, 'merged cells'],
  [/<(?:\w+:)?dataValidation\s/, 'input rules (data validation)'],
  [/<(?:\w+:)?conditionalFormatting[\s>]/, 'conditional formatting'],
  [/<(?:\w+:)?hyperlink\s/, 'hyperlinks'],
  [/<(?:\w+:)?autoFilter[\s>/]/, 'filters'],
  [/<(?:\w+:)?sheetProtection\s/, 'sheet protection'],
];

export function inspectWorkbook(file: string, bytes: Buffer): Workbook {
  const parts = listParts(bytes);
  if (parts === null) throw beingWritten(file, 'is not a complete workbook');
  const unpackedBytes = parts.reduce((sum, part) => sum + part.unpackedBytes, 0);
  if (unpackedBytes > UNPACKED_BYTES_MAX) {
    throw refuse(
      'config',
      'too_large',
      `${file} unpacks to more than 100 MB; that is too large to be kept in sync`,
      {
        advice: 'Save the table as CSV, or keep this many records in a database.',
      },
    );
  }
  const book = text(bytes, parts, 'xl/workbook.xml');
  const sheets = [...book.matchAll(/<(?:\w+:)?sheet\s[^>]*>/g)].map(([tag]) => tag);
  const first = sheets[0];
  if (first === undefined) throw notAWorkbook(file);
  const sheet = text(bytes, parts, sheetPath(bytes, parts, attribute(first, '(?:\\w+:)?id')));
  return {
    sheetName: unescapeXml(attribute(first, 'name')),
    losses: findLosses(parts, sheets.length, book, sheet),
    brokenRows: findBrokenRows(sheet),
    columnWidths: findWidths(sheet),
    frozenRows: /<(?:\w+:)?pane\s[^>]*state="frozen/.test(sheet)
      ? Number(/\sySplit="(\d+)"/.exec(sheet)?.[1] ?? 0)
      : 0,
  };
}

export function notAWorkbook(file: string, cause?: unknown): Error {
  return refuse('config', 'not_a_workbook', `${file} is not an Excel workbook (.xlsx)`, {
    advice: 'Save it again as "Excel workbook (.xlsx)"; old .xls files and protected files cannot be read.',
    cause,
  });
}

function text(bytes: Buffer, parts: readonly ZipPart[], name: string): string {
  const part = parts.find((candidate) => candidate.name === name);
  return part === undefined ? '' : readPart(bytes, part);
}

function sheetPath(bytes: Buffer, parts: readonly ZipPart[], relation: string): string {
  const relations = text(bytes, parts, 'xl/_rels/workbook.xml.rels');
  const tag = [...relations.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/g)].find(
    ([found]) => attribute(found, 'Id') === relation,
  );
  const target = tag === undefined ? 'worksheets/sheet1.xml' : attribute(tag[0], 'Target');
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

function findLosses(
  parts: readonly ZipPart[],
  sheetCount: number,
  book: string,
  sheet: string,
): readonly string[] {
  const losses =
    sheetCount > 1 ? [`${String(sheetCount - 1)} further sheet${sheetCount > 2 ? 's' : ''}`] : [];
  for (const [pattern, words] of LOST_MARKUP) if (pattern.test(sheet)) losses.push(words);
  for (const [pattern, words] of LOST_PARTS)
    if (parts.some(({ name }) => pattern.test(name))) losses.push(words);
  if (/<(?:\w+:)?definedName\s/.test(book)) losses.push('named ranges or print areas');
  return losses;
}

/** The reading library shows an error cell, and a formula without a stored result, as empty; that would be a false null. */
function findBrokenRows(sheet: string): ReadonlyMap<number, string> {
  const broken = new Map<number, string>();
  if (!/\st="e"/.test(sheet) && !/<(?:\w+:)?f[\s>/]/.test(sheet)) return broken;
  for (const [, attributes = '', content = ''] of sheet.matchAll(
    /<(?:\w+:)?c\s([^>]*[^/])>(.*?)<\/(?:\w+:)?c>/gs,
  )) {
    const [, column = '', row = ''] = /(?:^|\s)r="([A-Z]+)(\d+)"/.exec(attributes) ?? [];
    if (/(?:^|\s)t="e"/.test(attributes)) broken.set(Number(row), `cell ${column}${row} shows an error`);
    const isUncomputed = /<(?:\w+:)?f[\s>/]/.test(content) && !/<(?:\w+:)?v[\s>/]/.test(content);
    if (isUncomputed) broken.set(Number(row), `cell ${column}${row} has a formula without a stored result`);
  }
  return broken;
}

function findWidths(sheet: string): ReadonlyMap<number, number> {
  const widths = new Map<number, number>();
  for (const [tag] of sheet.matchAll(/<(?:\w+:)?col\s[^>]*>/g)) {
    const last = Math.min(Number(attribute(tag, 'max')), Number(attribute(tag, 'min')) + 1_000);
    const width = Number(attribute(tag, 'width'));
    if (!(width > 0)) continue;
    for (let column = Number(attribute(tag, 'min')); column <= last; column += 1) widths.set(column, width);
  }
  return widths;
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}

function unescapeXml(escaped: string): string {
  return escaped
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
