#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=200
/** The program: turns signals into an orderly stop and the command's result into the exit code. */
import { runCommand } from './cli/main.ts';
import { systemClock } from './lib/clock.ts';

/** A stop ends within ten seconds, whatever a system or the store keeps waiting. */
const STOP_WITHIN_MS = 9_500;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stop.abort();
    systemClock.sleep(STOP_WITHIN_MS).then(endAnyway, endAnyway);
  });
// Whoever reads may have seen enough, as `head` has. What was begun is still done, and its exit code tells how it went.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

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

/** Nothing is lost by it: memory holds nothing that matters, and what was under way is settled by whoever comes next. */
function endAnyway(): never {
  process.stderr.write('error: what was under way did not end in time and was left\n');
  process.exit(1);
}
