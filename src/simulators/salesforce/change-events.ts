/** Change Data Capture: what the commits of an org become on the event bus. */
import { createHash } from 'node:crypto';

import { bitmapOf } from './bitmap.ts';
import type { EventBus } from './event-bus.ts';
import { changeEventName, changeEventSchema, type EventField, type EventSchema } from './event-schema.ts';
import { EMPTY_ID } from './ids.ts';
import type { Cause } from './log.ts';
import type { Commit } from './org.ts';
import { idOf, type SfRecord, type SfValue } from './record.ts';
import type { Field, SObject } from './schema.ts';
import { msOf } from './times.ts';

type ChangeType = 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE';

interface NetChange {
  readonly type: ChangeType;
  readonly object: SObject;
  readonly ids: readonly string[];
  readonly before: SfRecord | null;
  readonly after: SfRecord;
  readonly userId: string;
  readonly cause: Cause;
}

interface Content {
  readonly values: Readonly<Record<string, unknown>>;
  readonly changed: readonly string[];
  readonly nulled: readonly string[];
  readonly diffs: readonly string[];
}

const NOTHING: Content = { values: {}, changed: [], nulled: [], diffs: [] };
const EVENT_BYTES_MAX = 1_000_000;
const DIFF_CHARACTERS_MIN = 1_000;
const NOT_SELECTED: readonly string[] = ['User', 'RecordType'];

export class ChangeEvents {
  /** Objects whose changes are not told. */
  readonly unselected = new Set<string>(NOT_SELECTED);
  /** Changes of one transaction that get events of their own; each changed field of an update counts. */
  overflowChanges = 100_000;
  /** Objects whose next transaction is told by gap events. */
  readonly #gaps = new Set<string>();
  readonly #bus: EventBus;
  readonly #nextId: () => string;
  readonly #schemas = new WeakMap<SObject, EventSchema>();
  #commitNumber = 72_784_468_115;

  constructor(bus: EventBus, nextId: () => string) {
    this.#bus = bus;
    this.#nextId = nextId;
  }

  /** The next transaction that touches the object is told without its content. */
  gapNext(object: string): void {
    this.#gaps.add(object);
  }

  schemaOf(object: SObject): EventSchema {
    const known = this.#schemas.get(object);
    if (known !== undefined) return known;
    const schema = changeEventSchema(object);
    this.#schemas.set(object, schema);
    return schema;
  }

  tell(commit: Commit): void {
    this.#commitNumber += 1;
    const changes = merged(netChanges(commit).filter(({ object }) => !this.unselected.has(object.name)));
    let counted = 0;
    let sequence = 0;
    const overflown = new Set<SObject>();
    for (const change of changes) {
      const schema = this.schemaOf(change.object);
      const content = contentOf(schema, change);
      counted +=
        change.type === 'UPDATE' ? Math.max(1, countOf(change)) * change.ids.length : change.ids.length;
      if (counted > this.overflowChanges) {
        overflown.add(change.object);
        continue;
      }
      sequence += 1;
      this.#publish(commit, schema, change, content, sequence);
    }
    for (const object of overflown) {
      sequence += 1;
      this.#publishOverflow(commit, object, sequence);
    }
    for (const { object } of changes) this.#gaps.delete(object.name);
  }

