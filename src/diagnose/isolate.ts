/**
 * Finds what makes something fail by leaving things out (delta debugging, Zeller and Hildebrandt 2002): the smallest set of
 * elements that still fails, none of which could be left out.
 */

export interface Isolated<Element> {
  /** Empty when it fails with nothing at all: then none of the elements is to blame. */
  readonly culprits: readonly Element[];
  /** How often it was tried. */
  readonly steps: number;
  /** False when the tries ran out first: the culprits are then among these, and perhaps fewer. */
  readonly isMinimal: boolean;
}

/** Null when it does not fail with everything in place: there is nothing to find. `fails` must not change between tries. */
export async function isolate<Element>(
  elements: readonly Element[],
  fails: (chosen: readonly Element[]) => Promise<boolean> | boolean,
  stepsMax: number,
): Promise<Isolated<Element> | null> {
  let steps = 0;
  const tried = async (chosen: readonly Element[]): Promise<boolean> => {
    steps += 1;
    return fails(chosen);
  };
  if (!(await tried(elements))) return null;
  if (await tried([])) return { culprits: [], steps, isMinimal: true };
  let culprits = elements;
  let parts = 2;
  while (culprits.length > 1) {
    const smaller = await smallerFailing(
      culprits,
      parts,
      async (chosen) => steps < stepsMax && tried(chosen),
    );
    if (steps >= stepsMax) return { culprits: smaller?.chosen ?? culprits, steps, isMinimal: false };
    if (smaller === null) {
      if (parts >= culprits.length) break;
      parts = Math.min(culprits.length, parts * 2);
    } else {
      culprits = smaller.chosen;
      parts = smaller.isPart ? 2 : Math.max(2, parts - 1);
    }
  }
  return { culprits, steps, isMinimal: true };
}

/** One of the parts, or everything but one of them, if that still fails. */
async function smallerFailing<Element>(
  elements: readonly Element[],
  parts: number,
  fails: (chosen: readonly Element[]) => Promise<boolean>,
): Promise<{ readonly chosen: readonly Element[]; readonly isPart: boolean } | null> {
  const bounds = Array.from({ length: parts + 1 }, (_, index) =>
    Math.floor((index * elements.length) / parts),
  );
  const ranges = bounds.slice(1).map((end, index) => [bounds[index] ?? 0, end] as const);
  for (const [begin, end] of ranges) {
    const part = elements.slice(begin, end);
    if (await fails(part)) return { chosen: part, isPart: true };
  }
  if (parts === 2) return null;
  for (const [begin, end] of ranges) {
    const rest = [...elements.slice(0, begin), ...elements.slice(end)];
    if (await fails(rest)) return { chosen: rest, isPart: false };
  }
  return null;
}
