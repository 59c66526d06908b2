/** The Pub/Sub API over gRPC and TLS: topics, schemas, publishing and subscribing. */
import {
  Server,
  ServerCredentials,
  status,
  type Metadata,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
} from '@grpc/grpc-js';

import type { Clock } from '../../lib/clock.ts';
import {
  pubSubApi,
  type FetchRequest,
  type FetchResponse,
  type PublishRequest,
  type PublishResponse,
  type SchemaAnswer,
  type TopicAnswer,
} from '../../lib/proto/pubsub-api.ts';
import type { Certificates } from '../certificate.ts';
import type { Faults } from '../faults.ts';
import type { Events } from './events.ts';
import { longId } from './ids.ts';
import type { Org } from './org.ts';
import { pubSubError } from './pubsub-failure.ts';
import { Subscription, type SubscriptionSettings } from './pubsub-subscription.ts';
import type { Session, Sessions } from './sessions.ts';

export interface PubSubParts {
  readonly org: Org;
  readonly events: Events;
  readonly sessions: Sessions;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly isUp: () => boolean;
}

const PATH = '/eventbus.v1.PubSub/';
const LOOPBACK = '127.0.0.1';
/** How long clients get to take note that a stream has ended. */
const SHUTDOWN_MS = 1_000;

export class PubSubServer {
  readonly settings: SubscriptionSettings = { keepAliveMs: 270_000, idleMs: 60_000 };
  readonly #parts: PubSubParts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #publishing = new Set<ServerDuplexStream<PublishRequest, PublishResponse>>();
  readonly #stopped = new AbortController();
  #server: Server | null = null;

  constructor(parts: PubSubParts) {
    this.#parts = parts;
  }

