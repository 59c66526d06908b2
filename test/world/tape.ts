/**
 * Every choice of a history is a number taken from here. Each strand is drawn by itself, so that one choice more in one of
 * them does not shift the others; 0 is always the harmless choice, so that a tape with its tail cut off still ends well.
 */
import { seededRandom } from '../../src/lib/random.ts';

export const STRANDS = ['shape', 'people', 'schedule', 'faults'] as const;
export type Strand = (typeof STRANDS)[number];

/** What was chosen, in order, per strand. */
export type Recording = Readonly<Record<Strand, readonly number[]>>;

export interface Tape {
  /** A whole number from 0 to `count` - 1. */
  pick(strand: Strand, count: number): number;
  /** True in `perMille` of a thousand draws. */
  chance(strand: Strand, perMille: number): boolean;
  recorded(): Recording;
}

abstract class BaseTape implements Tape {
  readonly #recorded: Record<Strand, number[]> = { shape: [], people: [], schedule: [], faults: [] };

  abstract draw(strand: Strand, count: number): number;

  pick(strand: Strand, count: number): number {
    const choice = this.draw(strand, Math.max(1, count));
    this.#recorded[strand].push(choice);
    return choice;
  }

  chance(strand: Strand, perMille: number): boolean {
    return perMille > 0 && this.pick(strand, 1_000) >= 1_000 - perMille;
  }

  recorded(): Recording {
    return this.#recorded;
  }
}

class SeedTape extends BaseTape {
  readonly #randoms;

  constructor(seed: number) {
    super();
    const of = (index: number) =>
      seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b));
    this.#randoms = { shape: of(0), people: of(1), schedule: of(2), faults: of(3) };
  }

  draw(strand: Strand, count: number): number {
    return count === 1 ? 0 : Math.floor(this.#randoms[strand].fraction() * count);
  }
}

class ReplayTape extends BaseTape {
  readonly #given: Recording;
  readonly #position: Record<Strand, number> = { shape: 0, people: 0, schedule: 0, faults: 0 };

  constructor(given: Recording) {
    super();
    this.#given = given;
  }

  draw(strand: Strand, count: number): number {
    const position = this.#position[strand];
    this.#position[strand] = position + 1;
    return (this.#given[strand][position] ?? 0) % count;
  }
}

export function seedTape(seed: number): Tape {
  return new SeedTape(seed);
}

export function replayTape(recording: Recording): Tape {
  return new ReplayTape(recording);
}

/** One of the list; the first is the harmless one. */
export function choose<T>(tape: Tape, strand: Strand, list: readonly [T, ...T[]]): T {
  return list[tape.pick(strand, list.length)] ?? list[0];
}
