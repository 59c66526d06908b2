import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { InvalidValue, type NativeValue } from '../value.ts';
import { joinedStep } from './joined.ts';

const VALUES = 10_000;
const NAME = joinedStep({ kind: 'joined', template: '{First} {Last}', rest: 'First', alone: 'Last' });
const STRICT = joinedStep({ kind: 'joined', template: '{Last}, {First}' });
const STREET = joinedStep({ kind: 'joined', template: '{Street} {No}', rest: 'Street', alone: 'Street' });
const PHONE = joinedStep({ kind: 'joined', template: '+{Country} ({Area}) {Local}', rest: 'Local' });

describe('what a side keeps in several fields', () => {
  test.each<[string, ReturnType<typeof joinedStep>, NativeValue, string]>([
    ['two names', NAME, { First: 'Ann', Last: 'Lee' }, 'Ann Lee'],
    ['a first name of two words', NAME, { First: 'Ann Marie', Last: 'Lee' }, 'Ann Marie Lee'],
    ['one name alone', NAME, { First: null, Last: 'Madonna' }, 'Madonna'],
    ['a name that runs from right to left', NAME, { First: 'שרה', Last: 'כהן' }, 'שרה כהן'],
    ['the last name first', STRICT, { Last: 'van Beethoven', First: 'Ludwig' }, 'van Beethoven, Ludwig'],
    ['a street with its number', STREET, { Street: 'Unter den Linden', No: '77' }, 'Unter den Linden 77'],
    ['a street without', STREET, { Street: 'Hauptstraße', No: null }, 'Hauptstraße'],
    ['three parts between signs', PHONE, { Country: '49', Area: '30', Local: '12 34' }, '+49 (30) 12 34'],
  ])('%s: is joined, and told apart again', (_, step, fields, whole) => {
    expect(step.get(fields)).toBe(whole);
    expect(step.put(whole)).toEqual(fields);
  });

  test.each<[string, ReturnType<typeof joinedStep>, NativeValue, string]>([
    [
      'a last name of two words',
      NAME,
      { First: 'Ludwig', Last: 'van Beethoven' },
      'could not be told apart again',
    ],
    ['a first name without a last one', NAME, { First: 'Ann', Last: '' }, 'Last has no value'],
    [
      'a part with the sign between',
      STRICT,
      { Last: 'Lee, Jr.', First: 'Ann' },
      'could not be told apart again',
    ],
    ['a part that is missing', STRICT, { Last: 'Lee', First: null }, 'First has no value'],
    ['a list', NAME, { First: ['Ann'], Last: 'Lee' }, 'First is a list'],
  ])('%s: is refused by name, because writing it back would make another of it', (_, step, fields, why) => {
    const read = step.get(fields);
    expect(read instanceof InvalidValue ? read.reason : read).toContain(why);
  });

  test.each(['Madonna', 'Lee Ann', 'Lee, Ann, B', ' , Ann', 'Lee, '])(
    'the text %j, which cannot be told apart, is not written',
    (text) => {
      const written = STRICT.put(text);
      expect(written instanceof InvalidValue ? written.reason : written).toBe(
        'the text cannot be told apart into Last and First',
      );
    },
  );

  test('fields of blanks only are no value, and no value clears them all', () => {
    expect(NAME.get({ First: ' ', Last: '' })).toBeNull();
    expect(NAME.put('')).toEqual({ First: null, Last: null });
  });
});

const letters = fc.constantFrom(
  ...Array.from(
    'abzA Z09-,.()+\u05D0\u05EA\u0628\u202E\u0301\u00E9\u212B\u1100\u1161\u{1F600}\uD83D\u00A0\u3000\uFEFF=\u0338',
  ),
);
const anyPart = fc.oneof(
  fc.constantFrom<NativeValue>(null, '', ' ', 'Ann', 'Lee', 'van Beethoven', 12, '12a', 'כהן', ' Ann '),
  fc.array(letters, { maxLength: 8 }).map((drawn) => drawn.join('')),
);

function kept(native: NativeValue): string {
  return typeof native === 'object' ? '' : String(native).normalize('NFC').trim();
}

describe.each([
  ['{First} {Last}', { rest: 'First', alone: 'Last' }],
  ['{First} {Last}', { rest: 'Last' }],
  ['{First} {Last}', {}],
  ['{Last}, {First}', { alone: 'Last' }],
  ['({First})={Last}!', { rest: 'Last', alone: 'First' }],
] as const)('by %s with %j', (template, how) => {
  const step = joinedStep({ kind: 'joined', template, ...how });

  test('what is read is written back as it was, whatever the fields hold', () => {
    let read = 0;
    fc.assert(
      fc.property(anyPart, anyPart, (first, last) => {
        const whole = step.get({ First: first, Last: last });
        if (whole instanceof InvalidValue) return;
        read += 1;
        const back = step.put(whole ?? '') as Readonly<Record<string, NativeValue>>;
        expect([back['First'], back['Last']].map((part) => kept(part ?? null))).toEqual([
          kept(first),
          kept(last),
        ]);
      }),
      { numRuns: VALUES },
    );
    expect(read).toBeGreaterThan(VALUES / 10);
  });

  test('what is written reads back as it was meant, whatever the text', () => {
    let written = 0;
    const text = fc.oneof(
      fc.array(letters, { minLength: 1, maxLength: 16 }).map((drawn) => drawn.join('')),
      fc
        .tuple(anyPart, anyPart)
        .map(([first, last]) => template.replace('{First}', kept(first)).replace('{Last}', kept(last))),
    );
    fc.assert(
      fc.property(text, (drawn) => {
        const golden = drawn.normalize('NFC');
        const fields = step.put(golden);
        if (golden === '' || fields instanceof InvalidValue) return;
        written += 1;
        expect(step.get(fields)).toBe(golden);
      }),
      { numRuns: VALUES },
    );
    expect(written).toBeGreaterThan(VALUES / 20);
  });
});
