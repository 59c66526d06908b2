/** A worker as a process of its own, to be killed or stopped without a word. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface KilledWorker {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it stands still, with its connections open, until `thaw`. */
  freeze(): void;
  /** SIGCONT: it goes on where it was, and knows nothing of the time between. */
  thaw(): void;
  /** SIGTERM; resolves when it has ended what it was about, and is gone, with its exit code. */
  end(): Promise<number | null>;
  /** What it has logged, for the report of a failing test. */
  readonly log: () => string;
}

export function startWorker(directory: string, environment: Readonly<Record<string, string>>): KilledWorker {
  const child = spawn(process.execPath, [MAIN, 'worker', '-C', directory], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-20_000);
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    end: async () => {
      child.kill('SIGTERM');
      const [exitCode] = await ended;
      return exitCode;
    },
    log: () => log,
  };
}
