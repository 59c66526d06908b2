import { defineConfig } from 'vitest/config';

/** `npm test` needs nothing but npm packages; what needs Debian packages lives in test/systems (vitest.systems.config.ts). */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/*.systems.test.ts', '**/*.e2e.test.ts', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/fixed-cases.ts'],
    reporters: ['test/support/reporter.ts'],
    pool: 'forks',
    // Loading the modules anew for every file was half of all the work; nothing in them remembers anything.
    isolate: false,
    // Most tests wait for a database or a system half of their time: no core is kept free.
    maxWorkers: '100%',
    // Against what hangs, on the busiest machine; how long things take is measured in bench/.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
