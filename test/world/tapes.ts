/** Tapes of histories that once broke a promise, kept as files: a seed means something else when a generator changes, a tape hardly. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { STRANDS, type Recording } from './tape.ts';

/** A history as a file. */
export interface SavedTape {
  /** What it broke when it was saved, in the words of the check. */
  readonly broke: string;
  readonly recording: Recording;
}

export const REGRESSIONS = fileURLToPath(new URL('regressions', import.meta.url));

/** One line per strand, so that a difference can be read. */
export async function saveTape(file: string, { broke, recording }: SavedTape): Promise<void> {
  const strands = STRANDS.map((strand) => `    "${strand}": ${JSON.stringify(recording[strand])}`);
  const text = `{\n  "broke": ${JSON.stringify(broke)},\n  "recording": {\n${strands.join(',\n')}\n  }\n}\n`;
  await writeFile(file, text);
}

export async function readTape(file: string): Promise<SavedTape> {
  const { broke, recording } = JSON.parse(await readFile(file, 'utf8')) as SavedTape;
  // A strand that there was not yet when the tape was saved has nothing in it.
  const strands = STRANDS.map((strand) => [strand, recording[strand] ?? []] as const);
  return { broke, recording: Object.fromEntries(strands) as Recording };
}

/** The tapes of the folder by name; none when there is no folder. */
export async function readRegressions(): Promise<readonly (SavedTape & { readonly name: string })[]> {
  const names = await readdir(REGRESSIONS).catch(() => []);
  const tapes = names.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(tapes.map(async (name) => ({ name, ...(await readTape(join(REGRESSIONS, name))) })));
}
