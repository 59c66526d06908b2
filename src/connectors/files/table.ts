/**
 * A file as a table. Terms: a *row* is what stands between two line ends (in JSONL a line, in XLSX a sheet row); its
 * *line* is where it starts, counted from 1 as editors do; its *span* is its place in the file, for replacing it.
 */
import type { Failure } from '../../connector/failure.ts';
import type { FieldType, NativeValue } from '../../engine/value.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Fields = ReadonlyMap<string, NativeValue>;

export interface ReadableRow {
  readonly kind: 'readable';
  readonly line: number;
  readonly span: Span;
  readonly fields: Fields;
}

export interface BrokenRow {
  readonly kind: 'broken';
  readonly line: number;
  readonly span: Span;
  readonly failure: Failure;
}

export type Row = ReadableRow | BrokenRow;

export type Settled =
  | { readonly kind: 'value'; readonly value: NativeValue }
  | { readonly kind: 'refused'; readonly failure: Failure };

export type Edit =
  | { readonly kind: 'replace'; readonly row: ReadableRow; readonly fields: Fields }
  | { readonly kind: 'remove'; readonly row: ReadableRow }
  | { readonly kind: 'append'; readonly fields: Fields };

/** What a first pass over the rows has to tell before a row can be written. */
export interface Shape {
  /** What each column holds, for formats whose cells have types. */
  readonly types: ReadonlyMap<string, FieldType>;
  /** The last readable row: the pattern for rows that are appended. */
  readonly lastRow: ReadableRow | null;
}

/** One version of one file, opened. Reading it does not touch the disk any more. */
export interface Table {
  readonly file: string;
  /** The columns in their order; null where every row has its own (JSONL): then they are the union over the rows. */
  readonly header: readonly string[] | null;
  /** True where a cell says what type it has. */
  readonly typed: boolean;
  /** What writing would destroy, in words; such a file is only read. */
  readonly losses: readonly string[];
  /** Rows in file order, a bounded number at a time so that the caller can let others run. Can be begun again. */
  rows(): Iterable<readonly Row[]>;
  /** What the file will hold when `value` is written into `column`. */
  settle(column: string, value: NativeValue, shape: Shape): Settled;
  /** The file with the edits made, as pieces to be written one after the other. */
  render(edits: readonly Edit[], shape: Shape): Promise<readonly Uint8Array[]>;
}

/** How many rows are read before others may run. */
export const CHUNK_ROWS = 1_000;
