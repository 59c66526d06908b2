/** The Pub/Sub API as a gRPC client, with the account's token on every call. */
import {
  credentials,
  makeClientConstructor,
  Metadata,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import avsc from 'avsc';

import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { AccessToken } from '../../connector/oauth/token-source.ts';
import {
  pubSubApi,
  type FetchRequest,
  type FetchResponse,
  type PublishRequest,
  type PublishResponse,
  type SchemaAnswer,
  type TopicAnswer,
} from '../../lib/proto/pubsub-api.ts';
import type { Account } from './account.ts';
import { refuse } from './failures.ts';

export type FetchStream = ClientDuplexStream<Partial<FetchRequest>, FetchResponse>;

type GrpcClient = InstanceType<ReturnType<typeof makeClientConstructor>>;
type Unary = (
  request: unknown,
  metadata: Metadata,
  options: { readonly deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => void;

const ANSWER_MS_MAX = 30_000;
/** Finds a dead connection, long before Salesforce's own sign of life. */
const PING_EVERY_MS = 60_000;
const SCHEMAS_MAX = 100;
const OFFICIAL = /(?:^|\.)(?:salesforce\.com|salesforce\.mil|force\.com)$/;

export class PubSub {
  readonly #client: GrpcClient;
  readonly #account: Account;
  readonly #nowMs: () => number;
  readonly #schemas = new Map<string, avsc.Type>();

  /** Dials nothing yet. An endpoint that the deployment does not let us reach ⇒ failure `config`. */
  constructor(account: Account, endpoint: string, network: NetworkPolicy, nowMs: () => number) {
    const [host = ''] = endpoint.split(':');
    const isAllowed = OFFICIAL.test(host) || network.allowPrivate === true || network.allowLoopback === true;
    if (!isAllowed)
      throw refuse('bad_setting', `The setting pubsub_endpoint names ${host}, which is not Salesforce’s.`);
    const Client = makeClientConstructor(pubSubApi(), 'PubSub');
    const authorities = network.authorities === undefined ? null : Buffer.from(network.authorities);
    this.#client = new Client(endpoint, credentials.createSsl(authorities), {
      'grpc.keepalive_time_ms': PING_EVERY_MS,
    });
    this.#account = account;
    this.#nowMs = nowMs;
  }

  /** A stream that asks for nothing yet. */
  subscribe(token: AccessToken): FetchStream {
    const open = this.#client['Subscribe'] as unknown as (metadata: Metadata) => FetchStream;
    return open.call(this.#client, this.#metadata(token));
  }

  /** What events of a schema look like, kept for good: a schema's id changes with its content. Throws what is no schema. */
  async schema(schemaId: string, token: AccessToken): Promise<avsc.Type> {
    const known = this.#schemas.get(schemaId);
    if (known !== undefined) return known;
    const { schemaJson } = await this.#ask<SchemaAnswer>('GetSchema', { schemaId }, token);
    const type = avsc.Type.forSchema(JSON.parse(schemaJson) as avsc.Schema, { wrapUnions: 'never' });
    if (this.#schemas.size >= SCHEMAS_MAX) this.#schemas.clear();
    this.#schemas.set(schemaId, type);
    return type;
  }

  async topic(topicName: string, token: AccessToken): Promise<TopicAnswer> {
    return await this.#ask<TopicAnswer>('GetTopic', { topicName }, token);
  }

  /** One result for each event, in order. Rejects with a `ServiceError` when the request as a whole was not answered well. */
  async publish(request: PublishRequest, token: AccessToken): Promise<PublishResponse> {
    return await this.#ask<PublishResponse>('Publish', request, token);
  }

  close(): void {
    this.#client.close();
  }

  async #ask<Response>(method: string, request: unknown, token: AccessToken): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = this.#client[method] as unknown as Unary;
    const deadline = this.#nowMs() + ANSWER_MS_MAX;
    call.call(this.#client, request, this.#metadata(token), { deadline }, (error, response) => {
      if (error === null) resolve(response as Response);
      else reject(error);
    });
    return await promise;
  }

  #metadata(token: AccessToken): Metadata {
    const metadata = new Metadata();
    metadata.set('accesstoken', token.value.reveal());
    metadata.set('instanceurl', this.#account.instanceUrl);
    metadata.set('tenantid', this.#account.organisationId);
    return metadata;
  }
}
