/** What other match keys would have made of the things that are known: what they would join, and what they would not have joined. */
import { matchKeys } from './match.ts';
import type { SyncModel } from './model.ts';
import type { Values } from './value.ts';

/** A living thing, and the sides where it has a record. */
export interface KeyedThing {
  readonly identityId: string;
  readonly golden: Values;
  readonly sides: readonly string[];
}

/** Two things that would have one key. `twice`: at this side both have a record, so that a person would be asked. */
export interface NewPair {
  readonly left: string;
  readonly right: string;
  readonly twice: string | null;
}

/** Things by the keys of an edited sync. Holds one short text for each key; the things are met once, in any order. */
export class NewKeys {
  readonly #model: SyncModel;
  readonly #first = new Map<string, Pick<KeyedThing, 'identityId' | 'sides'>>();

  constructor(model: SyncModel) {
    this.#model = model;
  }

  /** The thing met before that it would be one with; null where it would be found by nothing that was met. */
  add({ identityId, golden, sides }: KeyedThing): NewPair | null {
    let found: NewPair | null = null;
    for (const key of matchKeys(this.#model, golden)) {
      const first = this.#first.get(key);
      if (first === undefined) this.#first.set(key, { identityId, sides });
      else if (first.identityId !== identityId && found === null) {
        const twice = sides.find((side) => first.sides.includes(side)) ?? null;
        found = { left: first.identityId, right: identityId, twice };
      }
    }
    return found;
  }
}

/**
 * Whether a record that was linked to a thing by its keys would not have been by the edited ones: it shared a key of then with what
 * one of the other records of the thing held, and would share none with any.
 */
export function wouldNotLink(
  before: SyncModel,
  after: SyncModel,
  record: Values,
  others: readonly Values[],
): boolean {
  const shares = (model: SyncModel): boolean => {
    const keys = new Set(matchKeys(model, record));
    return others.some((other) => matchKeys(model, other).some((key) => keys.has(key)));
  };
  return shares(before) && !shares(after);
}
