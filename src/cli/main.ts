/** Finds the command, reads its options, runs it, and turns whatever happens into words and an exit code. */
import type { Writable } from 'node:stream';
import { parseArgs } from 'node:util';

import { ConnectorFailure } from '../connector/failure.ts';
import { systemClock } from '../lib/clock.ts';
import type { Environment } from '../server.ts';
import { CommandFailed, EXIT, type Command, type Flags } from './command.ts';
import { createOutput, type Output } from './output.ts';
import { commands } from './registry.ts';
import { runRemote } from './remote.ts';

const COMMON = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  directory: { type: 'string', short: 'C' },
  server: { type: 'string' },
} as const;

export interface Invocation {
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stderr is a terminal, on which progress may overwrite itself. */
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
}

export async function runCommand(invocation: Invocation): Promise<number> {
  const { args, environment, stdout, stderr, isTerminal, signal } = invocation;
  const isJson = args.includes('--json');
  const output = createOutput(stdout, stderr, systemClock, { isJson, isTerminal });
  const [name, ...rest] = args;
  const command = commands.find((known) => known.name === name);
  if (command === undefined) return overview(output, name);
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...COMMON, ...command.options },
      allowPositionals: true,
    });
    const flags: Flags = values;
    if (flags['help'] === true) return help(output, command);
    const directory = typeof flags['directory'] === 'string' ? flags['directory'] : '.';
    const context = { words: positionals, flags, output, directory, environment, signal };
    const server = flags['server'];
    return typeof server === 'string'
      ? await runRemote(command.name, server, context)
      : await command.run(context);
  } catch (error) {
    output.progressDone();
    return explain(output, error);
  }
}

function overview(output: Output, name: string | undefined): number {
  const isAsked = name === undefined || name === 'help' || name === '--help' || name === '-h';
  if (!isAsked) output.error(`trueup has no command ${JSON.stringify(name)}.`);
  output.line('trueup — keeps business systems in two-way sync, and proves that they are in step\n');
  output.table(
    ['command', ''],
    commands.map((command) => [`  ${command.name} ${command.usage}`.trimEnd().slice(0, 40), command.summary]),
  );
  output.line('\nEvery command takes --json, --directory DIR (where trueup.yaml is) and --help.');
  return isAsked ? EXIT.ok : EXIT.wrongInput;
}

function help(output: Output, command: Command): number {
  output.line(`trueup ${command.name} ${command.usage}\n\n${command.summary}.\n`);
  const options = {
    ...command.optionHelp,
    json: 'print one JSON document',
    directory: 'the folder with trueup.yaml (default: here)',
    server: 'ask a server elsewhere instead, with the token in TRUEUP_TOKEN (for what only shows things)',
  };
  output.table(
    ['option', ''],
    Object.entries(options).map(([option, what]) => [`  --${option}`, what]),
  );
  output.line(`\nExample: ${command.example}`);
  return EXIT.ok;
}

function explain(output: Output, error: unknown): number {
  if (error instanceof CommandFailed)
    return report(output, 'trueup.command', error.message, error.advice, error.exitCode);
  if (error instanceof ConnectorFailure) {
    const { kind, code, message, advice } = error.failure;
    return report(
      output,
      code,
      message,
      advice ?? null,
      kind === 'config' || kind === 'auth' ? EXIT.wrongInput : EXIT.failed,
    );
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return report(output, 'trueup.command', error.message, 'See --help.', EXIT.wrongInput);
  }
  const message = error instanceof Error ? error.message : String(error);
  return report(output, 'trueup.unexpected', message, null, EXIT.failed);
}

function report(
  output: Output,
  code: string,
  message: string,
  advice: string | null,
  exitCode: number,
): number {
  output.json({ error: { code, message, advice } });
  output.error(`error: ${message}`);
  if (advice !== null) output.error(`  ${advice}`);
  return exitCode;
}
