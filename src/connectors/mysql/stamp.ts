import type { Column } from './column.ts';
import { refuse } from './failures.ts';
import type { Table } from './table.ts';

/** Names that frameworks give to the column they stamp on every change, most telling first. */
const NAMES: readonly string[] = [
  'updated_at',
  'updatedat',
  'updated_on',
  'updated',
  'last_updated',
  'update_time',
  'date_updated',
  'modified_at',
  'modifiedat',
  'modified_on',
  'modified',
  'last_modified',
  'date_modified',
  'post_modified_gmt',
  'changed_at',
  'changed',
  'write_date',
  'mtime',
];

/**
 * The column that says when a record was last changed; null when there is none, and then the collection has no feed. The
 * setting names it for all tables that have it; without, the server's own stamp comes before one that only is named so.
 */
export function stampOf(table: Table, wanted: string | null): Column | null {
  const candidates = table.columns.filter(
    ({ codec }) => codec.kind === 'timestamp' || codec.kind === 'datetime',
  );
  if (wanted !== null) {
    const named = table.columns.find(({ name }) => name === wanted);
    if (named !== undefined && !candidates.includes(named)) {
      throw refuse(
        'config',
        'bad_setting',
        `setting cursor_column: ${table.name}.${wanted} is neither a timestamp nor a datetime`,
        {
          field: 'cursor_column',
        },
      );
    }
    return named ?? null;
  }
  const byName = NAMES.map((name) => candidates.find((column) => column.name.toLowerCase() === name));
  return candidates.find(({ isStamp }) => isStamp) ?? byName.find((column) => column !== undefined) ?? null;
}
