/** A system that refuses everybody for a while, slows us down, or takes little at a time: no record pays for it. */
import { describe, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds, skipWaits, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { until } from '../../test/support/until.ts';
import type {
  ChangePage,
  ChangesRequest,
  Lookup,
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import type { NativeValue } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { DELIVERY_LANES } from './limits.ts';
import { settleHints } from './look.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';
import { runSync } from './sync-worker.ts';
import { createWakes } from './wakes.ts';

const signal = new AbortController().signal;
const ROUNDS_OUT = 12;
const REVOKED: Failure = { kind: 'auth', code: 'memory.token_revoked', message: 'the token was revoked' };
const SLOW_DOWN: Failure = {
  kind: 'rateLimited',
  code: 'memory.too_many_requests',
  message: 'HTTP 429',
  retryAfterMs: 90_000,
};
const BUSY: Failure = { kind: 'transient', code: 'memory.busy', message: 'another user holds the record' };

/** Keeps the machine's time but waits a hundredth as long. */
const HURRIED: Clock = {
  ...systemClock,
  sleep: (delayMs, abort) => systemClock.sleep(delayMs / 100, abort),
};

const store = sharedTestStore();

/** Throws `outage` from every method while there is one, and notes how much it was asked for at a time. */
class TroubledSystem extends MemorySystem {
  outage: Failure | null = null;
  /** Requests that were turned away. */
  refusals = 0;
  readonly writeSizes: number[] = [];
  /** What else happens while the request of this number is under way. */
  whileWriting: (requestNo: number) => Promise<void> = () => Promise.resolve();

  #answer(): void {
    if (this.outage === null) return;
    this.refusals += 1;
    throw new ConnectorFailure(this.outage);
  }

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    this.#answer();
    yield* super.readAll(request);
  }

  override async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    this.#answer();
    for await (const page of super.readChanges(request)) {
      this.#answer();
      yield page;
    }
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    this.#answer();
    return super.get(collection, ids);
  }

  override async find(
    collection: string,
    field: string,
    values: readonly NativeValue[],
  ): Promise<readonly SystemRecord[]> {
    this.#answer();
    return super.find(collection, field, values);
  }

  override async write(
    collection: string,
    requests: readonly WriteRequest[],
  ): Promise<readonly WriteResult[]> {
    this.#answer();
    this.writeSizes.push(requests.length);
    await this.whileWriting(this.writeSizes.length);
    return super.write(collection, requests);
  }
}

interface World {
  readonly crm: TroubledSystem;
  readonly erp: TroubledSystem;
  readonly runtime: SyncRuntime;
}

async function worldOf(name: string, erp = new TroubledSystem()): Promise<World> {
  const crm = new TroubledSystem();
  // The guard is about floods of changes, not about what a system does with them.
  const guard = { deletesMax: 10_000, deletesShareMax: 1, changesShareMax: 1 };
  const definition = simpleDefinition(['crm', 'erp'], { name, guard });
  return { crm, erp, runtime: await createTestRuntime(store, definition, { crm, erp }) };
}

function createMany(system: MemorySystem, prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    system.create({ email: `${prefix}${String(index)}@x.test`, name: 'n', phone: null, city: 'Rome' }),
  );
}

function byEmail(system: MemorySystem): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.values(system.all()).map((fields) => [JSON.stringify(fields['email']), fields]),
  );
}

function expectInStep({ crm, erp }: World): void {
  expect(byEmail(erp)).toEqual(byEmail(crm));
  expect(erp.size).toBe(crm.size);
}

/** What waits has lost no attempt and is not dead, and something does wait. */
async function expectUnharmed({ runtime }: World): Promise<void> {
  const waiting = await waitingIn(store, runtime);
  expect(waiting).not.toEqual([]);
  expect(waiting.filter(({ state, attempts }) => state === 'dead' || attempts > 0)).toEqual([]);
}

/** Rounds while the credentials are revoked, more of them than a record that is at fault itself would survive. */
async function settleWithout(world: World, ...systems: readonly TroubledSystem[]): Promise<void> {
  for (const system of systems) system.outage = REVOKED;
  const before = systems.map(({ refusals }) => refusals);
  await settleRounds(store, world.runtime, ROUNDS_OUT);
  // The feed alone would have been turned away once a round.
  for (const [index, { refusals }] of systems.entries())
    expect(refusals - (before[index] ?? 0)).toBeGreaterThan(ROUNDS_OUT);
  await expectUnharmed(world);
  for (const system of systems) system.outage = null;
}

