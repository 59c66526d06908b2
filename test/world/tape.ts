/**
 * Every choice of a history is a number taken from here. Each strand is drawn by itself, so that one choice more in one of
 * them does not shift the others; 0 is always the harmless choice, so that a tape with its tail cut off still ends well.
 */
import { seededRandom } from '../../src/lib/random.ts';

/** All of a world's second sync is drawn in one of its own, and so is whether there are strangers: histories without go the way they went. */
export const STRANDS = ['shape', 'people', 'schedule', 'faults', 'references', 'strangers'] as const;
export type Strand = (typeof STRANDS)[number];

/** What was chosen, in order, per strand. */
export type Recording = Readonly<Record<Strand, readonly number[]>>;

export interface Tape {
  /** A whole number from 0 to `count` - 1. */
  pick(strand: Strand, count: number): number;
  /** True in `perMille` of a thousand draws. */
  chance(strand: Strand, perMille: number): boolean;
  /** What the history is about: one of the list, unless the tape was made for one of them. */
  theme<T extends string>(list: readonly [T, ...T[]]): T;
  /** Whether the history has this besides: in so many of a thousand, and in all that the tape was made for. */
  feature(name: Feature, perMille: number): boolean;
  recorded(): Recording;
}

/** What any history can have besides what it is about; each is drawn in the strand of its name. */
const FEATURES = ['references', 'strangers'] as const satisfies readonly Strand[];
export type Feature = (typeof FEATURES)[number];

abstract class BaseTape implements Tape {
  readonly #recorded: Record<Strand, number[]> = {
    shape: [],
    people: [],
    schedule: [],
    faults: [],
    references: [],
    strangers: [],
  };

  abstract draw(strand: Strand, count: number): number;

  pick(strand: Strand, count: number): number {
    const choice = this.draw(strand, Math.max(1, count));
    this.#recorded[strand].push(choice);
    return choice;
  }

  chance(strand: Strand, perMille: number): boolean {
    return perMille > 0 && this.pick(strand, 1_000) >= 1_000 - perMille;
  }

  theme<T extends string>(list: readonly [T, ...T[]]): T {
    return choose(this, 'shape', list);
  }

  feature(name: Feature, perMille: number): boolean {
    return this.chance(name, perMille);
  }

  recorded(): Recording {
    return this.#recorded;
  }
}

/** What `chance` takes for true, however seldom that is. */
const CERTAIN = 999;

class SeedTape extends BaseTape {
  readonly #randoms;
  readonly #about: string | null;
  #next: number | null = null;

  constructor(seed: number, about: string | null) {
    super();
    this.#about = about;
    const of = (index: number) =>
      seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b));
    this.#randoms = {
      shape: of(0),
      people: of(1),
      schedule: of(2),
      faults: of(3),
      references: of(4),
      strangers: of(5),
    };
  }

  /** Recorded as if it had been drawn. */
  override theme<T extends string>(list: readonly [T, ...T[]]): T {
    const isFeature = FEATURES.some((name) => name === this.#about);
    this.#next = this.#about === null || isFeature ? null : list.findIndex((name) => name === this.#about);
    if (this.#next === -1)
      throw new Error(`no history is about ${String(this.#about)}: ${[...list, ...FEATURES].join(', ')}`);
    return super.theme(list);
  }

  /** Recorded as if it had been drawn. */
  override feature(name: Feature, perMille: number): boolean {
    this.#next = this.#about === name ? CERTAIN : null;
    return super.feature(name, perMille);
  }

  draw(strand: Strand, count: number): number {
    const next = this.#next;
    this.#next = null;
    if (next !== null) return next;
    return count === 1 ? 0 : Math.floor(this.#randoms[strand].fraction() * count);
  }
}

class ReplayTape extends BaseTape {
  readonly #given: Recording;
  readonly #position: Record<Strand, number> = {
    shape: 0,
    people: 0,
    schedule: 0,
    faults: 0,
    references: 0,
    strangers: 0,
  };

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

/** `about`: what the history shall be about; null leaves that to the seed. */
export function seedTape(seed: number, about: string | null = null): Tape {
  return new SeedTape(seed, about);
}

export function replayTape(recording: Recording): Tape {
  return new ReplayTape(recording);
}

/** The tape for whoever draws his shape and his people in another strand than theirs. */
export function drawnIn(tape: Tape, strand: Strand): Tape {
  const of = (given: Strand): Strand => (given === 'shape' || given === 'people' ? strand : given);
  return {
    pick: (given, count) => tape.pick(of(given), count),
    chance: (given, perMille) => tape.chance(of(given), perMille),
    theme: (list) => tape.theme(list),
    feature: (name, perMille) => tape.feature(name, perMille),
    recorded: () => tape.recorded(),
  };
}

/** One of the list; the first is the harmless one. */
export function choose<T>(tape: Tape, strand: Strand, list: readonly [T, ...T[]]): T {
  return list[tape.pick(strand, list.length)] ?? list[0];
}
