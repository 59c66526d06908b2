/** Queries that count and add up: with GROUP BY over plain fields, or over everything. */
import type { FieldFunctionExpression, FieldType, Query } from '@jetstreamapp/soql-parser-js';

import type { SfRecord, SfValue } from './record.ts';
import type { SObject } from './schema.ts';
import { compareValues } from './soql-literal.ts';
import { resolvePath, type Column } from './soql-path.ts';
import { malformed } from './soql-where.ts';
import type { Viewer } from './viewer.ts';

type Group = Readonly<Record<string, SfValue>>;
interface Output {
  readonly name: string;
  readonly compute: (rows: readonly SfRecord[]) => SfValue;
}

export function hasAggregates(fields: readonly FieldType[]): boolean {
  return fields.some((field) => field.type === 'FieldFunctionExpression' && field.isAggregateFn === true);
}

/** One row a group; without GROUP BY, one row. Unnamed results are called expr0, expr1 and so on. */
export function aggregate(
  viewer: Viewer,
  object: SObject,
  query: Query,
  rows: readonly SfRecord[],
): readonly Group[] {
  if (query.having !== undefined) throw malformed('HAVING is not simulated');
  const clauses = query.groupBy === undefined ? [] : [query.groupBy].flat();
  const keys = clauses.map((clause) => {
    if (!('field' in clause)) throw malformed('functions in GROUP BY are not simulated');
    return resolvePath(viewer, object, clause.field);
  });
  const outputs = outputsOf(viewer, object, query, keys);
  const groups = Map.groupBy(rows, (record) => JSON.stringify(keys.map(({ read }) => read(record))));
  const members = keys.length === 0 ? [rows] : [...groups.values()];
  return members.map((group) =>
    Object.fromEntries(outputs.map(({ name, compute }) => [name, compute(group)])),
  );
}

function outputsOf(
  viewer: Viewer,
  object: SObject,
  query: Query,
  keys: readonly Column[],
): readonly Output[] {
  let unnamed = 0;
  return (query.fields ?? []).map((field) => {
    if (field.type === 'FieldFunctionExpression') {
      const name = field.alias ?? `expr${String(unnamed)}`;
      if (field.alias === undefined) unnamed += 1;
      return { name, compute: computeOf(viewer, object, field) };
    }
    if (field.type !== 'Field') throw malformed(`${field.type} is not simulated in a grouped query`);
    const column = resolvePath(viewer, object, field.field);
    if (!keys.some((key) => key.field.name === column.field.name)) {
      throw malformed(`Field must be grouped or aggregated: ${field.field}`);
    }
    return {
      name: column.field.name,
      compute: ([first]) => (first === undefined ? null : column.read(first)),
    };
  });
}

function computeOf(viewer: Viewer, object: SObject, call: FieldFunctionExpression): Output['compute'] {
  const [parameter = 'Id'] = call.parameters;
  if (typeof parameter !== 'string') throw malformed('nested functions are not simulated');
  const { field, read } = resolvePath(viewer, object, parameter);
  const present = (rows: readonly SfRecord[]): readonly SfValue[] =>
    rows.map(read).filter((value) => value !== null);
  const extreme = (values: readonly SfValue[], sign: number): SfValue =>
    values.toSorted((left, right) => sign * compareValues(field, left, right))[0] ?? null;
  switch (call.functionName.toUpperCase()) {
    case 'COUNT':
      return (rows) => present(rows).length;
    case 'COUNT_DISTINCT':
      return (rows) => new Set(present(rows)).size;
    case 'MIN':
      return (rows) => extreme(present(rows), 1);
    case 'MAX':
      return (rows) => extreme(present(rows), -1);
    case 'SUM':
      return (rows) => (present(rows).length === 0 ? null : sum(present(rows)));
    case 'AVG':
      return (rows) => (present(rows).length === 0 ? null : sum(present(rows)) / present(rows).length);
    default:
      throw malformed(`the function ${call.functionName} is not simulated`);
  }
}

function sum(values: readonly SfValue[]): number {
  return values.reduce<number>((total, value) => total + Number(value), 0);
}
