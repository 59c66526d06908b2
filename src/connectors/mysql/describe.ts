import type { CapabilityCard, CollectionDescription, FieldDescription } from '../../connector/contract.ts';
import { ANSWER_MS_MAX } from './client.ts';
import { fieldTypeOf, type Column } from './column.ts';
import { stampOf } from './stamp.ts';
import type { Table } from './table.ts';

export const WRITE_BATCH_MAX = 1_000;
const GET_BATCH_MAX = 5_000;

export function describeTable(table: Table, cursorColumn: string | null): CollectionDescription {
  const reason = whyReadOnly(table);
  const title = [table.title ?? table.name, ...(reason === null ? [] : [`(${reason})`])].join(' ');
  return {
    name: table.name,
    ...(title === table.name ? {} : { title }),
    fields: table.columns.map((column) => describeColumn(table, column)),
    card: cardOf(table, cursorColumn, reason === null),
    recordsEstimate: table.rowsEstimate,
  };
}

function whyReadOnly(table: Table): string | null {
  if (table.key.length === 0) return 'cannot be synced: no primary key, and no unique key without nulls';
  return table.isTransactional ? null : 'read only: its storage engine has no transactions; use InnoDB';
}

function describeColumn(table: Table, column: Column): FieldDescription {
  const isUnique = [...table.uniqueKeys.values()].some(
    (names) => names.length === 1 && names[0] === column.name,
  );
  return {
    name: column.name,
    ...(column.title === null ? {} : { title: column.title }),
    type: fieldTypeOf(column),
    required: column.required,
    readOnly: column.readOnly,
    unique: isUnique,
  };
}

function cardOf(table: Table, cursorColumn: string | null, isWritable: boolean): CapabilityCard {
  // A key that the server numbers says nothing about which request it came from.
  const identifies = [...table.uniqueKeys.values()].some((names) =>
    names.every((name) => table.columns.some((column) => column.name === name && !column.isAutoIncrement)),
  );
  return {
    version: 'opaque',
    conditionalWrite: isWritable,
    createIdentity: identifies ? 'uniqueKey' : 'search',
    readLagMs: 0,
    deletes: 'lookup',
    feed: stampOf(table, cursorColumn) === null ? 'none' : 'cursor',
    executionMaxMs: ANSWER_MS_MAX,
    writeBatchMax: WRITE_BATCH_MAX,
    getBatchMax: GET_BATCH_MAX,
    can: { create: isWritable, update: isWritable, delete: isWritable },
  };
}
