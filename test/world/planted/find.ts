/** Runs histories over code with a planted bug until one breaks a promise. */
import { fileURLToPath } from 'node:url';

import { judgeHistory } from '../judge.ts';
import { PROGRAM_ENDED, runSeeds } from '../runner.ts';
import { seedTape } from '../tape.ts';
import { kindOf } from '../violation.ts';
import type { PlantedBug } from './bug.ts';

const HOOK = new URL('hook.ts', import.meta.url).href;
/** Tells the hook in the child program which bug to plant. */
const VARIABLE = 'TRUEUP_PLANTED_BUG';
/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Finding {
  readonly seed: number;
  readonly kind: string;
  readonly violation: string;
  /** How many histories it took, this one included. */
  readonly histories: number;
}

/** Runs one seed after the other; null when none of them breaks a promise. Throws when the bug ends the program itself. */
export async function findBug(bug: PlantedBug, firstSeed: number, seeds: number): Promise<Finding | null> {
  const { broken, histories } = await runSeeds({
    firstSeed,
    seeds,
    lanes: 1,
    about: bug.about ?? null,
    stopsAtFirst: true,
    preload: [HOOK],
    environment: { [VARIABLE]: bug.name },
  });
  const [first] = broken;
  const [violation] = first?.violations ?? [];
  if (first === undefined || violation === undefined) return null;
  const kind = kindOf(violation);
  if (kind === PROGRAM_ENDED) throw new Error(`${bug.name}: ${violation}`);
  return { seed: first.seed, kind, violation, histories };
}

/** The true code keeps its promises at this seed: what is broken there with a bug is the bug's doing. */
export async function isSound(seed: number, about: string | null): Promise<boolean> {
  return (await judgeHistory(seedTape(seed, about))).violations.length === 0;
}

/** The first seed that only the bug breaks. */
export async function searchBug(
  bug: PlantedBug,
  firstSeed: number,
  seedsMax: number,
): Promise<Finding | null> {
  let histories = 0;
  for (let seed = firstSeed; seed < firstSeed + seedsMax;) {
    const found = await findBug(bug, seed, firstSeed + seedsMax - seed);
    if (found === null) return null;
    histories += found.histories;
    if (await isSound(found.seed, bug.about ?? null)) return { ...found, histories };
    seed = found.seed + 1;
  }
  return null;
}
