import { expect, test } from 'vitest';

import type { Failure } from '../connector/failure.ts';
import { seededRandom } from '../lib/random.ts';
import { failureOfError } from './failures.ts';
import { WRITE_TRIES_MAX } from './limits.ts';
import { nextAfter } from './retry.ts';

const CHANGED: Failure = { kind: 'precondition', code: 'x.changed', message: 'changed since it was read' };
const MINUTE_MS = 60_000;

test('a write to a record that changes, and cannot be read for minutes, is still tried when it can', () => {
  const random = seededRandom(1);
  const waits: number[] = [];
  for (let next = nextAfter(CHANGED, 0, random); next.kind === 'again' && next.countsAttempt;) {
    waits.push(next.dueInMs);
    next = nextAfter(CHANGED, waits.length, random);
  }
  expect(nextAfter(CHANGED, waits.length, random)).toEqual({ kind: 'bury' });
  expect(waits[0]).toBeLessThanOrEqual(250);
  expect(Math.max(...waits)).toBeLessThanOrEqual(MINUTE_MS);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(5 * MINUTE_MS);
});

test('a fault of ours costs a write its tries, and an outage of the store none', () => {
  const random = seededRandom(1);
  const away = failureOfError(new Error('timeout exceeded when trying to connect'));
  const bug = failureOfError(new TypeError('nobody thought of this'));
  expect(nextAfter(away, 0, random)).toMatchObject({ kind: 'again', countsAttempt: false });
  expect(nextAfter(away, WRITE_TRIES_MAX, random)).toMatchObject({ kind: 'again', countsAttempt: false });
  expect(nextAfter(bug, 0, random)).toMatchObject({ kind: 'again', countsAttempt: true });
  expect(nextAfter(bug, WRITE_TRIES_MAX, random)).toEqual({ kind: 'bury' });
});
