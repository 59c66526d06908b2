/**
 * Makes a tape that breaks a promise as short as it will go: parts of it are cut out or made harmless as long as a promise of
 * the same kind is still broken. What is left is what it takes.
 */
import type { HistoryResult } from './history.ts';
import { judgeHistory } from './judge.ts';
import { replayTape, STRANDS, type Recording, type Strand } from './tape.ts';
import { kindsOf } from './violation.ts';

export interface ShrinkLimits {
  readonly triesMax: number;
  readonly untilMs: number;
  nowMs(): number;
}

export interface Shrunk {
  readonly recording: Recording;
  readonly result: HistoryResult;
  readonly tries: number;
}

/** The recording's history is run first; `kind` is what must stay broken (see `kindOf`). Null when it is not. */
export async function shrink(
  recording: Recording,
  kind: string,
  limits: ShrinkLimits,
): Promise<Shrunk | null> {
  const search = new Search(kind, limits);
  if (!(await search.try(recording))) return null;
  for (let before = -1; before !== search.size && !search.isOver;) {
    before = search.size;
    // People and faults are what a reader has to follow; the schedule is longest and comes last.
    for (const strand of ['faults', 'people', 'references', 'shape', 'schedule'] as const)
      await shrinkStrand(search, strand);
  }
  return search.best;
}

/** From half of the strand down to single choices: cut a span out, or make it harmless. */
async function shrinkStrand(search: Search, strand: Strand): Promise<void> {
  for (let size = search.strand(strand).length; size >= 1 && !search.isOver; size = Math.floor(size / 2)) {
    for (let start = 0; start < search.strand(strand).length && !search.isOver;) {
      const now = search.strand(strand);
      const [head, span, tail] = [
        now.slice(0, start),
        now.slice(start, start + size),
        now.slice(start + size),
      ];
      if (await search.replace(strand, [...head, ...tail])) continue;
      const isHarmless = span.every((choice) => choice === 0);
      if (!isHarmless) await search.replace(strand, [...head, ...span.map(() => 0), ...tail]);
      start += size;
    }
  }
}

class Search {
  readonly #kind: string;
  readonly #limits: ShrinkLimits;
  #tries = 0;
  #found: Pick<Shrunk, 'recording' | 'result'> | null = null;

  constructor(kind: string, limits: ShrinkLimits) {
    this.#kind = kind;
    this.#limits = limits;
  }

  get isOver(): boolean {
    return this.#tries >= this.#limits.triesMax || this.#limits.nowMs() >= this.#limits.untilMs;
  }

  get best(): Shrunk | null {
    return this.#found === null ? null : { ...this.#found, tries: this.#tries };
  }

  /** Choices that are made, and twice those that are not harmless. */
  get size(): number {
    return this.#found === null ? Infinity : sizeOf(this.#found.recording);
  }

  strand(strand: Strand): readonly number[] {
    return this.#found?.recording[strand] ?? [];
  }

  /** Takes the recording with the strand replaced, if it breaks the same promise with less. */
  async replace(strand: Strand, choices: readonly number[]): Promise<boolean> {
    return this.#found !== null && this.try({ ...this.#found.recording, [strand]: choices });
  }

  async try(candidate: Recording): Promise<boolean> {
    this.#tries += 1;
    const tape = replayTape(candidate);
    const result = await judgeHistory(tape);
    if (!kindsOf(result.violations).includes(this.#kind)) return false;
    // What was really drawn: a tape may end earlier than it was given.
    const recording = withoutTail(tape.recorded());
    if (this.#found !== null && sizeOf(recording) >= this.size) return false;
    this.#found = { recording, result };
    return true;
  }
}

function sizeOf(recording: Recording): number {
  let size = 0;
  for (const strand of STRANDS) for (const choice of recording[strand]) size += choice === 0 ? 1 : 3;
  return size;
}

/** Harmless choices at the end need not be kept: that is what a tape gives when it has run out. */
export function withoutTail(recording: Recording): Recording {
  const strands = STRANDS.map((strand) => [strand, cut(recording[strand])] as const);
  return Object.fromEntries(strands) as Recording;
}

function cut(choices: readonly number[]): readonly number[] {
  return choices.slice(0, choices.findLastIndex((choice) => choice !== 0) + 1);
}
