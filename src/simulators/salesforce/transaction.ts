/** The changes of one request, which become true together, or not at all. */
import type { Actor, Cause, Operation } from './log.ts';
import { idOf, type SfRecord } from './record.ts';
import type { SObject } from './schema.ts';
import type { RecordStore } from './store.ts';

export interface Change {
  readonly operation: Operation;
  readonly object: SObject;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly before: SfRecord | null;
  readonly after: SfRecord | null;
}

export interface WriteContext {
  readonly actor: Actor;
  readonly cause: Cause;
  /** Saves a record although a duplicate rule warns of it. */
  readonly allowDuplicates: boolean;
  /** When the transaction began: what its records are stamped with, although they are seen only at its end. */
  readonly atMs: number;
}

/** Writes through to the store and remembers how to undo it. Nothing else runs while one is open. */
export class Transaction {
  readonly context: WriteContext;
  readonly #store: RecordStore;
  readonly #changes: Change[];

  constructor(store: RecordStore, context: WriteContext, changes: Change[] = []) {
    this.#store = store;
    this.context = context;
    this.#changes = changes;
  }

  /** The same transaction, with what follows told with this reason, and as automation where nobody asked for it. */
  because(cause: Cause): Transaction {
    const isAsked = cause.kind === 'merge';
    const actor: Actor = isAsked ? this.context.actor : { ...this.context.actor, kind: 'automation' };
    return new Transaction(this.#store, { ...this.context, actor, cause }, this.#changes);
  }

  changes(): readonly Change[] {
    return this.#changes;
  }

  apply(change: Omit<Change, 'actor' | 'cause'>): void {
    this.#changes.push({ ...change, actor: this.context.actor, cause: this.context.cause });
    if (change.after !== null) this.#store.put(change.object, change.after);
    else if (change.before !== null) this.#store.remove(change.object, idOf(change.before));
  }

  /** Takes back everything since there were `count` changes. */
  rollBackTo(count: number): void {
    for (const { object, before, after } of this.#changes.splice(count).toReversed()) {
      if (before !== null) this.#store.put(object, before);
      else if (after !== null) this.#store.remove(object, idOf(after));
    }
  }
}
