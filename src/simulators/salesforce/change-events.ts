/** Change Data Capture: what the commits of an org become on the event bus. */
import { contentOf, NOTHING, type Content } from './change-content.ts';
import type { EventBus } from './event-bus.ts';
import { changeEventName, changeEventSchema, type EventSchema } from './event-schema.ts';
import { EMPTY_ID } from './ids.ts';
import type { Cause } from './log.ts';
import { countOf, merged, netChanges, type NetChange } from './net-changes.ts';
import type { Commit } from './org.ts';
import type { SObject } from './schema.ts';

const EVENT_BYTES_MAX = 1_000_000;
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

  #send(object: SObject, schema: EventSchema, bytes: Buffer): void {
    const topics = [`/data/${changeEventName(object.name)}`, '/data/ChangeEvents'];
    this.#bus.publish(topics, { id: this.#nextId(), schemaId: schema.id, payload: bytes });
  }
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
