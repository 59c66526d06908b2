/** What Salesforce tells and is told by events. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { Deployment } from './account.ts';
import type { SalesforceApi } from './api.ts';
import type { Pace } from './changes.ts';
import { EventStream } from './event-stream.ts';
import { PubSub } from './pubsub.ts';
import type { Settings } from './settings.ts';

const SECOND_MS = 1_000;

/** The connection to the Pub/Sub API, made when first needed. */
export class Events {
  readonly #api: SalesforceApi;
  readonly #settings: Settings;
  readonly #context: ConnectorContext;
  readonly #deployment: Deployment;
  #pubSub: PubSub | null = null;

  constructor(api: SalesforceApi, settings: Settings, context: ConnectorContext, deployment: Deployment) {
    this.#api = api;
    this.#settings = settings;
    this.#context = context;
    this.#deployment = deployment;
  }

  paceOf({ collection, signal }: { readonly collection: string; readonly signal: AbortSignal }): Pace {
    const pollMs = this.#settings.pollSeconds * SECOND_MS;
    if (!this.#settings.changeEvents.includes(collection)) return { pollMs, events: null };
    return {
      pollMs,
      events: async (replay) => {
        const { clock } = this.#context;
        const parts = {
          pubSub: this.client(),
          source: this.#api.account.source,
          clock,
          topic: topicOf(collection),
        };
        const stream = new EventStream(parts, replay);
        await stream.open(signal);
        return stream;
      },
    };
  }

  close(): void {
    this.#pubSub?.close();
  }

  client(): PubSub {
    const { pubSubEndpoint } = this.#settings;
    this.#pubSub ??= new PubSub(this.#api.account, pubSubEndpoint, this.#deployment.network ?? {}, () =>
      this.#context.clock.nowMs(),
    );
    return this.#pubSub;
  }
}

/** `Account` is told on AccountChangeEvent, `Rig__c` on Rig__ChangeEvent. */
function topicOf(object: string): string {
  return `/data/${object.endsWith('__c') ? object.slice(0, -1) : object}ChangeEvent`;
}
