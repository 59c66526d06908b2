/** The Pub/Sub API as a gRPC client, with the account's token on every call. */
import {
  credentials,
  makeClientConstructor,
  Metadata,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';

import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { AccessToken } from '../../connector/oauth/token-source.ts';
import {
  pubSubApi,
  type FetchRequest,
  type FetchResponse,
  type SchemaAnswer,
} from '../../lib/proto/pubsub-api.ts';
import type { Account } from './account.ts';
import { decoderOf, type Decode } from './change-event.ts';
import { refuse } from './failures.ts';

export type FetchStream = ClientDuplexStream<Partial<FetchRequest>, FetchResponse>;

type GrpcClient = InstanceType<ReturnType<typeof makeClientConstructor>>;
type Unary = (
  request: unknown,
  metadata: Metadata,
  options: { readonly deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => void;

const SCHEMA_MS_MAX = 30_000;
/** Finds a dead connection, long before Salesforce's own sign of life. */
const PING_EVERY_MS = 60_000;
const SCHEMAS_MAX = 100;
const OFFICIAL = /(?:^|\.)(?:salesforce\.com|salesforce\.mil|force\.com)$/;

export class PubSub {
  readonly #client: GrpcClient;
  readonly #account: Account;
  readonly #nowMs: () => number;
  readonly #schemas = new Map<string, Decode>();

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

  /** The reader of a schema's events, kept for good: a schema's id changes with its content. */
  async decoder(schemaId: string, token: AccessToken): Promise<Decode> {
    const known = this.#schemas.get(schemaId);
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<SchemaAnswer>();
    const call = this.#client['GetSchema'] as unknown as Unary;
    const deadline = this.#nowMs() + SCHEMA_MS_MAX;
    call.call(this.#client, { schemaId }, this.#metadata(token), { deadline }, (error, response) => {
      if (error === null) resolve(response as SchemaAnswer);
      else reject(error);
    });
    const decode = decoderOf((await promise).schemaJson);
    if (this.#schemas.size >= SCHEMAS_MAX) this.#schemas.clear();
    this.#schemas.set(schemaId, decode);
    return decode;
  }

  close(): void {
    this.#client.close();
  }

  #metadata(token: AccessToken): Metadata {
    const metadata = new Metadata();
    metadata.set('accesstoken', token.value.reveal());
    metadata.set('instanceurl', this.#account.instanceUrl);
    metadata.set('tenantid', this.#account.organisationId);
    return metadata;
  }
}
