import { Writable } from 'node:stream';

import { runCommand } from '../../src/cli/main.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command of `trueup` in this program, as `main.ts` would. */
export async function runTrueup(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const signal = new AbortController().signal;
  const exitCode = await runCommand({ args, environment, stdout, stderr, isTerminal: false, signal });
  return { exitCode, output: stdout.text, errors: stderr.text };
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}
