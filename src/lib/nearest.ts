/** The known names most like a mistyped one, best first: for messages that help. */
export function nearestNames(wanted: string, known: Iterable<string>, countMax: number): readonly string[] {
  return [...known]
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), wanted.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance || (left.name < right.name ? -1 : 1))
    .slice(0, countMax)
    .map(({ name }) => name);
}

/** Whether one may be the other mistyped: at most a third of the letters differ. */
export function isNear(left: string, right: string): boolean {
  const lettersMax = Math.max(1, Math.ceil(Math.max(left.length, right.length) / 3));
  return editDistance(left.toLowerCase(), right.toLowerCase()) <= lettersMax;
}

/** How many letters must be added, dropped, replaced or swapped with their neighbour. */
export function editDistance(left: string, right: string): number {
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
