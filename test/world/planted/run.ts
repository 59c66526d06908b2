/**
 * `node test/world/planted/run.ts`: every planted bug must be found. Without arguments each is tried at the seed that is known
 * to find it, and where the code has moved on since, at so many more; `--find` searches anew and writes the seeds down;
 * `--only NAME` tries one; `--table` prints what is known as the table of docs/promises.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { defaultLanes } from '../runner.ts';
import { filesOf, plant, type PlantedBug } from './bug.ts';
import { BUGS } from './bugs.ts';
import { findBug, isSound, ROOT, searchBug, type Finding } from './find.ts';
import { readSeeds, SEEDS_FILE, type KnownSeeds } from './seeds.ts';

const { values } = parseArgs({
  options: {
    'seeds-max': { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: String(defaultLanes()) },
    only: { type: 'string', multiple: true },
    find: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
/** A change of the code gives a seed another history, and the bug another seed: it must be found within so many all the same. */
const SOUGHT_MAX = 2_000;

const [firstSeed, seedsMax] = [Number(values.seed), Number(values['seeds-max'])];
const known = await readSeeds();
const chosen = BUGS.filter(({ name }) => values.only?.includes(name) ?? true);
if (values.table) printTable();
else await tryAll();

async function tryAll(): Promise<void> {
  const startMs = performance.now();
  const waiting = chosen.values();
  let missed = 0;
  const lane = async (): Promise<void> => {
    for (const bug of waiting) {
      for (const file of filesOf(bug)) plant(bug, file, await readFile(join(ROOT, file), 'utf8'));
      const found = values.find ? await searchBug(bug, firstSeed, seedsMax) : await tryBug(bug, known);
      if (found === null) missed += 1;
      print(rowOf(bug, found));
      if (values.find) remember(bug, found);
    }
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
  const found = chosen.length - missed;
  print(
    `${String(chosen.length)} planted bugs: ${String(found)} found, ${String(missed)} missed; ${seconds} s`,
  );
  process.exitCode = missed > 0 || chosen.length === 0 ? 1 : 0;
}

function printTable(): void {
  print('| planted bug | what the code does wrong with it | broken | seed |\n|---|---|---|---|');
  for (const { name, sentence } of BUGS) {
    const at = known[name];
    const where = at?.about === undefined ? '' : ` of \`${at.about}\``;
    const found = at === undefined ? '| – | not found yet |' : `| ${at.kind} | ${String(at.seed)}${where} |`;
    print(`| \`${name}\` | ${sentence} ${found}`);
  }
}

/** At the seed that is known, and where that one does not show it any more, at those that follow. */
async function tryBug(bug: PlantedBug, seeds: KnownSeeds): Promise<Finding | null> {
  const seed = seeds[bug.name]?.seed ?? firstSeed;
  const found = await findBug(bug, seed, 1);
  if (found !== null && (await isSound(seed, bug.about ?? null))) return found;
  return searchBug(bug, seed + 1, SOUGHT_MAX);
}

function rowOf({ name, sentence }: PlantedBug, found: Finding | null): string {
  if (found === null) return `${name.padEnd(34)} NOT FOUND: ${sentence}`;
  const { seed, kind, histories, violation } = found;
  const how = `seed ${String(seed)}, ${String(histories)} histories`;
  return `${name.padEnd(34)} ${kind.padEnd(18)} ${how.padEnd(30)} ${violation.slice(0, 90)}`;
}

/** A bug that is found no more loses its seed, so that the table says so. */
function remember({ name, about }: PlantedBug, found: Finding | null): void {
  // Without a wait between reading and writing: two searches may end at once.
  const others = Object.entries(JSON.parse(readFileSync(SEEDS_FILE, 'utf8')) as KnownSeeds).filter(
    ([one]) => one !== name,
  );
  const now =
    found === null
      ? []
      : [[name, { seed: found.seed, kind: found.kind, ...(about === undefined ? {} : { about }) }] as const];
  const sorted = [...others, ...now]
    .filter(([one]) => BUGS.some((bug) => bug.name === one))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  writeFileSync(SEEDS_FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
