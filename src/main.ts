#!/usr/bin/env -S node --max-semi-space-size=8
/** The program: turns signals into an orderly stop and the command's result into the exit code. */
import { runCommand } from './cli/main.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

process.exitCode = await runCommand({
  args: process.argv.slice(2),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY,
  signal: stop.signal,
});
// A connection that a broken server holds open must not keep a finished command alive.
process.exit();
