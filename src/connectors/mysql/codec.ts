/** Values on their way from and to one column. What the server would bend to fit is refused here instead. */
import { escape } from 'mysql2';

import type { NativeValue } from '../../engine/value.ts';
import type { Cell } from './client.ts';
import type { Codec, Column } from './column.ts';
import { parseExactly } from './exact-json.ts';

/** SQL text, or why the column cannot take the value. */
export type Spelled =
  | { readonly kind: 'sql'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string };

const INTEGER = /^[+-]?\d{1,65}$/;
const NUMBER = /^[+-]?(?:\d{1,65}(?:\.\d{0,65})?|\.\d{1,65})(?:[eE][+-]?\d{1,3})?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^-?\d{2,3}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function nativeOf(codec: Codec, cell: Cell): NativeValue {
  if (cell === null) return null;
  switch (codec.kind) {
    case 'boolean':
      return booleanOf(cell);
    case 'bit':
      return Buffer.isBuffer(cell) ? String(bigIntOf(cell)) : String(cell);
    case 'bytes':
      return Buffer.isBuffer(cell) ? cell.toString('base64') : Buffer.from(String(cell)).toString('base64');
    case 'set':
      return cell === '' ? [] : String(cell).split(',');
    case 'timestamp':
      return `${String(cell).replace(' ', 'T')}Z`;
    case 'datetime':
      return `${String(cell).replace(' ', 'T')}${codec.isUtc ? 'Z' : ''}`;
    case 'json':
      return jsonOf(String(cell));
    case 'integer':
    case 'float':
      return Buffer.isBuffer(cell) ? cell.toString('utf8') : cell;
    default:
      return Buffer.isBuffer(cell) ? cell.toString('utf8') : String(cell);
  }
}

/** How to select a column so that its cell is what `nativeOf` reads. */
export function selectOf({ name, codec }: Column): string {
  const quoted = identifier(name);
  if (codec.kind !== 'foreign') return quoted;
  return codec.isSpatial ? `st_astext(${quoted})` : `cast(${quoted} as char)`;
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A literal for the column. `inServerZone` says that the statement runs in the server's zone instead of UTC. */
export function spell(codec: Codec, value: NativeValue, inServerZone = false): Spelled {
  if (value === null) return sql('null');
  if (codec.kind === 'json') return sql(escape(JSON.stringify(value)));
  if (codec.kind === 'set') return spellSet(codec.options, value);
  if (typeof value === 'object') return refused('it takes one value, not a list or a structure');
  const text = String(value);
  switch (codec.kind) {
    case 'integer':
    case 'bigInteger':
    case 'bit':
      return spellNumber(INTEGER, value, 'it takes whole numbers');
    case 'decimal':
    case 'float':
      return spellNumber(NUMBER, value, 'it takes numbers');
    case 'boolean':
      if (value === true || value === 1 || value === '1' || value === 'true') return sql('1');
      if (value === false || value === 0 || value === '0' || value === 'false') return sql('0');
      return refused('it takes true or false');
    case 'choice':
      return codec.options.includes(text)
        ? sql(escape(text))
        : refused(`it takes one of ${codec.options.join(', ')}`);
    case 'date':
      return DATE.test(text) ? sql(escape(text)) : refused('it takes a date such as 2026-03-31');
    case 'time':
      return TIME.test(text) ? sql(escape(text)) : refused('it takes a time of day such as 17:30:00');
    case 'timestamp':
    case 'datetime':
      return spellMoment(codec, text, inServerZone);
    case 'bytes':
      return BASE64.test(text)
        ? sql(`x'${Buffer.from(text, 'base64').toString('hex')}'`)
        : refused('it takes bytes as Base64');
    case 'text':
      return text.isWellFormed() ? sql(escape(text)) : refused('the text holds half a character');
    case 'foreign':
      return refused('columns of this type can only be read');
  }
}

function spellSet(options: readonly string[], value: NativeValue): Spelled {
  if (!Array.isArray(value)) return refused('it takes a list');
  const elements = (value as readonly NativeValue[]).map((element) =>
    typeof element === 'string' ? element : '',
  );
  const isKnown = elements.every((element) => options.includes(element));
  return isKnown ? sql(escape(elements.join(','))) : refused(`it takes a list of ${options.join(', ')}`);
}

function spellNumber(shape: RegExp, value: string | number | boolean, reason: string): Spelled {
  if (typeof value === 'boolean') return refused(reason);
  const text = String(value);
  return shape.test(text) ? sql(text) : refused(reason);
}

/** Cuts digits that the column does not keep: the server would round, and half a second before midnight is not tomorrow. */
function spellMoment(
  codec: Extract<Codec, { readonly kind: 'timestamp' | 'datetime' }>,
  text: string,
  inServerZone: boolean,
): Spelled {
  const hasZone = codec.kind === 'timestamp' || codec.isUtc;
  const [, day = '', clock = '', second = '00', digits = '', zone] = MOMENT.exec(text) ?? [];
  if (day === '')
    return refused(
      `it takes ${hasZone ? 'a moment such as 2026-03-31T14:05:00Z' : 'a date with a time such as 2026-03-31T14:05:00'}`,
    );
  if (hasZone && zone === undefined)
    return refused('it takes a moment with its zone, such as 2026-03-31T14:05:00Z');
  if (!hasZone && zone !== undefined)
    return refused('it has no zone, so it takes a time without one (see the setting datetime_zone)');
  const kept = digits.slice(0, codec.fractionDigits);
  const fraction = kept === '' ? '' : `.${kept}`;
  if (zone === undefined) return sql(escape(`${day} ${clock}:${second}${fraction}`));
  const ms = Date.parse(
    `${day}T${clock}:${second}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`,
  );
  if (Number.isNaN(ms)) return refused('there is no such moment');
  if (codec.kind === 'timestamp' && inServerZone)
    return sql(`from_unixtime(${String(ms / 1_000)}${fraction})`);
  return sql(escape(`${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}${fraction}`));
}

/** A tinyint(1) may hold more than 0 and 1; what is neither stays the number that it is. */
function booleanOf(cell: Exclude<Cell, null>): boolean | number {
  const number = Buffer.isBuffer(cell) ? Number(bigIntOf(cell)) : Number(cell);
  return number === 0 || number === 1 ? number === 1 : number;
}

function bigIntOf(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

function jsonOf(text: string): NativeValue {
  try {
    return parseExactly(text);
  } catch {
    // Only MariaDB without its check lets such text in; it is shown as it is.
    return text;
  }
}

function sql(text: string): Spelled {
  return { kind: 'sql', text };
}

function refused(reason: string): Spelled {
  return { kind: 'refused', reason };
}
