import { expect, test } from 'vitest';

import { type Health, healthAfter, type HealthEvent } from './health.ts';

const HEALTHS: Readonly<Record<Health['kind'], Health>> = {
  new: { kind: 'new' },
  connected: { kind: 'connected' },
  reauthorise: { kind: 'reauthorise', why: 'revoked' },
  misconfigured: { kind: 'misconfigured', why: 'bad client' },
  unreachable: { kind: 'unreachable', why: 'down', tries: 1, retryAtMs: 0 },
};
const EVENTS: Readonly<Record<HealthEvent['kind'], HealthEvent>> = {
  granted: { kind: 'granted' },
  refused: { kind: 'refused', why: 'w' },
  misconfigured: { kind: 'misconfigured', why: 'w' },
  unreachable: { kind: 'unreachable', why: 'w', nowMs: 0 },
  resumed: { kind: 'resumed' },
};

test.each<[Health['kind'], Readonly<Record<HealthEvent['kind'], Health['kind']>>]>([
  [
    'new',
    {
      granted: 'connected',
      refused: 'reauthorise',
      misconfigured: 'misconfigured',
      unreachable: 'unreachable',
      resumed: 'new',
    },
  ],
  [
    'connected',
    {
      granted: 'connected',
      refused: 'reauthorise',
      misconfigured: 'misconfigured',
      unreachable: 'unreachable',
      resumed: 'connected',
    },
  ],
  [
    'reauthorise',
    {
      granted: 'connected',
      refused: 'reauthorise',
      misconfigured: 'misconfigured',
      unreachable: 'reauthorise',
      resumed: 'new',
    },
  ],
  [
    'misconfigured',
    {
      granted: 'connected',
      refused: 'reauthorise',
      misconfigured: 'misconfigured',
      unreachable: 'misconfigured',
      resumed: 'new',
    },
  ],
  [
    'unreachable',
    {
      granted: 'connected',
      refused: 'reauthorise',
      misconfigured: 'misconfigured',
      unreachable: 'unreachable',
      resumed: 'new',
    },
  ],
])('from %s every event leads where the table says', (from, expected) => {
  const reached = Object.fromEntries(
    Object.entries(EVENTS).map(([name, event]) => [name, healthAfter(HEALTHS[from], event).kind]),
  );
  expect(reached).toEqual(expected);
});

test('waits double from one second to five minutes, and start again after a success', () => {
  let health: Health = HEALTHS.connected;
  const waits = Array.from({ length: 12 }, () => {
    health = healthAfter(health, { kind: 'unreachable', why: 'w', nowMs: 0 });
    return health.kind === 'unreachable' ? health.retryAtMs / 1_000 : 0;
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  const again = healthAfter(healthAfter(health, EVENTS.granted), EVENTS.unreachable);
  expect(again).toMatchObject({ tries: 1, retryAtMs: 1_000 });
});
