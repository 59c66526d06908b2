/** Decimals as text: exact at any size, one spelling per number (`-0.50` and `-.5` are both `-0.5`). */
import { InvalidValue, type NativeValue, type Value } from './value.ts';

const PLAIN = /^(0|-?[1-9]\d*)$/;
/** Spelled as it is kept: no zeros to drop, no minus before nothing. */
const CANONICAL = /^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d*[1-9])$/;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const DIGITS_MAX = 1_000;

export function canonicalInteger(raw: NativeValue): Value | InvalidValue {
  if (typeof raw === 'number' && Number.isSafeInteger(raw)) return raw === 0 ? '0' : String(raw);
  if (typeof raw === 'string' && PLAIN.test(raw) && raw.length < DIGITS_MAX) return raw;
  const text = canonicalDecimal(raw, undefined);
  if (typeof text === 'string' && text.includes('.'))
    return new InvalidValue('not_integer', 'expected a whole number');
  return text;
}

export function canonicalDecimal(raw: NativeValue, scaleMax: number | undefined): Value | InvalidValue {
  if (typeof raw === 'number' && Number.isSafeInteger(raw)) return raw === 0 ? '0' : String(raw);
  if (typeof raw !== 'number' && typeof raw !== 'string') return notNumber();
  const text = String(raw).trim();
  if (text === '') return null;
  if (CANONICAL.test(text) && text.length < DIGITS_MAX) return withinScale(text, scaleMax);
  const parts = NUMBER.exec(text);
  if (parts === null) return notNumber();
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  if (whole === '' && fraction === '') return notNumber();
  const scaled = shiftPoint(sign, whole, fraction, Number(exponent));
  if (scaled === null)
    return new InvalidValue('too_long', `a number of more than ${String(DIGITS_MAX)} digits`);
  return withinScale(scaled, scaleMax);
}

function withinScale(canonical: string, scaleMax: number | undefined): Value | InvalidValue {
  if (scaleMax === undefined || scaleOf(canonical) <= scaleMax) return canonical;
  return new InvalidValue(
    'too_precise',
    `${String(scaleOf(canonical))} decimals, at most ${String(scaleMax)} fit`,
  );
}

/** Multiplies by ten to the power of `places`, exactly. */
export function shiftDecimal(canonical: string, places: number): string | null {
  const negative = canonical.startsWith('-');
  const unsigned = negative ? canonical.slice(1) : canonical;
  const point = unsigned.indexOf('.');
  const whole = point < 0 ? unsigned : unsigned.slice(0, point);
  return shiftPoint(negative ? '-' : '', whole, point < 0 ? '' : unsigned.slice(point + 1), places);
}

function shiftPoint(sign: string, whole: string, fraction: string, places: number): string | null {
  const digits = whole + fraction;
  const point = whole.length + places;
  if (digits.length > DIGITS_MAX || Math.abs(point) > DIGITS_MAX) return null;
  const left = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const right = point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  const wholePart = left.startsWith('0') ? left.replace(/^0+(?=\d)/, '') : left;
  const fractionPart = right.endsWith('0') ? right.replace(/0+$/, '') : right;
  // The result is measured as well, or a number could be canonical and yet too long to be read again.
  if (wholePart.length + fractionPart.length > DIGITS_MAX) return null;
  const magnitude = fractionPart === '' ? wholePart : `${wholePart}.${fractionPart}`;
  return sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

function scaleOf(canonical: string): number {
  const point = canonical.indexOf('.');
  return point < 0 ? 0 : canonical.length - point - 1;
}

function notNumber(): InvalidValue {
  return new InvalidValue('not_number', 'expected a number written with a decimal point, such as 1234.50');
}

/** Negative, zero or positive as the left canonical number is less than, equal to or greater than the right one; exact. */
export function compareDecimals(left: string, right: string): number {
  const places = Math.max(scaleOf(left), scaleOf(right));
  const [one, other] = [shiftDecimal(left, places), shiftDecimal(right, places)];
  // Numbers of so many digits that they cannot be lined up are told apart well enough by a double.
  if (one === null || other === null) return Math.sign(Number(left) - Number(right));
  const difference = BigInt(one) - BigInt(other);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** At most `places` digits after the point; a half goes away from zero, as on invoices. */
export function roundDecimal(canonical: string, places: number): string {
  if (scaleOf(canonical) <= places) return canonical;
  const negative = canonical.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? canonical.slice(1) : canonical).split('.');
  const isUp = (fraction[places] ?? '0') >= '5';
  const digits = BigInt(whole + fraction.slice(0, places)) + (isUp ? 1n : 0n);
  return shiftDecimal(`${negative ? '-' : ''}${String(digits)}`, -places) ?? canonical;
}
