import type { Clock } from '../../lib/clock.ts';
import type { Json } from '../../lib/json.ts';
import type { Random } from '../../lib/random.ts';
import type { Authorizer } from './authorizer.ts';
import type { BudgetStore, Limit, LimitNews } from './budget.ts';
import type { FailureTable } from './failures.ts';
import type { NetworkPolicy } from './network.ts';
import type { Answer, AnswerHeaders, HttpRequest } from './request.ts';

/** Finds in an answer what it says about limits; an empty record when it says nothing. */
export type LimitReader = (answer: {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Null unless the answer was JSON. */
  readonly content: Json;
}) => LimitNews;

/** One try of a request, for a log: free of secrets and of values. */
export interface Exchange {
  readonly operation: string;
  /** Such as `GET api.example.com/crm/… → 429`. */
  readonly text: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly tookMs: number;
}

/** Everything that is the same for all requests of a connection. */
export interface HttpClientOptions {
  /** First word of failure codes: `salesforce`. */
  readonly system: string;
  /** The system's name in messages: `Salesforce`. */
  readonly title: string;
  /** Paths start below it. */
  readonly baseUrl: string;
  /** Names the connection's budgets, for all workers alike. */
  readonly connectionKey: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What the deployment allows; only public addresses over TLS when not said. */
  readonly network?: NetworkPolicy;
  /** None for a system without credentials. */
  readonly authorizer?: Authorizer;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly failures: FailureTable;
  readonly limits?: readonly Limit[];
  readonly readLimits?: LimitReader;
  /** In memory, for this process alone, when not said. */
  readonly budgets?: BudgetStore;
  /** Requests at once: where to start, and the most. 4 and 16 when not said. */
  readonly concurrency?: { readonly start: number; readonly max: number };
  /** The longest a request waits for its turn before it fails as `rateLimited`, in milliseconds; 10 seconds if not said. */
  readonly waitMsMax?: number;
  /** 60 seconds if not said. */
  readonly timeoutMs?: number;
  /** 64 MB if not said. */
  readonly answerBytesMax?: number;
  /** For systems whose numbers do not fit a double; JSON.parse if not said. */
  readonly parseJson?: (text: string) => Json;
  /** Further secret texts that must not show in messages: API keys in the query, client secrets. */
  readonly secrets?: readonly string[];
  readonly onExchange?: (exchange: Exchange) => void;
}

/**
 * Sends the requests of one connection. Every outcome is an answer or a `ConnectorFailure`: nothing sent ⇒ `transient`
 * (or `config`, where trying again cannot help); sent and the answer lost ⇒ `unknownOutcome` for a write and `transient`
 * for a read; everything else by the failure table. Reads are tried again inside, up to three times.
 */
export interface HttpClient {
  /** The content is null for an empty body. A 2xx that is no whole JSON document is a lost answer. */
  json(request: HttpRequest): Promise<Answer<Json>>;
  text(request: HttpRequest): Promise<Answer<string>>;
  bytes(request: HttpRequest): Promise<Answer<Uint8Array>>;
  /** The content must be iterated, to its end or until `return`; it may throw `ConnectorFailure` like the call itself. */
  stream(request: HttpRequest): Promise<Answer<AsyncIterable<Uint8Array>>>;
  /** Ends what still runs and closes all sockets. */
  close(): Promise<void>;
}
