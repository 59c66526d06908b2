/** Runs a SOQL query over an org. What is not simulated is refused as malformed, with a text that says so. */
import { parseQuery, type OrderByClause, type Query } from '@jetstreamapp/soql-parser-js';

import { SalesforceError } from './failure.ts';
import { idOf, type SfRecord, type SfValue } from './record.ts';
import type { SObject } from './schema.ts';
import { aggregate, hasAggregates } from './soql-aggregate.ts';
import { compareValues } from './soql-literal.ts';
import { resolvePath, type Column } from './soql-path.ts';
import { malformed, predicateOf } from './soql-where.ts';
import type { Viewer } from './viewer.ts';

const SOQL_LENGTH_MAX = 100_000;
const OFFSET_MAX = 2_000;
const FIELDS_LIMIT_MAX = 200;

export type QueryResult =
  /** `SELECT COUNT()`, which has no rows. */
  | { readonly kind: 'count'; readonly size: number }
  | { readonly kind: 'groups'; readonly rows: readonly Readonly<Record<string, SfValue>>[] }
  | {
      readonly kind: 'records';
      readonly object: SObject;
      readonly columns: readonly Column[];
      readonly rows: readonly SfRecord[];
    };

/** Deleted records take part only in queryAll. Throws the refusal of a query that cannot be run. */
export function runQuery(viewer: Viewer, soql: string, includeDeleted: boolean): QueryResult {
  if (soql.trim() === '') throw malformed('A query string has to be specified');
  if (soql.length > SOQL_LENGTH_MAX)
    throw new SalesforceError('QUERY_TOO_COMPLICATED', 'SOQL statement is too long');
  return run(viewer, parsed(soql), includeDeleted);
}

function parsed(soql: string): Query {
  try {
    return parseQuery(soql);
  } catch (error) {
    throw malformed(error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error));
  }
}

function run(viewer: Viewer, query: Query, includeDeleted: boolean): QueryResult {
  const object = viewer.queried(query.sObject ?? '');
  const rows = selected(viewer, object, query, includeDeleted);
  const fields = query.fields ?? [];
  const [first] = fields;
  const isCount = first?.type === 'FieldFunctionExpression' && first.functionName.toUpperCase() === 'COUNT';
  if (isCount && first.parameters.length === 0) return { kind: 'count', size: cut(rows, query).length };
  if (query.groupBy !== undefined || hasAggregates(fields)) {
    return { kind: 'groups', rows: aggregate(viewer, object, query, rows) };
  }
  const columns = columnsOf(viewer, object, query);
  return { kind: 'records', object, columns, rows: cut(ordered(viewer, object, query, rows), query) };
}

function selected(
  viewer: Viewer,
  object: SObject,
  query: Query,
  includeDeleted: boolean,
): readonly SfRecord[] {
  const predicate = predicateOf(viewer, object, query.where, (inner) => {
    const result = run(viewer, inner, includeDeleted);
    const column = result.kind === 'records' ? result.columns[0] : undefined;
    if (result.kind !== 'records' || column === undefined)
      throw malformed('a query inside a condition selects one field');
    return result.rows.map((record) => column.read(record));
  });
  const isThere = (record: SfRecord): boolean => includeDeleted || record['IsDeleted'] !== true;
  return [...viewer.org.store.all(object.name)].filter(
    (record) => isThere(record) && viewer.sees(record) && predicate(record),
  );
}

function columnsOf(viewer: Viewer, object: SObject, query: Query): readonly Column[] {
  const columns = (query.fields ?? []).flatMap((field) => {
    if (field.type === 'Field') return [resolvePath(viewer, object, field.field)];
    if (field.type === 'FieldRelationship') {
      return [resolvePath(viewer, object, [...field.relationships, field.field].join('.'))];
    }
    if (field.type !== 'FieldFunctionExpression' || field.functionName.toUpperCase() !== 'FIELDS') {
      throw malformed(`${field.type} is not simulated`);
    }
    const [which] = field.parameters;
    return allColumns(viewer, object, query, typeof which === 'string' ? which : '');
  });
  const names = columns.map(({ relationships, field }) => [...relationships, field.name].join('.'));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SalesforceError('INVALID_FIELD', `duplicate field selected: ${twice}`);
  return columns;
}

function allColumns(viewer: Viewer, object: SObject, query: Query, which: string): readonly Column[] {
  const isBounded = which.toUpperCase() === 'STANDARD' || (query.limit ?? Infinity) <= FIELDS_LIMIT_MAX;
  if (!isBounded)
    throw malformed(`The SOQL FIELDS function must have a LIMIT of at most ${String(FIELDS_LIMIT_MAX)}`);
  return viewer
    .fields(object)

    .filter(
      ({ name }) =>
        which.toUpperCase() === 'ALL' || name.endsWith('__c') === (which.toUpperCase() === 'CUSTOM'),
    )
    .map(({ name }) => resolvePath(viewer, object, name));
}

/** Without an ORDER BY the order is that of the ids here; the real one promises none. */
function ordered(
  viewer: Viewer,
  object: SObject,
  query: Query,
  rows: readonly SfRecord[],
): readonly SfRecord[] {
  const clauses = query.orderBy === undefined ? [] : [query.orderBy].flat();
  const orders = clauses.map((clause) => orderOf(viewer, object, clause));
  return rows.toSorted((left, right) => {
    for (const order of orders) {
      const difference = order(left, right);
      if (difference !== 0) return difference;
    }
    return idOf(left) < idOf(right) ? -1 : 1;
  });
}

function orderOf(
  viewer: Viewer,
  object: SObject,
  clause: OrderByClause,
): (left: SfRecord, right: SfRecord) => number {
  if (!('field' in clause)) throw malformed('functions in ORDER BY are not simulated');
  const { field, read } = resolvePath(viewer, object, clause.field);
  const direction = clause.order === 'DESC' ? -1 : 1;
  const nullsFirst = clause.nulls === undefined ? true : clause.nulls === 'FIRST';
  return (left, right) => {
    const [one, other] = [read(left), read(right)];
    if (one === null || other === null) {
      if (one === other) return 0;
      return (one === null) === nullsFirst ? -1 : 1;
    }
    return direction * compareValues(field, one, other);
  };
}

function cut(rows: readonly SfRecord[], query: Query): readonly SfRecord[] {
  const offset = query.offset ?? 0;
  if (offset > OFFSET_MAX) {
    const message = `Maximum SOQL offset allowed is ${String(OFFSET_MAX)}`;
    throw new SalesforceError('NUMBER_OUTSIDE_VALID_RANGE', message);
  }
  return rows.slice(offset, query.limit === undefined ? undefined : offset + query.limit);
}
