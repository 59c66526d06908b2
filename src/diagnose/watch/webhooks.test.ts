import { expect, test } from 'vitest';

import type { WebhookVitals } from '../../store/webhooks.ts';
import { watchWebhooks } from './webhooks.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = 60_000;
const GRACE_MS = 2 * MINUTE_MS;
const SYNC = { syncKey: '1', name: 'people', mode: 'live', recoveringSinceMs: null } as const;
const REFUSALS = {
  count: 4,
  sinceMs: NOW - 50 * MINUTE_MS,
  lastMs: NOW - MINUTE_MS,
  why: 'wrong signature',
};

function vitals(count: number, change: Partial<WebhookVitals> = {}): readonly WebhookVitals[] {
  const unhinted = Array.from({ length: count }, (_, index) => ({
    recordId: `r${String(index)}`,
    identityId: `i${String(index)}`,
    atMs: NOW - 40 * MINUTE_MS + index,
  }));
  const toldMs = NOW - 60 * MINUTE_MS;
  return [{ side: 'crm', connection: 'shop', toldMs, refusals: null, unhinted, ...change }];
}

function codes(given: readonly WebhookVitals[]): readonly string[] {
  return watchWebhooks(SYNC, given, NOW, GRACE_MS).map(({ code }) => code);
}

test('a webhook is silent when changes came of which it did not tell, since the first of them', () => {
  const [told] = watchWebhooks(SYNC, vitals(3), NOW, GRACE_MS);
  expect(told).toMatchObject({
    code: 'watch.silent_webhook',
    side: 'crm',
    severity: 'warning',
    sinceMs: NOW - 40 * MINUTE_MS,
    records: { count: 3 },
  });
  expect(told?.detail).toBe(
    'reading found 3 records of crm changed of which the webhook of shop had not told; it last told of one at 2026-01-31T11:00:00.000Z; for example r0, r1, r2',
  );
  expect(watchWebhooks(SYNC, vitals(3, { toldMs: null }), NOW, GRACE_MS)[0]?.detail).toContain(
    'it has never told of any',
  );
});

test('a quiet system, a pair of changes, and a paused sync raise nothing', () => {
  expect([codes(vitals(0)), codes(vitals(2))]).toEqual([[], []]);
  expect(watchWebhooks({ ...SYNC, mode: 'paused' }, vitals(9), NOW, GRACE_MS)).toEqual([]);
});

test('a telling may come late: what was found within the last minutes may still be told of', () => {
  const late = {
    unhinted: vitals(3)[0]?.unhinted.map((one) => ({ ...one, atMs: NOW - 9 * MINUTE_MS })) ?? [],
  };
  expect(codes(vitals(3, late))).toEqual([]);
});

test('where deliveries were refused meanwhile, that is the cause, and one change is enough', () => {
  const [told] = watchWebhooks(SYNC, vitals(1, { refusals: REFUSALS }), NOW, GRACE_MS);
  expect(told?.code).toBe('watch.refused_webhook');
  expect(told?.detail).toContain(
    'since 2026-01-31T11:10:00.000Z 4 deliveries were refused, the last one as wrong signature',
  );
});

test('refused deliveries alone raise nothing: anybody can send them', () => {
  expect(codes(vitals(0, { refusals: REFUSALS }))).toEqual([]);
});
