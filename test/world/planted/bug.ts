import type { ThemeName } from '../swarm.ts';
import type { Feature } from '../tape.ts';

/** A text of a source file, and what stands in its place when the bug is planted. */
export interface Patch {
  /** The source file from the root of the repository. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A fault that somebody could have made, put into the production code as it is loaded, in a test's program only. What the
 * simulation finds of these says how much its silence about the true code is worth.
 */
export interface PlantedBug extends Patch {
  /** Lower case with dashes; what it is called in the table. */
  readonly name: string;
  /** What the code does wrong with it, in one sentence. */
  readonly sentence: string;
  /** What the histories are about in which it is looked for; by default anything. */
  readonly about?: ThemeName | Feature;
  /** What else guards against the same, and has to go with it before anything can be broken. */
  readonly guards?: readonly Patch[];
}

/** The files that the bug is planted in, each once. */
export function filesOf(bug: PlantedBug): readonly string[] {
  return [...new Set(patchesOf(bug).map(({ file }) => file))];
}

/**
 * The source of one of the bug's files with the bug in it. Throws where a text is not there exactly once: the code has moved on,
 * the bug has not.
 */
export function plant(bug: PlantedBug, file: string, source: string): string {
  let text = source;
  for (const patch of patchesOf(bug)) {
    if (patch.file !== file) continue;
    const parts = text.split(patch.find);
    if (parts.length !== 2)
      throw new Error(`${bug.name}: its text stands ${String(parts.length - 1)} times in ${file}, not once`);
    text = parts.join(patch.replace);
  }
  return text;
}

function patchesOf(bug: PlantedBug): readonly Patch[] {
  return [bug, ...(bug.guards ?? [])];
}
