/** Runs the programs of real systems in folders of their own and ends exactly those, by their pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';

import { systemClock } from '../../../src/lib/clock.ts';

const STOP_WAIT_MS = 10_000;
const READY_WAIT_MS = 60_000;
const READY_RETRY_MS = 50;
const LOG_TAIL_CHARACTERS = 4_000;

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it runs and where its log goes. */
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whom it runs as; needs root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface Program {
  /** Its exit code once it has ended, whoever ended it; null when a signal did. */
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  /** The end of what it printed, for error messages. */
  logTail(): Promise<string>;
  /** Asks it to end, insists after ten seconds, and returns when it is gone. */
  stop(): Promise<void>;
}

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const logPath = join(options.directory, `${basename(options.command)}.log`);
  const log = await open(logPath, 'a');
  const child = spawn(options.command, options.args, {
    ...options.owner,
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', log.fd, log.fd],
  });
  // A run that dies without stopping its systems must not leave them behind.
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      process.off('exit', endWithUs);
      resolve(code);
    });
  });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    ended,
    hasEnded,
    logTail: async () => (await readFile(logPath, 'utf8')).slice(-LOG_TAIL_CHARACTERS),
    stop: async () => {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
      await ended;
      clearTimeout(insist);
    },
  };
}

/** Runs a program to its end; a non-zero exit is an error that carries what it printed. */
export async function runProgram(options: ProgramOptions): Promise<void> {
  const program = await startProgram(options);
  const code = await program.ended;
  if (code !== 0)
    throw new Error(`${options.command} ended with ${String(code)}:\n${await program.logTail()}`);
}

/** Returns once something listens on the port of 127.0.0.1; an error when the program ends first. */
export async function waitForPort(port: number, program: Program): Promise<void> {
  for (let waitedMs = 0; !(await listens(port)); waitedMs += READY_RETRY_MS) {
    if (program.hasEnded())
      throw new Error(`the program ended before it listened:\n${await program.logTail()}`);
    if (waitedMs > READY_WAIT_MS)
      throw new Error(`nothing listens on ${String(port)}:\n${await program.logTail()}`);
    await systemClock.sleep(READY_RETRY_MS);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
