/** Topics, schemas and publishing: what the org's events look like to those who read and write them. */
import type { ProducerEvent, PublishResult } from '../../lib/proto/pubsub-api.ts';
import { ChangeEvents } from './change-events.ts';
import { EventBus, replayBytes } from './event-bus.ts';
import { changeEventName, platformEventSchema, type EventSchema } from './event-schema.ts';
import { SalesforceError } from './failure.ts';
import type { Actor } from './log.ts';
import { normalise } from './normalise.ts';
import type { Org } from './org.ts';
import type { PlatformEvent } from './schema.ts';
import { msOf } from './times.ts';

export interface Topic {
  readonly schemaId: string;
  readonly canPublish: boolean;
  /** The object whose changes it tells; null for a platform event and for the topic of all changes. */
  readonly object: string | null;
}

const ALL_CHANGES = '/data/ChangeEvents';

export class Events {
  readonly bus: EventBus;
  readonly changes: ChangeEvents;
  /** How many events may still be published this hour. */
  publishesLeft = Number.POSITIVE_INFINITY;
  readonly #org: Org;
  /** Schemas are kept for good: an event that was told with one must stay readable. */
  readonly #schemas = new Map<string, EventSchema>();

  constructor(org: Org) {
    this.#org = org;
    this.bus = new EventBus(org.clock, org.random);
    this.changes = new ChangeEvents(this.bus, () => org.ids.next());
    org.onCommit((commit) => {
      for (const { object } of commit.changes) this.#keep(this.changes.schemaOf(object));
      this.changes.tell(commit);
    });
  }

  topic(name: string): Topic | null {
    if (name === ALL_CHANGES) return { schemaId: '', canPublish: false, object: null };
    const event = name.startsWith('/event/') ? this.#org.schema.event(name.slice('/event/'.length)) : null;
    if (event !== null)
      return { schemaId: this.#keep(platformEventSchema(event)).id, canPublish: true, object: null };
    const object = this.#org.schema
      .objects()
      .find((candidate) => name === `/data/${changeEventName(candidate.name)}`);
    if (object === undefined) return null;
    return { schemaId: this.#keep(this.changes.schemaOf(object)).id, canPublish: false, object: object.name };
  }

  schema(id: string): EventSchema | null {
    return this.#schemas.get(id) ?? null;
  }

  /** Takes an event that a client has encoded; one that does not fit the topic's schema is refused by itself. */
  publish(topicName: string, event: ProducerEvent): PublishResult {
    const schema = this.schema(this.topic(topicName)?.schemaId ?? '');
    const bytes = Buffer.from(event.payload);
    if (schema === null || event.schemaId !== schema.id || !isReadable(schema, bytes)) {
      const msg = 'The event does not match the schema of the topic.';
      return { error: { code: 'PUBLISH', msg }, correlationKey: event.id };
    }
    if (this.publishesLeft <= 0) {
      const msg = 'LIMIT_EXCEEDED: the hourly allocation of published events is used up.';
      return { error: { code: 'PUBLISH', msg }, correlationKey: event.id };
    }
    this.publishesLeft -= 1;
    const replay = this.bus.publish([topicName], { id: event.id, schemaId: schema.id, payload: bytes });
    return { replayId: replayBytes(replay ?? this.bus.tip()), correlationKey: event.id };
  }

  /** Publishes values by name, as a REST request, a trigger or a person's flow does. Gives the event's id. */
  publishValues(event: PlatformEvent, values: Readonly<Record<string, unknown>>, actor: Actor): string {
    const schema = this.#keep(platformEventSchema(event));
    const fields: Record<string, unknown> = Object.fromEntries(
      event.fields.map((field) => [field.name, null]),
    );
    for (const [name, value] of Object.entries(values)) {
      const field = event.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
      if (field === undefined)
        throw new SalesforceError(
          'INVALID_FIELD',
          `No such column '${name}' on sobject of type ${event.name}`,
        );
      const stored = normalise(field, value);
      const isMoment = field.type === 'date' || field.type === 'datetime';
      fields[field.name] = isMoment && typeof stored === 'string' ? msOf(stored) : stored;
    }
    const id = this.#org.ids.next();
    const system = { CreatedDate: this.#org.clock.nowMs(), CreatedById: actor.userId };
    const bytes = schema.type.toBuffer({ ...fields, ...system });
    this.bus.publish([`/event/${event.name}`], { id, schemaId: schema.id, payload: bytes });
    return id;
  }

  #keep(schema: EventSchema): EventSchema {
    this.#schemas.set(schema.id, schema);
    return schema;
  }
}

function isReadable(schema: EventSchema, bytes: Buffer): boolean {
  try {
    schema.type.fromBuffer(bytes);
    return true;
  } catch {
    return false;
  }
}
