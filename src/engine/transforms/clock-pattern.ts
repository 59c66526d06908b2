/** Dates and times as text of a declared form: `DD.MM.YYYY`, `M/D/YYYY h:mm A`, `YYYY-MM-DDTHH:mm:ss`. */

interface ClockParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
}

export interface ClockPattern {
  /** The parts as numbers, unchecked against the calendar; null for text of another form. */
  readonly read: (text: string) => ClockParts | null;
  /** Spells the date's UTC fields. */
  readonly write: (date: Date) => string;
  /** Whether the form keeps all of it. */
  readonly isExact: (date: Date) => boolean;
}

const TOKEN = /YYYY|MM|DD|HH|hh|mm|ss|SSS|M|D|H|h|A/g;
const DIGITS: Readonly<Record<string, string>> = {
  YYYY: String.raw`(\d{4})`,
  MM: String.raw`(0\d|1[0-2])`,
  M: String.raw`(0?\d|1[0-2])`,
  DD: String.raw`([0-3]\d)`,
  D: String.raw`([0-3]?\d)`,
  HH: String.raw`([01]\d|2[0-3])`,
  H: String.raw`([01]?\d|2[0-3])`,
  hh: String.raw`(0[1-9]|1[0-2])`,
  h: String.raw`(0?[1-9]|1[0-2])`,
  mm: String.raw`([0-5]\d)`,
  ss: String.raw`([0-5]\d)`,
  SSS: String.raw`(\d{3})`,
  A: String.raw`([AaPp]\.?[Mm]\.?)`,
};

/** The tokens of a form, in its order. */
export function tokensOf(format: string): readonly string[] {
  return [...format.matchAll(TOKEN)].map(([token]) => token);
}

export function clockPattern(format: string): ClockPattern {
  const tokens = tokensOf(format);
  const escaped = format.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = new RegExp(`^${escaped.replaceAll(TOKEN, (token) => DIGITS[token] ?? token)}$`);
  const hasTime = tokens.some((token) => /^[Hh]/.test(token));
  return {
    read: (text) => {
      const found = pattern.exec(text);
      return found === null ? null : partsOf(tokens, found.slice(1));
    },
    write: (date) => format.replaceAll(TOKEN, (token) => spelled(token, date)),
    isExact: (date) =>
      !hasTime ||
      ((tokens.includes('ss') || date.getUTCSeconds() === 0) &&
        (tokens.includes('SSS') || date.getUTCMilliseconds() === 0)),
  };
}

function partsOf(tokens: readonly string[], texts: readonly string[]): ClockParts {
  const at = (...names: readonly string[]): number => {
    const index = tokens.findIndex((token) => names.includes(token));
    return index < 0 ? 0 : Number(texts[index]);
  };
  const half = texts[tokens.indexOf('A')];
  const hour = half === undefined ? at('HH', 'H') : (at('hh', 'h') % 12) + (/^p/i.test(half) ? 12 : 0);
  return {
    year: at('YYYY'),
    month: at('MM', 'M'),
    day: at('DD', 'D'),
    hour,
    minute: at('mm'),
    second: at('ss'),
    milli: at('SSS'),
  };
}

function spelled(token: string, date: Date): string {
  const number = (value: number): string => String(value).padStart(token.length, '0');
  switch (token) {
    case 'YYYY':
      return number(date.getUTCFullYear());
    case 'MM':
    case 'M':
      return number(date.getUTCMonth() + 1);
    case 'DD':
    case 'D':
      return number(date.getUTCDate());
    case 'HH':
    case 'H':
      return number(date.getUTCHours());
    case 'hh':
    case 'h':
      return number(date.getUTCHours() % 12 || 12);
    case 'mm':
      return number(date.getUTCMinutes());
    case 'ss':
      return number(date.getUTCSeconds());
    case 'SSS':
      return number(date.getUTCMilliseconds());
    default:
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
  }
}

/**
 * Reads a date whose day and month always have two digits: where each part stands is known. Gives `YYYY-MM-DD`, perhaps of
 * a day that does not exist, or null. Null instead of a reader for forms of another kind.
 */
export function fixedDateReader(format: string): ((text: string) => string | null) | null {
  if (!['YYYY', 'MM', 'DD'].every((token) => format.includes(token)) || tokensOf(format).length !== 3)
    return null;
  const [year, month, day] = [format.indexOf('YYYY'), format.indexOf('MM'), format.indexOf('DD')];
  const signs = [...format].flatMap((sign, index) => (/[YMD]/.test(sign) ? [] : [[index, sign] as const]));
  return (text) =>
    text.length === format.length && signs.every(([index, sign]) => text[index] === sign)
      ? `${text.slice(year, year + 4)}-${text.slice(month, month + 2)}-${text.slice(day, day + 2)}`
      : null;
}

const DATE_TOKENS: readonly (readonly string[])[] = [['YYYY'], ['MM', 'M'], ['DD', 'D']];
const SIGNS = /^[^A-Za-z0-9]*$/;

/** Whether the form says day, month and year once each, and nothing else. */
export function isDateFormat(format: string): boolean {
  return saysOnce(format, DATE_TOKENS) && tokensOf(format).length === 3 && isTellable(format);
}

/** Whether the form says a day and at least hour and minute, each once; `hh` with AM or PM, `HH` without. */
export function isDateTimeFormat(format: string): boolean {
  const tokens = tokensOf(format);
  const clock = tokens.includes('A') ? ['hh', 'h'] : ['HH', 'H'];
  const optional = ['ss', 'SSS', 'A'];
  const needed = [...DATE_TOKENS, clock, ['mm']];
  const known = new Set([...needed.flat(), ...optional]);
  return (
    saysOnce(format, needed) &&
    tokens.every((token, index) => known.has(token) && tokens.indexOf(token) === index) &&
    (!tokens.includes('SSS') || tokens.includes('ss')) &&
    isTellable(format)
  );
}

function saysOnce(format: string, needed: readonly (readonly string[])[]): boolean {
  const tokens = tokensOf(format);
  return needed.every((names) => tokens.filter((token) => names.includes(token)).length === 1);
}

/** Between tokens stand signs, or the T of ISO; a token of one or two digits is followed by one of them. */
function isTellable(format: string): boolean {
  const rest = format.replaceAll(TOKEN, '').replaceAll('T', '');
  return (
    SIGNS.test(rest) &&
    !/(?<![A-Za-z])(?:M|D|H|h)(?=[YMDHhmsS])/.test(format.replaceAll(/MM|DD|HH|hh/g, '00'))
  );
}
