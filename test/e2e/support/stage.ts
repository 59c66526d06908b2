/** Trueup as its users run it: `trueup start` as a process of its own, over the demo's three systems and a real PostgreSQL. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { inject } from 'vitest';

import { createDemoWorld, type DemoWorld } from '../../../src/demo/world.ts';
import { must } from '../../../src/lib/assert.ts';
import { runTrueup } from '../../support/command.ts';
import { createTestDatabase } from '../../support/postgres.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const START_MS_MAX = 60_000;

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
  const program = spawn(process.execPath, [MAIN, 'start', '--port', '0', '-C', directory], {
    env: { PATH: process.env['PATH'], TRUEUP_NETWORK: 'loopback,plain', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { origin, setUpToken } = await started(program);
  return {
    origin,
    setUpToken,
    world,
    environment,
    directory,
    close: async () => {
      program.kill('SIGTERM');
      if (program.exitCode === null) await once(program, 'exit');
      await world.close();
      await store.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Reads what the program tells whoever started it. */
async function started(
  program: ChildProcess,
): Promise<{ readonly origin: string; readonly setUpToken: string }> {
  let told = '';
  let errors = '';
  program.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`trueup start said only: ${told}${errors}`)),
      START_MS_MAX,
    );
    program.once('exit', () => reject(new Error(`trueup start ended: ${told}${errors}`)));
    program.stdout?.on('data', (chunk: Buffer) => {
      told += chunk.toString('utf8');
      if (!told.includes('Ctrl-C')) return;
      clearTimeout(timer);
      const origin = must(/http:\/\/[\w.:[\]]+/.exec(told)?.[0], 'it says where the console is');
      resolve({ origin, setUpToken: /^ {2}([0-9a-f]{16,})$/m.exec(told)?.[1] ?? '' });
    });
  });
}
