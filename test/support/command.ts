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
  /** Hears what the command says to people while it runs. */
  heard: (text: string) => void = () => undefined,
): Promise<CommandResult> {
  const [stdout, stderr] = [new Collector(), new Collector(heard)];
  const signal = new AbortController().signal;
  const exitCode = await runCommand({ args, environment, stdout, stderr, isTerminal: false, signal });
  return { exitCode, output: stdout.text, errors: stderr.text };
}

class Collector extends Writable {
  text = '';
  readonly #heard: (text: string) => void;

  constructor(heard: (text: string) => void = () => undefined) {
    super();
    this.#heard = heard;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    this.#heard(chunk.toString('utf8'));
    done();
  }
}
