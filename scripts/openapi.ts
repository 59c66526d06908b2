/** `node scripts/openapi.ts`: writes docs/openapi.json from the routes. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createApi } from '../src/api/app.ts';
import type { ApiHost } from '../src/api/host.ts';
import { createSetUp } from '../src/api/set-up.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createIds } from '../src/lib/ids.ts';
import { systemRandom } from '../src/lib/random.ts';

// Routes are only declared here and none is asked, so there need be no installation behind them.
const parts = {
  clock: systemClock,
  random: systemRandom,
  ids: createIds(systemClock, systemRandom),
  network: {},
};
const { document } = createApi(parts as ApiHost, { setUp: createSetUp(systemRandom), publicUrl: null });
const path = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
writeFileSync(path, document);
spawnSync('node_modules/.bin/oxfmt', [path], { stdio: 'inherit' });