  /** The address that clients connect to: host and port, without a scheme. */
  async start(certificates: Certificates, port: number): Promise<string> {
    const server = new Server();
    this.#server = server;
    server.addService(pubSubApi(), {
      GetTopic: this.#unary('GetTopic', (request: { topicName: string }, rpc, session) =>
        this.#topic(request.topicName, rpc, session),
      ),
      GetSchema: this.#unary('GetSchema', (request: { schemaId: string }, rpc) =>
        this.#schema(request.schemaId, rpc),
      ),
      Publish: this.#unary('Publish', (request: PublishRequest, rpc, session) =>
        this.#publish(request, rpc, session),
      ),
      PublishStream: (stream: ServerDuplexStream<PublishRequest, PublishResponse>) =>
        this.#publishStream(stream),
      Subscribe: (stream: ServerDuplexStream<FetchRequest, FetchResponse>) => this.#subscribe(stream),
      ManagedSubscribe: (stream: ServerDuplexStream<unknown, unknown>) => this.#unimplemented(stream),
    });
    const key = Buffer.from(certificates.privateKey);
    const chain = Buffer.from(certificates.certificate);
    const credentials = ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: chain }], false);
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${LOOPBACK}:${String(port)}`, credentials, (error, boundPort) => {
        if (error === null) resolve(boundPort);
        else reject(error);
      });
    });
    // By name, since TLS has no server name for an address.
    return `localhost:${String(bound)}`;
  }

  /** Ends all streams in good order, so that no client takes it for a failure, and closes. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const subscription of this.#subscriptions) subscription.end();
    for (const stream of this.#publishing) stream.end();
    const server = this.#server;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
    });
    const done = new AbortController();
    await Promise.race([closed, this.#parts.clock.sleep(SHUTDOWN_MS, done.signal)]);
    done.abort();
    server.forceShutdown();
  }

  /** The topics that somebody is subscribed to right now, one for each stream. */
  topics(): readonly string[] {
    return [...this.#subscriptions]
      .map((subscription) => subscription.topic())
      .filter((topic) => topic !== null);
  }

  /** Ends all Subscribe streams with the error of a service that is away. */
  breakStreams(): void {
    const rpc = { id: this.#parts.org.ids.next(), method: 'Subscribe' };
    for (const subscription of this.#subscriptions) subscription.fail(unavailable(rpc));
    this.#subscriptions.clear();
  }

  #unary<Request, Response>(
    method: string,
    answer: (request: Request, rpc: Rpc, session: Session) => Response,
  ): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
    return (call, callback) => {
      const rpc = { id: this.#parts.org.ids.next(), method };
      const answered = this.#faulted(rpc, () => answer(call.request, rpc, this.#session(call.metadata, rpc)));
      respond(answered, callback).catch((error: unknown) => call.emit('error', error));
    };
  }

  /** The answer, or what an ordered fault makes of it. */
  async #faulted<T>(rpc: Rpc, answer: () => T): Promise<T> {
    const fault = this.#parts.faults.take('POST', `${PATH}${rpc.method}`);
    if (fault?.kind === 'delay') await this.#parts.clock.sleep(fault.delayMs, this.#stopped.signal);
    if (fault?.kind === 'status' || !this.#parts.isUp()) throw unavailable(rpc);
    if (fault?.kind === 'refuse' || fault?.kind === 'cutBeforeExecute') throw dropped();
    const response = answer();
    if (fault?.kind === 'cutAfterExecute' || fault?.kind === 'corrupt') throw dropped();
    return response;
  }

  #session(metadata: Metadata, rpc: Rpc): Session {
    const [token] = metadata.get('accesstoken');
    const [tenant] = metadata.get('tenantid');
    const [instance] = metadata.get('instanceurl');
    if (
      typeof token !== 'string' ||
      typeof tenant !== 'string' ||
      typeof instance !== 'string' ||
      tenant === ''
    ) {
      const message = 'The authentication headers are invalid or blank.';
      throw pubSubError(status.UNAUTHENTICATED, 'service.auth.headers.invalid', message, rpc);
    }
    const session = this.#parts.sessions.find(token);
    const isOwn = longId(tenant) === this.#parts.org.id;
    if (session !== null && isOwn && session.scopes.some((scope) => scope === 'api' || scope === 'full'))
      return session;
    const message = 'An authentication exception occurred. Provide valid authentication details.';
    throw pubSubError(status.UNAUTHENTICATED, 'service.auth.error', message, rpc);
  }

  #topic(name: string, rpc: Rpc, session: Session): TopicAnswer {
    if (name === '')
      throw pubSubError(status.INVALID_ARGUMENT, 'topic.validation.empty', 'The topic name is blank.', rpc);
    const topic = this.#parts.events.topic(name);
    if (topic === null)
      throw pubSubError(status.NOT_FOUND, 'topic.not.found', `The topic ${name} does not exist.`, rpc);
    const isReadable =
      session.login.actor.kind !== 'integration' ||
      topic.object === null ||
      this.#parts.org.access.object(topic.object) !== 'none';
    if (!isReadable) {
      const message = 'The user has no access to the topic.';
      throw pubSubError(status.PERMISSION_DENIED, 'subscription.topic.cannot.subscribe', message, rpc);
    }
    const { schemaId, canPublish } = topic;
    return {
      topicName: name,
      tenantGuid: this.#parts.org.id,
      canPublish,
      canSubscribe: true,
      schemaId,
      rpcId: rpc.id,
    };
  }

  #schema(id: string, rpc: Rpc): SchemaAnswer {
    if (id === '') {
      throw pubSubError(status.INVALID_ARGUMENT, 'schema.validation.failed', 'The schema ID is blank.', rpc);
    }
    const schema = this.#parts.events.schema(id);
    if (schema === null)
      throw pubSubError(status.NOT_FOUND, 'schema.not.found', `The schema ${id} does not exist.`, rpc);
    return { schemaId: schema.id, schemaJson: schema.json, rpcId: rpc.id };
  }

  #publish(request: PublishRequest, rpc: Rpc, session: Session): PublishResponse {
    const topic = this.#topic(request.topicName, rpc, session);
    const name = request.topicName.slice(request.topicName.lastIndexOf('/') + 1);
    const isPermitted =
      session.login.actor.kind !== 'integration' || this.#parts.org.access.object(name) === 'edit';
    if (!topic.canPublish || !isPermitted) {
      throw pubSubError(
        status.PERMISSION_DENIED,
        'publish.topic.cannot.publish',
        'The topic cannot be published on.',
        rpc,
      );
    }
    if (request.events.length === 0) {
      throw pubSubError(
        status.INVALID_ARGUMENT,
        'publish.event.count.invalid',
        'The request has no events.',
        rpc,
      );
    }
    const results = request.events.map((event) => this.#parts.events.publish(request.topicName, event));
    return { results, schemaId: topic.schemaId, rpcId: rpc.id };
  }

  #publishStream(stream: ServerDuplexStream<PublishRequest, PublishResponse>): void {
    const rpc = { id: this.#parts.org.ids.next(), method: 'PublishStream' };
    let topicName = '';
    let last = Promise.resolve();
    stream.on('data', (request: PublishRequest) => {
      topicName = request.topicName === '' ? topicName : request.topicName;
      const named = { ...request, topicName };
      last = last
        .then(() => this.#faulted(rpc, () => this.#publish(named, rpc, this.#session(stream.metadata, rpc))))
        .then((response) => {
          stream.write(response);
        })
        .catch((error: unknown) => {
          stream.emit('error', error);
        });
    });
    this.#publishing.add(stream);
    stream.on('close', () => this.#publishing.delete(stream));
    stream.on('end', () => stream.end());
  }

  #subscribe(stream: ServerDuplexStream<FetchRequest, FetchResponse>): void {
    const rpc = { id: this.#parts.org.ids.next(), method: 'Subscribe' };
    const fault = this.#parts.faults.take('POST', `${PATH}Subscribe`);
    if (!this.#parts.isUp() || (fault !== null && fault.kind !== 'delay')) {
      const isDropped = fault !== null && fault.kind !== 'status';
      stream.emit('error', isDropped ? dropped() : unavailable(rpc));
      return;
    }
    const subscription = new Subscription(stream, {
      bus: this.#parts.events.bus,
      clock: this.#parts.clock,
      rpcId: rpc.id,
      settings: this.settings,
      checkSession: () => {
        this.#session(stream.metadata, rpc);
      },
      checkTopic: (topic) => {
        this.#topic(topic, rpc, this.#session(stream.metadata, rpc));
      },
    });
    this.#subscriptions.add(subscription);
    stream.on('close', () => this.#subscriptions.delete(subscription));
  }

  #unimplemented(stream: ServerDuplexStream<unknown, unknown>): void {
    const rpc = { id: this.#parts.org.ids.next(), method: 'ManagedSubscribe' };
    stream.emit('error', pubSubError(status.UNIMPLEMENTED, 'service.unimplemented', 'Not simulated.', rpc));
  }
}

interface Rpc {
  readonly id: string;
  readonly method: string;
}

/** The status is the one that was seen in the field, although UNAVAILABLE would be the likelier guess. */
function unavailable(rpc: Rpc): Error {
  return pubSubError(
    status.INTERNAL,
    'service.unavailable',
    'The service is unavailable. Try again later.',
    rpc,
  );
}

/** What a client sees when the connection breaks: no code of Salesforce's, since Salesforce did not say it. */
function dropped(): Error {
  const details = 'Connection dropped';
  return Object.assign(new Error(details), { code: status.UNAVAILABLE, details });
}

async function respond<T>(answered: Promise<T>, callback: sendUnaryData<T>): Promise<void> {
  let response: T;
  try {
    response = await answered;
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  callback(null, response);
}
