/**
 * A fault that somebody could have made, put into the production code as it is loaded, in a test's program only. What the
 * simulation finds of these says how much its silence about the true code is worth.
 */
export interface PlantedBug {
  /** Lower case with dashes; what it is called in the table. */
  readonly name: string;
  /** What the code does wrong with it, in one sentence. */
  readonly sentence: string;
  /** The source file from the root of the repository. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The source with the bug in it. Throws where the text is not there exactly once: the code has moved on, the bug has not. */
export function plant(bug: PlantedBug, source: string): string {
  const parts = source.split(bug.find);
  if (parts.length !== 2)
    throw new Error(
      `${bug.name}: its text stands ${String(parts.length - 1)} times in ${bug.file}, not once`,
    );
  return parts.join(bug.replace);
}