describe('credentials that are revoked', () => {
  test.each([true, false])('cost no record an attempt (conditional writes: %s)', async (conditionalWrite) => {
    const erp = new TroubledSystem({ card: { conditionalWrite } });
    const world = await worldOf(`revoked ${String(conditionalWrite)}`, erp);
    const { crm, runtime } = world;
    const old = createMany(crm, 'old', 30);
    await observeAll(runtime, signal);
    await settleRounds(store, runtime, 2);
    for (const id of old.slice(0, 10)) crm.edit(id, { city: 'Bonn' });
    for (const id of old.slice(10, 15)) crm.remove(id);
    createMany(crm, 'new', 20);
    erp.edit(erp.find1('email', 'old20@x.test').id, { phone: '1' });
    // Taken in before the credentials go, so that looks, writes, a lost answer and the feed all meet the outage.
    for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, sideOf(runtime, 'crm'), signal);
    erp.faults.push({ kind: 'loseAnswer' });
    await deliverBatch(runtime, sideOf(runtime, 'erp'));
    for (const id of old.slice(21, 30)) crm.edit(id, { city: 'Kiel' });
    await captureChanges(runtime, sideOf(runtime, 'crm'), false, signal);
    await settleWithout(world, crm, erp);
    await settleWithout(world, crm);
    erp.outage = REVOKED;
    expect(await sweptNow(runtime, 'erp')).toBe(false);
    erp.outage = null;
    await settleRounds(store, runtime, 4);
    expect(await sweptNow(runtime, 'erp')).toBe(true);
    await settleRounds(store, runtime, 1);
    expectInStep(world);
    expect([erp.size, crm.find1('email', 'old20@x.test').fields['phone']]).toEqual([45, '1']);
    expect(await waitingIn(store, runtime)).toEqual([]);
  });

  test('do not end a running worker', async () => {
    const world = await worldOf('revoked while running');
    const { crm, erp } = world;
    const runtime: SyncRuntime = { ...world.runtime, clock: HURRIED, wakes: createWakes(HURRIED) };
    createMany(crm, 'first', 20);
    const stop = new AbortController();
    const running = runSync(runtime, stop.signal);
    await until(() => erp.size === 20);
    [crm.outage, erp.outage] = [REVOKED, REVOKED];
    createMany(crm, 'second', 20);
    createMany(erp, 'third', 20);
    await until(async () => {
      await skipWaits(store, runtime);
      return crm.refusals > 20 && erp.refusals > 20;
    });
    [crm.outage, erp.outage] = [null, null];
    await until(async () => {
      await skipWaits(store, runtime);
      return crm.size === 60 && erp.size === 60 && (await waitingIn(store, runtime)).length === 0;
    });
    stop.abort();
    await running;
    expectInStep(world);
    expect(crm.size).toBe(60);
  });
});

describe('a target that asks us to slow down', () => {
  test('is left alone for as long as it asks, and is then given everything', async () => {
    const world = await worldOf('rate limited');
    const { crm, erp, runtime } = world;
    createMany(crm, 'r', 50);
    await observeAll(runtime, signal);
    erp.outage = SLOW_DOWN;
    await deliverAll(runtime, signal);
    await expectUnharmed(world);
    const waiting = await waitingIn(store, runtime);
    expect(waiting).toHaveLength(50);
    for (const { dueInSeconds } of waiting) expect(dueInSeconds).toBeGreaterThan(80);
    const { refusals } = erp;
    erp.outage = null;
    await deliverAll(runtime, signal);
    expect([erp.refusals, erp.size]).toEqual([refusals, 0]);
    await settleRounds(store, runtime, 1);
    expectInStep(world);
  });

  test('for one write of a batch makes only that one wait', async () => {
    const world = await worldOf('rate limited in part');
    const { crm, erp, runtime } = world;
    createMany(crm, 'r', 20);
    erp.faults.push({ kind: 'refuse', failure: SLOW_DOWN }, { kind: 'refuse', failure: SLOW_DOWN });
    await observeAll(runtime, signal);
    await deliverAll(runtime, signal);
    expect(erp.size).toBe(18);
    await expectUnharmed(world);
    await settleRounds(store, runtime, 1);
    expectInStep(world);
  });

  test('while its feed is read is not asked again before the time it named', async () => {
    const world = await worldOf('rate limited feed');
    const { crm, erp, runtime } = world;
    await observeAll(runtime, signal);
    crm.outage = SLOW_DOWN;
    for (let time = 0; time < 5; time += 1)
      await captureChanges(runtime, sideOf(runtime, 'crm'), false, signal);
    expect(crm.refusals).toBe(1);
    crm.outage = null;
    createMany(crm, 'r', 3);
    await settleRounds(store, runtime, 2);
    expect(erp.size).toBe(3);
  });
});

test('writes that are refused for the moment, again and again, are all made in the end and none counts as an attempt', async () => {
  const world = await worldOf('busy');
  const { crm, erp, runtime } = world;
  createMany(crm, 'b', 40);
  // More refusals of one write than a write that is at fault itself would survive.
  for (let refusal = 0; refusal < 400; refusal += 1) erp.faults.push({ kind: 'refuse', failure: BUSY });
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 8);
  await expectUnharmed(world);
  expect(erp.size).toBe(0);
  await settleRounds(store, runtime, 4);
  expect(erp.faults).toEqual([]);
  expectInStep(world);
  expect(await waitingIn(store, runtime)).toEqual([]);
});

test('a queue of thousands goes out in batches of the size that the target takes, a few of them at a time', async () => {
  const erp = new TroubledSystem({ card: { writeBatchMax: 7 } });
  const world = await worldOf('long queue', erp);
  const { crm, runtime } = world;
  createMany(crm, 'q', 5_000);
  await observeAll(runtime, signal);
  const taken: number[] = [];
  erp.whileWriting = async (requestNo) => {
    if (requestNo % 50 !== 0) return;
    const waiting = await waitingIn(store, runtime);
    taken.push(waiting.filter(({ state }) => state === 'sent').length);
  };
  await deliverAll(runtime, signal);
  expect(Math.max(...erp.writeSizes)).toBe(7);
  expect(taken.length).toBeGreaterThan(10);
  expect(Math.max(...taken)).toBeLessThanOrEqual(7 * DELIVERY_LANES);
  expect(erp.writeSizes.reduce((sum, size) => sum + size, 0)).toBe(5_000);
  expectInStep(world);
});

function sideOf({ sides }: SyncRuntime, name: string): SideRuntime {
  return must(sides.get(name), 'the sync has this side');
}

async function sweptNow(runtime: SyncRuntime, name: string): Promise<boolean> {
  await runtime.transaction((tx) => tx.wakeStream(name, 'sweep'));
  return sweepSide(runtime, sideOf(runtime, name), signal);
}
