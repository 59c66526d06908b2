/** A simulated system of any capability grade: the connector contract on one side, people and automations on the other. */
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
import { ConnectorFailure } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/worker/limits.ts';
import { ANSWER_LOST, CURSOR_EXPIRED, OUTAGE, frozenMs, refusalOf, type Faults } from './faults.ts';
import { Feed } from './feed.ts';
import { Records, type Actor, type Counter, type EntryWrite, type Fields } from './records.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { recordOf, toldOf, versionOf, type SystemShape } from './system-shape.ts';

type Sent = Omit<EntryWrite, 'asked'>;

/** The field by which a system with unique keys refuses a second record. */
export const UNIQUE_FIELD = 'email';
const PAGE_MAX = 3;
const CALM_PAGE = 100;
const SLOW_MS_MAX = 4_000;

export class SimulatedSystem {
  readonly shape: SystemShape;
  readonly records: Records;
  readonly card: CapabilityCard;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #counter: Counter;
  readonly #feed: Feed;
  requests = 0;
  /** Per process: the number of the last thing that had happened when it last looked a record up. */
  readonly #looks = new Map<Owner, Map<string, number>>();
  #late = 0;

  constructor(shape: SystemShape, scheduler: Scheduler, faults: Faults, counter: Counter) {
    this.shape = shape;
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#counter = counter;
    this.records = new Records(shape.name, counter, shape.reusesIds);
    this.#feed = new Feed(shape, { records: this.records, scheduler, faults });
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
      this.#feed.tell(id);
      return;
    }
    const made = Object.fromEntries(
      Object.entries(change).map(([field, value]) => [field, shape.normalises(field, value)]),
    );
    const after = { ...before?.fields, ...made };
    records.note(this.#scheduler.nowMs, actor, before === null ? 'create' : 'update', id, after, write);
    this.#feed.tell(id);
    const given = before === null ? shape.gives(id, made) : {};
    const own = { ...given, ...shape.automates(before?.fields ?? null, { ...after, ...given }) };
    if (Object.keys(own).length === 0) return;
    records.note(this.#scheduler.nowMs, 'automation', 'update', id, { ...after, ...own });
    this.#feed.tell(id);
  }

  undelete(id: string, fields: Fields): void {
    this.records.note(this.#scheduler.nowMs, 'user', 'undelete', id, fields);
    this.#feed.tell(id);
  }

  setHidden(id: string, isHidden: boolean): void {
    const seen = this.records.now(id);
    if (seen === null || seen.isHidden === isHidden) return;
    this.records.note(this.#scheduler.nowMs, 'user', isHidden ? 'hide' : 'show', id, seen.fields);
    // Most systems say nothing of a record that appears or disappears by a change of rights.
  }

  /** The position of whoever has read everything that the feed tells. */
  get feedEnd(): number {
    return this.#feed.end;
  }

  /**
   * The feed says once more of every record that it changed, or went; the last first, as nothing promises an order. A delete that
   * it may never have told of before would be news.
   */
  tellAgain(): void {
    const told = this.#faults.counts();
    const hasHoles = told.has('hintDropped') || told.has('cursorExpired') || told.has('backupRestored');
    for (const id of this.records.ids().toReversed())
      if (!hasHoles || this.records.now(id) !== null) this.#feed.tell(id);
  }

  session(owner: Owner): Session {
    return {
      describe: () => Promise.resolve([this.#description()]),
      readAll: (request) => this.#readAll(owner, request),
      readChanges: (request) => this.#readChanges(owner, request),
      get: (_collection, ids) => this.#get(owner, ids),
      find: (_collection, field, values) => this.#find(owner, field, values),
      write: (_collection, requests) => this.#write(owner, requests),
      close: () => Promise.resolve(),
    };
  }

  #description(): CollectionDescription {
    return { name: 'things', fields: [], card: this.card, recordsEstimate: null };
  }

  /** The moment that a read shows. */
  #moment(): number {
    const { readLagMs } = this.shape;
    const isLate = readLagMs > 0 && this.#faults.strikes('readLags');
    return this.#scheduler.nowMs - (isLate ? this.#faults.pick(readLagMs + 1) : 0);
  }

  async #call(owner: Owner, name: string): Promise<void> {
    await this.#scheduler.pause(owner, `${this.shape.name} ${name}`);
    this.requests += 1;
    const refusal = refusalOf(this.#faults);
    if (refusal !== null) throw refusal;
  }

  /** What a system has said may be on its way for a while, and grows old. */
  async #travel(owner: Owner, fault: 'readSlow' | 'requestSlow' | 'answerSlow'): Promise<void> {
    if (this.#faults.strikes(fault)) await this.#scheduler.sleep(owner, 1 + this.#faults.pick(SLOW_MS_MAX));
  }

  #mayFreeze(owner: Owner): void {
    if (this.#faults.strikes('senderFrozen')) this.#scheduler.freeze(owner, frozenMs(this.#faults));
  }

  async *#readAll(owner: Owner, request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    let after = Number(request.resume ?? 0);
    const isEmpty = this.#faults.strikes('listEmpty');
    for (;;) {
      await this.#call(owner, 'readAll');
      const moment = this.#moment();
      const ids = isEmpty ? [] : this.records.ids();
      const size = this.#pageSize();
      const page = ids.slice(after, after + size);
      if (!this.#faults.strikes('pageRepeated')) after += page.length;
      const records = page
        .filter(() => !this.#faults.strikes('listSkips'))
        .flatMap((id) => this.records.at(id, moment) ?? [])
        .filter((seen) => !seen.isHidden)
        .map((seen) => recordOf(this.shape, seen));
      if (this.#faults.strikes('pageFailed')) throw new ConnectorFailure(OUTAGE);
      const isTruncated = this.#faults.strikes('listTruncated');
      const complete = isTruncated || after >= ids.length;
      await this.#travel(owner, 'readSlow');
      await this.#scheduler.pause(owner, `${this.shape.name} page`);
      yield { records, unreadable: [], resume: complete ? null : after, complete };
      if (complete) return;
    }
  }

  async *#readChanges(owner: Owner, request: ChangesRequest): AsyncIterable<ChangePage> {
    await this.#call(owner, 'readChanges');
    if (request.since === null) {
      const cursor = this.#feed.endAt(this.#moment());
      yield { records: [], hints: [], unreadable: [], cursor, caughtUp: true };
      return;
    }
    if (this.#faults.strikes('cursorExpired')) throw new ConnectorFailure(CURSOR_EXPIRED);
    let position = Number(request.since);
    for (;;) {
      const moment = this.#moment();
      const end = this.#feed.endAt(moment);
      const events = this.#feed.between(position, Math.min(end, position + this.#pageSize()));
      const next = position + events.length;
      if (!this.#faults.strikes('pageRepeated')) position = next;
      await this.#travel(owner, 'readSlow');
      await this.#scheduler.pause(owner, `${this.shape.name} page`);
      yield {
        ...this.#feed.contentOf(events, moment),
        unreadable: [],
        cursor: position,
        caughtUp: position >= end,
      };
      if (position >= this.#feed.endAt(this.#scheduler.nowMs) || position >= end) return;
      await this.#call(owner, 'readChanges');
    }
  }

  /** Few on a page, so that a good deal happens between two of them. */
  #pageSize(): number {
    const size = 1 + this.#faults.pick(PAGE_MAX);
    return this.#faults.areOver ? CALM_PAGE : size;
  }

  async #get(owner: Owner, ids: readonly string[]): Promise<readonly Lookup[]> {
    await this.#call(owner, 'get');
    const moment = this.#moment();
    const shown = moment === this.#scheduler.nowMs ? this.#counter.last() : 0;
    const isBlank = this.#faults.strikes('lookBlank');
    const lookups = ids.map((id): Lookup => {
      if (isBlank) return { kind: 'absent', id };
      if (this.#faults.strikes('lookFailed')) return { kind: 'failed', id, failure: OUTAGE };
      const seen = this.records.at(id, moment);
      if (seen === null) return { kind: 'absent', id };
      return seen.isHidden ? { kind: 'hidden', id } : { kind: 'found', record: recordOf(this.shape, seen) };
    });
    await this.#travel(owner, 'readSlow');
    await this.#scheduler.pause(owner, `${this.shape.name} got`);
    // What is still on its way nobody has seen.
    const looks = this.#looks.get(owner) ?? new Map<string, number>();
    this.#looks.set(owner, looks);
    if (!isBlank) for (const id of ids) looks.set(id, Math.max(shown, looks.get(id) ?? 0));
    return lookups;
  }

  async #find(owner: Owner, field: string, values: readonly NativeValue[]): Promise<readonly SystemRecord[]> {
    await this.#call(owner, 'find');
    const moment = this.#moment();
    const found = this.records
      .ids()
      .flatMap((id) => this.records.at(id, moment) ?? [])
      .filter((seen) => !seen.isHidden && values.includes(seen.fields[field] ?? null))
      .map((seen) => recordOf(this.shape, seen));
    await this.#travel(owner, 'readSlow');
    await this.#scheduler.pause(owner, `${this.shape.name} found`);
    return found;
  }

  async #write(owner: Owner, requests: readonly WriteRequest[]): Promise<readonly WriteResult[]> {
    const looked = new Map(this.#looks.get(owner));
    const calledMs = this.#scheduler.nowMs;
    this.#mayFreeze(owner);
    await this.#call(owner, 'write');
    // A client's own time limit has run out before anything was sent.
    if (this.#scheduler.nowMs - calledMs > REQUEST_TIMEOUT_MS) throw new ConnectorFailure(OUTAGE);
    const inOrder = this.#faults.strikes('executionShuffled') ? requests.toReversed() : requests;
    const results = new Map<string, WriteResult>();
    // A batch is one request: all of it has left, whatever becomes of its sender.
    const sentOrder = this.#counter.last();
    for (const request of inOrder) {
      const { key, recordId } = request;
      const lookedOrder = looked.get(recordId ?? '') ?? 0;
      results.set(key, await this.#send(request, { key, lookedOrder, sentOrder }));
    }
    const isLost = this.#faults.strikes('batchAnswerLost');
    await this.#travel(owner, 'answerSlow');
    this.#mayFreeze(owner);
    await this.#scheduler.pause(owner, `${this.shape.name} written`);
    return requests.map((request) => {
      const result = results.get(request.key);
      return isLost || result === undefined
        ? { kind: 'failed', key: request.key, failure: ANSWER_LOST }
        : result;
    });
  }

  /** The request travels by itself: whoever sent it may be gone when it arrives. */
  async #send(request: WriteRequest, sent: Sent): Promise<WriteResult> {
    const { key } = request;
    const lost: WriteResult = { kind: 'failed', key, failure: ANSWER_LOST };
    if (this.#faults.strikes('writeRefused'))
      return { kind: 'failed', key, failure: { ...OUTAGE, kind: 'transient', code: 'world.busy' } };
    if (this.#faults.strikes('requestLost')) return lost;
    if (this.shape.executionMaxMs > 0 && this.#faults.strikes('executedLate')) {
      const lateMs = this.#faults.pick(this.shape.executionMaxMs);
      this.#scheduler.at(this.#scheduler.nowMs + lateMs, () => this.#execute(request, sent));
      return lost;
    }
    const sentMs = this.#scheduler.nowMs;
    const network = `network ${this.shape.name} ${String((this.#late += 1))}`;
    await this.#travel(network, 'requestSlow');
    await this.#scheduler.pause(network, 'arrive');
    // Nobody waits for it any more, and what is on its way for so long never arrives.
    if (this.#scheduler.nowMs - sentMs > REQUEST_TIMEOUT_MS) return lost;
    const result = this.#execute(request, sent);
    return this.#faults.strikes('answerLost') ? lost : result;
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
