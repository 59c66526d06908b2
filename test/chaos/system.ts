/** One simulated system as a process sees it: records, a feed, and answers to each call. All that happens goes to the log. */
import type { Hint } from '../../src/connector/contract.ts';
import type { Failure } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import { elementsOf } from '../world/oracle/truth.ts';
import {
  Records,
  type Actor,
  type Entry,
  type EntryWrite,
  type Fields,
  type Seen,
} from '../world/records.ts';
import { toldOf, type SystemShape } from '../world/system-shape.ts';
import { UNIQUE_FIELD } from '../world/system.ts';
import {
  createCounter,
  type CallName,
  type Calls,
  type PersonAct,
  type WireRecord,
  type WireResult,
  type WireWrite,
} from './protocol.ts';

type Answers = { readonly [Name in CallName]: (ask: Calls[Name]['ask']) => Calls[Name]['answer'] };

export class ServedSystem {
  readonly answers: Answers = {
    readAll: (ask) => this.#readAll(ask),
    readChanges: (ask) => this.#readChanges(ask),
    get: ({ ids }) => ({
      lookups: ids.map((id) => {
        const seen = this.#records.now(id);
        return seen === null ? { kind: 'absent', id } : { kind: 'found', record: this.#wire(seen) };
      }),
    }),
    find: ({ field, values, countMax }) => ({
      records: this.#records
        .all()
        .filter((seen) => values.includes(seen.fields[field] ?? null))
        .slice(0, countMax)
        .map((seen) => this.#wire(seen)),
    }),
    write: ({ requests }) => ({ results: requests.map((request) => this.#write(request)) }),
    person: (act) => ({ done: this.#person(act) }),
  };
  readonly #shape: SystemShape;
  readonly #records: Records;
  readonly #counter = createCounter();
  readonly #onEntry: (entry: Entry) => void;
  readonly #feed: string[] = [];
  readonly #living = new Set<string>();

  constructor(shape: SystemShape, onEntry: (entry: Entry) => void) {
    this.#shape = shape;
    this.#records = new Records(shape.name, this.#counter, shape.reusesIds);
    this.#onEntry = onEntry;
  }

  /** The instant that an answer given now shows. */
  order(): number {
    return this.#counter.last();
  }

  #act(actor: Actor, id: string, change: Fields | null, write: EntryWrite | null): void {
    const before = this.#records.now(id);
    if (change === null) {
      this.#note(actor, 'delete', id, null, write);
      return;
    }
    const made = Object.entries(change).map(([field, value]): [string, NativeValue] => [
      field,
      this.#shape.normalises(field, value),
    ]);
    const after = { ...before?.fields, ...Object.fromEntries(made) };
    this.#note(actor, before === null ? 'create' : 'update', id, after, write);
    const given = before === null ? this.#shape.gives(id, after) : {};
    const own = { ...given, ...this.#shape.automates(before?.fields ?? null, { ...after, ...given }) };
    if (Object.keys(own).length > 0) this.#note('automation', 'update', id, { ...after, ...own }, null);
  }

  #note(actor: Actor, kind: Entry['kind'], id: string, after: Fields | null, write: EntryWrite | null): void {
    this.#records.note(Date.now(), actor, kind, id, after, write);
    this.#onEntry(must(this.#records.entries.at(-1), 'what was noted is there'));
    this.#feed.push(id);
    if (after === null) this.#living.delete(id);
    else this.#living.add(id);
  }

  #person(act: PersonAct): boolean {
    if (act.kind === 'create') {
      if (this.#isTaken(act.fields)) return false;
      this.#act('user', this.#records.newId(), act.fields, null);
      return true;
    }
    const ids = [...this.#living];
    const seen = this.#records.now(ids[Math.floor(act.at * ids.length)] ?? '');
    if (seen === null) return false;
    if (act.kind === 'delete') this.#act('user', seen.id, null, null);
    else {
      const tags = elementsOf(seen.fields['tags']);
      const value = act.field === 'tags' ? [...tags.slice(-3), act.value] : act.value;
      this.#act('user', seen.id, { [act.field]: value }, null);
    }
    return true;
  }

  #isTaken(fields: Fields): boolean {
    const value = fields[UNIQUE_FIELD] ?? null;
    return value !== null && this.#records.all().some((seen) => seen.fields[UNIQUE_FIELD] === value);
  }

  #wire(seen: Seen): WireRecord {
    return { id: seen.id, version: this.#versionOf(seen), fields: seen.fields };
  }

  #versionOf({ version, fields }: Seen): string | null {
    if (this.#shape.version === 'none') return null;
    if (this.#shape.version === 'counter') return String(version);
    return JSON.stringify(Object.entries(fields).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }

  #readAll({ after, countMax }: Calls['readAll']['ask']): Calls['readAll']['answer'] {
    const ids = this.#records.ids();
    const page = ids.slice(after, after + countMax);
    const records = page.flatMap((id) => this.#records.now(id) ?? []).map((seen) => this.#wire(seen));
    const end = after + page.length;
    return { records, after: end, complete: end >= ids.length };
  }

  #readChanges({ since, countMax }: Calls['readChanges']['ask']): Calls['readChanges']['answer'] {
    const end = this.#feed.length;
    if (since === null) return { records: [], hints: [], cursor: end, caughtUp: true };
    const ids = [...new Set(this.#feed.slice(since, since + countMax))];
    const cursor = Math.min(end, since + countMax);
    const there = ids.flatMap((id) => this.#records.now(id) ?? []);
    const gone = ids.filter((id) => this.#records.now(id) === null);
    const tellsRecords = this.#shape.feedGives === 'records';
    const hints: Hint[] = tellsRecords ? [] : there.map(({ id }) => ({ id, kind: 'changed' }));
    if (this.#shape.feedTellsDeletes) hints.push(...gone.map((id): Hint => ({ id, kind: 'deleted' })));
    const records = tellsRecords ? there.map((seen) => this.#wire(seen)) : [];
    return { records, hints, cursor, caughtUp: cursor >= end };
  }

  #write(request: WireWrite): WireResult {
    const { key, recordId, fields, ifVersion, lookedOrder, sentOrder } = request;
    const write: EntryWrite = { key, asked: fields, lookedOrder, sentOrder };
    if (recordId === null) {
      if (this.#shape.createIdentity === 'uniqueKey' && this.#isTaken(fields))
        return refused(key, 'invalid', 'world.taken');
      const id = this.#records.newId();
      this.#act('trueup', id, fields, write);
      return this.#written(key, id, fields);
    }
    const seen = this.#records.now(recordId);
    if (seen === null) return refused(key, 'precondition', 'world.record_gone');
    if (this.#shape.conditionalWrite && ifVersion !== null && this.#versionOf(seen) !== ifVersion)
      return refused(key, 'precondition', 'world.changed');
    this.#act('trueup', recordId, request.kind === 'delete' ? null : fields, write);
    return this.#written(key, recordId, fields);
  }

  #written(key: string, recordId: string, asked: Fields): WireResult {
    const told = toldOf(this.#shape, asked, this.#records.now(recordId));
    return { kind: 'written', key, recordId, ...told };
  }
}

function refused(key: string, kind: Failure['kind'], code: string): WireResult {
  return { kind: 'failed', key, failure: { kind, code, message: code } };
}
