import { nearestNames } from '../../lib/nearest.ts';

const NAMED_MAX = 3;

/** "There is a, b and c" of the known names that look most like the wanted one; empty when none is known. */
export function nearestOf(wanted: string, known: readonly string[]): string {
  const names = nearestNames(wanted, known, NAMED_MAX).map((name) => `"${name}"`);
  return names.length === 0 ? 'There is none.' : `There is ${names.join(', ')}.`;
}
