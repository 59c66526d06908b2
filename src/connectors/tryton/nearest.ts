const SUGGESTIONS_MAX = 3;

/** The known names most like a mistyped one, for a message that helps. */
export function nearest(name: string, known: Iterable<string>): readonly string[] {
  const scored = [...known].map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  const near = scored.filter(
    ({ candidate, distance }) => distance <= Math.max(name.length, candidate.length) / 2,
  );
  return near
    .toSorted((left, right) => left.distance - right.distance)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions and replacements that lead from one text to the other (Levenshtein). */
export function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
