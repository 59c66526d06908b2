const LISTED_MAX = 12;

/** What to write instead of an unknown word: the known one that looks most like it, or all that are known. */
export function suggest(word: string, known: Iterable<string>): string {
  const names = [...known];
  const [best] = names
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), word.toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance <= Math.max(1, Math.ceil(Math.max(name.length, word.length) / 3)),
    )
    .toSorted((left, right) => left.distance - right.distance);
  if (best !== undefined) return `Did you mean \`${best.name}\`?`;
  return names.length === 0 ? 'There is none to choose from.' : `Known: ${listed(names)}.`;
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).join(', ');
  return names.length <= LISTED_MAX ? shown : `${shown} and ${String(names.length - LISTED_MAX)} more`;
}

/** Letters added, dropped, replaced or swapped with their neighbour. */
function editDistance(left: string, right: string): number {
  let before: readonly number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const replaced = (previous[column - 1] ?? 0) + (isSame ? 0 : 1);
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const swapped = isSwap ? (before[column - 2] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swapped, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    before = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
