/** Cells of a workbook and what they are for a record: dates without a zone are text, not instants. */
import type { FieldType, NativeValue } from '../../engine/value.ts';

export type Cell = string | number | boolean | Date | null;

const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;
const FIRST_DAY_MS = Date.UTC(1900, 0, 1);
/** Workbooks believe that 1900 was a leap year: before its March their days are off by one. */
const FIRST_RELIABLE_DAY_MS = Date.UTC(1900, 2, 1);
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A date as `2026-03-31`, a date with time as `2026-03-31T14:05:00`, a time of day as `14:05:00`. */
export function nativeOf(cell: Cell): string | number | boolean | null {
  if (!(cell instanceof Date)) return cell === '' ? null : cell;
  const ms = nearestSecond(cell.getTime());
  const text = new Date(ms).toISOString();
  if (ms < FIRST_DAY_MS) return clockPart(text);
  return ms % DAY_MS === 0 ? text.slice(0, 10) : `${text.slice(0, 10)}T${clockPart(text)}`;
}

/** The cell for a value: a number or a date where the whole column holds such, so that the column keeps its type. */
export function cellOf(value: NativeValue, type: FieldType | undefined): Cell {
  if (value === null || typeof value === 'object') return null;
  if (typeof value !== 'string') return value;
  if (type?.kind === 'date' && DATE.test(value)) return dateOf(value) ?? value;
  if ((type?.kind === 'integer' || type?.kind === 'decimal') && NUMBER.test(value)) return numberOf(value);
  return value;
}

function dateOf(text: string): Date | null {
  const date = new Date(`${text}T00:00:00Z`);
  const isDay = !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
  return isDay && date.getTime() >= FIRST_RELIABLE_DAY_MS ? date : null;
}

/** Text where a number cell would lose a digit: a workbook keeps 15. */
function numberOf(text: string): number | string {
  const digits = text.replace(/\D/g, '').replace(/^0+/, '');
  return digits.length > 15 ? text : Number(text);
}

/** Workbooks count time as fractions of a day; what is a millisecond off a whole second was meant to be it. */
function nearestSecond(ms: number): number {
  const whole = Math.round(ms / SECOND_MS) * SECOND_MS;
  return Math.abs(whole - ms) <= 1 ? whole : ms;
}

function clockPart(iso: string): string {
  return iso.slice(11, iso.endsWith('.000Z') ? 19 : 23);
}

/**
 * Text as a workbook spells it: what XML cannot hold, a carriage return (which XML turns into a line feed) and what looks
 * like such a spelling are written as `_xHHHH_`, as Excel does. So are the names of built-in properties: the writing
 * library looks texts up in a plain structure and would find those there.
 */
export function escapedText(text: string): string {
  const isBuiltIn = text in Object.prototype;
  let escaped = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const code = text.charCodeAt(index);
    const isControl = code < 0x20 && character !== '\t' && character !== '\n';
    const looksEscaped = character === '_' && /^_x[0-9a-f]{4}_/i.test(text.slice(index, index + 7));
    escaped += isControl || looksEscaped || (isBuiltIn && index === 0) ? `_x${hex4(code)}_` : character;
  }
  return escaped;
}

function hex4(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}
