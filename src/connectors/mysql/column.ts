/** One column of a table: what it can hold, how its cells are read, and how values are spelled for it in SQL. */
import type { FieldType } from '../../engine/value.ts';

/** How a column's cells are read and written; see codec.ts. */
export type Codec =
  | { readonly kind: 'integer' }
  | { readonly kind: 'bigInteger' }
  | { readonly kind: 'decimal' }
  | { readonly kind: 'float' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'bit' }
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'set'; readonly options: readonly string[] }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  /** A moment; `fractionDigits` are those the column keeps. */
  | { readonly kind: 'timestamp'; readonly fractionDigits: number }
  /** A date and time of day without a zone. */
  | { readonly kind: 'datetime'; readonly fractionDigits: number; readonly isUtc: boolean }
  | { readonly kind: 'json' }
  /** Bytes, as Base64. */
  | { readonly kind: 'bytes' }
  /** Read as the server prints it; not written. */
  | { readonly kind: 'foreign'; readonly isSpatial: boolean };

export interface Column {
  readonly name: string;
  readonly title: string | null;
  readonly codec: Codec;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly isAutoIncrement: boolean;
  /** The server itself stamps it when the record is changed. */
  readonly isStamp: boolean;
  /** The server fills it with its own clock, in its own zone. */
  readonly usesServerClock: boolean;
  readonly charactersMax: number | null;
  readonly scale: number | null;
}

/** A row of information_schema.columns, in the words of MySQL. */
export interface ColumnFacts {
  readonly name: string;
  /** `varchar`, `int`. */
  readonly dataType: string;
  /** `varchar(20)`, `tinyint(1) unsigned`, `enum('a','b')`. */
  readonly columnType: string;
  readonly isNullable: boolean;
  readonly defaultText: string | null;
  readonly extra: string;
  readonly charactersMax: string | null;
  readonly scale: string | null;
  readonly fractionDigits: string | null;
  readonly comment: string;
  /** MariaDB has no JSON type: such a column is text with a rule. */
  readonly isJsonText: boolean;
}

const NOW = /current_timestamp|now\(/i;

export function columnOf(facts: ColumnFacts, datetimeIsUtc: boolean): Column {
  const extra = facts.extra.toLowerCase();
  const isGenerated = /\b(virtual|stored|persistent)\b/.test(extra);
  const isAutoIncrement = extra.includes('auto_increment');
  const codec = facts.isJsonText ? { kind: 'json' as const } : codecOf(facts, datetimeIsUtc);
  const isStamp = extra.includes('on update current_timestamp');
  // MariaDB writes a default of null as the word.
  const hasDefault = facts.defaultText !== null && facts.defaultText.toUpperCase() !== 'NULL';
  return {
    name: facts.name,
    title: facts.comment === '' ? null : facts.comment,
    codec,
    required: !facts.isNullable && !hasDefault && !isAutoIncrement && !isGenerated && !isStamp,
    readOnly: isGenerated || isAutoIncrement || codec.kind === 'foreign',
    isAutoIncrement,
    isStamp,
    usesServerClock: codec.kind !== 'timestamp' && (isStamp || NOW.test(facts.defaultText ?? '')),
    charactersMax: facts.charactersMax === null ? null : Number(facts.charactersMax),
    scale: facts.scale === null ? null : Number(facts.scale),
  };
}

export function fieldTypeOf({ codec, charactersMax, scale }: Column): FieldType {
  switch (codec.kind) {
    case 'integer':
    case 'bigInteger':
    case 'bit':
      return { kind: 'integer' };
    case 'decimal':
      return scale === null ? { kind: 'decimal' } : { kind: 'decimal', scaleMax: scale };
    case 'float':
      return { kind: 'decimal' };
    case 'boolean':
    case 'date':
    case 'time':
    case 'json':
      return { kind: codec.kind };
    case 'choice':
    case 'set':
      return { kind: codec.kind, options: codec.options };
    case 'timestamp':
      return instantOf(codec.fractionDigits);
    case 'datetime':
      return codec.isUtc ? instantOf(codec.fractionDigits) : { kind: 'text' };
    case 'bytes':
    case 'foreign':
      return { kind: 'text' };
    case 'text':
      return charactersMax === null ? { kind: 'text' } : { kind: 'text', lengthMax: charactersMax };
  }
}

function instantOf(fractionDigits: number): FieldType {
  return { kind: 'instant', grainMs: 10 ** Math.max(0, 3 - fractionDigits) };
}

function codecOf(facts: ColumnFacts, datetimeIsUtc: boolean): Codec {
  const fractionDigits = Number(facts.fractionDigits ?? 0);
  switch (facts.dataType) {
    case 'tinyint':
      return { kind: facts.columnType.startsWith('tinyint(1)') ? 'boolean' : 'integer' };
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'year':
      return { kind: 'integer' };
    case 'bigint':
      return { kind: 'bigInteger' };
    case 'decimal':
      return { kind: 'decimal' };
    case 'float':
    case 'double':
      return { kind: 'float' };
    case 'bit':
      return { kind: facts.columnType === 'bit(1)' ? 'boolean' : 'bit' };
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { kind: 'text' };
    case 'enum':
      return { kind: 'choice', options: optionsOf(facts.columnType) };
    case 'set':
      return { kind: 'set', options: optionsOf(facts.columnType) };
    case 'date':
    case 'time':
    case 'json':
      return { kind: facts.dataType };
    case 'timestamp':
      return { kind: 'timestamp', fractionDigits };
    case 'datetime':
      return { kind: 'datetime', fractionDigits, isUtc: datetimeIsUtc };
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { kind: 'bytes' };
    default:
      return { kind: 'foreign', isSpatial: SPATIAL.has(facts.dataType) };
  }
}

const SPATIAL: ReadonlySet<string> = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
]);

/** The options of `enum('a','it''s')`. */
function optionsOf(columnType: string): readonly string[] {
  return [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map(([, quoted = '']) => quoted.replaceAll("''", "'"));
}
