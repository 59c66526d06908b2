/** Runs many seeds in child programs, and counts. A history that hangs or ends its program costs that seed, not the run. */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Message } from './child.ts';

export interface Batch {
  readonly firstSeed: number;
  readonly seeds: number;
  /** What all of them are about; null leaves that to the seeds. */
  readonly about: string | null;
  /** Child programs at once. */
  readonly lanes: number;
  /** Ends all lanes at the first history that breaks a promise. */
  readonly stopsAtFirst: boolean;
  /** Modules that the child programs load first, and variables that they are given. */
  readonly preload: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A history that broke a promise. */
export interface Broken {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Summary {
  /** Histories that were run; one that was run twice counts once. */
  readonly histories: number;
  /** Steps of each of them, run once. */
  readonly steps: number;
  /** How often any of them was run. */
  readonly runs: number;
  /** In the order of their seeds. */
  readonly broken: readonly Broken[];
  /** Processor time of all child programs. */
  readonly machineMs: number;
}

/** A history takes hundredths of a second; one that is silent for so long will never end. */
const SILENCE_MAX_MS = 60_000;
/** Most of a short child's life would go into compiling what the last one has compiled. */
const COMPILE_CACHE = join(tmpdir(), 'trueup-world-compiled');
const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

export function defaultLanes(): number {
  return availableParallelism();
}

/** Runs the seeds, every lane each so-manieth of them. */
export async function runSeeds(batch: Partial<Batch> & Pick<Batch, 'firstSeed' | 'seeds'>): Promise<Summary> {
  const whole = {
    about: null,
    lanes: defaultLanes(),
    stopsAtFirst: false,
    preload: [],
    environment: {},
    ...batch,
  };
  const tally = new Tally(whole);
  const lanes = Math.max(1, Math.min(whole.lanes, whole.seeds));
  await Promise.all(Array.from({ length: lanes }, (_, index) => runLane(tally, whole, index, lanes)));
  return tally.summary();
}

/** Starts children until the lane is through: one more for every history that took its program with it. */
async function runLane(tally: Tally, batch: Batch, index: number, lanes: number): Promise<void> {
  const end = batch.firstSeed + batch.seeds;
  let next = batch.firstSeed + index;
  while (next < end && !tally.isOver) next = await runChild(tally, batch, next, lanes, end);
}

/** Resolves to the first seed of the lane that is still to be run. */
function runChild(tally: Tally, batch: Batch, first: number, step: number, end: number): Promise<number> {
  const args = ['--first', String(first), '--step', String(step), '--end', String(end)];
  if (batch.about !== null) args.push('--about', batch.about);
  const child = fork(CHILD, args, {
    execArgv: batch.preload.flatMap((module) => ['--import', module]),
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...batch.environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  tally.join(child);
  let next = first;
  let hasEnded = false;
  let complaint = '';
  let silence = hangUpAfterSilence(child);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT_MAX);
  });
  child.on('message', (message: Message) => {
    clearTimeout(silence);
    silence = hangUpAfterSilence(child);
    if (message.kind === 'history') next = message.seed + step;
    else hasEnded = true;
    tally.note(message);
  });
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(silence);
      tally.leave(child);
      if (tally.isOver || (hasEnded && code === 0)) resolve(end);
      else {
        tally.noteBroken(next, [code === null ? ENDLESS : `${PROGRAM_ENDED}: ${complaint}`]);
        resolve(next + step);
      }
    });
  });
}

const COMPLAINT_MAX = 2_000;
const ENDLESS = 'a history never ended';
/** The kind of violation of a history that took its program with it. */
export const PROGRAM_ENDED = 'the program ended';

function hangUpAfterSilence(child: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => child.kill('SIGKILL'), SILENCE_MAX_MS);
}

class Tally {
  readonly #stopsAtFirst: boolean;
  readonly #children = new Set<ChildProcess>();
  readonly #broken: Broken[] = [];
  #histories = 0;
  #steps = 0;
  #runs = 0;
  #machineMs = 0;

  constructor({ stopsAtFirst }: Batch) {
    this.#stopsAtFirst = stopsAtFirst;
  }

  get isOver(): boolean {
    return this.#stopsAtFirst && this.#broken.length > 0;
  }

  join(child: ChildProcess): void {
    this.#children.add(child);
  }

  leave(child: ChildProcess): void {
    this.#children.delete(child);
  }

  note(message: Message): void {
    if (message.kind === 'end') {
      this.#machineMs += message.machineMs;
      return;
    }
    this.#steps += message.steps;
    this.#runs += message.runs;
    if (message.violations.length > 0) this.noteBroken(message.seed, message.violations);
    else this.#histories += 1;
  }

  noteBroken(seed: number, violations: readonly string[]): void {
    if (this.isOver) return;
    this.#histories += 1;
    this.#broken.push({ seed, violations });
    if (this.isOver) for (const child of this.#children) child.kill();
  }

  summary(): Summary {
    const broken = this.#broken.toSorted((left, right) => left.seed - right.seed);
    const [histories, steps, runs] = [this.#histories, this.#steps, this.#runs];
    return { histories, steps, runs, broken, machineMs: this.#machineMs };
  }
}
