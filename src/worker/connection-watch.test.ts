import { beforeEach, expect, test } from 'vitest';

import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import type { Session } from '../connector/contract.ts';
import { ConnectorFailure, type FailureKind } from '../connector/failure.ts';
import { createMemoryBudgets } from '../connector/http/memory-budgets.ts';
import { must } from '../lib/assert.ts';
import { usedUpAtMs } from '../store/connection-health.ts';
import {
  connectionStates,
  saveConnection,
  setConnectionState,
  type ConnectionState,
} from '../store/control.ts';
import { ConnectionWatch, watchedSession } from './connection-watch.ts';
import { silentLog } from './runtime.ts';

const store = sharedTestStore();
let clock: ManualClock;
let watch: ConnectionWatch;
let session: Session;
/** What the system answers with now; null for as it should. */
let broken: FailureKind | null;

beforeEach(async () => {
  clock = new ManualClock();
  broken = null;
  await store.database.transaction(store.workspaceNo, async (tx) => {
    await saveConnection(tx, store.workspaceNo, { name: 'crm', system: 'salesforce', settings: {} });
    await tx.execute(`update connections set throttled_until = null, quotas = '[]'`);
    await setConnectionState(tx, 'crm', 'connected', null);
  });
  watch = new ConnectionWatch({
    name: 'crm',
    clock,
    log: silentLog,
    transaction: (action) => store.database.transaction(store.workspaceNo, action),
  });
  session = watchedSession(new Moody(), watch);
});

/** Answers as it is told to. */
class Moody extends MemorySystem {
  override get(...given: Parameters<MemorySystem['get']>): ReturnType<MemorySystem['get']> {
    return broken === null ? super.get(...given) : Promise.reject(new ConnectorFailure(failure(broken)));
  }
}

function failure(kind: FailureKind): ConnectorFailure['failure'] {
  return { kind, code: `memory.${kind}`, message: `it is ${kind}`, retryAfterMs: 120_000 };
}

async function ask(outcome: FailureKind | null): Promise<void> {
  broken = outcome;
  await session.get('things', ['1'], ['name']).catch(() => undefined);
}

async function noted(): Promise<ConnectionState> {
  await watch.close();
  const states = await store.database.transaction(store.workspaceNo, (tx) => connectionStates(tx));
  return must(states[0], 'the connection is stored');
}

test('refused credentials are noted at once, and that they work again as soon as they do', async () => {
  await ask('auth');
  expect(await noted()).toMatchObject({ state: 'reauthorise', reason: 'it is auth' });
  await ask(null);
  expect(await noted()).toMatchObject({ state: 'connected', reason: null });
});

test('a system is unreachable when nothing has answered for a while, and not when one call was unlucky', async () => {
  await ask('transient');
  await ask(null);
  clock.advance(60_000);
  await ask('transient');
  expect(await noted()).toMatchObject({ state: 'connected' });
  clock.advance(11_000);
  await ask('transient');
  expect(await noted()).toMatchObject({ state: 'unreachable', reason: 'it is transient' });
  await ask(null);
  expect(await noted()).toMatchObject({ state: 'connected' });
});

test('a throttled connection says until when, and a shorter wait does not end a longer one', async () => {
  await ask('rateLimited');
  const { throttledUntilMs, throttledReason, state } = await noted();
  expect({ state, throttledReason }).toEqual({ state: 'connected', throttledReason: 'it is rateLimited' });
  const nowMs = await store.database.nowMs();
  expect(must(throttledUntilMs, 'it is throttled') - nowMs).toBeGreaterThan(110_000);
  watch.failed({ ...failure('rateLimited'), retryAfterMs: 1_000 });
  expect((await noted()).throttledUntilMs).toBe(throttledUntilMs);
});

test('writes that all fail alike are a failure of the connection', async () => {
  const refused = new MemorySystem({ refuse: () => failure('auth') });
  const writing = watchedSession(refused, watch);
  const fields = new Map([['name', 'x']]);
  await writing.write('things', [{ key: 'k', kind: 'create', recordId: null, ifVersion: null, fields }]);
  expect(await noted()).toMatchObject({ state: 'reauthorise' });
});

test('what a system says of its limits is kept', async () => {
  const limit = {
    name: 'daily',
    units: 100,
    refill: { kind: 'steady', unitsPerSecond: 0.1 },
    costDefault: 1,
  } as const;
  const budgets = watch.budgets(createMemoryBudgets(clock));
  await budgets.learn({ connectionKey: 'crm', limit }, { unitsMax: 1_000, unitsRemaining: 400 });
  expect((await noted()).quotas).toMatchObject([{ limit: 'daily', max: 1_000, used: 600 }]);
});

test('the forecast is told from the pace, within a day and not from a moment', () => {
  const quota = {
    limit: 'daily',
    max: 1_000,
    used: 600,
    atMs: 7_200_000,
    earlier: { used: 400, atMs: 3_600_000 },
  };
  expect(usedUpAtMs(quota)).toBe(7_200_000 + 2 * 3_600_000);
  expect(usedUpAtMs({ ...quota, earlier: { used: 599, atMs: 3_600_000 } })).toBeNull();
  expect(usedUpAtMs({ ...quota, earlier: { used: 700, atMs: 3_600_000 } })).toBeNull();
  expect(usedUpAtMs({ ...quota, earlier: { used: 1, atMs: 7_199_000 } })).toBeNull();
});
