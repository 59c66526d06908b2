import type { Table } from './catalog.ts';
import { refuse } from './failures.ts';

/** What sends the caller to a sweep: changes may have been lost since the stored position. */
export function cursorExpired(table: Table, reason: string): Error {
  return refuse(
    'config',
    'cursor_expired',
    `Changes of ${table.name} cannot be read on from the stored position: ${reason}.`,
    'Nothing needs to be done: the whole table is compared instead.',
  );
}
