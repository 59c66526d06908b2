/** Turns requests into literals for SQL, and refuses what the columns cannot take before anything is sent. */
import type { WriteRequest } from '../../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { spell } from './codec.ts';
import type { Column } from './column.ts';
import { failureOf, refuse } from './failures.ts';
import { keyLiterals } from './key.ts';
import { unknownField } from './row.ts';
import type { Table } from './table.ts';

export type Prepared =
  | {
      readonly kind: 'update' | 'delete';
      readonly id: string;
      readonly ifVersion: string | null;
      readonly key: readonly string[];
      /** Column name → literal. */
      readonly literals: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: 'create';
      readonly key: readonly string[] | null;
      readonly literals: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'refused'; readonly failure: Failure };

export function prepareRequest(table: Table, request: WriteRequest, inServerZone: boolean): Prepared {
  try {
    return request.kind === 'create'
      ? prepareCreate(table, request, inServerZone)
      : prepareExisting(table, request, request.kind, inServerZone);
  } catch (error) {
    if (error instanceof ConnectorFailure) return { kind: 'refused', failure: error.failure };
    throw error;
  }
}

function prepareCreate(table: Table, request: WriteRequest, inServerZone: boolean): Prepared {
  const literals = new Map<string, string>();
  for (const [name, value] of request.fields) {
    const column = columnNamed(table, name);
    // Without a value the server numbers the record itself.
    if (column.isAutoIncrement && value === null) continue;
    literals.set(name, literalFor(table, column, value, inServerZone));
  }
  const key = table.key.map(({ name }) => literals.get(name));
  const isNumbered = table.key.length === 1 && table.key[0]?.isAutoIncrement === true && key[0] === undefined;
  if (isNumbered) return { kind: 'create', key: null, literals };
  const missing = table.key.find((_, index) => (key[index] ?? 'null') === 'null');
  if (missing !== undefined) throw keyMissing(table, missing);
  return {
    kind: 'create',
    key: key.map((literal) => must(literal, 'every key column has a value')),
    literals,
  };
}

function prepareExisting(
  table: Table,
  request: WriteRequest,
  kind: 'update' | 'delete',
  inServerZone: boolean,
): Prepared {
  const id = must(request.recordId, 'an update or delete names its record');
  const key = keyLiterals(table, id);
  if (key === null)
    return {
      kind: 'refused',
      failure: failureOf('precondition', 'gone', `no record of ${table.name} can have this id`),
    };
  const literals = new Map<string, string>();
  for (const [name, value] of request.fields) {
    const column = columnNamed(table, name);
    const literal = literalFor(table, column, value, inServerZone);
    const place = table.key.indexOf(column);
    if (place === -1) literals.set(name, literal);
    else if (literal !== key[place]) throw keyFixed(table, column);
  }
  return { kind, id, ifVersion: request.ifVersion, key, literals };
}

function columnNamed(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw unknownField(table, name);
  return column;
}

function literalFor(table: Table, column: Column, value: NativeValue, inServerZone: boolean): string {
  const spelled = spell(column.codec, value, inServerZone);
  if (spelled.kind === 'sql') return spelled.text;
  throw refuse(
    'invalid',
    'wrong_type',
    `${table.name}.${column.name} cannot take this value: ${spelled.reason}`,
    {
      field: column.name,
      advice: 'Correct the value, or map the field to a column of a fitting type.',
    },
  );
}

function keyMissing(table: Table, column: Column): ConnectorFailure {
  return refuse(
    'invalid',
    'key_missing',
    `a new record of ${table.name} needs a value for its key ${column.name}`,
    {
      field: column.name,
      advice: 'Map a field to the key, or let the database number the records (auto_increment).',
    },
  );
}

function keyFixed(table: Table, column: Column): ConnectorFailure {
  return refuse(
    'invalid',
    'key_fixed',
    `${table.name}.${column.name} identifies the record and cannot be changed`,
    {
      field: column.name,
      advice: 'Delete the record and create it again under its new key.',
    },
  );
}
