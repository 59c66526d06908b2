/** The program as an operator starts it: `bin/trueup`, from any folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { until } from '../../test/support/until.ts';
import { freePort } from '../store/embedded/server.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/trueup', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trueup-program-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the program runs through a link, from another folder, and a signal to it ends all of it', async () => {
  await symlink(PROGRAM, join(folder, 'trueup'));
  const child = spawn(join(folder, 'trueup'), ['simulate', 'salesforce', '--port', '0', '--empty'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let address: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    address ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (line.startsWith('password')) break;
  }
  const simulator = new URL(address ?? 'http://nothing.was.told');
  expect(await fetch(simulator).then(({ status }) => status >= 200)).toBe(true);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(simulator)).rejects.toThrow('fetch failed');
});

test('whoever stops reading is told no more, and what was begun goes on', async () => {
  const port = await freePort();
  const child = spawn(PROGRAM, ['simulate', 'salesforce', '--port', String(port), '--empty'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [exited, errors] = [once(child, 'exit'), text(child.stderr)];
  const simulator = `http://127.0.0.1:${String(port)}`;
  const answers = (): Promise<boolean> =>
    fetch(simulator).then(
      () => true,
      () => child.exitCode !== null,
    );
  await until(answers);
  child.kill('SIGTERM');
  expect([await exited, await errors]).toEqual([[0, null], '']);
});
