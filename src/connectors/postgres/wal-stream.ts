/**
 * One table's changes as they come out of a replication slot, gathered until somebody takes them. Holds at most one page:
 * while it is full, the connection is not read, and the server waits.
 */
import { Socket } from 'node:net';

import type pg from 'pg';
import { LogicalReplicationService } from 'pg-logical-replication';

import type { Hint } from '../../connector/contract.ts';
import type { Table } from './catalog.ts';
import { SPELLING } from './database.ts';
import { cursorExpired } from './expired.ts';
import { decodeWal, lsnOf, lsnText, type Tuple, type WalMessage } from './pgoutput.ts';
import { idOf } from './projection.ts';
import type { SlotNames } from './slot.ts';

/** What has been gathered; all changes before `position` are in what was taken up to and including this. */
export interface Gathering {
  readonly hints: readonly Hint[];
  readonly position: bigint;
}

/**
 * What the package asks of a decoder. Its own one turns every column into a JavaScript value, which costs more and loses the
 * spelling of keys, and it sends an option that PostgreSQL 13 does not know.
 */
class KeysOnly {
  readonly name = 'pgoutput';
  readonly options: SlotNames;
  /** How many messages have arrived, whether or not they are worked off. */
  arrived = 0;

  constructor(options: SlotNames) {
    this.options = options;
  }

  parse(bytes: Buffer): WalMessage {
    this.arrived += 1;
    return decodeWal(bytes);
  }

  async start(client: pg.Client, slot: string, position: string): Promise<unknown> {
    const options = `proto_version '1', publication_names '"${this.options.publication}"'`;
    await client.query(SPELLING);
    // Replication commands, unlike SQL, are known in upper case only.
    return client.query(`START_REPLICATION SLOT "${slot}" LOGICAL ${position} (${options})`);
  }
}

export class WalStream {
  readonly #table: Table;
  readonly #slot: string;
  readonly #plugin: KeysOnly;
  readonly #source: LogicalReplicationService;
  readonly #hintsMax: number;
  /** Where the key's columns are in the rows that are sent; empty until the server has described the table. */
  #keyColumns: readonly number[] = [];
  #pending = new Map<string, Hint['kind']>();
  #position: bigint;
  #confirmed: bigint;
  #workedOff = 0;
  #inTransaction = false;
  /** True when what is pending is more than the beginning of one transaction. */
  #hasCommitted = false;
  /** A keepalive says that all before it was sent; it counts once the messages before it are worked off. */
  #keepalive: { readonly after: number; readonly position: bigint } | null = null;
  #failure: Error | null = null;
  #socket: Socket | null = null;
  #started = Promise.withResolvers<null>();
  #changed = Promise.withResolvers<null>();
  #room = Promise.withResolvers<null>();

