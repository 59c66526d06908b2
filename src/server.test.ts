import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openInstallation } from './server.ts';
import { reachableDirectory } from './store/embedded/reachable.ts';
import { silentLog } from './worker/runtime.ts';

test.each([
  [{ TRUEUP_KEY: 'too short' }, /TRUEUP_KEY must be/],
  [{ TRUEUP_NETWORK: 'everywhere' }, /TRUEUP_NETWORK takes/],
])('with %o no server is started for nothing', async (environment, refusal) => {
  const directory = await mkdtemp(join(tmpdir(), 'trueup-server-'));
  await expect(openInstallation({ directory, environment, log: silentLog })).rejects.toThrow(refusal);
  const place = await reachableDirectory(join(directory, '.trueup', 'postgres'));
  expect(existsSync(place)).toBe(false);
  await rm(directory, { recursive: true });
});
