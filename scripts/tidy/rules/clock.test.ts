import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { clock } from './clock.ts';

test('asking the machine for now is found, turning a known moment into a date is not', async () => {
  const source =
    'const a = new Date();\nconst b = Date();\nconst c = new Date(0);\nconst d = Date.UTC(2026);\nconst e = new Date;';
  expect(await planted(clock, { 'src/worker/a.ts': source })).toEqual([
    'src/worker/a.ts:1 clock new Date() asks the machine for the time',
    'src/worker/a.ts:2 clock Date() asks the machine for the time',
    'src/worker/a.ts:5 clock new Date asks the machine for the time',
  ]);
});

test("Node's modules for time and chance are found, the rest of its cryptography is not", async () => {
  const source = [
    "import { setTimeout as wait } from 'node:timers/promises';",
    "import { performance } from 'perf_hooks';",
    "import { randomUUID, createHash } from 'node:crypto';",
  ].join('\n');
  expect(await planted(clock, { 'src/worker/a.ts': source })).toEqual([
    'src/worker/a.ts:1 clock imports node:timers/promises',
    'src/worker/a.ts:2 clock imports perf_hooks',
    'src/worker/a.ts:3 clock imports randomUUID',
  ]);
});

test('the two files that stand for the machine are free, and so is what does not ship', async () => {
  const paths = ['src/lib/clock.ts', 'src/lib/random.ts', 'bench/run.ts', 'test/support/a.ts'];
  expect(
    await planted(clock, Object.fromEntries(paths.map((path) => [path, 'const a = new Date();']))),
  ).toEqual([]);
});
