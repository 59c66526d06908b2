/** The CSV of bulk jobs. An empty cell says nothing, `#N/A` says that the field is empty. */
import { parse } from 'csv-parse/sync';

import type { Row } from './row.ts';
import { isObject, spelled } from './wire.ts';

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
  const hasIds = rows.some(({ operation }) => operation !== 'insert');
  const cells = rows.map(cellsOf);
  const names =
    given === null ? [...new Set(cells.flatMap((row) => [...row.keys()]))] : given.slice(hasIds ? 1 : 0);
  return {
    header: hasIds ? ['Id', ...names] : names,
    rows: rows.map(({ id }, index) => {
      const own = names.map((name) => cells[index]?.get(name) ?? '');
      return hasIds ? [id, ...own] : own;
    }),
  };
}

/** Taking a parent away is said of the reference, giving one by its key of the path to the key. */
function cellsOf({ values }: Row): ReadonlyMap<string, string> {
  return new Map(
    values.map(([{ name, through }, value]) => [
      value === null && through !== null ? through.reference : name,
      value === null ? NULL_CELL : spelled(value),
    ]),
  );
}

export function printed({ header, rows }: Table): string {
  return [header, ...rows].map((row) => `${row.map(quotedCell).join(',')}\n`).join('');
}

function quotedCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows of a result; `cell` finds a column by its name, empty where there is none. Throws what is no CSV. */
export function parsedResult(text: string): {
  readonly rows: readonly (readonly string[])[];
  readonly cell: (row: readonly string[], name: string) => string;
} {
  const [header = [], ...rows] = parse(text, { bom: true, skip_empty_lines: true });
  const places = new Map(header.map((name, index) => [name, index]));
  return { rows, cell: (row, name) => row[places.get(name) ?? -1] ?? '' };
}
