/** What a reconciliation counts, and the differences it lists; both bounded, however much differs. */
import type { Difference, Explanation } from '../../engine/reconcile.ts';

export const FINDINGS_MAX = 10_000;
/** Differences that a state explains are many and alike: a few of each kind are listed. */
export const EXPLAINED_SAMPLES_MAX = 20;

/** One difference, and whose it is. */
export interface Finding {
  readonly side: string;
  /** Null for a thing that has no record at the side. */
  readonly recordId: string | null;
  readonly identityId: string | null;
  readonly difference: Difference;
}

export interface ClassCount {
  readonly kind: Difference['kind'];
  /** Null: no state explains it. */
  readonly explanation: Explanation | null;
  readonly count: number;
}

/** Everything that was met or expected at a side: `same` and all classes together. */
export interface SideTally {
  readonly side: string;
  /** Records that the side showed. */
  readonly seen: number;
  readonly same: number;
  readonly drift: number;
  readonly missing: number;
  readonly classes: readonly ClassCount[];
}

/** What the reconciliation of one side came to. */
export interface ReconciledSide {
  readonly tally: SideTally;
  readonly findings: readonly Finding[];
}

/** Counts one side. Lives for one reconciliation of it. */
export class Tally {
  readonly #side: string;
  readonly #counts = new Map<string, ClassCount>();
  readonly #unexplained: Finding[] = [];
  readonly #explained: Finding[] = [];
  #seen = 0;
  #same = 0;

  constructor(side: string) {
    this.#side = side;
  }

  see(count: number): void {
    this.#seen += count;
  }

  agree(count: number): void {
    this.#same += count;
  }

  add(finding: Omit<Finding, 'side'>): void {
    const { kind, explanation } = finding.difference;
    const key = `${kind} ${explanation ?? ''}`;
    const before = this.#counts.get(key)?.count ?? 0;
    this.#counts.set(key, { kind, explanation, count: before + 1 });
    const [list, isRoom] =
      explanation === null
        ? [this.#unexplained, this.#unexplained.length < FINDINGS_MAX]
        : [this.#explained, before < EXPLAINED_SAMPLES_MAX];
    if (isRoom) list.push({ side: this.#side, ...finding });
  }

  /** What no state explains comes first, all of it up to a bound; then samples of the rest. */
  findings(): readonly Finding[] {
    return [...this.#unexplained, ...this.#explained];
  }

  counted(): SideTally {
    const classes = [...this.#counts.values()].toSorted(
      (left, right) =>
        Number(left.explanation !== null) - Number(right.explanation !== null) || right.count - left.count,
    );
    const sum = (isCounted: (one: ClassCount) => boolean): number =>
      classes.reduce((total, one) => total + (isCounted(one) ? one.count : 0), 0);
    return {
      side: this.#side,
      seen: this.#seen,
      same: this.#same,
      drift: sum(({ explanation }) => explanation === null),
      missing: sum(({ kind }) => kind === 'missing'),
      classes,
    };
  }
}
