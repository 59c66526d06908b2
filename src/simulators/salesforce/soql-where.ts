/** The WHERE clause of a parsed query as a predicate over records. */
import type { Condition, Query, ValueQueryCondition, WhereClause } from '@jetstreamapp/soql-parser-js';

import { SalesforceError } from './failure.ts';
import type { SfRecord, SfValue } from './record.ts';
import type { SObject } from './schema.ts';
import { compareFor, literalsOf, type Literal } from './soql-literal.ts';
import { resolvePath, type Column } from './soql-path.ts';
import type { Viewer } from './viewer.ts';

export type Predicate = (record: SfRecord) => boolean;

/** Runs a query inside a condition and gives the values of its one column. */
export type RunSubquery = (query: Query) => readonly SfValue[];

type Token =
  | { readonly kind: 'open' | 'close' | 'AND' | 'OR' | 'NOT' }
  | { readonly kind: 'test'; readonly test: Predicate };

/** Everything, without a clause. Throws the refusal for a column, a literal or an operator that does not fit. */
export function predicateOf(
  viewer: Viewer,
  object: SObject,
  where: WhereClause | undefined,
  runSubquery: RunSubquery,
): Predicate {
  if (where === undefined) return () => true;
  const tokens = tokensOf(where, (condition) => testOf(viewer, object, condition, runSubquery));
  const parser = { tokens, next: 0 };
  const predicate = anyOf(parser);
  if (parser.next < tokens.length) throw malformed('unexpected token after the condition');
  return predicate;
}

export function malformed(message: string): SalesforceError {
  return new SalesforceError('MALFORMED_QUERY', message);
}

/** The parser's chain with its counted parentheses as a flat list. */
function tokensOf(
  where: WhereClause,
  test: (condition: Condition | ValueQueryCondition) => Predicate,
): readonly Token[] {
  const tokens: Token[] = [];
  for (
    let clause: WhereClause | null = where;
    clause !== null;
    clause = 'right' in clause ? clause.right : null
  ) {
    const { left } = clause;
    if (left !== null) {
      for (let count = left.openParen ?? 0; count > 0; count -= 1) tokens.push({ kind: 'open' });
      if ('operator' in left) {
        tokens.push({ kind: 'test', test: test(left) });
        for (let count = left.closeParen ?? 0; count > 0; count -= 1) tokens.push({ kind: 'close' });
      }
    }
    if ('operator' in clause) tokens.push({ kind: clause.operator });
  }
  return tokens;
}

interface Parser {
  readonly tokens: readonly Token[];
  next: number;
}

function anyOf(parser: Parser): Predicate {
  let predicate = allOf(parser);
  while (parser.tokens[parser.next]?.kind === 'OR') {
    parser.next += 1;
    const [left, right] = [predicate, allOf(parser)];
    predicate = (record) => left(record) || right(record);
  }
  return predicate;
}

function allOf(parser: Parser): Predicate {
  let predicate = one(parser);
  while (parser.tokens[parser.next]?.kind === 'AND') {
    parser.next += 1;
    const [left, right] = [predicate, one(parser)];
    predicate = (record) => left(record) && right(record);
  }
  return predicate;
}

function one(parser: Parser): Predicate {
  const token = parser.tokens[parser.next];
  parser.next += 1;
  if (token?.kind === 'NOT') {
    const inner = one(parser);
    return (record) => !inner(record);
  }
  if (token?.kind === 'open') {
    const inner = anyOf(parser);
    if (parser.tokens[parser.next]?.kind !== 'close') throw malformed("expecting ')'");
    parser.next += 1;
    return inner;
  }
  if (token?.kind !== 'test') throw malformed('unexpected end of the condition');
  return token.test;
}

function testOf(
  viewer: Viewer,
  object: SObject,
  condition: Condition | ValueQueryCondition,
  runSubquery: RunSubquery,
): Predicate {
  if (!('field' in condition)) throw malformed('functions in a condition are not simulated');
  const column = resolvePath(viewer, object, condition.field);
  if (column.field.type === 'address' || (column.field.length > 255 && column.field.type === 'textarea')) {
    throw new SalesforceError(
      'INVALID_FIELD',
      `field '${condition.field}' can not be filtered in a query call`,
    );
  }
  const isInside = 'valueQuery' in condition;
  const literals = isInside
    ? runSubquery(condition.valueQuery).map((value): Literal => ({ kind: 'value', value }))
    : literalsOf(condition, column.field, viewer.org.clock.nowMs());
  return operate(condition.operator, column, literals);
}

function operate(operator: string, column: Column, literals: readonly Literal[]): Predicate {
  const { field, read } = column;
  const compare = (record: SfRecord, literal: Literal): number | null =>
    compareFor(field, read(record), literal);
  const [first] = literals;
  if (first === undefined) return () => operator === 'NOT IN';
  switch (operator) {
    case '=':
      return (record) => compare(record, first) === 0;
    case '!=':
      return (record) => compare(record, first) !== 0;
    case '<':
      return (record) => (compare(record, first) ?? 1) < 0;
    case '<=':
      return (record) => (compare(record, first) ?? 1) <= 0;
    case '>':
      return (record) => (compare(record, first) ?? -1) > 0;
    case '>=':
      return (record) => (compare(record, first) ?? -1) >= 0;
    case 'IN':
      return (record) => literals.some((literal) => compare(record, literal) === 0);
    case 'NOT IN':
      return (record) => !literals.some((literal) => compare(record, literal) === 0);
    case 'LIKE':
      return likeOf(column, literals);
    case 'INCLUDES':
      return (record) => includes(read(record), literals);
    case 'EXCLUDES':
      return (record) => !includes(read(record), literals);
    default:
      throw malformed(`the operator ${operator} is not simulated`);
  }
}

function likeOf({ read }: Column, literals: readonly Literal[]): Predicate {
  const patterns = literals.map((literal) => {
    const text = literal.kind === 'value' ? String(literal.value ?? '') : '';
    const source = [...text.matchAll(/\\?[^]/gu)].map(([part]) => wildcard(part)).join('');
    return new RegExp(`^${source}$`, 'isu');
  });
  return (record) => {
    const value = read(record);
    return typeof value === 'string' && patterns.some((pattern) => pattern.test(value));
  };
}

function wildcard(part: string): string {
  if (part === '%') return '.*';
  if (part === '_') return '.';
  const literal = part.startsWith('\\') && part.length > 1 ? part.slice(1) : part;
  return literal.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

/** Each literal names choices that must all be chosen, with semicolons between them; one literal is enough. */
function includes(value: SfValue, literals: readonly Literal[]): boolean {
  const chosen = new Set(
    String(value ?? '')
      .toLowerCase()
      .split(';'),
  );
  return literals.some(
    (literal) =>
      literal.kind === 'value' &&
      String(literal.value)
        .toLowerCase()
        .split(';')
        .every((choice) => chosen.has(choice)),
  );
}
