import { defineConfig } from 'vitest/config';

/** `npm run test:systems`: real systems from Debian packages (.ci/install-systems), one file at a time: each boots its own. */
export default defineConfig({
  test: {
    include: ['test/systems/**/*.systems.test.ts', 'test/chaos/*.systems.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['test/support/reporter.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
