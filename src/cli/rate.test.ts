import { expect, test } from 'vitest';

import { REPLAY_PER_SECOND } from '../worker/redrive.ts';
import { rateMeant } from './rate.ts';

test('a rate is a whole number of letters a second, and left out the usual one', () => {
  expect(rateMeant({ flags: {} })).toBe(REPLAY_PER_SECOND);
  expect(rateMeant({ flags: { rate: '7' } })).toBe(7);
});

test.each(['0', '-1', '0.5', '10001', 'many', ''])('“%s” is no rate', (rate) => {
  expect(() => rateMeant({ flags: { rate } })).toThrow('--rate takes a whole number from 1 to 10000');
});
