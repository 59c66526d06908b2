/** Dates, times of day and instants as ISO 8601 text. Nothing is guessed: what has no zone is not an instant. */
import { InvalidValue, type NativeValue, type Value } from './value.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T00:00:00(?:\.0+)?(?:Z|[+-]00:00)?)?$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ]([\d:.]+?)\s*(Z|[+-]\d{2}(?::?\d{2})?)$/i;
const CANONICAL_LENGTH = 24;
const MS_PER_SECOND = 1_000;
const CANONICAL_TAIL = /T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

export function canonicalDate(raw: NativeValue): Value | InvalidValue {
  if (typeof raw === 'string' && isCalendarDate(raw)) return raw;
  if (isBlank(raw)) return null;
  const parts = typeof raw === 'string' ? DATE.exec(raw.trim()) : null;
  if (parts === null) return notDate(raw);
  const [, year = '', month = '', day = ''] = parts;
  const text = `${year}-${month}-${day}`;
  return isCalendarDate(text) ? text : new InvalidValue('not_date', 'there is no such day in the calendar');
}

const NUMBERS_AND_SIGNS = /^\s*\d{1,4}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{1,4}\s*$/;

/** 03/04/2026 is two days: which one is for the mapping to say. */
function notDate(raw: NativeValue): InvalidValue {
  const reason =
    typeof raw === 'string' && NUMBERS_AND_SIGNS.test(raw)
      ? 'nothing says which number is the day and which the month: give the mapping a `date_format` such as MM/DD/YYYY'
      : 'expected a date such as 2026-03-31';
  return new InvalidValue('not_date', reason);
}

function isBlank(raw: NativeValue): boolean {
  return raw === '' || (typeof raw === 'string' && raw.trim() === '');
}

const DATE_LENGTH = 10;
const HYPHEN = 45;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `YYYY-MM-DD` of a day that exists. Counted, because a date of 31 February parses in JavaScript. */
export function isCalendarDate(text: string): boolean {
  if (text.length !== DATE_LENGTH || text.charCodeAt(4) !== HYPHEN || text.charCodeAt(7) !== HYPHEN)
    return false;
  const [year, month, day] = [numberAt(text, 0, 4), numberAt(text, 5, 7), numberAt(text, 8, 10)];
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = DAYS_IN_MONTH[month - 1] ?? 0;
  return year >= 0 && day >= 1 && day <= (month === 2 && isLeapYear ? 29 : days);
}

/** The digits as a number, or NaN; a date is read for every record there is, and a pattern takes ten times as long. */
function numberAt(text: string, from: number, to: number): number {
  let number = 0;
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

export function canonicalTime(raw: NativeValue): Value | InvalidValue {
  if (isBlank(raw)) return null;
  const parts = typeof raw === 'string' ? TIME.exec(raw.trim()) : null;
  if (parts === null) return new InvalidValue('not_time', 'expected a time of day such as 17:30 or 17:30:00');
  const [, hour = '', minute = '', second = '00', fraction = ''] = parts;
  const trimmed = fraction.replace(/0+$/, '');
  return `${hour}:${minute}:${second}${trimmed === '' ? '' : `.${trimmed}`}`;
}

/** Cuts to `grainMs`, because systems keep different precision and a cut-off digit is not an edit. */
export function canonicalInstant(raw: NativeValue, grainMs: number): Value | InvalidValue {
  if (isBlank(raw)) return null;
  if (typeof raw !== 'string') return notInstant();
  const isCanonical = isCanonicalShape(raw);
  if (isCanonical && (grainMs === 1 || (grainMs === MS_PER_SECOND && raw.endsWith('.000Z')))) return raw;
  const ms = isCanonical ? Date.parse(raw) : parseInstant(raw);
  if (Number.isNaN(ms)) return notInstant();
  return instantText(Math.floor(ms / grainMs) * grainMs);
}

export function instantText(ms: number): Value | InvalidValue {
  const text = Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : '';
  return text.length === CANONICAL_LENGTH
    ? text
    : new InvalidValue('not_instant', 'the year must be from 0 to 9999');
}

function isCanonicalShape(raw: string): boolean {
  return raw.length === CANONICAL_LENGTH && CANONICAL_TAIL.test(raw) && isCalendarDate(raw.slice(0, 10));
}

function parseInstant(raw: string): number {
  const [, date = '', time = '', zone = ''] = INSTANT.exec(raw.trim()) ?? [];
  const clock = canonicalTime(time);
  if (!isCalendarDate(date) || typeof clock !== 'string') return Number.NaN;
  // Date.parse rounds nothing but refuses more than three digits in some engines; cut them here.
  const [seconds = '', fraction = ''] = clock.split('.');
  const offset =
    zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}`;
  return Date.parse(`${date}T${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
}

function notInstant(): InvalidValue {
  return new InvalidValue('not_instant', 'expected an instant with its zone, such as 2026-03-31T14:05:00Z');
}
