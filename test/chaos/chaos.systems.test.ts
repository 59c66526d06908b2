import { expect, test } from 'vitest';

import { runChaos } from './supervisor.ts';

const TIMEOUT_MS = 300_000;

test(
  'workers that are killed behind faulty networks leave every system in step, and lose nothing',
  { timeout: TIMEOUT_MS },
  async ({ signal }) => {
    const { violations, kills, edits } = await runChaos({
      minutes: 0.4,
      seed: 11,
      workers: 2,
      settled: 40,
      automations: true,
      signal,
      say: () => undefined,
    });
    expect(violations).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(edits).toBeGreaterThan(100);
  },
);
