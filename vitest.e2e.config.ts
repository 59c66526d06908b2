import { defineConfig } from 'vitest/config';

/** `npm run test:e2e`: the console in a real Chromium, over the real program and a real PostgreSQL; one file at a time. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/e2e/support/global-setup.ts'],
    reporters: ['test/support/reporter.ts'],
    pool: 'forks',
    fileParallelism: false,
    // Against what hangs, on the busiest machine: every wait inside a test ends far earlier.
    testTimeout: 400_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
