/**
 * One READ COMMITTED transaction: its locks, what it has written, and how it waits. Row locks and advisory locks are held
 * until the end; who needs one that another holds waits for that transaction to end, as PostgreSQL does it.
 */
import type pg from 'pg';

import { assert } from '../../../src/lib/assert.ts';
import type { Ids } from '../../../src/lib/ids.ts';
import { storedMs } from './instant.ts';
import { LockHolder } from './lock-holder.ts';
import type { Tables } from './rows.ts';
import { CHECK_VIOLATION, DEADLOCK_DETECTED, IN_FAILED_TRANSACTION, sqlError } from './sql-error.ts';
import type { Log, Slot, Table } from './table.ts';

/** What a transaction has of the store, and of the connection it runs on. */
export interface TransactionHost {
  readonly tables: Tables;
  /** The sync's own name. */
  readonly name: string;
  /** The tables of every sync of the installation by its name, these among them. */
  readonly syncs: ReadonlyMap<string, Tables>;
  readonly ids: Ids;
  /** Who holds which advisory lock. */
  readonly advisory: Map<string, LockHolder>;
  clockMs(): number;
  /** Resolves when the statement may go on; rejects to break the connection. Null where it goes on at once. */
  pause(point: string): Promise<void> | null;
  /** The statement has to wait for another transaction. */
  onBlocked(point: string): void;
  /** PostgreSQL would refuse this, and trying again would not help. */
  onRefused(error: pg.DatabaseError): void;
  onChanged(table: string, key: string, row: unknown): void;
}

/** What a transaction made of one row; null where there was none, or is none any more. */
export interface Change {
  readonly table: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A row whose lock is held, whatever its table. */
interface Held {
  readonly table: { readonly name: string };
  readonly key: string;
  readonly row: unknown;
  readonly pending: unknown;
  readonly isDirty: boolean;
  settle(isCommitted: boolean): void;
}

/** Most statements wait for nobody: one promise is enough for all of them. */
const AT_ONCE: Promise<void> = Promise.resolve();

export class Transaction extends LockHolder {
  readonly host: TransactionHost;
  /** `now()`: the instant it began. */
  readonly nowMs: number;
  /** All that it has changed, once it is committed. */
  readonly changes: Change[] = [];
  readonly #held: Held[] = [];
  readonly #advisory: string[] = [];
  readonly #appends: (() => void)[] = [];
  #point = '';
  #isEnded = false;
  #isFailed = false;
  #broken: { readonly error: unknown } | null = null;

  constructor(host: TransactionHost) {
    super();
    this.host = host;
    this.nowMs = storedMs(host.clockMs());
  }

  get tables(): Tables {
    return this.host.tables;
  }

  /** `clock_timestamp()`, or an instant that many milliseconds after it. */
  clockMs(inMs = 0): number {
    return storedMs(this.host.clockMs() + inMs);
  }

  /** An id for every row of the statement to come; drawn before it is sent, even if the transaction has failed by then. */
  withIds<T>(rows: readonly T[]): readonly (readonly [id: string, row: T])[] {
    return rows.map((row) => [this.host.ids.next(), row] as const);
  }

  /** Stands at the start of every statement. */
  statement(point: string): Promise<void> {
    this.#point = point;
    this.#throwIfBroken();
    const pause = this.host.pause(point);
    if (pause !== null) return this.#after(pause, () => this.#begin());
    this.#begin();
    return AT_ONCE;
  }

  /** A statement in which nobody else goes on. */
  pass(): void {
    this.#throwIfBroken();
    this.#begin();
  }

  #begin(): void {
    if (this.#isFailed) {
      const message = 'current transaction is aborted, commands ignored until end of transaction block';
      throw sqlError(IN_FAILED_TRANSACTION, message);
    }
    assert(!this.#isEnded, 'no call on a transaction that has ended');
  }

