import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { seededRandom } from '../../src/lib/random.ts';
import { exhaust } from './exhaustion.ts';
import { Fleet } from './fleet.ts';
import { startChild, type Child } from './processes.ts';
import type { WorkerInstructions } from './worker.ts';

/** No store is there: a worker tries again and again to open it, which is work enough. */
const GIVEN: WorkerInstructions = {
  url: 'postgres://127.0.0.1:1/none',
  workspaceNo: 1,
  sync: 'things',
  automations: false,
  ports: {},
};
const LONG_MS = 60_000;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trueup-exhaustion-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function logFile(): string {
  return join(directory, 'worker.log');
}

async function startWorker(): Promise<Child> {
  return startChild('worker', './worker.ts', GIVEN, logFile());
}

test('a worker whose memory is filled is ended by V8, and another has its seat', async () => {
  const violations: string[] = [];
  const fleet = new Fleet({
    workers: 1,
    heapMb: 32,
    directory,
    random: seededRandom(1),
    given: GIVEN,
    onViolation: (message) => violations.push(message),
  });
  await fleet.fill();
  fleet.exhaust();
  expect(fleet.freeze()).toBeNull();
  await fleet.fill();
  expect(fleet.exhausted).toBe(1);
  await fleet.kill();
  expect(fleet.kills).toBe(1);
  await fleet.stop();
  expect(violations).toEqual([]);
});

test.each(['SIGKILL', 'SIGABRT'] as const)('an end by %s alone is no end by V8', async (signal) => {
  const worker = await startWorker();
  const wrong = exhaust(worker, logFile(), LONG_MS);
  process.kill(worker.pid, signal);
  expect(await wrong).toBe(`worker filled its memory and ended otherwise: null ${signal}`);
});

test('a worker that does not end in time is told of, and killed', async () => {
  const worker = await startWorker();
  expect(await exhaust(worker, logFile(), 0)).toBe('worker filled its memory and did not end in 0 ms');
  expect(worker.hasEnded()).toBe(true);
});
