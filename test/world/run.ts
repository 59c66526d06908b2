/**
 * `npm run world -- --seeds N [--seed S]`: runs histories in child programs; the first that breaks a promise is shrunk and told.
 * `--tell` tells a single history whether or not it breaks anything; `--save FILE` keeps the tape of what was told.
 */
import { parseArgs } from 'node:util';

import { judgeHistory } from './judge.ts';
import { defaultLanes, runSeeds, type Broken, type Summary } from './runner.ts';
import { shrink, withoutTail } from './shrink.ts';
import { replayTape, seedTape, type Recording } from './tape.ts';
import { readTape, saveTape } from './tapes.ts';
import { tellHistory } from './tell.ts';
import { kindOf, kindsOf } from './violation.ts';

const SHRINK_TRIES_MAX = 5_000;
const SHRINK_MS_MAX = 60_000;
const TOLD_SEEDS_MAX = 10;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    about: { type: 'string' },
    workers: { type: 'string', default: String(defaultLanes()) },
    json: { type: 'boolean', default: false },
    tell: { type: 'boolean', default: false },
    tape: { type: 'string' },
    save: { type: 'string' },
  },
});

const about = values.about ?? null;
if (values.tape !== undefined) await tell((await readTape(values.tape)).recording);
else if (values.tell) await tell(await recordingOf(Number(values.seed)));
else await runAll(Number(values.seed), Number(values.seeds), Number(values.workers));

async function runAll(firstSeed: number, seeds: number, lanes: number): Promise<void> {
  const summary = await runSeeds({ firstSeed, seeds, lanes, about });
  const [first] = summary.broken;
  if (values.json) print(JSON.stringify({ firstSeed, seeds, ...summary }));
  else {
    for (const broken of summary.broken.slice(0, TOLD_SEEDS_MAX)) printBroken(broken);
    if (first !== undefined) await shrinkAndTell(first);
    print(speedLine(summary));
    print(`${String(seeds)} seeds, ${String(summary.broken.length)} violations`);
  }
  process.exitCode = summary.broken.length > 0 ? 1 : 0;
}

function printBroken({ seed, violations }: Broken): void {
  const [violation = ''] = violations;
  print(`seed ${String(seed)}: ${kindsOf(violations).join(', ')}; ${violation.slice(0, 400)}`);
}

/** One that was run a second time, to see whether it goes the same way, took its time twice. */
function speedLine({ histories, steps, runs, machineMs }: Summary): string {
  const seconds = machineMs / 1_000;
  const speed = seconds === 0 ? 0 : Math.round(runs / seconds);
  const each = Math.round(steps / Math.max(1, histories));
  return `${String(speed)} histories/s per core, ${String(each)} steps each, ${seconds.toFixed(1)} s of machine time`;
}

/** What is left of the history when everything is taken away that it does not take to break the promise. */
async function shrinkAndTell({ seed, violations }: Broken): Promise<void> {
  const kind = kindOf(violations[0] ?? '');
  const startMs = performance.now();
  const nowMs = (): number => performance.now() - startMs;
  const limits = { triesMax: SHRINK_TRIES_MAX, untilMs: SHRINK_MS_MAX, nowMs };
  const shrunk = await shrink(await recordingOf(seed), kind, limits);
  // What only shows in a program of its own, or in a second run, cannot be shrunk.
  if (shrunk === null) return;
  const { recording, result, tries } = shrunk;
  const size = Object.entries(recording).map(([strand, { length }]) => `${String(length)} of ${strand}`);
  print(
    `\nseed ${String(seed)} shrunk in ${String(tries)} tries to ${String(result.steps)} steps; choices: ${size.join(', ')}\n`,
  );
  await tell(recording);
  print('');
}

async function recordingOf(seed: number): Promise<Recording> {
  const tape = seedTape(seed, about);
  await judgeHistory(tape);
  return withoutTail(tape.recorded());
}

async function tell(recording: Recording): Promise<void> {
  const { lines, violations } = await tellHistory(replayTape(recording));
  for (const line of lines) print(line);
  if (values.save !== undefined)
    await saveTape(values.save, { broke: violations[0] ?? 'nothing', recording });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
