/** A small system in memory with the contract's semantics and a log of what really happened, for tests of the worker. */
import type {
  CapabilityCard,
  ChangePage,
  ChangesRequest,
  CollectionDescription,
  Lookup,
  Session,
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import type { Failure } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';

export type Fields = Record<string, NativeValue>;

export interface MemoryEvent {
  readonly actor: 'user' | 'trueup';
  readonly kind: 'create' | 'update' | 'delete';
  readonly id: string;
  readonly fields: Fields;
}

/** What may go wrong with the next writes: before they happen, or after they did and the answer is lost. */
export type Fault =
  | { readonly kind: 'refuse'; readonly failure: Failure }
  | { readonly kind: 'loseAnswer' }
  | { readonly kind: 'loseRequest' };

export interface MemoryOptions {
  readonly card?: Partial<CapabilityCard>;
  readonly refuse?: (fields: Fields) => Failure | null;
  /** Gives a new record the smallest id that is free, as a spreadsheet's user might. */
  readonly reusesIds?: boolean;
  /** What ids begin with (default `r`). */
  readonly idPrefix?: string;
  /** Fields that every record has, empty where nobody has given a value. */
  readonly columns?: readonly string[];
}

const LOST: Failure = { kind: 'unknownOutcome', code: 'memory.lost', message: 'the answer was lost' };

export class MemorySystem implements Session {
  readonly card: CapabilityCard;
  readonly log: MemoryEvent[] = [];
  readonly faults: Fault[] = [];
  readonly hiddenIds = new Set<string>();
  readonly #records = new Map<string, { fields: Fields; version: number }>();
  readonly #mergedInto = new Map<string, string>();
  readonly #feed: { readonly id: string; readonly deleted: boolean }[] = [];
  readonly #refuse: (fields: Fields) => Failure | null;
  readonly #reusesIds: boolean;
  readonly #idPrefix: string;
  readonly #blank: Fields;
  #nextId = 1;
  #version = 0;

  constructor(options: MemoryOptions = {}) {
    this.card = {
      version: 'opaque',
      conditionalWrite: true,
      createIdentity: 'search',
      readLagMs: 0,
      deletes: 'feed',
      feed: 'log',
      executionMaxMs: 0,
      writeBatchMax: 500,
      getBatchMax: 500,
      can: { create: true, update: true, delete: true },
      ...options.card,
    };
    this.#reusesIds = options.reusesIds ?? false;
    this.#idPrefix = options.idPrefix ?? 'r';
    this.#blank = Object.fromEntries((options.columns ?? []).map((name) => [name, null]));
    this.#refuse = options.refuse ?? (() => null);
  }

  /** What a person at the system does. */
  create(fields: Fields): string {
    return this.#create('user', fields);
  }

  edit(id: string, fields: Fields): void {
    this.#update('user', id, fields);
  }

  remove(id: string): void {
    this.#delete('user', id);
  }

  /** The one is gone, and lives on in the other, which holds what it held and these fields. */
  merge(id: string, into: string, fields: Fields = {}): void {
    this.#mergedInto.set(id, into);
    this.#delete('user', id);
    if (Object.keys(fields).length > 0) this.#update('user', into, fields);
  }

  /** A record that was deleted, or merged away, is taken out of the bin. */
  restore(id: string, fields: Fields): void {
    this.#mergedInto.delete(id);
    this.#records.set(id, { fields: { ...this.#blank, ...fields }, version: ++this.#version });
    this.#note('user', 'create', id, fields);
  }

  all(): Readonly<Record<string, Fields>> {
    return Object.fromEntries([...this.#records].map(([id, record]) => [id, { ...record.fields }]));
  }

  find1(field: string, value: NativeValue): { readonly id: string; readonly fields: Fields } {
    for (const [id, record] of this.#records)
      if (record.fields[field] === value) return { id, fields: record.fields };
    throw new Error(`no record with ${field}`);
  }

  get size(): number {
    return this.#records.size;
  }

  describe(): Promise<readonly CollectionDescription[]> {
    return Promise.resolve([{ name: 'things', fields: [], card: this.card, recordsEstimate: this.size }]);
  }

  async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    await Promise.resolve();
    const ids = [...this.#records.keys()].filter((id) => !this.hiddenIds.has(id));
    for (let start = 0; start === 0 || start < ids.length; start += request.pageRecordsMax) {
      const page = ids.slice(start, start + request.pageRecordsMax);
      const records = page.flatMap((id) => this.#recordOf(id));
      yield { records, unreadable: [], resume: null, complete: start + request.pageRecordsMax >= ids.length };
    }
  }

  async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    let position = typeof request.since === 'number' ? request.since : this.#feed.length;
    do {
      const events = this.#feed.slice(position, position + request.pageRecordsMax);
      position += events.length;
      const hints = events.map(({ id, deleted }) => ({
        id,
        kind: deleted ? ('deleted' as const) : ('changed' as const),
      }));
      const caughtUp = position >= this.#feed.length;
      yield { records: [], hints, unreadable: [], cursor: position, caughtUp };
      if (request.follow) await new Promise((resolve) => setTimeout(resolve, 5));
    } while (request.follow ? !request.signal.aborted : position < this.#feed.length);
  }

  get(_collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    return Promise.resolve(
      ids.map((id): Lookup => {
        if (this.hiddenIds.has(id)) return { kind: 'hidden', id };
        const [record] = this.#recordOf(id);
        if (record !== undefined) return { kind: 'found', record };
        const mergedInto = this.#mergedInto.get(id);
        return mergedInto === undefined ? { kind: 'absent', id } : { kind: 'absent', id, mergedInto };
      }),
    );
  }

  find(_collection: string, field: string, values: readonly NativeValue[]): Promise<readonly SystemRecord[]> {
    const ids = [...this.#records]
      .filter(([, record]) => values.includes(record.fields[field] ?? null))
      .map(([id]) => id);
    return Promise.resolve(ids.flatMap((id) => this.#recordOf(id)));
  }

  write(_collection: string, requests: readonly WriteRequest[]): Promise<readonly WriteResult[]> {
    return Promise.resolve(requests.map((request) => this.#write(request)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #write(request: WriteRequest): WriteResult {
    const fault = this.faults.shift();
    const { key } = request;
    if (fault?.kind === 'refuse') return { kind: 'failed', key, failure: fault.failure };
    if (fault?.kind === 'loseRequest') return { kind: 'failed', key, failure: LOST };
    const result = this.#execute(request);
    return fault?.kind === 'loseAnswer' ? { kind: 'failed', key, failure: LOST } : result;
  }

  #execute(request: WriteRequest): WriteResult {
    const fields = Object.fromEntries(request.fields);
    const refused = this.#refuse(fields);
    if (refused !== null) return { kind: 'failed', key: request.key, failure: refused };
    const id = request.recordId;
    if (id === null) return this.#written(request, this.#create('trueup', fields));
    const record = this.#records.get(id);
    const precondition = (code: string): WriteResult => ({
      kind: 'failed',
      key: request.key,
      failure: { kind: 'precondition', code, message: code },
    });
    if (record === undefined) return precondition('memory.record_gone');
    if (
      this.card.conditionalWrite &&
      request.ifVersion !== null &&
      String(record.version) !== request.ifVersion
    ) {
      return precondition('memory.version_mismatch');
    }
    if (request.kind === 'delete') this.#delete('trueup', id);
    else this.#update('trueup', id, fields);
    return this.#written(request, id);
  }

  #written(request: WriteRequest, id: string): WriteResult {
    const record = this.#records.get(id);
    const version = this.card.version === 'none' || record === undefined ? null : String(record.version);
    const fields = record === undefined ? {} : { fields: new Map(Object.entries(record.fields)) };
    return { kind: 'written', key: request.key, recordId: id, version, ...fields };
  }

  #create(actor: MemoryEvent['actor'], fields: Fields): string {
    if (this.#reusesIds)
      for (this.#nextId = 1; this.#records.has(this.#idPrefix + String(this.#nextId));) this.#nextId += 1;
    const id = this.#idPrefix + String(this.#nextId++);
    this.#records.set(id, { fields: { ...this.#blank, ...fields }, version: ++this.#version });
    this.#note(actor, 'create', id, fields);
    return id;
  }

  #update(actor: MemoryEvent['actor'], id: string, fields: Fields): void {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`there is no ${id} to edit`);
    this.#records.set(id, { fields: { ...record.fields, ...fields }, version: ++this.#version });
    this.#note(actor, 'update', id, fields);
  }

  #delete(actor: MemoryEvent['actor'], id: string): void {
    this.#records.delete(id);
    this.#note(actor, 'delete', id, {});
  }

  #note(actor: MemoryEvent['actor'], kind: MemoryEvent['kind'], id: string, fields: Fields): void {
    this.log.push({ actor, kind, id, fields });
    this.#feed.push({ id, deleted: kind === 'delete' });
  }

  #recordOf(id: string): readonly SystemRecord[] {
    const record = this.#records.get(id);
    if (record === undefined) return [];
    const version = this.card.version === 'none' ? null : String(record.version);
    return [{ id, version, fields: new Map(Object.entries(record.fields)) }];
  }
}
