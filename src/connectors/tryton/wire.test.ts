import fc from 'fast-check';
import { expect, test } from 'vitest';

import { encodeValue, type ModelField } from './model.ts';
import { decodeValue, microsOf, parseJson, timestampOf } from './wire.ts';

function field(kind: string): ModelField {
  return {
    name: 'f',
    title: 'F',
    kind,
    type: { kind: 'text' },
    required: false,
    readOnly: false,
    searchable: true,
  };
}

test('a time survives the way to Tryton and back to the microsecond', () => {
  const micros = fc.integer({ min: -2_000_000_000_000_000, max: 4_000_000_000_000_000 });
  const property = fc.property(micros, (at) => {
    expect(microsOf(timestampOf(at))).toBe(at);
  });
  fc.assert(property);
});

test.each([
  ['numeric', '12345678901234567890.123456789'],
  ['date', '2024-02-29'],
  ['time', '23:59:59.123456'],
  ['time', '08:00:00'],
  ['datetime', '2026-11-21T04:35:30Z'],
  ['timestamp', '2026-11-21T04:35:30.426000Z'],
  ['float', 0.1],
  ['integer', -7],
  ['boolean', false],
  ['char', 'a\u{1F600}'],
  ['multiselection', ['a', 'b']],
])('a %s is given back as it was written: %s', (kind, value) => {
  expect(decodeValue(encodeValue(field(kind), value))).toEqual(value);
});

test.each([
  ['char', 4],
  ['char', true],
  ['boolean', 'yes'],
  ['integer', '1.5'],
  ['integer', '12345678901234567890'],
  ['numeric', 'twelve'],
  ['float', 'NaN'],
  ['date', 'tomorrow'],
  ['date', 20_240_229],
  ['time', '8 o’clock'],
  ['datetime', 'now'],
  ['multiselection', ['a', 1]],
])('a %s is refused when it is %s', (kind, value) => {
  const refused = { failure: { kind: 'invalid', code: 'tryton.wrong_type', field: 'f' } };
  expect(() => encodeValue(field(kind), value)).toThrowError(
    expect.objectContaining({ failure: expect.objectContaining(refused.failure) as object }),
  );
});

test('whole numbers beyond 2^53 arrive as text, others as numbers', () => {
  expect(parseJson('{"a":9007199254740993,"b":[12],"c":"9007199254740993"}')).toEqual({
    a: '9007199254740993',
    b: [12],
    c: '9007199254740993',
  });
});
