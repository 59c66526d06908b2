/**
 * What a simulated system really holds and what really happened in it: the truth that checks are made against. Every state
 * a record ever had stays, so that a lagging read can show the past.
 */
import type { NativeValue } from '../../src/engine/value.ts';

export type Fields = Readonly<Record<string, NativeValue>>;
export type Actor = 'user' | 'trueup' | 'automation';

/** One thing that happened to one record. */
export interface Entry {
  readonly order: number;
  readonly atMs: number;
  readonly side: string;
  readonly actor: Actor;
  readonly kind: 'create' | 'update' | 'delete' | 'undelete' | 'hide' | 'show';
  readonly recordId: string;
  /** What the record held before; null when it was not there. */
  readonly before: Fields | null;
  /** What it held after; null when it is not there any more. */
  readonly after: Fields | null;
  /** The write of Trueup's that did it: its key, and what was asked for before the system made its own of it. */
  readonly write: EntryWrite | null;
}

export interface EntryWrite {
  readonly key: string;
  readonly asked: Fields;
  /** The number of the last thing that the look before this write has shown. */
  readonly lookedOrder: number;
  /** The number of the last thing that had happened when the request left. */
  readonly sentOrder: number;
}

interface State {
  readonly order: number;
  readonly atMs: number;
  readonly fields: Fields | null;
  readonly isHidden: boolean;
  readonly version: number;
}

/** A record as it was at some moment. */
export interface Seen {
  readonly id: string;
  readonly fields: Fields;
  readonly isHidden: boolean;
  readonly version: number;
}

/** Numbers all that happens in a world, across its systems. */
export interface Counter {
  next(): number;
  last(): number;
}

export class Records {
  readonly entries: Entry[] = [];
  /** Ids that went to another record after theirs was deleted. */
  readonly givenAgain = new Set<string>();
  onGivenAgain: (id: string) => void = () => undefined;
  /** Told of every record that was deleted, by whomever. */
  onDeleted: (id: string) => void = () => undefined;
  readonly #side: string;
  readonly #counter: Counter;
  readonly #states = new Map<string, State[]>();
  readonly #reusesIds: boolean;
  #made = 0;

  constructor(side: string, counter: Counter, reusesIds: boolean) {
    this.#side = side;
    this.#counter = counter;
    this.#reusesIds = reusesIds;
  }

  newId(): string {
    if (!this.#reusesIds) return `${this.#side}-${String((this.#made += 1))}`;
    for (let number = 1; ; number += 1) {
      const id = `${this.#side}-${String(number)}`;
      if (this.now(id) === null) return id;
    }
  }

  /** The record as it is, hidden or not; null when it is not there. */
  now(id: string): Seen | null {
    return seenOf(id, this.#states.get(id)?.at(-1));
  }

  at(id: string, atMs: number): Seen | null {
    return seenOf(
      id,
      this.#states.get(id)?.findLast((state) => state.atMs <= atMs),
    );
  }

  /** What the record holds, or held before it went; null when there never was one. */
  lastHeld(id: string): Fields | null {
    return this.#states.get(id)?.findLast(({ fields }) => fields !== null)?.fields ?? null;
  }

  /** Every record there is or was, in the order of their ids' first use. */
  ids(): readonly string[] {
    return [...this.#states.keys()];
  }

  all(): readonly Seen[] {
    return this.ids().flatMap((id) => this.now(id) ?? []);
  }

  note(
    atMs: number,
    actor: Actor,
    kind: Entry['kind'],
    id: string,
    after: Fields | null,
    write: Entry['write'] = null,
  ): void {
    const order = this.#counter.next();
    const states = this.#states.get(id) ?? [];
    const last = states.at(-1);
    const before = last?.fields ?? null;
    const isHidden = kind === 'hide' || (kind !== 'show' && kind !== 'create' && last?.isHidden === true);
    // A change of rights is none of the record's.
    if (kind === 'create' && last !== undefined) {
      this.givenAgain.add(id);
      this.onGivenAgain(id);
    }
    const isSame = kind === 'hide' || kind === 'show';
    const version = isSame ? (last?.version ?? order) : order;
    states.push({ order, atMs, fields: after, isHidden, version });
    this.#states.set(id, states);
    this.entries.push({ order, atMs, side: this.#side, actor, kind, recordId: id, before, after, write });
    if (kind === 'delete') this.onDeleted(id);
  }
}

function seenOf(id: string, state: State | undefined): Seen | null {
  if (state === undefined || state.fields === null) return null;
  return { id, fields: state.fields, isHidden: state.isHidden, version: state.version };
}
