import { expect, test } from 'vitest';

import { modelOf } from '../../test/support/engine.ts';
import { NewKeys, wouldNotLink } from './re-match.ts';

const FIELDS = { fields: { email: {}, phone: {} } };
const [BY_EMAIL, BY_PHONE] = [
  modelOf({ ...FIELDS, match: [['email']] }),
  modelOf({ ...FIELDS, match: [['phone']] }),
];

test('things that would have one key are one, or a question where a side has a record of both', () => {
  const keys = new NewKeys(BY_PHONE);
  const golden = { email: 'ann', phone: '1' };
  expect(keys.add({ identityId: 'a', golden, sides: ['crm'] })).toBe(null);
  expect(keys.add({ identityId: 'b', golden, sides: ['erp'] })).toEqual({
    left: 'a',
    right: 'b',
    twice: null,
  });
  expect(keys.add({ identityId: 'c', golden, sides: ['shop', 'crm'] })).toEqual({
    left: 'a',
    right: 'c',
    twice: 'crm',
  });
  expect(keys.add({ identityId: 'd', golden: { phone: '2' }, sides: ['crm'] })).toBe(null);
  expect(keys.add({ identityId: 'e', golden: { phone: null }, sides: ['crm'] })).toBe(null);
});

test('a record would not have been linked where it shared a key of then, and shares none of now with any other', () => {
  const ann = { email: 'ann', phone: '1' };
  const judge = (...others: readonly Parameters<typeof wouldNotLink>[3][number][]): boolean =>
    wouldNotLink(BY_EMAIL, BY_PHONE, ann, others);
  expect(judge({ email: 'ann', phone: '2' })).toBe(true);
  expect(judge({ email: 'ann', phone: '2' }, { email: 'x', phone: '1' })).toBe(false);
  expect(judge({ email: 'x', phone: '2' })).toBe(false);
  expect(judge()).toBe(false);
});
