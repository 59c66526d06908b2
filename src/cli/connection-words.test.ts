import { expect, test } from 'vitest';

import type { ConnectionState } from '../store/control.ts';
import { healthText, quotaText } from './connection-words.ts';

const NOW_MS = Date.UTC(2026, 4, 4, 12, 0);
const HOUR_MS = 3_600_000;

const WORKING: ConnectionState = {
  name: 'crm',
  system: 'salesforce',
  state: 'connected',
  reason: null,
  sinceMs: NOW_MS - HOUR_MS,
  lastSuccessMs: NOW_MS,
  throttledUntilMs: null,
  throttledReason: null,
  quotas: [],
};

test('a connection that was asked to wait says until when, and works again once that is over', () => {
  const throttled = { ...WORKING, throttledReason: 'too many requests', throttledUntilMs: NOW_MS + 240_000 };
  expect(healthText(throttled, NOW_MS)).toBe(
    'throttled until 2026-05-04 12:04 UTC, for 4 min more — too many requests',
  );
  expect(healthText(throttled, NOW_MS + 240_000)).toBe('working');
});

test('what is wrong is told with how long it has been', () => {
  expect(healthText({ ...WORKING, state: 'unreachable', reason: 'nobody answers' }, NOW_MS)).toBe(
    'unreachable since 2026-05-04 11:00 UTC, for 60 min — nobody answers',
  );
  expect(healthText({ ...WORKING, state: 'new' }, NOW_MS)).toBe('not opened yet');
});

test('a limit is told with what is used of it and when it will be used up', () => {
  const earlier = { used: 60_000, atMs: NOW_MS - 2 * HOUR_MS };
  const quota = { limit: 'daily', max: 100_000, used: 80_000, atMs: NOW_MS, earlier };
  expect(quotaText(quota, NOW_MS)).toBe(
    'limit daily: 80,000 of 100,000 used (80 %); at this pace used up in 2 h, at 2026-05-04 14:00 UTC',
  );
  expect(quotaText({ ...quota, used: 60_000 }, NOW_MS)).toBe('limit daily: 60,000 of 100,000 used (60 %)');
});
