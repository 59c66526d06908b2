/** One org in memory: its schema, its records, its rules, and the log of what happened to them. It knows no transport. */
import type { Clock } from '../../lib/clock.ts';
import { createIds, type Ids } from '../../lib/ids.ts';
import type { Random } from '../../lib/random.ts';
import { Access } from './access.ts';
import { RecordIds } from './ids.ts';
import { Locks } from './locks.ts';
import { changedFields, OrgLog, type Actor } from './log.ts';
import { Person } from './person.ts';
import { idOf, type SfRecord, type SfValue } from './record.ts';
import { Rules } from './rules.ts';
import { Schema, type Field } from './schema.ts';
import { Setup } from './setup.ts';
import { standardObjects } from './standard-objects.ts';
import { RecordStore } from './store.ts';
import { msOf, stampOf } from './times.ts';
import { Transaction, type Change, type WriteContext } from './transaction.ts';
import { Writer } from './writer.ts';

const DAY_MS = 86_400_000;

/** Told of every transaction, once it is true. */
export type CommitListener = (commit: Commit) => void;

export interface Commit {
  readonly key: string;
  readonly atMs: number;
  readonly context: WriteContext;
  readonly changes: readonly Change[];
}

export interface Purged {
  readonly object: string;
  readonly id: string;
  readonly deletedAt: string;
}

export class Org {
  readonly id = '00DSm0000000001MAA';
  readonly schema = new Schema();
  readonly rules = new Rules();
  readonly access = new Access();
  readonly locks = new Locks();
  readonly log = new OrgLog();
  readonly setup = new Setup(this);
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  /** The user whose tokens clients get, unless they log in as another. */
  readonly integrationUser: Actor;
  /** To what all time stamps are cut. */
  stampResolutionMs = 1_000;
  /** How long deleted records stay in the bin, and how far back getDeleted sees. */
  binRetentionMs = 15 * DAY_MS;
  /** How far behind now getUpdated and getDeleted say they have seen everything: the oldest transaction still open. */
  inFlightMs = 0;
  /** Deletes before this moment have left the log that getDeleted reads. */
  deleteLogStartMs = 0;
  readonly #writer: Writer;
  readonly #recordIds = new RecordIds();
  readonly #listeners = new Set<CommitListener>();
  readonly #people = new Map<string, Person>();
  readonly #purged: Purged[] = [];
  #group: Change[] | null = null;
  #race: (() => void) | null = null;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
    this.ids = createIds(clock, random);
    this.store = new RecordStore(this.schema);
    for (const object of standardObjects()) this.setup.define(object);
    this.#writer = new Writer({
      schema: this.schema,
      store: this.store,
      rules: this.rules,
      access: this.access,
      locks: this.locks,
      ids: this.#recordIds,
      stampResolutionMs: () => this.stampResolutionMs,
    });
    const userId = this.#addUser('Integration User', 'integration@trueup.example');
    this.integrationUser = { kind: 'integration', userId, name: 'Integration User' };
    this.setup.permit('ModifyAllData', false);
  }

  /** The person of this name, who is an administrator at the screen. Made on first use. */
  person(name: string): Person {
    const existing = this.#people.get(name);
    if (existing !== undefined) return existing;
    const address = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@trueup.example`;
    const person = new Person(this, { kind: 'person', userId: this.#addUser(name, address), name });
    this.#people.set(name, person);
    return person;
  }

  /** Carries work out as one transaction. When it throws, nothing of it has happened. */
  transact<T>(context: WriteContext, work: (transaction: Transaction, writer: Writer) => T): T {
    const changes = this.#group ?? [];
    const count = changes.length;
    const transaction = new Transaction(this.store, context, changes);
    try {
      const result = work(transaction, this.#writer);
      if (this.#group === null) this.#commit(context, changes);
      return result;
    } catch (error) {
      transaction.rollBackTo(count);
      throw error;
    }
  }

  /** Makes the transactions of `work` one, which is undone when `work` says so. */
  group(context: WriteContext, work: () => 'commit' | 'undo'): void {
    const changes: Change[] = [];
    this.#group = changes;
    try {
      const verdict = work();
      if (verdict === 'undo') new Transaction(this.store, context, changes).rollBackTo(0);
    } finally {
      this.#group = null;
    }
    this.#commit(context, changes);
  }

  /** Somebody is quicker: `work` is done once, after the next upsert has looked for its key in vain and before it creates. */
  raceNext(work: () => void): void {
    this.#race = work;
  }

  /** The moment between looking a key up and creating a record with it. */
  pauseForRace(): void {
    const race = this.#race;
    this.#race = null;
    race?.();
  }

  /** A commit's listeners hear of it after it is logged. Returns how to stop listening. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The record with its formulas computed, or null; deleted ones too. */
  record(id: string): SfRecord | null {
    return this.store.get(id);
  }

  /** All records of an object that are not deleted. */
  records(object: string): readonly SfRecord[] {
    return [...this.store.all(object)].filter((record) => record['IsDeleted'] !== true);
  }

  /** A field's value as a reader gets it: formulas computed, everything else as stored. */
  valueOf(field: Field, record: SfRecord): SfValue {
    if (field.formula !== null) return field.formula(record, (id) => this.store.get(id));
    return record[field.name] ?? null;
  }

  /** What was deleted and still shows in getDeleted: in the bin, or purged from it. */
  deleted(object: string): readonly Purged[] {
    const binned = [...this.store.all(object)]
      .filter((record) => record['IsDeleted'] === true)
      .map((record) => ({ object, id: idOf(record), deletedAt: String(record['SystemModstamp']) }));
    const purged = this.#purged.filter((entry) => entry.object === object);
    const oldest = this.clock.nowMs() - this.binRetentionMs;
    return [...binned, ...purged].filter(({ deletedAt }) => msOf(deletedAt) >= oldest);
  }

  #addUser(name: string, username: string): string {
    const object = this.schema.object('User');
    if (object === null) throw new Error('the org has no users');
    const names = name.split(' ');
    const id = this.#recordIds.next(object.keyPrefix);
    const atMs = this.clock.nowMs();
    const stamp = stampOf(atMs, this.stampResolutionMs);
    this.store.put(object, {
      Id: id,
      IsDeleted: false,
      Username: username,
      Email: username,
      IsActive: true,
      FirstName: names.length > 1 ? (names[0] ?? null) : null,
      LastName: names.at(-1) ?? name,
      CreatedDate: stamp,
      CreatedById: id,
      LastModifiedDate: stamp,
      LastModifiedById: id,
      SystemModstamp: stamp,
    });
    return id;
  }

  #commit(context: WriteContext, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const commit: Commit = { key: this.ids.next(), atMs: this.clock.nowMs(), context, changes };
    for (const { operation, object, actor, cause, before, after } of changes) {
      this.log.append({
        atMs: commit.atMs,
        transaction: commit.key,
        actor,
        cause,
        operation,
        before,
        after,
        object: object.name,
        id: idOf(after ?? before ?? {}),
        fields: changedFields(before, after),
      });
    }
    for (const { operation, object, before } of changes) {
      if (operation !== 'purge' || before === null) continue;
      this.#purged.push({
        object: object.name,
        id: idOf(before),
        deletedAt: String(before['SystemModstamp']),
      });
    }
    for (const listener of this.#listeners) listener(commit);
  }
}
