import { isNear, nearestNames } from '../nearest.ts';

const LISTED_MAX = 12;

/** What to write instead of an unknown word: the known one that looks most like it, or all that are known. */
export function suggest(word: string, known: Iterable<string>): string {
  const names = [...known];
  const [best] = nearestNames(word, names, 1);
  if (best !== undefined && isNear(best, word)) return `Did you mean \`${best}\`?`;
  return names.length === 0 ? 'There is none to choose from.' : `Known: ${listed(names)}.`;
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).join(', ');
  return names.length <= LISTED_MAX ? shown : `${shown} and ${String(names.length - LISTED_MAX)} more`;
}
