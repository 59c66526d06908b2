/** Steps on days and moments. The order of day and month is always said, and so is the zone of a clock. */
import { momentsOf, offsetMs } from '../../lib/standards/time-zones.ts';
import { canonicalDecimal } from '../decimal.ts';
import { canonicalDate, canonicalInstant, instantText, isCalendarDate } from '../moment.ts';
import { InvalidValue, type NativeValue } from '../value.ts';
import { clockPattern, fixedDateReader, type ClockPattern } from './clock-pattern.ts';
import type { Step, TransformOf } from './step.ts';

const MS_PER_MINUTE = 60_000;

export function unixStep(unitMs: number): Step {
  return {
    get: (raw) => {
      const count = canonicalDecimal(raw, undefined);
      if (count === null) return null;
      return typeof count === 'string'
        ? instantOf(Math.round(Number(count) * unitMs))
        : new InvalidValue('not_instant', 'expected a count of seconds or milliseconds since 1970');
    },
    put: (golden) => {
      const text = canonicalInstant(golden, 1);
      if (typeof text !== 'string') return text instanceof InvalidValue ? text : null;
      const count = Date.parse(text) / unitMs;
      return Number.isInteger(count)
        ? count
        : new InvalidValue('too_precise', 'the system keeps whole seconds only');
    },
  };
}

function instantOf(ms: number): NativeValue | InvalidValue {
  return instantText(ms);
}

export function dateFormatStep(format: string): Step {
  const pattern = clockPattern(format);
  const read = fixedDateReader(format) ?? ((text: string) => dayText(pattern.read(text)));
  return {
    get: (raw) => {
      const written = typeof raw === 'string' ? raw.trim() : null;
      if (written === '') return null;
      const text = written === null ? null : read(written);
      return text !== null && isCalendarDate(text)
        ? text
        : new InvalidValue('not_date', `expected a date written ${format}`);
    },
    put: (golden) => {
      const date = canonicalDate(golden);
      if (typeof date !== 'string') return date instanceof InvalidValue ? date : null;
      return pattern.write(new Date(`${date}T00:00:00Z`));
    },
  };
}

function dayText(parts: ReturnType<ClockPattern['read']>): string | null {
  if (parts === null) return null;
  const { year, month, day } = parts;
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

function padded(part: number, digits: number): string {
  return String(part).padStart(digits, '0');
}

export function localTimeStep({ zone, format, twice }: TransformOf<'localTime'>): Step {
  const pattern = clockPattern(format);
  const get = (raw: NativeValue): NativeValue | InvalidValue => {
    if (typeof raw === 'string' && raw.trim() === '') return null;
    const parts = typeof raw === 'string' ? pattern.read(raw.trim()) : null;
    const day = dayText(parts);
    if (parts === null || day === null || !isCalendarDate(day))
      return new InvalidValue('not_instant', `expected date and time written ${format}`);
    const clockMs = ((parts.hour * 60 + parts.minute) * 60 + parts.second) * 1_000 + parts.milli;
    const moments = momentsOf(zone, Date.parse(`${day}T00:00:00Z`) + clockMs);
    const [first] = moments;
    if (first === undefined)
      return new InvalidValue('no_such_time', `clocks in ${zone} never show this time: they are put forward`);
    if (moments.length > 1 && twice === undefined) return comesTwice(zone);
    return instantOf(twice === 'later' ? (moments.at(-1) ?? first) : first);
  };
  return {
    get,
    put: (golden) => {
      const text = canonicalInstant(golden, 1);
      if (typeof text !== 'string') return text instanceof InvalidValue ? text : null;
      const ms = Date.parse(text);
      const offset = offsetMs(zone, ms) ?? 0;
      const local = new Date(ms + offset);
      const refusal = outOfReach(local, offset, pattern);
      if (refusal !== null) return refusal;
      const written = pattern.write(local);
      const back = get(written);
      if (back === text) return written;
      return back instanceof InvalidValue || pattern.isExact(local)
        ? comesTwice(zone)
        : new InvalidValue('too_precise', `the side keeps no more than ${format}`);
    },
  };
}

/** Moments that no clock of the form shows, so far away that the mapping is none the worse for it. */
function outOfReach(local: Date, offset: number, pattern: ClockPattern): InvalidValue | null {
  if (local.getUTCFullYear() < 0 || local.getUTCFullYear() > 9_999)
    return new InvalidValue('year_there', 'the year there does not have four digits');
  return offset % MS_PER_MINUTE === 0 || pattern.isExact(local)
    ? null
    : new InvalidValue('year_there', 'clocks there did not go by whole minutes yet');
}

function comesTwice(zone: string): InvalidValue {
  return new InvalidValue(
    'comes_twice',
    `clocks in ${zone} show this time twice, and nothing says which is meant`,
  );
}
