/** Steps on numbers. All are exact: digits are moved, never calculated. */
import { canonicalDecimal, roundDecimal, shiftDecimal } from '../decimal.ts';
import { InvalidValue, type NativeValue } from '../value.ts';
import type { Step } from './step.ts';

export function minorUnitsStep(places: number): Step {
  return { get: (raw) => shifted(raw, -places), put: (raw) => shifted(raw, places) };
}

function shifted(raw: NativeValue, places: number): NativeValue | InvalidValue {
  return onDecimal(
    raw,
    (decimal) =>
      shiftDecimal(decimal, places) ?? new InvalidValue('too_long', 'the number has too many digits'),
  );
}

function onDecimal(
  raw: NativeValue,
  change: (decimal: string) => NativeValue | InvalidValue,
): NativeValue | InvalidValue {
  const canonical = canonicalDecimal(raw, undefined);
  if (typeof canonical !== 'string') return canonical instanceof InvalidValue ? canonical : null;
  return change(canonical);
}

export function percentStep(as: 'sign' | 'fraction'): Step {
  if (as === 'fraction') return minorUnitsStep(-2);
  return {
    get: (raw) => (typeof raw === 'string' ? raw.trim().replace(/\s*%$/, '') : raw),
    put: (golden) => onDecimal(golden, (decimal) => `${decimal}%`),
  };
}

export function roundStep(places: number): Step {
  return {
    get: (raw) => raw,
    put: (golden) => onDecimal(golden, (decimal) => roundDecimal(decimal, places)),
  };
}

/** How numbers are spelled, taken from a sample of 1234 with or without decimals. */
export interface NumberFormat {
  readonly before: string;
  readonly after: string;
  readonly group: string;
  /** Empty where the side keeps whole numbers only. */
  readonly point: string;
  /** Written with at least so many digits after the point. */
  readonly digitsMin: number;
}

const SAMPLE = /^([^\d]*)1([^\d]?)234(?:([^\d\s])(\d{1,9}))?((?![.,])[^\d]*)$/;
const BLANKS = /[\u00a0\u2007\u2009\u202f]/g;

/** Null for a sample that shows no number: it must be 1234 with its signs, such as `$1,234.56`. */
export function numberFormatOf(sample: string): NumberFormat | null {
  const parts = SAMPLE.exec(sample.replaceAll(BLANKS, ' ').trim());
  if (parts === null) return null;
  const [, before = '', group = '', point = '', digits = '', after = ''] = parts;
  if (group !== '' && group === point) return null;
  return /[-+]/.test(before + group + point + after)
    ? null
    : { before: before.trim(), after: after.trim(), group, point, digitsMin: digits.length };
}

export function numberFormatStep(sample: string): Step {
  const format = numberFormatOf(sample);
  if (format === null) return { get: (raw) => raw, put: (golden) => golden };
  const pattern = patternOf(format);
  const spacedBefore = sample.trimStart().startsWith(`${format.before} `);
  const spacedAfter = / [^\d]*$/.test(sample.replaceAll(BLANKS, ' ').trim()) && format.after !== '';
  return {
    get: (raw) => (typeof raw === 'string' ? readNumber(raw, format, pattern, sample) : raw),
    put: (golden) =>
      onDecimal(golden, (decimal) => {
        const spelled = spelledNumber(decimal, format);
        if (spelled instanceof InvalidValue) return spelled;
        const before = spacedBefore && format.before !== '' ? `${format.before} ` : format.before;
        const after = spacedAfter ? ` ${format.after}` : format.after;
        return `${decimal.startsWith('-') ? '-' : ''}${before}${spelled}${after}`;
      }),
  };
}

function patternOf({ group, point }: NumberFormat): RegExp {
  const grouped = group === '' ? '' : `|\\d{1,3}(?:${escaped(group)}\\d{3})+`;
  const fraction = point === '' ? '' : `(?:${escaped(point)}(\\d*))?`;
  return new RegExp(`^(\\d+${grouped})${fraction}$`);
}

function escaped(sign: string): string {
  return sign.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function readNumber(
  raw: string,
  { before, after, group }: NumberFormat,
  pattern: RegExp,
  sample: string,
): NativeValue | InvalidValue {
  const text = raw.replaceAll(BLANKS, ' ').trim();
  if (text === '') return null;
  // Bookkeepers put brackets around what is owed.
  const inBrackets = /^\((.*)\)$/.exec(text);
  const [unsigned, minus] = withoutSign(inBrackets?.[1] ?? text, before, after);
  const parts = pattern.exec(unsigned);
  if (parts === null || (inBrackets !== null && minus))
    return new InvalidValue('not_number', `expected a number written like ${sample}`);
  const whole = group === '' ? (parts[1] ?? '') : (parts[1] ?? '').replaceAll(group, '');
  return `${minus || inBrackets !== null ? '-' : ''}${whole}.${parts[2] ?? ''}`;
}

/** The minus may stand before the symbol or after it; the symbol may be left out, and no other one may stand there. */
function withoutSign(text: string, before: string, after: string): readonly [string, boolean] {
  let [rest, minus] = [text, false];
  const takeMinus = (): void => {
    if (minus || !/^[-\u2212]/.test(rest)) return;
    [rest, minus] = [rest.slice(1).trimStart(), true];
  };
  takeMinus();
  if (before !== '' && rest.startsWith(before)) rest = rest.slice(before.length).trimStart();
  takeMinus();
  if (after !== '' && rest.endsWith(after)) rest = rest.slice(0, -after.length).trimEnd();
  return [rest, minus];
}

function spelledNumber(decimal: string, { group, point, digitsMin }: NumberFormat): string | InvalidValue {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  if (fraction !== '' && point === '')
    return new InvalidValue('too_precise', 'the side keeps whole numbers only');
  const grouped = group === '' ? whole : whole.replaceAll(/\B(?=(?:\d{3})+$)/g, group);
  const digits = fraction.padEnd(digitsMin, '0');
  return digits === '' ? grouped : `${grouped}${point}${digits}`;
}
