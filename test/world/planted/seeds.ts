/** Which seed finds which planted bug. Written anew by `run.ts --find` when the generators of the world have changed. */
import { readFile } from 'node:fs/promises';

/** Per bug the first seed that finds it, what was broken, and what the history is about where that is not left to the seed. */
export type KnownSeeds = Readonly<
  Record<string, { readonly seed: number; readonly kind: string; readonly about?: string }>
>;

export const SEEDS_FILE = new URL('seeds.json', import.meta.url);

export async function readSeeds(): Promise<KnownSeeds> {
  return JSON.parse(await readFile(SEEDS_FILE, 'utf8')) as KnownSeeds;
}