  #publish(commit: Commit, schema: EventSchema, change: NetChange, content: Content, sequence: number): void {
    const { object, type, ids, userId, cause } = change;
    const encode = (changeType: string, { values, changed, nulled, diffs }: Content): Buffer =>
      schema.type.toBuffer({
        ...emptyOf(schema),
        ...values,
        ChangeEventHeader: {
          entityName: object.name,
          recordIds: ids,
          changeType,
          changeOrigin: originOf(cause),
          transactionKey: commit.key,
          sequenceNumber: sequence,
          commitTimestamp: commit.atMs,
          commitNumber: this.#commitNumber,
          commitUser: userId,
          nulledFields: nulled,
          diffFields: diffs,
          changedFields: changed,
        },
      });
    const whole = encode(type, content);
    const isGap = this.#gaps.has(object.name) || whole.length > EVENT_BYTES_MAX;
    this.#send(object, schema, isGap ? encode(`GAP_${type}`, NOTHING) : whole);
  }

  #publishOverflow(commit: Commit, object: SObject, sequence: number): void {
    const schema = this.schemaOf(object);
    const header = {
      entityName: object.name,
      recordIds: [EMPTY_ID],
      changeType: 'GAP_OVERFLOW',
      changeOrigin: originOf(commit.context.cause),
      transactionKey: commit.key,
      sequenceNumber: sequence,
      commitTimestamp: commit.atMs,
      commitNumber: this.#commitNumber,
      commitUser: commit.context.actor.userId,
      nulledFields: [],
      diffFields: [],
      changedFields: [],
    };
    this.#send(object, schema, schema.type.toBuffer({ ...emptyOf(schema), ChangeEventHeader: header }));
  }

  #send(object: SObject, schema: EventSchema, payload: Buffer): void {
    const topics = [`/data/${changeEventName(object.name)}`, '/data/ChangeEvents'];
    this.#bus.publish(topics, { id: this.#nextId(), schemaId: schema.id, payload });
  }
}

/** One change a record: what a transaction did to it in the end. What it made and deleted again is not told. */
function netChanges(commit: Commit): readonly NetChange[] {
  const net = new Map<string, NetChange | null>();
  for (const { operation, object, actor, cause, before, after } of commit.changes) {
    if (operation === 'purge' || operation === 'touch' || after === null) continue;
    const id = idOf(after);
    const earlier = net.get(id) ?? null;
    const type = typeOf(operation, earlier?.type);
    if (type === null) {
      net.delete(id);
      continue;
    }
    const first = earlier ?? { before, userId: actor.userId, cause };
    net.set(id, {
      type,
      object,
      ids: [id],
      before: first.before,
      after,
      userId: first.userId,
      cause: first.cause,
    });
  }
  return [...net.values()].filter((change) => change !== null);
}

function typeOf(
  operation: 'create' | 'update' | 'delete' | 'undelete',
  earlier?: ChangeType,
): ChangeType | null {
  if (operation === 'update') return earlier ?? 'UPDATE';
  if (operation === 'delete') return earlier === 'CREATE' ? null : 'DELETE';
  return operation === 'create' ? 'CREATE' : 'UNDELETE';
}

/** Records of an object that changed in the same way share an event. */
function merged(changes: readonly NetChange[]): readonly NetChange[] {
  const groups = new Map<string, NetChange>();
  for (const change of changes) {
    const key =
      change.type === 'CREATE' || change.type === 'UNDELETE' ? idOf(change.after) : sameness(change);
    const group = groups.get(key);
    groups.set(key, group === undefined ? change : { ...group, ids: [...group.ids, ...change.ids] });
  }
  return [...groups.values()];
}

function sameness({ type, object, before, after }: NetChange): string {
  if (type === 'DELETE') return `DELETE ${object.name}`;
  const news = Object.keys(after).filter((name) => after[name] !== (before?.[name] ?? null));
  return JSON.stringify([
    type,
    object.name,
    news.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => [name, after[name]]),
  ]);
}

function countOf({ before, after }: NetChange): number {
  return Object.keys(after).filter((name) => after[name] !== (before?.[name] ?? null)).length;
}

function contentOf(schema: EventSchema, change: NetChange): Content {
  switch (change.type) {
    case 'DELETE':
      return NOTHING;
    case 'CREATE':
    case 'UNDELETE':
      return { ...NOTHING, values: allValues(schema, change.after) };
    case 'UPDATE':
      return changedValues(schema, change.before ?? {}, change.after);
  }
}

function allValues(schema: EventSchema, record: SfRecord): Content['values'] {
  return Object.fromEntries(
    schema.fields.map(({ name, field, parts }) => [
      name,
      parts === null
        ? avroValue(field, record[name] ?? null)
        : compoundOf(field, parts, (source) => record[source] ?? null),
    ]),
  );
}

