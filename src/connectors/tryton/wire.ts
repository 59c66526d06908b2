/** Tryton's JSON: values that JSON lacks come as `{__class__: …}`; times are UTC without saying so. */
import type { NativeValue } from '../../engine/value.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { failWith } from './failures.ts';

const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;
/** A number of so many digits may be beyond 2^53, where JavaScript's own parser rounds without a word. */
const MAYBE_UNSAFE_NUMBER = /[[:,]-?\d{16}/;

/** Parses an answer; whole numbers that a double cannot hold become text. */
export function parseJson(text: string): Json {
  if (!MAYBE_UNSAFE_NUMBER.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, (_key, value: Json, context?: { readonly source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? String(value))
      : value,
  ) as Json;
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !isJsonArray(json);
}

/** The rows of an answer to `read` or `search_read`. */
export function rowsOf(answer: Json, method: string): readonly JsonObject[] {
  if (!isJsonArray(answer)) throw unexpected(method);
  return answer.map((row) => {
    if (!isObject(row)) throw unexpected(method);
    return row;
  });
}

export function numberOf(json: Json | undefined, method: string): number {
  if (typeof json !== 'number') throw unexpected(method);
  return json;
}

/** The text, or nothing where Tryton has none. */
export function textOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

export function unexpected(method: string): Error {
  return failWith('tryton.server_error', `The answer to ${method} is not what Tryton 6.0 and later give.`);
}

/** A scalar of a row as the platform wants it: decimals as text, times as ISO 8601. */
export function decodeValue(json: Json | undefined): NativeValue {
  if (json === undefined) return null;
  if (!isObject(json)) return json;
  switch (json['__class__']) {
    case 'Decimal':
      return typeof json['decimal'] === 'string' ? json['decimal'] : null;
    case 'date':
      return dateText(json);
    case 'time':
      return timeText(json);
    case 'datetime':
      return `${dateText(json)}T${timeText(json)}Z`;
    default:
      return json;
  }
}

/** Microseconds since the Unix epoch; null where Tryton has none (`write_date` before the first write). */
export function microsOf(json: Json | undefined): number | null {
  if (!isObject(json) || json['__class__'] !== 'datetime') return null;
  const ms = Date.parse(
    `${dateText(json)}T${pad(json['hour'])}:${pad(json['minute'])}:${pad(json['second'])}Z`,
  );
  return ms * MICROS_PER_MS + Number(json['microsecond']);
}

export function timestampOf(micros: number): JsonObject {
  const ms = Math.floor(micros / MICROS_PER_MS);
  return datetimeOf(new Date(ms), micros - Math.floor(micros / MICROS_PER_SECOND) * MICROS_PER_SECOND);
}

export function datetimeOf(moment: Date, microsecond: number): JsonObject {
  return { ...dateOf(moment), ...timeOf(moment, microsecond), __class__: 'datetime' };
}

export function dateOf(moment: Date): JsonObject {
  const [year, month, day] = [moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate()];
  return { __class__: 'date', year, month, day };
}

export function timeOf(moment: Date, microsecond: number): JsonObject {
  const [hour, minute, second] = [moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds()];
  return { __class__: 'time', hour, minute, second, microsecond };
}

function dateText(json: JsonObject): string {
  return `${pad(json['year'], 4)}-${pad(json['month'])}-${pad(json['day'])}`;
}

function timeText(json: JsonObject): string {
  const fraction = Number(json['microsecond']) === 0 ? '' : `.${pad(json['microsecond'], 6)}`;
  return `${pad(json['hour'])}:${pad(json['minute'])}:${pad(json['second'])}${fraction}`;
}

function pad(json: Json | undefined, width = 2): string {
  return String(typeof json === 'number' ? json : 0).padStart(width, '0');
}
