/** A simulated system of any capability grade: the connector contract on one side, people and automations on the other. */
import type {
  CapabilityCard,
  CollectionDescription,
  Session,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import type { Faults } from './faults.ts';
import { Feed } from './feed.ts';
import { Reading, type Looks } from './reading.ts';
import { Records, type Actor, type Counter, type Fields } from './records.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { Sending, type Sent } from './sending.ts';
import { toldOf, versionOf, type SystemShape } from './system-shape.ts';
import { Wire } from './wire.ts';

/** The field by which a system with unique keys refuses a second record. */
export const UNIQUE_FIELD = 'email';

export class SimulatedSystem {
  readonly shape: SystemShape;
  readonly records: Records;
  readonly card: CapabilityCard;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly feed: Feed;
  readonly #wire: Wire;
  readonly #reading: Reading;
  readonly #sending: Sending;

  constructor(shape: SystemShape, scheduler: Scheduler, faults: Faults, counter: Counter) {
    this.shape = shape;
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.records = new Records(shape.name, counter, shape.reusesIds);
    const { records } = this;
    this.feed = new Feed(shape, { records, scheduler, faults });
    this.#wire = new Wire(shape, scheduler, faults);
    const parts = { records, feed: this.feed, wire: this.#wire, scheduler, faults, counter };
    this.#reading = new Reading(shape, parts);
    this.#sending = new Sending(shape, {
      ...parts,
      execute: (request, sent) => this.#execute(request, sent),
    });
    this.card = {
      version: shape.version === 'none' ? 'none' : 'opaque',
      conditionalWrite: shape.conditionalWrite,
      createIdentity: shape.createIdentity,
      readLagMs: shape.readLagMs,
      deletes: shape.feedTellsDeletes ? 'feed' : 'lookup',
      feed: shape.feed,
      executionMaxMs: shape.executionMaxMs,
      writeBatchMax: 4,
      getBatchMax: 8,
      can: { create: true, update: true, delete: true },
    };
  }

  /** What somebody at the system does, or an automation of its own in answer; null deletes the record. */
  act(actor: Actor, id: string, change: Fields | null, sent: Sent | null = null): void {
    const { records, shape } = this;
    const before = records.now(id);
    const write = sent === null ? null : { ...sent, asked: change ?? {} };
    if (change === null) {
      records.note(this.#scheduler.nowMs, actor, 'delete', id, null, write);
      this.feed.tell(id);
      return;
    }
    const made = Object.fromEntries(
      Object.entries(change).map(([field, value]) => [field, shape.normalises(field, value)]),
    );
    const after = { ...before?.fields, ...made };
    records.note(this.#scheduler.nowMs, actor, before === null ? 'create' : 'update', id, after, write);
    this.feed.tell(id);
    const given = before === null ? shape.gives(id, made) : {};
    const own = { ...given, ...shape.automates(before?.fields ?? null, { ...after, ...given }) };
    if (Object.keys(own).length === 0) return;
    records.note(this.#scheduler.nowMs, 'automation', 'update', id, { ...after, ...own });
    this.feed.tell(id);
  }

  undelete(id: string, fields: Fields): void {
    this.records.note(this.#scheduler.nowMs, 'user', 'undelete', id, fields);
    this.feed.tell(id);
  }

  setHidden(id: string, isHidden: boolean): void {
    const seen = this.records.now(id);
    if (seen === null || seen.isHidden === isHidden) return;
    this.records.note(this.#scheduler.nowMs, 'user', isHidden ? 'hide' : 'show', id, seen.fields);
    // Most systems say nothing of a record that appears or disappears by a change of rights.
  }

  /** How many calls have reached it. */
  get requests(): number {
    return this.#wire.requests;
  }

  /** The position of whoever has read everything that the feed tells. */
  get feedEnd(): number {
    return this.feed.end;
  }

  /**
   * The feed says once more of every record that it changed, or went; the last first, as nothing promises an order. A delete that
   * it may never have told of before would be news.
   */
  tellAgain(): void {
    const told = this.#faults.counts();
    const hasHoles = told.has('hintDropped') || told.has('cursorExpired') || told.has('backupRestored');
    for (const id of this.records.ids().toReversed())
      if (!hasHoles || this.records.now(id) !== null) this.feed.tell(id);
  }

  /** A session remembers what was looked up by it: what is written by it was decided by that. */
  session(owner: Owner): Session {
    const looks: Looks = new Map();
    return {
      describe: () => Promise.resolve([this.#description()]),
      readAll: (request) => this.#reading.readAll(owner, request),
      readChanges: (request) => this.#reading.readChanges(owner, request),
      get: (_collection, ids) => this.#reading.get(owner, ids, looks),
      find: (_collection, field, values) => this.#reading.find(owner, field, values),
      write: (_collection, requests) => this.#sending.write(owner, requests, looks),
      close: () => Promise.resolve(),
    };
  }

  #description(): CollectionDescription {
    return { name: 'things', fields: [], card: this.card, recordsEstimate: null };
  }

  #execute(request: WriteRequest, sent: Sent): WriteResult {
    const { key, recordId } = request;
    const refuse = (kind: 'precondition' | 'invalid', code: string): WriteResult => ({
      kind: 'failed',
      key,
      failure: { kind, code, message: code },
    });
    const fields = Object.fromEntries(request.fields);
    if (request.kind !== 'delete' && this.shape.refuses(fields)) return refuse('invalid', 'world.refused');
    if (recordId === null) {
      if (this.shape.createIdentity === 'uniqueKey' && this.#isTaken(fields))
        return refuse('invalid', 'world.taken');
      const id = this.records.newId();
      this.act('trueup', id, fields, sent);
      return this.#written(key, id, fields);
    }
    const seen = this.records.now(recordId);
    if (seen === null || seen.isHidden) return refuse('precondition', 'world.record_gone');
    const { ifVersion } = request;
    if (this.shape.conditionalWrite && ifVersion !== null && versionOf(this.shape, seen) !== ifVersion)
      return refuse('precondition', 'world.changed');
    this.act('trueup', recordId, request.kind === 'delete' ? null : fields, sent);
    return this.#written(key, recordId, fields);
  }

  #isTaken(fields: Fields): boolean {
    const value = fields[UNIQUE_FIELD] ?? null;
    return value !== null && this.records.all().some((seen) => seen.fields[UNIQUE_FIELD] === value);
  }

  #written(key: string, recordId: string, asked: Fields): WriteResult {
    const { version, fields } = toldOf(this.shape, asked, this.records.now(recordId));
    if (fields === null) return { kind: 'written', key, recordId, version };
    return { kind: 'written', key, recordId, version, fields: new Map(Object.entries(fields)) };
  }
}
