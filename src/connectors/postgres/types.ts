/**
 * PostgreSQL types as field types and native values. Text comes in the spelling that `SPELLING` fixes, and goes back as
 * JSON, which PostgreSQL's own input functions read; so only reading needs code.
 */
import type { FieldType } from '../../engine/value.ts';
import { parseArray } from './arrays.ts';
import type { Parse } from './database.ts';

/** A column's type with domains resolved. */
export interface ColumnType {
  readonly oid: number;
  /** Schema and name, quoted, as a cast wants them. */
  readonly sqlName: string;
  /** The name in pg_type of the type below all domains. */
  readonly base: string;
  /** The array's element type; null when it is no array. */
  readonly element: {
    readonly oid: number;
    readonly base: string;
    readonly options: readonly string[] | null;
  } | null;
  /** Labels of an enumeration. */
  readonly options: readonly string[] | null;
  /** Declared length of text, precision of a number or of a time; null when not declared. */
  readonly lengthMax: number | null;
  readonly scale: number | null;
  readonly precision: number | null;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d+)?([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?$/;
const SPACE = 32;

const asText: Parse = (text) => text;
const asJson: Parse = JSON.parse;
const asNumber: Parse = (text) => {
  const value = Number(text);
  // NaN and the infinities have no place in JSON; their names have.
  return Number.isFinite(value) ? value : text;
};

const PARSERS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['bool', (text) => text === 't'],
  ['int2', Number],
  ['int4', Number],
  ['float4', asNumber],
  ['float8', asNumber],
  ['timestamptz', instantText],
  ['timestamp', localText],
  ['json', asJson],
  ['jsonb', asJson],
]);

/** Oids of built-in types never change (pg_type.dat of PostgreSQL). */
const BUILT_IN: ReadonlyMap<number, Parse> = new Map(
  (
    [
      [16, 'bool'],
      [21, 'int2'],
      [23, 'int4'],
      [700, 'float4'],
      [701, 'float8'],
      [1114, 'timestamp'],
      [1184, 'timestamptz'],
      [114, 'json'],
      [3802, 'jsonb'],
    ] as const
  ).map(([oid, name]) => [oid, parserNamed(name)]),
);

function parserNamed(base: string): Parse {
  return PARSERS.get(base) ?? asText;
}

/** The parsers for a table's results: built-in types, and arrays of whatever its columns hold. */
export function parsersFor(types: Iterable<ColumnType>): (typeOid: number) => Parse {
  const arrays = new Map<number, Parse>();
  for (const { oid, element } of types)
    if (element !== null) arrays.set(oid, arrayOf(parserNamed(element.base)));
  return (typeOid) => BUILT_IN.get(typeOid) ?? arrays.get(typeOid) ?? asText;
}

function arrayOf(parse: Parse): Parse {
  return (text) => parseArray(text, parse);
}

/** `2026-03-31 14:05:00.123456+02` → `2026-03-31T12:05:00.123456Z`; what ISO 8601 cannot say, such as BC, stays as it is. */
export function instantText(text: string): string {
  // Most servers run in UTC: there is nothing to reckon then.
  if (text.endsWith('+00') && text.charCodeAt(10) === SPACE)
    return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
  const [, date, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = INSTANT.exec(text) ?? [];
  if (date === undefined) return text;
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  const utc = new Date(Date.parse(`${date}T${time ?? ''}Z`) + (sign === '-' ? offsetMs : -offsetMs));
  return `${utc.toISOString().slice(0, 19)}${fraction}Z`;
}

/** A timestamp without zone stays without: which instant it means is for the mapping to say. */
function localText(text: string): string {
  return text.charCodeAt(10) === SPACE && !text.endsWith('BC')
    ? `${text.slice(0, 10)}T${text.slice(11)}`
    : text;
}

/** What a mapping may take the column for. A timestamp without zone is text, because it is no instant. */
export function fieldTypeOf(type: ColumnType): FieldType {
  if (type.options !== null) return { kind: 'choice', options: type.options };
  if (type.element !== null) return listTypeOf(type.element);
  switch (type.base) {
    case 'int2':
    case 'int4':
    case 'int8':
      return { kind: 'integer' };
    case 'numeric':
      return { kind: 'decimal', ...(type.scale === null ? {} : { scaleMax: type.scale }) };
    case 'float4':
    case 'float8':
      return { kind: 'decimal' };
    case 'bool':
      return { kind: 'boolean' };
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time' };
    case 'timestamptz':
      return { kind: 'instant', ...grainOf(type.precision) };
    case 'uuid':
      return { kind: 'uuid' };
    case 'json':
    case 'jsonb':
      return { kind: 'json' };
    default:
      return { kind: 'text', ...(type.lengthMax === null ? {} : { lengthMax: type.lengthMax }) };
  }
}

function listTypeOf(element: NonNullable<ColumnType['element']>): FieldType {
  if (element.options !== null) return { kind: 'set', options: element.options };
  return ['text', 'varchar', 'bpchar', 'name', 'citext', 'uuid'].includes(element.base)
    ? { kind: 'set' }
    : { kind: 'json' };
}

/** timestamptz(0) keeps whole seconds; from three digits on, the column is at least as fine as what we compare. */
function grainOf(precision: number | null): { readonly grainMs?: number } {
  return precision === null || precision >= 3 ? {} : { grainMs: 10 ** (3 - precision) };
}
