import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { onlyOneHere } from './only-one.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trueup-one-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a second start on a folder is refused with the address of the first, until that has gone', async () => {
  const first = await onlyOneHere(directory);
  first.tell('http://127.0.0.1:4600');
  await expect(onlyOneHere(directory)).rejects.toThrow(
    `Trueup runs already on this folder: http://127.0.0.1:4600 (process ${String(process.pid)})`,
  );
  await first.close();
  await (await onlyOneHere(directory)).close();
});

test('what a killed one left behind keeps nobody out', async () => {
  const path = join(directory, 'start.sock');
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  await mkdir(join(directory, '.trueup'));
  await rename(path, join(directory, '.trueup', 'start.sock'));
  await (await onlyOneHere(directory)).close();
});

test('a folder with a path too long for a socket goes without', async () => {
  const long = join(directory, 'x'.repeat(120));
  const first = await onlyOneHere(long);
  await expect(onlyOneHere(long)).resolves.toBeDefined();
  await first.close();
});
