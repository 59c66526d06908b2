const NAMED_MAX = 3;

/** "There is a, b and c" of the known names that look most like the wanted one; empty when none is known. */
export function nearestOf(wanted: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, distance: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance || left.name.localeCompare(right.name, 'en'));
  const names = ranked.slice(0, NAMED_MAX).map(({ name }) => `"${name}"`);
  return names.length === 0 ? 'There is none.' : `There is ${names.join(', ')}.`;
}

/** How many letters must be added, taken away or replaced. */
function distance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...left].entries()) {
    const line = [row + 1];
    for (let column = 0; column < right.length; column += 1) {
      const replaced = (above[column] ?? 0) + (letter === right[column] ? 0 : 1);
      line.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above.at(-1) ?? 0;
}
