import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CHROMIUM } from './browser.ts';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What the browser tests stand on: Chromium of the machine, and the console as it is built for users. */
export default function setup(): void {
  if (!existsSync(CHROMIUM))
    throw new Error(`${CHROMIUM} is missing. Run: apt-get install chromium (or .ci/install-systems)`);
  const { status, stderr, stdout } = spawnSync(
    'npm',
    ['run', '--silent', 'console:build', '--', '--logLevel', 'error'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the console could not be built:\n${stdout}\n${stderr}`);
}