function changedValues(schema: EventSchema, before: SfRecord, after: SfRecord): Content {
  const values: Record<string, unknown> = {};
  const [changed, nulled, diffs]: [Marks, Marks, Marks] = [marks(), marks(), marks()];
  const isNews = (name: string): boolean =>
    (before[name] ?? null) !== (after[name] ?? null) || name === 'LastModifiedDate';
  for (const [position, { name, field, parts }] of schema.fields.entries()) {
    // The header has bit 0.
    const bit = position + 1;
    if (parts === null) {
      if (!isNews(name)) continue;
      const diff = diffOf(field, before[name] ?? null, after[name] ?? null);
      values[name] = diff ?? avroValue(field, after[name] ?? null);
      if (diff === null) changed.top.push(bit);
      else diffs.top.push(bit);
      if ((after[name] ?? null) === null) nulled.top.push(bit);
      continue;
    }
    const news = parts.map(({ source }, index) => ({ source, index })).filter(({ source }) => isNews(source));
    if (news.length === 0) continue;
    values[name] = compoundOf(field, parts, (source) => (isNews(source) ? (after[source] ?? null) : null));
    changed.inside.push(...inside(bit, news));
    nulled.inside.push(
      ...inside(
        bit,
        news.filter(({ source }) => (after[source] ?? null) === null),
      ),
    );
  }
  return { values, changed: listed(changed), nulled: listed(nulled), diffs: listed(diffs) };
}

interface Marks {
  readonly top: number[];
  readonly inside: string[];
}

function marks(): Marks {
  return { top: [], inside: [] };
}

function listed({ top, inside: nested }: Marks): readonly string[] {
  const bitmap = bitmapOf(top);
  return bitmap === null ? nested : [bitmap, ...nested];
}

function inside(bit: number, parts: readonly { readonly index: number }[]): readonly string[] {
  const bitmap = bitmapOf(parts.map(({ index }) => index));
  return bitmap === null ? [] : [`${String(bit)}-${bitmap}`];
}

/** Null when every part is empty. Fields of the Avro record that the org does not have stay empty. */
function compoundOf(
  field: Field,
  parts: NonNullable<EventField['parts']>,
  read: (source: string) => SfValue,
): Readonly<Record<string, SfValue>> | null {
  const values = Object.fromEntries(parts.map(({ name, source }) => [name, read(source)]));
  if (Object.values(values).every((value) => value === null)) return null;
  return field.type === 'address'
    ? { ...values, StateCode: null, CountryCode: null, GeocodeAccuracy: null }
    : values;
}

function avroValue(field: Field, value: SfValue): SfValue {
  const isMoment = field.type === 'date' || field.type === 'datetime';
  return isMoment && typeof value === 'string' ? msOf(value) : value;
}

/** A long text is told as its difference, with the hash of the whole, where that is shorter; otherwise null. */
function diffOf(field: Field, before: SfValue, after: SfValue): string | null {
  if (field.type !== 'textarea' || typeof before !== 'string' || typeof after !== 'string') return null;
  if (after.length < DIFF_CHARACTERS_MIN) return null;
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, fresh.length) && old[start] === fresh[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(old.length, fresh.length) - start && old.at(-1 - tail) === fresh.at(-1 - tail))
    tail += 1;
  const removed = old.slice(start, old.length - tail).map((line) => `-${line}`);
  const added = fresh.slice(start, fresh.length - tail).map((line) => `+${line}`);
  const place = `@@ -${String(start + 1)},${String(removed.length)} +${String(start + 1)},${String(added.length)} @@`;
  const hash = createHash('sha256').update(after).digest('hex');
  const diff = ['--- ', `+++ ${hash}`, place, ...removed, ...added].join('\n');
  return diff.length < after.length / 2 ? diff : null;
}

function emptyOf(schema: EventSchema): Readonly<Record<string, null>> {
  return Object.fromEntries(schema.fields.map(({ name }) => [name, null]));
}

/** Empty for changes that no API and no screen made. */
function originOf(cause: Cause): string {
  switch (cause.kind) {
    case 'screen':
      return 'com/salesforce/api/soap/60.0;client=SfdcInternalAPI/';
    case 'rest':
    case 'bulk':
      return `com/salesforce/api/rest/60.0${cause.client === null ? '' : `;client=${cause.client}`}`;
    default:
      return '';
  }
}
