import type { Json } from '../../lib/json.ts';

/** The methods that business systems use. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `write`: after a lost answer nobody knows whether it happened. `read`: it does not matter, so it may be sent again. */
export type Effect = 'read' | 'write';

/** Whom a request serves, most important first: when a quota runs low, the last ones stop first (ceilings.ts). */
export type Purpose = 'person' | 'resolve' | 'delivery' | 'capture' | 'sweep';

/** What a request carries. A stream is a function, because a request that did not happen may be sent again. */
export type Body =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'text'; readonly text: string; readonly contentType: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string }
  | {
      readonly kind: 'stream';
      readonly chunks: () => AsyncIterable<string | Uint8Array>;
      readonly contentType: string;
    };

/** Query parameters by name; an undefined one is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request to the connection's system. */
export interface HttpRequest {
  /** What it does, in fixed words and without values: `query`, `contact.update`. Shown in messages; one breaker for each. */
  readonly operation: string;
  readonly method: Method;
  /** Below the client's base URL, with a leading slash; or a whole URL of the same origin. Build it with `path`. */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly effect: Effect;
  readonly purpose: Purpose;
  /** Units it takes of each limit, by the limit's name; the limit's `costDefault` where not said. */
  readonly cost?: Readonly<Record<string, number>>;
  /** Statuses beside 2xx that are answers and not failures, such as 404 for a look-up. */
  readonly expects?: readonly number[];
  /** From sending to the last byte of the answer; for a stream, to its head and then between its chunks. */
  readonly timeoutMs?: number;
  /** After decompression. */
  readonly answerBytesMax?: number;
  readonly signal: AbortSignal;
}

/** Response headers by name in lower case; several of one name are joined with `, `. */
export type AnswerHeaders = ReadonlyMap<string, string>;

/** An answer that is not a failure. */
export interface Answer<Content> {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly content: Content;
}
