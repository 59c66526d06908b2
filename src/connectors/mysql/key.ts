/** Record ids. One key column: its value. Several: their values with `,` between, in which `,` and `%` are `%2C` and `%25`. */
import type { Cells } from './client.ts';
import { identifier, nativeOf, spell } from './codec.ts';
import type { Column } from './column.ts';
import type { Table } from './table.ts';

export function idOf(table: Table, cells: Cells): string {
  const parts = table.key.map((column) => {
    const native = nativeOf(column.codec, cells[table.columns.indexOf(column)] ?? null);
    return typeof native === 'object' ? JSON.stringify(native) : String(native);
  });
  const [only = ''] = parts;
  return parts.length === 1
    ? only
    : parts.map((part) => part.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
}

/** Literals for the key columns; null when no record can have such an id. */
export function keyLiterals(table: Table, id: string): readonly string[] | null {
  const parts =
    table.key.length === 1
      ? [id]
      : id.split(',').map((part) => part.replaceAll('%2C', ',').replaceAll('%25', '%'));
  if (parts.length !== table.key.length) return null;
  const literals = table.key.map(({ codec }, index) => spell(codec, parts[index] ?? ''));
  return literals.every((literal) => literal.kind === 'sql') ? literals.map(({ text }) => text) : null;
}

/** True for the records with these keys. */
export function keyIsOneOf(table: Table, keys: readonly (readonly string[])[]): string {
  const [first] = table.key;
  if (table.key.length === 1 && first !== undefined) {
    return `${identifier(first.name)} in (${keys.map(([literal = '']) => literal).join(', ')})`;
  }
  return `(${keys.map((literals) => `(${keyEquals(table, literals)})`).join(' or ')})`;
}

export function keyEquals(table: Table, literals: readonly string[]): string {
  return table.key
    .map(({ name }, index) => `${identifier(name)} = ${literals[index] ?? 'null'}`)
    .join(' and ');
}

/** What records are put in order by. Enumerations are ordered by number and compared by text; as text they do both. */
export function keyOrder(table: Table): readonly string[] {
  return table.key.map(orderOf);
}

export function orderOf({ name, codec }: Column): string {
  const isEnumeration = codec.kind === 'choice' || codec.kind === 'set';
  return isEnumeration ? `cast(${identifier(name)} as char)` : identifier(name);
}

/** True for what comes after the literals in the order of the expressions, spelled so that an index can be used. */
export function isAfter(expressions: readonly string[], literals: readonly string[]): string {
  const alternatives = expressions.map((expression, index) => {
    const equal = expressions.slice(0, index).map((earlier, at) => `${earlier} = ${literals[at] ?? 'null'}`);
    return `(${[...equal, `${expression} > ${literals[index] ?? 'null'}`].join(' and ')})`;
  });
  const [first = 'true'] = expressions;
  return `${first} >= ${literals[0] ?? 'null'} and (${alternatives.join(' or ')})`;
}
