import { defineConfig } from 'vitest/config';

/** `npm run test:e2e`: the console in a real Chromium, over the real program and a real PostgreSQL; one file at a time. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/e2e/support/global-setup.ts'],
    reporters: ['test/support/reporter.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
