/** `trueup` as a process of its own, as people start it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const START_MS_MAX = 110_000;

export interface Program {
  /** What it has told whoever started it, up to the words that were waited for. */
  readonly told: string;
  /** Stops it as Ctrl-C does, and waits for its end. */
  stop(): Promise<void>;
}

/** Resolves when the program has said `until`. Throws with all it said when it ends before, or takes too long. */
export async function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  until: string,
): Promise<Program> {
  const program = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(program, 'exit');
  let told = '';
  let errors = '';
  program.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`trueup ${args.join(' ')} ${why}: ${told}${errors}`));
    const timer = setTimeout(() => fail('took too long'), START_MS_MAX);
    program.once('exit', () => fail('ended'));
    program.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString('utf8');
      if (!told.includes(until)) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return {
    told,
    stop: async () => {
      program.kill('SIGINT');
      await ended;
    },
  };
}
