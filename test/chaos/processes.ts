/** The processes of a run: started with a file for their words, known by their id, and ended every one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { systemClock } from '../../src/lib/clock.ts';
import { bodyOf, type RUN_SHORT } from './child.ts';

const READY_TIMEOUT_MS = 30_000;
/** A worker's own grace is eight seconds; what has not ended after this is killed. */
const STOP_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_MS = 10_000;
/** Runs what follows in its own place, as the process that was asked for, and lets no abort leave its memory on the disk. */
const WITHOUT_CORE = ['-c', 'ulimit -c 0; exec "$0" "$@"'];

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** 0 for a process that does not listen. */
  readonly port: number;
  readonly hasEnded: () => boolean;
  /** Resolves with how it ended, as a short text. */
  readonly ended: Promise<string>;
  /** How it ended, or null when it has not ended in time. */
  endedWithin(timeoutMs: number): Promise<string | null>;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | typeof RUN_SHORT): void;
  /** Asks it to end, and kills it if it does not. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts `file`, which lies beside this one, with `flags` for Node, and waits until it says that it is ready. */
export async function startChild(
  name: string,
  file: string,
  given: object,
  logFile: string,
  flags: readonly string[] = [],
): Promise<Child> {
  const log = openSync(logFile, 'a');
  const path = fileURLToPath(new URL(file, import.meta.url));
  // A group of its own: Ctrl-C is for the supervisor, which then ends everything in order.
  const command = [process.execPath, ...flags, path, JSON.stringify(given)];
  const child = spawn('/bin/sh', [...WITHOUT_CORE, ...command], {
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  let ending: string | null = null;
  const ended = once(child, 'exit').then(([code, signal]) => (ending = `${String(code)} ${String(signal)}`));
  child.stdin?.on('error', () => undefined);
  const port = await portOf(child, name, ended);
  const { pid = 0 } = child;
  const endedWithin = async (timeoutMs: number): Promise<string | null> => {
    const isOver = new AbortController();
    await Promise.race([ended, systemClock.sleep(timeoutMs, isOver.signal)]);
    isOver.abort();
    return ending;
  };
  const stop = async (): Promise<void> => {
    if (ending !== null) return;
    // A stopped process hears of nothing.
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await endedWithin(STOP_TIMEOUT_MS);
    child.kill('SIGKILL');
    await ended;
  };
  return {
    name,
    pid,
    port,
    hasEnded: () => ending !== null,
    ended,
    endedWithin,
    stop,
    signal: (what) => void child.kill(what),
  };
}

async function portOf(child: ChildProcess, name: string, ended: Promise<string>): Promise<number> {
  const { stdout } = child;
  if (stdout === null) throw new Error(`${name} has no standard output`);
  const given = new AbortController();
  const late = systemClock.sleep(READY_TIMEOUT_MS, given.signal).then(() => 'no word in time');
  const line = once(createInterface(stdout), 'line').then(([text]) => String(text));
  const first = await Promise.race([line, ended, late]);
  given.abort();
  if (!first.startsWith('{')) {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${first}`);
  }
  return (JSON.parse(first) as { readonly port: number }).port;
}

/** One POST of JSON to a process on this machine. */
export async function ask<T>(port: number, path: string, body: object): Promise<T> {
  const text = JSON.stringify(body);
  const whole = await new Promise<Buffer>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const options = { host: '127.0.0.1', port, method: 'POST', path, headers, signal };
    const request = httpRequest(options, (message) => void bodyOf(message).then(resolve, reject));
    request.once('error', reject);
    request.end(text);
  });
  return JSON.parse(whole.toString('utf8')) as T;
}