  constructor(
    connection: pg.ClientConfig,
    table: Table,
    names: SlotNames,
    position: bigint,
    hintsMax: number,
  ) {
    this.#table = table;
    this.#slot = names.slot;
    this.#hintsMax = hintsMax;
    this.#position = position;
    this.#confirmed = position;
    this.#plugin = new KeysOnly(names);
    // Its timer would acknowledge what nobody has taken, so there is none.
    this.#source = new LogicalReplicationService(
      { ...connection, stream: () => this.#open() },
      { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
    );
    // Who does not wait for the start learns of its failure by what comes after.
    this.#started.promise.catch(() => undefined);
  }

  /** Resolves when the server begins to send; rejects with what the driver throws, or when it is stopped before that. */
  async start(): Promise<void> {
    const fail = (error: Error): void => {
      this.#fail(error);
    };
    this.#source.on('start', () => {
      this.#started.resolve(null);
    });
    this.#source.on('error', fail);
    this.#source.on('data', (_lsn: string, message: WalMessage) => this.#onMessage(message));
    this.#source.on('heartbeat', (lsn: string, _timestamp: number, wantsAnswer: boolean) => {
      this.#keepalive = { after: this.#plugin.arrived, position: lsnOf(lsn) };
      this.#onIdle();
      if (wantsAnswer) this.confirm(this.#confirmed);
    });
    this.#source.subscribe(this.#plugin, this.#slot, lsnText(this.#position)).then(() => {
      fail(new Error('The server ended the replication.'));
    }, fail);
    await this.#started.promise;
  }

  /** All changes before it have been gathered, and those of the last taking been taken. */
  get position(): bigint {
    return this.#position;
  }

  /** Whether there is a page's worth: whole transactions with no more on the way, or as much as a page holds. */
  get isReady(): boolean {
    return (
      this.#pending.size >= this.#hintsMax || (this.#hasCommitted && this.#isIdle()) || this.#failure !== null
    );
  }

  /** Resolves when something may have changed since the last call. For one caller at a time. */
  async changed(): Promise<void> {
    await this.#changed.promise;
    this.#changed = Promise.withResolvers();
  }

  nudge(): void {
    this.#changed.resolve(null);
  }

  /** What is gathered by now. Throws what ended the stream, once all that came before has been taken. */
  take(): Gathering {
    if (this.#failure !== null && this.#pending.size === 0) throw this.#failure;
    const hints = [...this.#pending].map(([id, kind]): Hint => ({ id, kind }));
    this.#pending = new Map();
    this.#hasCommitted = false;
    this.#room.resolve(null);
    return { hints, position: this.#position };
  }

  /**
   * Tells the server that everything before `position` is safe. The package adds one to what it is told; a position
   * beyond the end of a commit could swallow a transaction whose commit begins exactly there, so one is taken off.
   */
  confirm(position: bigint): void {
    this.#confirmed = position;
    this.#source.acknowledge(lsnText(position - 1n)).catch((error: Error) => {
      this.#fail(error);
    });
  }

  /** Says again what is confirmed: the server hangs up on a reader that it hears nothing from. */
  repeat(): void {
    this.confirm(this.#confirmed);
  }

  /** Asks the server for a sign of life, which says how far it has sent its log. */
  ping(): void {
    this.#source.acknowledge(lsnText(this.#confirmed - 1n), true).catch((error: Error) => {
      this.#fail(error);
    });
  }

  /** Resolves when the server has taken note of what was confirmed: it answers what it is asked after that. */
  async settled(): Promise<void> {
    const answered = Promise.withResolvers<null>();
    this.#source.once('heartbeat', () => {
      answered.resolve(null);
    });
    if (this.#failure !== null || !(await this.#source.acknowledge(lsnText(this.#confirmed - 1n), true)))
      return;
    await answered.promise;
  }

  async stop(): Promise<void> {
    this.#fail(new Error('The replication was stopped.'));
    // The driver says goodbye to a server that it is still connecting to, and waits for its answer as long as for a connection.
    this.#socket?.destroy();
    await this.#source.destroy();
  }

  #open(): Socket {
    // The package connects a moment after it was told to: by then it may have been told to stop.
    if (this.#failure !== null) throw this.#failure;
    this.#socket = new Socket();
    return this.#socket;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#started.reject(error);
    this.#room.resolve(null);
    this.nudge();
  }

  #isIdle(): boolean {
    return this.#workedOff === this.#plugin.arrived;
  }

  async #onMessage(message: WalMessage): Promise<void> {
    if (this.#failure === null) {
      for (const [id, kind] of this.#noticesOf(message)) await this.#add(id, kind);
    }
    this.#workedOff += 1;
    this.#onIdle();
  }

  #onIdle(): void {
    const keepalive = this.#keepalive;
    if (
      keepalive !== null &&
      this.#workedOff >= keepalive.after &&
      !this.#inTransaction &&
      this.#failure === null
    ) {
      if (keepalive.position > this.#position) this.#position = keepalive.position;
      this.#keepalive = null;
    }
    if (this.#isIdle()) this.nudge();
  }

  async #add(id: string, kind: Hint['kind']): Promise<void> {
    while (this.#pending.size >= this.#hintsMax && this.#failure === null) {
      this.#room = Promise.withResolvers();
      this.nudge();
      await this.#room.promise;
    }
    // Of several changes to a record the last one counts, at its place.
    this.#pending.delete(id);
    this.#pending.set(id, kind);
  }

  #noticesOf(message: WalMessage): readonly (readonly [id: string, kind: Hint['kind']])[] {
    switch (message.kind) {
      case 'begin':
        this.#inTransaction = true;
        return [];
      case 'commit':
        this.#inTransaction = false;
        this.#position = message.endLsn;
        this.#hasCommitted ||= this.#pending.size > 0;
        return [];
      case 'relation':
        if (message.oid === this.#table.oid) {
          this.#keyColumns = this.#table.key.map(({ name }) => message.columns.indexOf(name));
        }
        return [];
      case 'truncate':
        if (message.oids.includes(this.#table.oid))
          this.#fail(cursorExpired(this.#table, 'the table was emptied at one go'));
        return [];
      case 'insert':
        return message.oid === this.#table.oid ? [[this.#idOf(message.row, null), 'changed']] : [];
      case 'delete':
        return message.oid === this.#table.oid ? [[this.#idOf(message.old, null), 'deleted']] : [];
      case 'update': {
        if (message.oid !== this.#table.oid) return [];
        const id = this.#idOf(message.row, message.old);
        const old = message.old === null ? id : this.#idOf(message.old, null);
        // A changed key is a record that went and another that came.
        return old === id
          ? [[id, 'changed']]
          : [
              [old, 'deleted'],
              [id, 'changed'],
            ];
      }
      case 'other':
        return [];
    }
  }

  #idOf(row: Tuple, otherwise: Tuple | null): string {
    const parts = this.#keyColumns.map((column) => row.text(column) ?? otherwise?.text(column) ?? null);
    if (parts.length > 0 && parts.every((part) => part !== null)) return idOf(this.#table.key, parts);
    const failure = cursorExpired(this.#table, 'the log does not tell the primary key of a changed record');
    this.#fail(failure);
    throw failure;
  }
}
