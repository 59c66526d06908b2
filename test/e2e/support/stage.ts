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

export interface Server {
  /** Where the console is: `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly setUpToken: string;
  close(): Promise<void>;
}

/** `trueup start` in a folder, as a process of its own. */
export async function startServer(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Server> {
  const program = await startProgram(
    ['start', '--port', '0', '-C', directory],
    { TRUEUP_NETWORK: 'loopback,plain', ...environment },
    'Ctrl-C',
  );
  return {
    origin: must(/http:\/\/[\w.:[\]]+/.exec(program.told)?.[0], 'it says where the console is'),
    setUpToken: /^ {2}([0-9a-f]{16,})$/m.exec(program.told)?.[1] ?? '',
    close: () => program.stop(),
  };
}

export interface Stage extends Server {
  readonly world: DemoWorld;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}

let stages = 0;

export interface StageOptions {
  /** The first plan is approved and carried out. Otherwise nothing is known but the systems themselves. */
  readonly synced: boolean;
  /** What is done in the systems, and with the command line, before the server runs. */
  readonly prepare?: (
    world: DemoWorld,
    trueup: (...args: readonly string[]) => Promise<void>,
  ) => Promise<void>;
}

export async function openStage({ synced, prepare }: StageOptions): Promise<Stage> {
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
    ...(synced || prepare !== undefined ? Object.fromEntries(world.secrets) : {}),
  };
  const trueup = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, errors } = await runTrueup([...args, '-C', directory], environment);
    if (exitCode === 1 || exitCode === 2) throw new Error(`trueup ${args.join(' ')} failed: ${errors}`);
  };
  await prepare?.(world, trueup);
  if (synced) await trueup('apply', '--yes');
  const server = await startServer(directory, environment);
  return {
    ...server,
    world,
    environment,
    directory,
    close: async () => {
      await server.close();
      await world.close();
      await store.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