  /** What follows a pause; a pause that rejects breaks the connection. */
  #after<T>(pause: Promise<void>, next: () => T): Promise<T> {
    const goOn = (): T => {
      this.#throwIfBroken();
      return next();
    };
    return pause.then(goOn, (error: unknown) => {
      this.break(error);
      return goOn();
    });
  }

  #throwIfBroken(): void {
    if (this.#broken !== null) throw this.#broken.error;
  }

  /** An error of PostgreSQL, to be thrown: it has given up the transaction, and its locks with it. */
  refuse(code: string, message: string): pg.DatabaseError {
    const error = sqlError(code, message);
    this.#isFailed = true;
    if (code !== DEADLOCK_DETECTED) this.host.onRefused(error);
    this.#end(false);
    return error;
  }

  /** Takes the row's lock if no other transaction holds it. */
  take<Row>(slot: Slot<Row>): boolean {
    if (slot.owner === this) return true;
    if (slot.owner !== null) return false;
    slot.owner = this;
    this.#held.push(slot);
    return true;
  }

  async lock<Row>(slot: Slot<Row>): Promise<void> {
    while (!this.take(slot)) if (slot.owner !== null) await this.waitFor(slot.owner);
  }

  async lockAdvisory(key: string): Promise<void> {
    for (;;) {
      const holder = this.host.advisory.get(key);
      if (holder === this) return;
      if (holder === undefined) break;
      await this.waitFor(holder);
    }
    this.host.advisory.set(key, this);
    this.#advisory.push(key);
  }

  /** Waits until the holder has ended. The one whose waiting would close a circle is the deadlock's victim. */
  async waitFor(holder: LockHolder): Promise<void> {
    if (this.wouldDeadlock(holder)) throw this.refuse(DEADLOCK_DETECTED, 'deadlock detected');
    const end = this.awaitEnd(holder);
    this.host.onBlocked(this.#point);
    await end;
    this.#throwIfBroken();
    const pause = this.host.pause(`${this.#point}/woken`);
    if (pause !== null) await this.#after(pause, () => undefined);
  }

  /** Stores the row in a slot whose lock is held; null deletes it. */
  write<Row>(slot: Slot<Row>, row: Row | null): void {
    assert(slot.owner === this, 'only the holder of a row writes it');
    if (row !== null) this.check(slot.table, row);
    slot.write(row);
  }

  /** Refuses a row that breaks a CHECK constraint. */
  check<Row>(table: Table<Row>, row: Row): void {
    const check = table.broken(row);
    if (check !== null) throw this.refuse(CHECK_VIOLATION, `new row for ${table.name} violates ${check}`);
  }

  append<Row>(log: Log<Row>, row: Row): void {
    this.#appends.push(() => {
      log.append(row);
      this.changes.push({ table: log.name, before: null, after: row });
      this.host.onChanged(log.name, '', row);
    });
  }

  /**
   * Makes everything durable, at once where nobody waits. A transaction in which a statement was refused is rolled back instead, and
   * says nothing.
   */
  commit(): Promise<boolean> | boolean {
    this.#throwIfBroken();
    const pause = this.host.pause('commit');
    return pause === null ? this.#complete() : this.#after(pause, () => this.#complete());
  }

  #complete(): boolean {
    if (this.#isFailed) return false;
    this.#publish();
    this.#end(true);
    return true;
  }

  #publish(): void {
    for (const { table, key, row, pending, isDirty } of this.#held) {
      if (!isDirty) continue;
      this.changes.push({ table: table.name, before: row, after: pending });
      this.host.onChanged(table.name, key, pending);
    }
    for (const append of this.#appends) append();
  }

  rollback(): void {
    this.#end(false);
  }

  /** The connection is gone: PostgreSQL rolls back, and every further call throws the error. */
  break(error: unknown): void {
    this.#broken ??= { error };
    this.interrupt(error);
    this.rollback();
  }

  #end(isCommitted: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const slot of this.#held) slot.settle(isCommitted);
    for (const key of this.#advisory) this.host.advisory.delete(key);
    this.wakeWaiters();
  }
}
