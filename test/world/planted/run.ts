/**
 * `node test/world/planted/run.ts`: every planted bug must be found. Without arguments each is tried at the seed that is known
 * to find it; `--find` searches anew and writes the seeds down; `--only NAME` tries one; `--table` prints what is known as the
 * table of docs/promises.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { plant, type PlantedBug } from './bug.ts';
import { BUGS } from './bugs.ts';
import { findBug, isSound, ROOT, searchBug, type Finding } from './find.ts';
import { readSeeds, SEEDS_FILE, type KnownSeeds } from './seeds.ts';

const { values } = parseArgs({
  options: {
    'seeds-max': { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    find: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const [firstSeed, seedsMax] = [Number(values.seed), Number(values['seeds-max'])];
const known = await readSeeds();
const chosen = BUGS.filter(({ name }) => values.only?.includes(name) ?? true);
if (values.table) printTable();
else await tryAll();

async function tryAll(): Promise<void> {
  const startMs = performance.now();
  let [missed, never] = [0, 0];
  for (const bug of chosen) {
    // What no seed has shown yet is searched for with --find; it says what the simulation still lacks.
    if (!values.find && known[bug.name] === undefined) {
      never += 1;
      continue;
    }
    plant(bug, await readFile(join(ROOT, bug.file), 'utf8'));
    const found = values.find ? await searchBug(bug, firstSeed, seedsMax) : await tryBug(bug, known);
    if (found === null) missed += 1;
    print(rowOf(bug, found));
    if (values.find) await remember(bug, found);
  }
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
  const found = chosen.length - never - missed;
  print(
    `${String(chosen.length)} planted bugs: ${String(found)} found, ${String(missed)} missed, ${String(never)} never found yet; ${seconds} s`,
  );
  process.exitCode = missed > 0 || chosen.length === 0 ? 1 : 0;
}

function printTable(): void {
  print('| planted bug | what the code does wrong with it | broken | first seed |\n|---|---|---|---|');
  for (const { name, sentence } of BUGS) {
    const at = known[name];
    const found = at === undefined ? '| – | not found yet |' : `| ${at.kind} | ${String(at.seed)} |`;
    print(`| \`${name}\` | ${sentence} ${found}`);
  }
}

async function tryBug(bug: PlantedBug, seeds: KnownSeeds): Promise<Finding | null> {
  const seed = seeds[bug.name]?.seed;
  if (seed === undefined) return null;
  const found = await findBug(bug, seed, 1);
  return found !== null && (await isSound(seed)) ? found : null;
}

function rowOf({ name, sentence }: PlantedBug, found: Finding | null): string {
  if (found === null) return `${name.padEnd(34)} NOT FOUND: ${sentence}`;
  const { seed, kind, histories, violation } = found;
  const how = `seed ${String(seed)}, ${String(histories)} histories`;
  return `${name.padEnd(34)} ${kind.padEnd(18)} ${how.padEnd(30)} ${violation.slice(0, 90)}`;
}

/** A bug that is found no more loses its seed, so that the table says so. */
async function remember({ name }: PlantedBug, found: Finding | null): Promise<void> {
  const others = Object.entries(await readSeeds()).filter(([one]) => one !== name);
  const now = found === null ? [] : [[name, { seed: found.seed, kind: found.kind }] as const];
  const sorted = [...others, ...now]
    .filter(([one]) => BUGS.some((bug) => bug.name === one))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  await writeFile(SEEDS_FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
