import { describe, expect, test } from 'vitest';

import { must } from '../../lib/assert.ts';
import { momentsOf, offsetMs } from '../../lib/standards/time-zones.ts';
import { isLossy, stepOf } from '../transform.ts';
import { InvalidValue, type NativeValue } from '../value.ts';
import { isDateFormat, isDateTimeFormat } from './clock-pattern.ts';
import { numberFormatOf } from './numbers.ts';
import type { LengthUnit, Transform } from './step.ts';

type PhoneForm = 'international' | 'national' | 'digits';

function phone(form: PhoneForm, region: string): Transform {
  return { kind: 'phoneFormat', form, region };
}

function cut(max: number, unit: LengthUnit): Transform {
  return { kind: 'length', max, unit, tooLong: 'cut' };
}

type Row = readonly [given: NativeValue, made: unknown];

function shown(value: NativeValue | InvalidValue): unknown {
  return value instanceof InvalidValue ? `!${value.code}` : value;
}

function reads(transform: Transform, rows: readonly Row[]): void {
  test.each(rows)(`${JSON.stringify(transform)} reads %j as %j`, (native, golden) => {
    expect(shown(stepOf(transform).get(native))).toEqual(golden);
  });
}

function writes(transform: Transform, rows: readonly Row[]): void {
  test.each(rows)(`${JSON.stringify(transform)} writes %j as %j`, (golden, native) => {
    expect(shown(stepOf(transform).put(golden))).toEqual(native);
  });
}

describe('numbers as people write them', () => {
  const german: Transform = { kind: 'numberFormat', sample: '1.234,56 \u20ac' };
  reads(german, [
    ['1.234,5 \u20ac', '1234.5'],
    ['1234,50', '1234.50'],
    ['-1.234.567,89\u00a0\u20ac', '-1234567.89'],
    ['(5,00 \u20ac)', '-5.00'],
    ['\u22125 \u20ac', '-5.'],
    [12.5, 12.5],
    ['', null],
    // The other country's spelling of the same digits is another number, so it is refused.
    ['1,234.56', '!not_number'],
    ['1.23', '!not_number'],
    ['$5', '!not_number'],
    ['(-5)', '!not_number'],
    ['n/a', '!not_number'],
  ]);
  writes(german, [
    ['1234567.8', '1.234.567,80 \u20ac'],
    ['-0.005', '-0,005 \u20ac'],
    ['12', '12,00 \u20ac'],
    ['9007199254740993', '9.007.199.254.740.993,00 \u20ac'],
  ]);
  const american: Transform = { kind: 'numberFormat', sample: '$1,234.56' };
  reads(american, [
    ['$1,234.5', '1234.5'],
    ['-$5', '-5.'],
    ['$-5', '-5.'],
    ['\u20ac5', '!not_number'],
  ]);
  writes(american, [['-1234', '-$1,234.00']]);
  const whole: Transform = { kind: 'numberFormat', sample: "1'234" };
  writes(whole, [
    ['1234567', "1'234'567"],
    ['0.5', '!too_precise'],
  ]);
  test.each(['1.234,56 \u20ac', '$1,234.56', '1 234,5', '1234', '1234.00', 'CHF 1\u2019234.50'])(
    '%s is a sample',
    (sample) => {
      expect(numberFormatOf(sample)).not.toBe(null);
    },
  );
  test.each(['', '12', '1.234.56', '-1,234', 'abc', '1,234,56', '1234.'])('%s is no sample', (sample) => {
    expect(numberFormatOf(sample)).toBe(null);
  });

  reads({ kind: 'percent', as: 'sign' }, [
    ['12.5%', '12.5'],
    ['12 %', '12'],
    [12, 12],
  ]);
  writes({ kind: 'percent', as: 'sign' }, [['12.5', '12.5%']]);
  reads({ kind: 'percent', as: 'fraction' }, [[0.125, '12.5']]);
  writes({ kind: 'percent', as: 'fraction' }, [['12.5', '0.125']]);
  writes({ kind: 'round', places: 2 }, [
    ['0.005', '0.01'],
    ['-0.005', '-0.01'],
    ['0.0049', '0'],
    ['9.999', '10'],
    ['123456789012345678901234567890.125', '123456789012345678901234567890.13'],
    ['1.5', '1.5'],
    [null, null],
  ]);
});

