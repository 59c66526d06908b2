/** A side that cannot be read is left alone for longer and longer, and as soon as it gets better no longer. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { ChangePage, ChangesRequest, SnapshotPage, SnapshotRequest } from '../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import { must } from '../lib/assert.ts';
import type { StreamKind } from '../store/contract.ts';
import { streamStates } from '../store/status.ts';
import { wakeConnection } from '../store/streams.ts';
import { captureChanges } from './capture.ts';
import { OUTAGE_RETRY_BASE_MS, OUTAGE_RETRY_CAP_MS } from './limits.ts';
import type { SyncRuntime } from './runtime.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const DOWN: Failure = { kind: 'transient', code: 'memory.down', message: 'nobody answers' };
const REVOKED: Failure = { kind: 'auth', code: 'memory.revoked', message: 'the token was revoked' };
const EXPIRED: Failure = { kind: 'config', code: 'memory.cursor_expired', message: 'begin anew' };
const SLOW_DOWN: Failure = { ...DOWN, kind: 'rateLimited', retryAfterMs: 900_000 };

/** Shows one record to a page, and fails after so many pages while it has a failure. */
class Breaking extends MemorySystem {
  failure: Failure | null = null;
  afterPages = 0;

  readonly resumes: boolean;

  constructor(resumes = true) {
    super();
    this.resumes = resumes;
    for (const name of ['ann', 'bob', 'cyn'])
      this.create({ email: `${name}@x.test`, name, phone: null, city: null });
  }

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    const before = Number(request.resume ?? 0);
    let pages = 0;
    for await (const page of super.readAll({ ...request, pageRecordsMax: 1 })) {
      pages += 1;
      if (pages <= before) continue;
      this.#fail(pages - 1 - before);
      yield this.resumes ? { ...page, resume: pages } : page;
    }
  }

  override async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    this.#fail(0);
    yield* super.readChanges(request);
    this.#fail(1);
  }

  #fail(pages: number): void {
    if (this.failure !== null && pages >= this.afterPages) throw new ConnectorFailure(this.failure);
  }
}

async function start(name: string, crm = new Breaking()): Promise<SyncRuntime> {
  const definition = simpleDefinition(['crm', 'erp'], { name });
  const runtime = await createTestRuntime(store, definition, { crm, erp: new MemorySystem() });
  // Every pause is as long as it may be.
  return { ...runtime, random: { ...runtime.random, fraction: () => 1 } };
}

/** Makes the stream due, as if its pause were over, and reads it. Returns how long it then waits, by what `status` tells. */
async function read(runtime: SyncRuntime, kind: StreamKind = 'sweep'): Promise<number> {
  await makeDue(runtime);
  const side = must(runtime.sides.get('crm'), 'the sync has this side');
  if (kind === 'sweep') await sweepSide(runtime, side, signal);
  else await captureChanges(runtime, side, false, signal);
  return await pauseMs(runtime, kind);
}

async function makeDue({ syncKey }: SyncRuntime): Promise<void> {
  await store.raw.pool.query('update streams set due_at = clock_timestamp() where sync_key = $1', [syncKey]);
}

function pauseMs({ syncKey }: SyncRuntime, kind: StreamKind = 'sweep'): Promise<number> {
  return store.database.transaction(store.workspaceNo, async (tx) => {
    const states = await streamStates(tx, syncKey);
    const stream = states.find((one) => one.side === 'crm' && one.kind === kind);
    return must(stream, 'the side has this stream').dueMs - tx.nowMs;
  });
}

/** After how many tries in vain one pauses for so long; what the reading itself took is less than half a pause. */
function triesOf(pauseOfMs: number): number {
  if (pauseOfMs < OUTAGE_RETRY_BASE_MS / 2) return 0;
  return Math.max(1, Math.ceil(Math.log2(pauseOfMs / OUTAGE_RETRY_BASE_MS)) + 1);
}

/** Reads so many times, and tells of every time how many tries in vain it counted as. */
async function triesInVain(
  runtime: SyncRuntime,
  times: number,
  kind: StreamKind = 'sweep',
): Promise<readonly number[]> {
  const tries: number[] = [];
  while (tries.length < times) tries.push(triesOf(await read(runtime, kind)));
  return tries;
}

test.each([
  ['cannot be reached', DOWN],
  ['refuses us', REVOKED],
])('a side that %s is swept again after pauses that grow to minutes', async (what, failure) => {
  const crm = new Breaking();
  const runtime = await start(`grows ${what}`, crm);
  crm.failure = failure;
  expect(await triesInVain(runtime, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (let tried = 0; tried < 3; tried += 1)
    expect(Math.abs((await read(runtime)) - OUTAGE_RETRY_CAP_MS)).toBeLessThan(1_000);
  crm.failure = null;
  expect(await read(runtime)).toBeGreaterThan(OUTAGE_RETRY_CAP_MS);
  crm.failure = failure;
  expect(await triesInVain(runtime, 1)).toEqual([1]);
});

test.each([
  ['cannot be gone on with', new Breaking(false), DOWN],
  ['is given up', new Breaking(), EXPIRED],
])(
  'a sweep that %s and breaks after its first page each time pauses for longer too',
  async (what, crm, failure) => {
    const runtime = await start(`restarts ${what}`, crm);
    [crm.failure, crm.afterPages] = [failure, 1];
    expect(await triesInVain(runtime, 4)).toEqual([1, 2, 3, 4]);
  },
);

test('a sweep that gets further with every try pauses as after the first', async () => {
  const crm = new Breaking();
  const runtime = await start('further', crm);
  crm.failure = DOWN;
  expect(await triesInVain(runtime, 4)).toEqual([1, 2, 3, 4]);
  crm.afterPages = 1;
  // The first page of a run that begins anew proves nothing yet.
  expect(await triesInVain(runtime, 2)).toEqual([5, 1]);
});

test('a feed that was read and then breaks pauses as after the first failure', async () => {
  const crm = new Breaking();
  const runtime = await start('feed', crm);
  crm.failure = DOWN;
  expect(await triesInVain(runtime, 5, 'changes')).toEqual([1, 2, 3, 4, 5]);
  crm.afterPages = 1;
  expect(await triesInVain(runtime, 1, 'changes')).toEqual([1]);
});

test('a connection that somebody has mended is read at once, and its pauses begin anew', async () => {
  const crm = new Breaking();
  const runtime = await start('mended', crm);
  crm.failure = REVOKED;
  expect(await triesInVain(runtime, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  await store.database.transaction(store.workspaceNo, (tx) => wakeConnection(tx, 'crm'));
  expect(triesOf(await pauseMs(runtime))).toBe(0);
  expect(await triesInVain(runtime, 1)).toEqual([1]);
});

test('what is mended while the last try is still under way is read at once after it', async () => {
  const crm = new Breaking();
  const runtime = await start('meanwhile', crm);
  crm.failure = REVOKED;
  await triesInVain(runtime, 4);
  const given = crm.readAll.bind(crm);
  crm.readAll = async function* (request) {
    await store.database.transaction(store.workspaceNo, (tx) => wakeConnection(tx, 'crm'));
    yield* given(request);
  };
  expect(triesOf(await read(runtime))).toBe(0);
});

test('a pause that the system asked for stands, whoever has tried its connection', async () => {
  const crm = new Breaking();
  const runtime = await start('asked for', crm);
  crm.failure = SLOW_DOWN;
  expect(await read(runtime)).toBeGreaterThan(890_000);
  await store.database.transaction(store.workspaceNo, (tx) => wakeConnection(tx, 'crm'));
  expect(await pauseMs(runtime)).toBeGreaterThan(890_000);
});
