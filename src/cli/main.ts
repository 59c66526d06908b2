/** Finds the command, reads its options, runs it, and turns whatever happens into words and an exit code. */
import type { Writable } from 'node:stream';
import { parseArgs } from 'node:util';

import { systemClock } from '../lib/clock.ts';
import { isNear, nearestNames } from '../lib/nearest.ts';
import type { Environment } from '../server.ts';
import { EXIT, type Command, type Flags } from './command.ts';
import { explain, report } from './explain.ts';
import { createOutput, type Output } from './output.ts';
import { commands } from './registry.ts';
import { REMOTE_NAMES, runRemote } from './remote.ts';

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
  const [name = 'help', ...rest] = args;
  const command = commands.find((known) => known.name === name);
  if (command === undefined) return isHelp(name) ? overview(output) : unknownCommand(output, name);
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

function isHelp(name: string): boolean {
  return ['help', '--help', '-h'].includes(name);
}

/** Not the whole list: what was wrong would scroll away above it. */
function unknownCommand(output: Output, name: string): number {
  const names = commands.map((command) => command.name);
  const [best] = nearestNames(name, names, 1);
  const meant = best !== undefined && isNear(best, name) ? `Did you mean: trueup ${best} — all` : 'All';
  return report(
    output,
    'trueup.command',
    `trueup has no command ${JSON.stringify(name)}`,
    `${meant} commands: trueup help`,
    EXIT.wrongInput,
  );
}

const USAGE_WIDTH_MAX = 40;

function overview(output: Output): number {
  output.line('trueup — keeps business systems in two-way sync, and proves that they are in step\n');
  output.table(
    ['command', ''],
    commands.map(({ name, usage, summary }) => [`  ${name} ${shortened(name, usage)}`.trimEnd(), summary]),
  );
  output.line('\nEvery command takes --json, --directory DIR (-C DIR: where trueup.yaml is) and --help.');
  return EXIT.ok;
}

/** A long usage is for the command's own help. */
function shortened(name: string, usage: string): string {
  return name.length + usage.length < USAGE_WIDTH_MAX ? usage : '…';
}

function help(output: Output, command: Command): number {
  output.line(`${`trueup ${command.name} ${command.usage}`.trimEnd()}\n\n${command.summary}.\n`);
  const options = {
    ...command.optionHelp,
    json: 'print one JSON document',
    directory: 'the folder with trueup.yaml (default: here)',
    ...(REMOTE_NAMES.includes(command.name)
      ? { server: 'ask the server at this address instead, with the token in TRUEUP_TOKEN' }
      : {}),
  };
  output.table(
    ['option', ''],
    Object.entries(options).map(([option, what]) => [`  --${option}`, what]),
  );
  output.line(`\nExample: ${command.example}`);
  return EXIT.ok;
}
