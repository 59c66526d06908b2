/** Trueup as its users run it: `trueup start` as a process of its own, over the demo's three systems and a real PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inject } from 'vitest';

import { createDemoWorld, type DemoWorld } from '../../../src/demo/world.ts';
import { must } from '../../../src/lib/assert.ts';
import { runTrueup } from '../../support/command.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { startProgram } from './program.ts';

export interface Stage {
  /** Where the console is: `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly setUpToken: string;
  readonly world: DemoWorld;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  close(): Promise<void>;
}

let stages = 0;

/** `synced`: the first plan is approved and carried out. Otherwise nothing is known but the systems themselves. */
export async function openStage({ synced }: { readonly synced: boolean }): Promise<Stage> {
  stages += 1;
  const directory = await mkdtemp(join(tmpdir(), 'trueup-e2e-'));
  const store = await createTestDatabase();
  const world = await createDemoWorld(
    directory,
    inject('postgresUrl'),
    `e2e_${String(process.pid)}_${String(stages)}`,
  );
  const environment = {
    DATABASE_URL: store.url,
    USER: 'e2e',
    ...(synced ? Object.fromEntries(world.secrets) : {}),
  };
  if (synced) {
    const { exitCode, errors } = await runTrueup(['apply', '--yes', '-C', directory], environment);
    if (exitCode === 1 || exitCode === 2) throw new Error(`the first sync failed: ${errors}`);
  }
  const program = await startProgram(
    ['start', '--port', '0', '-C', directory],
    { TRUEUP_NETWORK: 'loopback,plain', ...environment },
    'Ctrl-C',
  );
  const origin = must(/http:\/\/[\w.:[\]]+/.exec(program.told)?.[0], 'it says where the console is');
  const setUpToken = /^ {2}([0-9a-f]{16,})$/m.exec(program.told)?.[1] ?? '';
  return {
    origin,
    setUpToken,
    world,
    environment,
    directory,
    close: async () => {
      await program.stop();
      await world.close();
      await store.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
