/** Somebody at the screen, who edits records by hand. Rules, triggers and locks apply; permissions do not, they administer. */
import { parseId } from './ids.ts';
import type { Input } from './input.ts';
import type { Actor } from './log.ts';
import type { SObject } from './schema.ts';
import type { Transaction, WriteContext } from './transaction.ts';
import type { Writer } from './writer.ts';

/** What a person needs of the org. */
export interface PersonsOrg {
  readonly clock: { nowMs(): number };
  readonly schema: { object(name: string): SObject | null };
  transact<T>(context: WriteContext, work: (transaction: Transaction, writer: Writer) => T): T;
}

export interface EditOptions {
  /** How long the transaction was open: its records are stamped with its beginning, and seen only now. */
  readonly openMs?: number;
}

export class Person {
  readonly actor: Actor;
  readonly #org: PersonsOrg;

  constructor(org: PersonsOrg, actor: Actor) {
    this.#org = org;
    this.actor = actor;
  }

  /** The new record's id. Throws SalesforceError, as all of these do, where the org refuses. */
  create(object: string, values: Input, options: EditOptions = {}): string {
    const definition = this.#org.schema.object(object);
    if (definition === null) throw new Error(`the org has no object ${object}`);
    return this.#act(options, (transaction, writer) => writer.create(transaction, definition, values));
  }

  edit(id: string, values: Input, options: EditOptions = {}): void {
    this.#act(options, (transaction, writer) => writer.update(transaction, whole(id), values));
  }

  /** Several edits in one transaction, as one mass change from a list. */
  editAll(ids: readonly string[], values: Input, options: EditOptions = {}): void {
    this.#act(options, (transaction, writer) => {
      for (const id of ids) writer.update(transaction, whole(id), values);
    });
  }

  delete(id: string): void {
    this.#act({}, (transaction, writer) => writer.delete(transaction, whole(id)));
  }

  undelete(id: string): void {
    this.#act({}, (transaction, writer) => writer.undelete(transaction, whole(id)));
  }

  /** Merges one or two losers into the master, which takes the given values. */
  merge(masterId: string, loserIds: readonly string[], values: Input = {}): void {
    this.#act({}, (transaction, writer) =>
      writer.merge(transaction, whole(masterId), loserIds.map(whole), values),
    );
  }

  /** Empties the bin of one record. */
  purge(id: string): void {
    this.#act({}, (transaction, writer) => writer.purge(transaction, whole(id)));
  }

  #act<T>(options: EditOptions, work: (transaction: Transaction, writer: Writer) => T): T {
    return this.#org.transact(this.#context(options), work);
  }

  #context({ openMs = 0 }: EditOptions): WriteContext {
    const atMs = this.#org.clock.nowMs() - openMs;
    return { actor: this.actor, cause: { kind: 'screen' }, allowDuplicates: false, atMs };
  }
}

function whole(id: string): string {
  return parseId(id) ?? id;
}
