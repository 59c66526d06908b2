/** Two texts compared line by line, as in a review of code. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'gap';
  readonly text: string;
}

/** Beyond this the middle is shown as removed and added as a whole: the comparison takes as long as both lengths multiplied. */
const CELLS_MAX = 4_000_000;
const CONTEXT_LINES = 3;

/** Every line of both texts, in the order of a reader; the fewest lines possible are called changed. */
export function linesOf(before: string, after: string): readonly DiffLine[] {
  const [old, next] = [split(before), split(after)];
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < next.length - start && old.at(-1 - end) === next.at(-1 - end))
    end += 1;
  return [
    ...old.slice(0, start).map(same),
    ...between(old.slice(start, old.length - end), next.slice(start, next.length - end)),
    ...old.slice(old.length - end).map(same),
  ];
}

/** The changed lines with a little around them; what is left out is a `gap` that says how much. */
export function folded(lines: readonly DiffLine[]): readonly DiffLine[] {
  const isNear = (index: number): boolean =>
    lines
      .slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some(({ kind }) => kind !== 'same');
  const shown: DiffLine[] = [];
  let left = 0;
  const close = (): void => {
    if (left > 0) shown.push({ kind: 'gap', text: `… ${String(left)} lines` });
    left = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (isNear(index)) {
      close();
      shown.push(line);
    } else left += 1;
  }
  close();
  return shown;
}

function split(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const same = (text: string): DiffLine => ({ kind: 'same', text });
const added = (text: string): DiffLine => ({ kind: 'added', text });
const removed = (text: string): DiffLine => ({ kind: 'removed', text });

/** The longest common subsequence, from a table of its length for every pair of tails. */
function between(old: readonly string[], next: readonly string[]): readonly DiffLine[] {
  if (old.length * next.length > CELLS_MAX) return [...old.map(removed), ...next.map(added)];
  const width = next.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = next.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        old[row] === next[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < next.length) {
    const [left, right] = [old[row], next[column]];
    if (left !== undefined && left === right) {
      lines.push(same(left));
      row += 1;
      column += 1;
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(removed(left));
      row += 1;
    } else if (right !== undefined) {
      lines.push(added(right));
      column += 1;
    }
  }
  return lines;
}
