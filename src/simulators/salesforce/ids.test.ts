import fc from 'fast-check';
import { expect, test } from 'vitest';

import { longId, parseId, RecordIds } from './ids.ts';

test('the three last characters are those that Salesforce gives', () => {
  for (const id of ['0015c00002Lz9mUAAR', '005ZM000000Q6ipYAC', '001ZM000001n4n5YAA']) {
    expect(longId(id.slice(0, 15))).toBe(id);
  }
});

test('a short and a long id are the same id, and a wrong checksum is none', () => {
  expect(parseId('0015c00002Lz9mU')).toBe('0015c00002Lz9mUAAR');
  expect(parseId('0015c00002Lz9mUAAA')).toBeNull();
  expect(parseId('ACC-10045')).toBeNull();
});

test('ids that differ only in case differ in their long form, whatever its case', () => {
  const character = fc.constantFrom('a', 'b', 'z', 'A', 'B', 'Z', '0', '9');
  const short = fc.array(character, { minLength: 15, maxLength: 15 }).map((letters) => letters.join(''));
  const property = fc.property(short, short, (left, right) => {
    expect(longId(left).toLowerCase() === longId(right).toLowerCase()).toBe(left === right);
  });
  fc.assert(property);
});

test('new ids rise', () => {
  const ids = new RecordIds();
  const made = Array.from({ length: 5_000 }, () => ids.next('001'));
  expect(new Set(made).size).toBe(made.length);
  expect(made.every((id, index) => index === 0 || (made[index - 1] ?? '') < id)).toBe(true);
});
