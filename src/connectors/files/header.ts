import type { ConnectorFailure } from '../../connector/failure.ts';
import { nearestNames } from '../../lib/nearest.ts';
import { refuse } from './failures.ts';
import type { Table } from './table.ts';

const NEAREST_MAX = 5;

/**
 * The columns of a header row: its names that are not empty. A column without a name (spreadsheets leave such behind)
 * is no field; its cells are kept as they are.
 */
export function checkHeader(file: string, names: readonly string[], idColumn: string): readonly string[] {
  const columns = names.filter((name) => name !== '');
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) {
    throw refuse('config', 'duplicate_header', `${file} has two columns named ${JSON.stringify(twice)}`, {
      field: twice,
      advice: 'Give every column a name of its own in the first row.',
    });
  }
  if (!columns.includes(idColumn)) throw missingIdColumn(file, columns, idColumn);
  return columns;
}

function missingIdColumn(file: string, columns: readonly string[], idColumn: string): Error {
  const near = nearestNames(idColumn, columns, NEAREST_MAX);
  const there = near.length === 0 ? 'it has no column at all' : `its columns include ${near.join(', ')}`;
  return refuse('config', 'no_id_column', `${file} has no column ${JSON.stringify(idColumn)}; ${there}`, {
    field: idColumn,
    advice: 'Name the column that identifies a record in the setting id_column.',
  });
}

/** The failure for fields that are not columns. A column is never invented: the file's layout belongs to its owner. */
export function unknownColumn(file: string, columns: readonly string[], wanted: string): ConnectorFailure {
  return refuse(
    'config',
    'unknown_column',
    `${file} has no column ${JSON.stringify(wanted)}; its columns are ${columns.join(', ')}`,
    { field: wanted, advice: `Add the column to ${file}, or correct the field in the sync.` },
  );
}

/** A column that is gone must not look like a column full of nothing. */
export function refuseUnknownFields(table: Table, fields: readonly string[]): void {
  const { header } = table;
  if (header === null) return;
  const unknown = fields.find((field) => !header.includes(field));
  if (unknown !== undefined) throw unknownColumn(table.file, header, unknown);
}
