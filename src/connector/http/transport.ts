/** One request and its answer on the wire: bounded in time and size, guarded in where it goes. Knows no system. */
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';

import { Agent, type Dispatcher } from 'undici';

import type { Clock } from '../../lib/clock.ts';
import { Deadline } from './deadline.ts';
import { decompressed, ENCODINGS } from './decompress.ts';
import { guardedConnect } from './guarded-connect.ts';
import type { NetworkPolicy } from './network.ts';
import type { AnswerHeaders, Body } from './request.ts';
import { markingSent } from './sent-mark.ts';
import { TransportError, transportError } from './transport-error.ts';

const IDLE_SOCKET_MS = 10_000;
const ANSWER_HEADER_BYTES_MAX = 64 * 1024;

/** A request that is ready to leave. */
export interface Sending {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | undefined;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  readonly signal: AbortSignal;
}

/** The head of an answer, with its content still to be read. */
export interface Received {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Decompressed, at most `answerBytesMax`. To be iterated once, to the end or until `return`; throws `TransportError`. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The sockets of one connection. */
export interface Transport {
  /** Throws `TransportError`, which says whether anything had been sent. `timeoutMs` runs on while chunks are read. */
  send(sending: Sending): Promise<Received>;
  /** As `send`, but the time limit starts again with the head of the answer and with every chunk. */
  stream(sending: Sending): Promise<Received>;
  close(): Promise<void>;
}

/** What a transport stands on. `lookup` is for tests; the operating system's when not given. */
export interface TransportOptions {
  readonly clock: Clock;
  readonly network?: NetworkPolicy;
  readonly lookup?: LookupFunction;
  /** Sockets to one origin. */
  readonly socketsMax?: number;
}

/** Opens no socket before the first request. */
export function createTransport({ clock, network = {}, lookup, socketsMax }: TransportOptions): Transport {
  const closing = new AbortController();
  const agent = new Agent({
    connect: guardedConnect(network, lookup),
    allowH2: false,
    connections: socketsMax ?? null,
    pipelining: 1,
    keepAliveTimeout: IDLE_SOCKET_MS,
    maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
    // The deadline of the request is the only one: it knows the injected clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const begin = async (sending: Sending, perChunk: boolean): Promise<Received> => {
    const deadline = new Deadline(clock, sending.timeoutMs, [sending.signal, closing.signal]);
    let sent = false;
    try {
      const answer = await request(agent, sending, deadline.signal, () => {
        sent = true;
      });
      return received(answer, sending, deadline, perChunk);
    } catch (error) {
      await deadline.end();
      throw transportError(error, sent, deadline);
    }
  };
  return {
    send: (sending) => begin(sending, false),
    stream: (sending) => begin(sending, true),
    close: async () => {
      closing.abort();
      await agent.destroy();
    },
  };
}

async function request(
  agent: Agent,
  { method, url, headers, body }: Sending,
  signal: AbortSignal,
  onSent: () => void,
): Promise<Dispatcher.ResponseData> {
  return await agent.compose(markingSent(onSent)).request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { 'accept-encoding': ENCODINGS, ...contentType(body), ...headers },
    body: encoded(body),
    signal,
  });
}

function received(
  answer: Dispatcher.ResponseData,
  sending: Sending,
  deadline: Deadline,
  perChunk: boolean,
): Received {
  const headers = new Map(
    Object.entries(answer.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
  // Whoever reads the content meets the error there; with nobody reading, it must not end the whole program.
  answer.body.on('error', () => undefined);
  // Nothing, compressed, would be a few bytes; no bytes at all are no stream that a decoder knows.
  const isEmpty =
    sending.method === 'HEAD' || answer.statusCode === 204 || headers.get('content-length') === '0';
  const body = decompressed(answer.body, isEmpty ? '' : (headers.get('content-encoding') ?? ''));
  if (body === null) {
    answer.body.destroy();
    throw new TransportError('encoding', true);
  }
  return {
    status: answer.statusCode,
    headers,
    chunks: limited(body, sending.answerBytesMax, deadline, perChunk),
  };
}

async function* limited(
  body: Readable,
  bytesMax: number,
  deadline: Deadline,
  perChunk: boolean,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    if (perChunk) await deadline.restart();
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new TransportError('tooLarge', true);
      // The time that the reader takes for a chunk is not the system's.
      if (perChunk) await deadline.end();
      yield chunk;
      if (perChunk) await deadline.restart();
    }
  } catch (error) {
    throw transportError(error, true, deadline);
  } finally {
    await deadline.end();
  }
}

function encoded(body: Body | undefined): string | Buffer | Readable | null {
  switch (body?.kind) {
    case undefined:
      return null;
    case 'json':
      return JSON.stringify(body.value);
    case 'form':
      return new URLSearchParams(body.fields).toString();
    case 'text':
      return body.text;
    case 'bytes':
      return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
    case 'stream':
      return Readable.from(body.chunks());
  }
}

function contentType(body: Body | undefined): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  if (body.kind === 'json') return { 'content-type': 'application/json' };
  if (body.kind === 'form') return { 'content-type': 'application/x-www-form-urlencoded' };
  return { 'content-type': body.contentType };
}
