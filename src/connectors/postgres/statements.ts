/**
 * One statement for a whole batch of writes. The values arrive as one JSON parameter, which PostgreSQL reads with the
 * input functions of the columns' types; names are quoted, values never become part of a statement's text.
 */
import { unreachable } from '../../lib/assert.ts';
import type { Entry } from './batches.ts';
import { columnsNamed, quoted, type Table } from './catalog.ts';
import type { Row, Statement } from './database.ts';
import { idOf, projectionOf, versionSql, type Projection } from './projection.ts';

/** A batch whose columns and ids are known to fit the table. */
export interface Plan {
  readonly table: Table;
  readonly kind: 'create' | 'update' | 'delete';
  readonly columns: readonly string[];
  readonly entries: readonly KeyedEntry[];
  /** Key, version and fields as written; null where the statement cannot know what the write leaves behind. */
  readonly returning: Projection | null;
}

export interface KeyedEntry extends Entry {
  /** The parts of the record's key; none for a create. */
  readonly key: readonly string[];
}

/** What one written record came to. */
export interface Written {
  /** Its place in the batch. */
  readonly place: number;
  readonly id: string;
  readonly row: Row;
}

/** A trigger after the write may change the row again, and a partitioned table hides the versions of its new rows. */
export function returningOf(table: Table, columns: readonly string[]): Projection | null {
  return table.changedByTriggers || table.partitioned ? null : projectionOf(table, columns, 't');
}

export function statementOf(plan: Plan): Statement {
  const values = [JSON.stringify(plan.entries.map((entry, place) => sourceRow(plan, entry, place)))];
  const text = textOf(plan);
  return plan.returning === null ? { text, values } : { text, values, parserOf: plan.returning.parserOf };
}

/** Matches the statement's rows with the batch: creates by their order, all others by the place they carry. */
export function writtenOf(plan: Plan, rows: readonly Row[]): readonly Written[] {
  return rows.map(([place, ...row], index) => ({
    place: plan.kind === 'create' ? index : Number(place),
    id: idOf(plan.table.key, row),
    row,
  }));
}

function textOf(plan: Plan): string {
  const { table, kind } = plan;
  const columns = columnsNamed(table, plan.columns);
  const isSame = table.key.map(({ name }, part) => `t.${quoted(name)} = x.k${String(part)}`).join(' and ');
  const condition = `${isSame} and (x.v is null or x.v = ${versionSql(table, 't')})`;
  const keys = table.key.map(({ name }) => `t.${quoted(name)}::text`).join(', ');
  const shown = plan.returning?.sql ?? keys;
  const source = `json_to_recordset($1::json) as x(${sourceColumns(plan)})`;
  switch (kind) {
    case 'create': {
      const names = columns.map(({ name }) => quoted(name)).join(', ');
      const values = columns.map((_, index) => `x.c${String(index)}`).join(', ');
      const insert = `insert into ${table.sqlName} as t (${names}) select ${values} from ${source} returning null, ${shown}`;
      return counted(insert, 1 + (plan.returning?.width ?? table.key.length), plan.entries.length);
    }
    case 'update': {
      const sets = columns.map(({ name }, index) => `${quoted(name)} = x.c${String(index)}`).join(', ');
      return `update ${table.sqlName} as t set ${sets} from ${source} where ${condition} returning x.i, ${shown}`;
    }
    case 'delete':
      return `delete from ${table.sqlName} as t using ${source} where ${condition} returning x.i, ${keys}`;
    default:
      return unreachable(kind);
  }
}

/**
 * New rows come back in the order they went in, but for those that a trigger drops, which would shift all after them. So
 * the statement fails (division by zero) unless as many come back; alone, a dropped row is seen for what it is.
 */
function counted(insert: string, width: number, count: number): string {
  if (count === 1) return insert;
  const names = Array.from({ length: width }, (_, index) => `r${String(index)}`).join(', ');
  return `with written (${names}) as (${insert}) select ${names}, 1 / (count(*) over () = ${String(count)})::int from written`;
}

function sourceColumns({ table, kind, columns }: Plan): string {
  const values = columnsNamed(table, columns).map(({ type }, index) => `c${String(index)} ${type.sqlName}`);
  if (kind === 'create') return values.join(', ');
  const keys = table.key.map(({ type }, part) => `k${String(part)} ${type.sqlName}`);
  return ['i int4', 'v text', ...keys, ...values].join(', ');
}

function sourceRow({ kind, columns }: Plan, { request, key }: KeyedEntry, place: number): object {
  const values = columns.map(
    (name, index) => [`c${String(index)}`, request.fields.get(name) ?? null] as const,
  );
  if (kind === 'create') return Object.fromEntries(values);
  const keys = key.map((part, index) => [`k${String(index)}`, part] as const);
  return Object.fromEntries([['i', place], ['v', request.ifVersion], ...keys, ...values]);
}
