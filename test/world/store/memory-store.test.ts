import { expect, test } from 'vitest';

import { compileSync } from '../../../src/engine/model.ts';
import { must } from '../../../src/lib/assert.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { createIds } from '../../../src/lib/ids.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { captureChanges } from '../../../src/worker/capture.ts';
import { deliverAll, observeAll } from '../../../src/worker/rounds.ts';
import { silentLog, type SyncRuntime } from '../../../src/worker/runtime.ts';
import { createWakes } from '../../../src/worker/wakes.ts';
import { MemorySystem } from '../../support/memory-system.ts';
import { simpleDefinition } from '../../support/sync.ts';
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts';

const signal = new AbortController().signal;
const SIDES = ['crm', 'erp'];

/** Time that passes only by waiting, and a little with every look at it. */
function steppingClock(): Clock {
  let nowMs = Date.UTC(2026, 0, 1);
  return {
    nowMs: () => (nowMs += 1),
    monotonicMs: () => nowMs,
    sleep: (delayMs) => {
      nowMs += delayMs;
      return Promise.resolve();
    },
  };
}

function newStore(change: Partial<MemoryStoreOptions> = {}): MemoryStore & { readonly clock: Clock } {
  const clock = steppingClock();
  const random = seededRandom(1);
  const store = createMemoryStore({ sides: SIDES, clock, random, ids: createIds(clock, random), ...change });
  return { ...store, clock };
}

function runtimeOn(
  store: MemoryStore & { readonly clock: Clock },
  systems: Readonly<Record<string, MemorySystem>>,
): SyncRuntime {
  const model = compileSync(simpleDefinition(SIDES));
  const random = seededRandom(2);
  return {
    syncKey: '1',
    name: 'things',
    mode: 'live',
    model,
    sides: new Map(
      model.sides.map((side) => {
        const session = must(systems[side.name], 'every side has a system');
        return [side.name, { model: side, session, card: session.card }];
      }),
    ),
    clock: store.clock,
    random,
    ids: createIds(store.clock, random),
    log: silentLog,
    wakes: createWakes(store.clock),
    nowMs: () => store.nowMs(),
    transaction: (action) => store.transaction(action),
  };
}

async function syncOnce(): Promise<{
  readonly store: MemoryStore;
  readonly systems: readonly MemorySystem[];
}> {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const store = newStore();
  const runtime = runtimeOn(store, { crm, erp });
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Berlin' });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  crm.edit(id, { city: 'Rome' });
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await deliverAll(runtime, signal);
  return { store, systems: [crm, erp] };
}

test('the workers keep two systems in step over it', async () => {
  const { store, systems } = await syncOnce();
  for (const system of systems)
    expect(Object.values(system.all())).toEqual([
      { email: 'ann@x.test', name: 'Ann', phone: null, city: 'Rome' },
    ]);
  expect(store.refusals()).toEqual([]);
  expect(store.dump().writes).toEqual([]);
  expect(store.dump().links.map(({ status }) => status)).toEqual(['live', 'live']);
});

test('the same happens twice, and hashes the same', async () => {
  const [first, second] = [await syncOnce(), await syncOnce()];
  expect(second.store.dump()).toEqual(first.store.dump());
  expect(second.store.hash()).toBe(first.store.hash());
});
