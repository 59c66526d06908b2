import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { startEmbeddedPostgres } from '../../src/store/embedded/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgresUrl: string;
  }
}

/** One real PostgreSQL for the whole test run; every test file makes databases of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'trueup-test-'));
  // Tests may lose their database to a power cut; they may not wait for the disk.
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'wal_level=logical',
    'max_replication_slots=40',
    'max_wal_senders=40',
  ];
  const server = await startEmbeddedPostgres({ directory, settings });
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    await rm(server.directory, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  };
}