describe('clocks', () => {
  const berlin: Transform = { kind: 'localTime', zone: 'Europe/Berlin', format: 'YYYY-MM-DD HH:mm:ss' };
  reads(berlin, [
    ['2026-01-15 12:00:00', '2026-01-15T11:00:00.000Z'],
    ['2026-07-15 12:00:00', '2026-07-15T10:00:00.000Z'],
    // In spring an hour is left out, in autumn one comes twice.
    ['2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29 02:30:00', '!no_such_time'],
    ['2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 01:59:59', '2026-10-24T23:59:59.000Z'],
    ['2026-10-25 02:30:00', '!comes_twice'],
    ['2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
    ['2026-02-29 12:00:00', '!not_instant'],
    ['', null],
  ]);
  writes(berlin, [
    ['2026-01-15T11:00:00Z', '2026-01-15 12:00:00'],
    ['2026-10-25T00:30:00Z', '!comes_twice'],
    ['2026-01-15T11:00:00.5Z', '!too_precise'],
    ['9999-12-31T23:59:59Z', '!year_there'],
  ]);
  const later: Transform = { ...berlin, twice: 'later' };
  reads(later, [['2026-10-25 02:30:00', '2026-10-25T01:30:00.000Z']]);
  writes(later, [
    ['2026-10-25T01:30:00Z', '2026-10-25 02:30:00'],
    ['2026-10-25T00:30:00Z', '!comes_twice'],
  ]);
  reads({ ...berlin, twice: 'earlier' }, [['2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z']]);
  const american: Transform = { kind: 'localTime', zone: 'America/New_York', format: 'M/D/YYYY h:mm A' };
  reads(american, [
    ['3/4/2026 12:05 AM', '2026-03-04T05:05:00.000Z'],
    ['3/4/2026 12:05 pm', '2026-03-04T17:05:00.000Z'],
    ['3/4/2026 0:05 AM', '!not_instant'],
    ['13/4/2026 1:05 AM', '!not_instant'],
  ]);
  writes(american, [['2026-03-04T05:05:00Z', '3/4/2026 12:05 AM']]);

  test.each([
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Apia',
  ])('every half minute of the days around a switch in %s is read as what it is', (zone) => {
    const step = stepOf({ kind: 'localTime', zone, format: 'YYYY-MM-DD HH:mm:ss' });
    let twice = 0;
    for (const day of ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01']) {
      const beginMs = Date.parse(`${day}T00:00:00Z`) - 43_200_000;
      for (let ms = beginMs; ms < beginMs + 172_800_000; ms += 30_000) {
        const instant = new Date(ms).toISOString();
        const local = step.put(instant);
        if (local instanceof InvalidValue) twice += 1;
        else if (step.get(local) !== instant) throw new Error(`${instant} became ${JSON.stringify(local)}`);
      }
    }
    // Twice an hour at most per year and zone, and twice as many moments as clock times.
    expect(twice).toBeLessThanOrEqual(2 * 120 * 2);
    expect(twice > 0).toBe(zone !== 'Pacific/Apia' && zone !== 'Africa/Casablanca');
  });

  test('a time zone is asked as its own calendar has it, long ago and far ahead', () => {
    expect(offsetMs('Europe/Berlin', Date.parse('1850-01-01T00:00:00Z'))).toBe(3_208_000);
    expect(offsetMs('Asia/Kolkata', Date.parse('9999-01-01T00:00:00Z'))).toBe(19_800_000);
    expect(offsetMs('Mars/Olympus', 0)).toBe(null);
    expect(momentsOf('UTC', 5)).toEqual([5]);
  });

  test.each(['DD.MM.YYYY', 'M/D/YYYY', 'YYYYMMDD', 'YYYY-MM-DD'])('%s is a form for dates', (format) => {
    expect(isDateFormat(format)).toBe(true);
  });
  test.each(['DD.MM.YY', 'DDMYYYY', 'MYYYYDD', 'DD.MM', 'DD.DD.YYYY', 'DD/MM/YYYY HH:mm', 'day DD.MM.YYYY'])(
    '%s is no form for dates',
    (format) => {
      expect(isDateFormat(format)).toBe(false);
    },
  );
  test.each(['YYYY-MM-DDTHH:mm:ss', 'M/D/YYYY h:mm A', 'DD.MM.YYYY HH:mm', 'YYYY-MM-DD HH:mm:ss.SSS'])(
    '%s is a form for date and time',
    (format) => {
      expect(isDateTimeFormat(format)).toBe(true);
    },
  );
  test.each([
    'YYYY-MM-DD',
    'YYYY-MM-DD hh:mm',
    'YYYY-MM-DD HH:mm A',
    'YYYY-MM-DD HH:mm.SSS',
    'YYYY-MM-DD HH:HH:mm',
  ])('%s is no form for date and time', (format) => {
    expect(isDateTimeFormat(format)).toBe(false);
  });
});

describe('text', () => {
  writes(cut(3, 'characters'), [
    ['abcd', 'abc'],
    ['\u{1F600}\u{1F600}\u{1F600}\u{1F600}', '\u{1F600}\u{1F600}\u{1F600}'],
    ['\u05E9\u05DC\u05D5\u05DD', '\u05E9\u05DC\u05D5'],
    ['ab', 'ab'],
    ['', ''],
    [['abcd'], ['abcd']],
  ]);
  // Never half a character.
  writes(cut(3, 'utf16'), [['a\u{1F600}\u{1F600}', 'a\u{1F600}']]);
  writes(cut(3, 'bytes'), [
    ['a\u00e9\u00e9', 'a\u00e9'],
    ['\u20ac\u20ac', '\u20ac'],
    ['\u{1F600}', ''],
  ]);
  writes({ kind: 'length', max: 3, unit: 'bytes', tooLong: 'refuse' }, [
    ['\u00e9\u00e9', '!too_long_there'],
    ['abc', 'abc'],
  ]);

  reads({ kind: 'part', separator: ' ', take: 'first' }, [
    ['Ann Marie  Lee', 'Ann'],
    [' ', null],
    ['Ann', 'Ann'],
    [5, '!not_text'],
  ]);
  reads({ kind: 'part', separator: ' ', take: 'rest' }, [
    ['Ann Marie  Lee', 'Marie Lee'],
    ['Ann', null],
  ]);
  reads({ kind: 'part', separator: ',', take: 'last' }, [['Lee, Ann', 'Ann']]);
  writes({ kind: 'part', separator: ' ', take: 'first' }, [['Ann', '!one_way']]);

  reads({ kind: 'nullAs', word: 'n/a' }, [
    ['n/a', null],
    ['N/A', 'N/A'],
    ['', ''],
    [null, null],
  ]);
  writes({ kind: 'nullAs', word: 'n/a' }, [
    [null, 'n/a'],
    ['n/a', '!reserved_word'],
    ['', ''],
  ]);
  reads({ kind: 'default', value: 'none' }, [
    [null, 'none'],
    ['', 'none'],
    ['x', 'x'],
  ]);
  writes({ kind: 'expression', text: 'value == null ? "none" : value.upperAscii()' }, [
    ['ann', 'ANN'],
    [null, 'none'],
    [true, '!expression_failed'],
  ]);
  reads({ kind: 'expression', text: 'value' }, [['ann', '!one_way']]);
  writes({ kind: 'template', text: 'Dear {value}, $& {value}' }, [
    ['Ann $1', 'Dear Ann $1, $& Ann $1'],
    [null, null],
    [['a'], '!not_text'],
  ]);
  const fallback: Transform = { kind: 'values', pairs: [['A', 'active']], otherwiseNative: 'X' };
  writes(fallback, [
    ['active', 'A'],
    ['else', 'X'],
    [null, null],
  ]);
});

describe('standard spellings', () => {
  writes(phone('international', 'US'), [
    ['+12125550123', '+1 212 555 0123'],
    ['+12125550123;ext=89', '+1 212 555 0123 ext. 89'],
  ]);
  writes(phone('national', 'US'), [
    ['+12125550123', '(212) 555-0123'],
    // Written the German way it would be read as an American number.
    ['+4930123456', '+4930123456'],
  ]);
  writes(phone('digits', 'US'), [
    ['+12125550123', '12125550123'],
    ['+12125550123;ext=89', '+12125550123;ext=89'],
  ]);
  writes({ kind: 'countryFormat', form: 'alpha3' }, [['DE', 'DEU']]);
  writes({ kind: 'countryFormat', form: 'numeric' }, [['AL', '008']]);
  writes({ kind: 'countryName', language: 'de' }, [['DE', 'Deutschland']]);
  reads({ kind: 'countryName', language: 'de' }, [
    ['Deutschland', 'DE'],
    ['Atlantis', 'Atlantis'],
  ]);
  writes({ kind: 'subdivisionFormat', form: 'name', country: 'US' }, [['CA', 'California']]);
  writes({ kind: 'subdivisionFormat', form: 'iso', country: 'US' }, [['CA', 'US-CA']]);
  writes({ kind: 'shortId' }, [['001A000001LZ6CIIA1', '001A000001LZ6CI']]);
});

test('what may read back as something else is known to, and only where it does', () => {
  const lossy: readonly Transform[] = [
    { kind: 'case', to: 'upper' },
    { kind: 'values', pairs: [], otherwiseNative: 'X' },
    { kind: 'length', max: 1, unit: 'bytes', tooLong: 'cut' },
    { kind: 'round', places: 1 },
    { kind: 'expression', text: 'value' },
    { kind: 'template', text: '{value}' },
  ];
  expect(lossy.map((step) => isLossy(step, false))).toEqual(lossy.map(() => true));
  expect(isLossy(must(lossy[0], 'there is one'), true)).toBe(false);
  expect(isLossy({ kind: 'length', max: 1, unit: 'bytes', tooLong: 'refuse' }, false)).toBe(false);
});
