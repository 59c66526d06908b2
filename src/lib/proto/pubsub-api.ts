/** The Pub/Sub API's wire format: the service as gRPC loads it from the vendor's own description, and its messages. */
import { fileURLToPath } from 'node:url';

import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface TopicAnswer {
  readonly topicName: string;
  readonly tenantGuid: string;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
  readonly schemaId: string;
  readonly rpcId: string;
}

export interface SchemaAnswer {
  readonly schemaJson: string;
  readonly schemaId: string;
  readonly rpcId: string;
}

export interface ProducerEvent {
  readonly id: string;
  readonly schemaId: string;
  readonly payload: Uint8Array;
}

export interface ConsumerEvent {
  readonly event: ProducerEvent;
  readonly replayId: Uint8Array;
}

export interface FetchRequest {
  readonly topicName: string;
  readonly replayPreset: 'LATEST' | 'EARLIEST' | 'CUSTOM';
  readonly replayId: Uint8Array;
  readonly numRequested: number;
}

export interface FetchResponse {
  readonly events: readonly ConsumerEvent[];
  readonly latestReplayId: Uint8Array;
  readonly rpcId: string;
  readonly pendingNumRequested: number;
}

export interface PublishRequest {
  readonly topicName: string;
  readonly events: readonly ProducerEvent[];
}

export interface PublishResult {
  readonly replayId?: Uint8Array;
  readonly error?: { readonly code: 'UNKNOWN' | 'PUBLISH' | 'COMMIT'; readonly msg: string };
  readonly correlationKey: string;
}

export interface PublishResponse {
  readonly results: readonly PublishResult[];
  readonly schemaId: string;
  readonly rpcId: string;
}

/** Names in camel case, enums as their names, bytes as buffers, and every field there, set or not. */
export function pubSubApi(): ServiceDefinition {
  const path = fileURLToPath(new URL('pubsub_api.proto', import.meta.url));
  const loaded = loadSync(path, { enums: String, longs: Number, defaults: true });
  return loaded['eventbus.v1.PubSub'] as ServiceDefinition;
}
