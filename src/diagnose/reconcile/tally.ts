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

/** What was drawn of a side, and what that says about the others. */
export interface SampleFigure {
  /** How many records could be drawn. */
  readonly of: number;
  readonly drawn: number;
  /** Of those drawn, how many differ and no state says why. */
  readonly drift: number;
  /** With this confidence, 0 to 1, fewer than `shareBelow` of all do, */
  readonly confidence: number;
  readonly shareBelow: number;
  /** which is at most so many of those that were not looked at. */
  readonly othersAtMost: number;
  /** What they were drawn by. */
  readonly seed: string;
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
  /** Null where all records were compared. */
  readonly sample: SampleFigure | null;
}

/** What the reconciliation of one side came to. */
export interface ReconciledSide {
  readonly tally: SideTally;
  readonly findings: readonly Finding[];
}

/** A tally as it is kept while the reconciliation rests. */
export interface TallyState {
  readonly seen: number;
  readonly same: number;
  readonly counts: readonly ClassCount[];
  readonly unexplained: readonly Finding[];
  readonly explained: readonly Finding[];
}

/** Counts one side. Lives for one reconciliation of it. */
export class Tally {
  readonly #side: string;
  readonly #counts: Map<string, ClassCount>;
  readonly #unexplained: Finding[];
  readonly #explained: Finding[];
  #seen: number;
  #same: number;

  /** `from`: what was counted before a rest. */
  constructor(side: string, from: TallyState | null = null) {
    this.#side = side;
    this.#counts = new Map((from?.counts ?? []).map((one) => [classKey(one), one]));
    this.#unexplained = [...(from?.unexplained ?? [])];
    this.#explained = [...(from?.explained ?? [])];
    this.#seen = from?.seen ?? 0;
    this.#same = from?.same ?? 0;
  }

  get drift(): number {
    return [...this.#counts.values()].reduce(
      (sum, { explanation, count }) => sum + (explanation === null ? count : 0),
      0,
    );
  }

  state(): TallyState {
    return {
      seen: this.#seen,
      same: this.#same,
      counts: [...this.#counts.values()],
      unexplained: [...this.#unexplained],
      explained: [...this.#explained],
    };
  }

  see(count: number): void {
    this.#seen += count;
  }

  agree(count: number): void {
    this.#same += count;
  }

  add(finding: Omit<Finding, 'side'>): void {
    const { kind, explanation } = finding.difference;
    const key = classKey({ kind, explanation });
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

  counted(sample: SampleFigure | null): SideTally {
    const classes = [...this.#counts.values()].toSorted(
      (left, right) =>
        Number(left.explanation !== null) - Number(right.explanation !== null) || right.count - left.count,
    );
    return {
      side: this.#side,
      seen: this.#seen,
      same: this.#same,
      drift: this.drift,
      missing: classes.reduce((sum, { kind, count }) => sum + (kind === 'missing' ? count : 0), 0),
      classes,
      sample,
    };
  }
}

function classKey({ kind, explanation }: Pick<ClassCount, 'kind' | 'explanation'>): string {
  return `${kind} ${explanation ?? ''}`;
}
