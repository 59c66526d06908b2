/** The CSV of bulk jobs. An empty cell says nothing, `#N/A` says that the field is empty. */
import { CsvError, parse } from 'csv-parse/sync';

import { refuse } from './failures.ts';
import type { Row } from './row.ts';
import { isObject, spelled } from './wire.ts';

const ID = 'Id';
const NULL_CELL = '#N/A';
const CELL_LENGTH_MAX = 32_000;

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Whether the row can be said in CSV: a text that spells the null of the format cannot, nor can a very long one. */
export function isForBulk({ values }: Row): boolean {
  return values.every(
    ([, value]) => !isObject(value) && value !== NULL_CELL && spelled(value).length <= CELL_LENGTH_MAX,
  );
}

/** At most so much of the CSV is the row's: quoting doubles no more than every character. */
export function charactersOf({ id, values }: Row): number {
  return values.reduce((sum, [, value]) => sum + 2 * spelled(value).length + NULL_CELL.length, id.length + 1);
}

/** The rows of one operation, each with a cell for every field that any of them sets, or for those of a `header` that is given. */
export function tableOf(rows: readonly Row[], given: readonly string[] | null = null): Table {
  const header = given ?? headerOf(rows);
  const places = new Map(header.map((name, place) => [name, place]));
  const isById = isKnownById({ header });
  return {
    header,
    rows: rows.map(({ id, values }) => {
      const cells = header.map(() => '');
      if (isById) cells[0] = id;
      for (const setting of values) {
        const place = places.get(columnOf(setting));
        if (place !== undefined) cells[place] = cellOf(setting);
      }
      return cells;
    }),
  };
}

/** Whether the rows carry the ids of their records, in the first column. */
export function isKnownById({ header }: Pick<Table, 'header'>): boolean {
  return header[0] === ID;
}

function headerOf(rows: readonly Row[]): readonly string[] {
  const names = new Set(rows.some(({ operation }) => operation !== 'insert') ? [ID] : []);
  for (const { values } of rows) for (const setting of values) names.add(columnOf(setting));
  return [...names];
}

type Setting = Row['values'][number];

/** Taking a parent away is said of the reference, giving one by its key of the path to the key. */
function columnOf([{ name, through }, value]: Setting): string {
  return value === null && through !== null ? through.reference : name;
}

function cellOf([, value]: Setting): string {
  return value === null ? NULL_CELL : spelled(value);
}

export function printed({ header, rows }: Table): string {
  return [header, ...rows].map((row) => `${row.map(quotedCell).join(',')}\n`).join('');
}

function quotedCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell of one row by the name of its column; empty where there is none. */
export type Cell = (name: string) => string;

/** The rows of a list that a job has left. What is no CSV, or was cut off, ⇒ a failure. */
export function parsedResult(text: string): readonly Cell[] {
  return cellsOf(parsedTable(text));
}

export function cellsOf({ header, rows }: Table): readonly Cell[] {
  const places = new Map(header.map((name, index) => [name, index]));
  return rows.map((row) => (name) => row[places.get(name) ?? -1] ?? '');
}

/** What is no CSV, or was cut off, ⇒ a failure. */
export function parsedTable(text: string): Table {
  const [header = [], ...rows] = parsed(text);
  return { header, rows };
}

function parsed(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refuse('unexpected_answer', 'What a bulk job has left is no CSV, or not all of it came.');
  }
}
