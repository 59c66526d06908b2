/** Publishes platform events by the Pub/Sub API: each is taken or refused by itself, and nothing of it can be read back. */
import { status, type ServiceError } from '@grpc/grpc-js';
import type avsc from 'avsc';

import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { batched } from '../../connector/http/batched.ts';
import type { AccessToken, TokenSource } from '../../connector/oauth/token-source.ts';
import type { NativeValue } from '../../engine/value.ts';
import type { ProducerEvent, PublishResult } from '../../lib/proto/pubsub-api.ts';
import { failureOf, failureOfRecord } from './failures.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import type { PubSub } from './pubsub.ts';
import { encoded } from './values.ts';
import { spelled } from './wire.ts';

/** What Salesforce recommends for one request, and well below what it refuses. */
export const EVENTS_MAX = 200;
const REQUEST_BYTES_MAX = 3_000_000;
const EVENT_BYTES_MAX = 1_000_000;

/** What publishing works with. */
export interface Publishing {
  readonly pubSub: PubSub;
  readonly source: TokenSource;
  readonly event: SalesforceObject;
  /** Salesforce notes it as who published, whatever an event says of itself. */
  readonly userId: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

type Encoded =
  | { readonly kind: 'event'; readonly key: string; readonly event: ProducerEvent }
  | { readonly kind: 'failed'; readonly key: string; readonly failure: Failure };

/** One result per request, in order; only creates can be published. Throws a failure where nothing was sent. */
export async function publishAll(
  publishing: Publishing,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const { pubSub } = publishing;
  const topicName = `/event/${publishing.event.name}`;
  const { schemaId, type } = await withToken(publishing, notSent, async (token) => {
    const topic = await pubSub.topic(topicName, token);
    return { schemaId: topic.schemaId, type: await pubSub.schema(topic.schemaId, token) };
  });
  return await batched<Encoded, WriteResult>(
    requests.map((request) => encodedEvent(publishing, schemaId, type, request)),
    {
      system: 'salesforce',
      sizeMax: EVENTS_MAX,
      bytesMax: REQUEST_BYTES_MAX,
      bytesOf: (wish) => (wish.kind === 'event' ? wish.event.payload.length + wish.key.length : 0),
      send: (wishes) => sent(publishing, topicName, wishes),
      failed: ({ key }, failure) => ({ kind: 'failed', key, failure }),
    },
  );
}

async function sent(
  publishing: Publishing,
  topicName: string,
  wishes: readonly Encoded[],
): Promise<readonly WriteResult[]> {
  const events = wishes.flatMap((wish) => (wish.kind === 'event' ? [wish.event] : []));
  const answer =
    events.length === 0
      ? { results: [] }
      : await withToken(publishing, perhapsSent, (token) =>
          publishing.pubSub.publish({ topicName, events }, token),
        );
  const results = new Map(answer.results.map((result) => [result.correlationKey, result]));
  return wishes.map((wish) => {
    if (wish.kind === 'failed') return wish;
    const failure = failureIn(results.get(wish.key));
    return failure === null
      ? { kind: 'written', key: wish.key, recordId: wish.key, version: null }
      : { kind: 'failed', key: wish.key, failure };
  });
}

/** A token that has ended is renewed once. */
async function withToken<T>(
  { source, signal }: Publishing,
  failureFor: (error: ServiceError) => Failure,
  ask: (token: AccessToken) => Promise<T>,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    const token = await source.accessToken(signal);
    try {
      return await ask(token);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const hasEnded = error.code === status.UNAUTHENTICATED;
      if (isFirst && hasEnded && (await source.refused(token))) continue;
      throw new ConnectorFailure(failureFor(error), { cause: error });
    }
  }
}

/** What gRPC rejects with, of whichever side. */
function isRefusal(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** Of a question before publishing: whatever it says, nothing was told. */
function notSent(error: ServiceError): Failure {
  return refusalOf(error) ?? failureOf('events_unavailable', 'The Pub/Sub API does not answer.');
}

function perhapsSent(error: ServiceError): Failure {
  return (
    refusalOf(error) ?? failureOf('outcome_unknown', 'The answer to publishing events was lost on its way.')
  );
}

/** What Salesforce itself refuses as a whole; null where somebody else may have answered. */
function refusalOf({ code, details }: ServiceError): Failure | null {
  switch (code) {
    case status.UNAUTHENTICATED:
      return failureOfRecord({ code: 'INVALID_SESSION_ID', message: 'The Pub/Sub API refuses the session.' });
    case status.PERMISSION_DENIED:
      return failureOf('event_not_permitted', 'The user may not publish this event.');
    case status.NOT_FOUND:
      return failureOf('unknown_collection', 'Salesforce has no such event, or the user may not see it.');
    case status.RESOURCE_EXHAUSTED:
      return failureOfRecord({
        code: 'LIMIT_EXCEEDED',
        message: 'Too many events were published this hour.',
      });
    case status.INVALID_ARGUMENT:
      return failureOf('event_refused', `The Pub/Sub API refuses the request: ${details}`);
    default:
      return null;
  }
}

/** Null for an event that was taken. */
function failureIn(result: PublishResult | undefined): Failure | null {
  if (result === undefined)
    return failureOf('outcome_unknown', 'The answer does not say what became of the event.');
  const error = result.error ?? null;
  if (error === null) return null;
  if (/LIMIT_EXCEEDED/i.test(error.msg))
    return failureOfRecord({ code: 'LIMIT_EXCEEDED', message: 'Too many events were published this hour.' });
  if (/UNAVAILABLE/i.test(error.msg)) return failureOf('events_unavailable', error.msg);
  if (error.code === 'PUBLISH') return failureOf('event_refused', `Salesforce: ${error.msg}`);
  return failureOf('outcome_unknown', 'Salesforce does not say whether it has kept the event.');
}

function encodedEvent(
  { event, userId, nowMs }: Publishing,
  schemaId: string,
  type: avsc.Type,
  { key, kind, fields }: WriteRequest,
): Encoded {
  const failed = (failure: Failure): Encoded => ({ kind: 'failed', key, failure });
  if (kind !== 'create')
    return failed(
      failureOf('told_only', `${event.name} is told once: it can be neither changed nor deleted.`),
    );
  const values: Record<string, unknown> = { CreatedDate: nowMs, CreatedById: userId };
  for (const { name } of event.fields.values()) values[name] ??= null;
  for (const [name, value] of fields) {
    const field = event.fields.get(name);
    if (field !== undefined) values[name] = inAvro(field, value);
  }
  let wrong: string | undefined;
  const isValid = type.isValid(values, {
    errorHook: (path) => {
      wrong ??= path[0];
    },
  });
  if (!isValid)
    return failed(failureOf('event_misfit', `The value does not fit ${event.name}.${wrong ?? ''}.`, wrong));
  const bytes = type.toBuffer(values);
  if (bytes.length > EVENT_BYTES_MAX)
    return failed(failureOf('event_misfit', `An event of ${event.name} is larger than Salesforce takes.`));
  return { kind: 'event', key, event: { id: key, schemaId, payload: bytes } };
}

/** Events know numbers, yes and no, texts, and moments in milliseconds. */
function inAvro(field: SalesforceField, native: NativeValue): unknown {
  const value = encoded(field, native);
  if (value === null || typeof value === 'boolean') return value;
  switch (field.type) {
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      // No number is left as the text it is, which the schema then refuses.
      return Number.isNaN(Number(value)) ? spelled(value) : Number(value);
    case 'date':
    case 'datetime':
      return Date.parse(spelled(value));
    default:
      return spelled(value);
  }
}
