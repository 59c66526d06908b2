/** What a command of `trueup` is. Each lives in a file of its own; `registry.ts` lists them. */
import type { ParseArgsConfig } from 'node:util';

import type { Environment } from '../server.ts';
import type { Output } from './output.ts';

export type Flags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface CommandContext {
  readonly words: readonly string[];
  readonly flags: Flags;
  readonly output: Output;
  readonly directory: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** The words after the name, as shown in help: `SIDE ID`. */
  readonly usage: string;
  readonly summary: string;
  readonly example: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** What each option does, for help. */
  readonly optionHelp: Readonly<Record<string, string>>;
  run(context: CommandContext): Promise<number>;
}

/** Exit codes that scripts can rely on. */
export const EXIT = {
  ok: 0,
  /** Something that should have worked did not. */
  failed: 1,
  /** The command line, the sync file or a setting is wrong; nothing was done. */
  wrongInput: 2,
  /** All worked, but something waits for a person: holds, dead letters, a moved plan. */
  attention: 3,
} as const;

/** Ends a command with a message for a person and an exit code. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: number;
  readonly advice: string | null;

  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly advice?: string | null } = {},
  ) {
    super(message);
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.advice = options.advice ?? null;
  }
}
