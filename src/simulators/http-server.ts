/** An HTTP or HTTPS listener on this machine only: bodies are bounded, and ordered faults hit its requests. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { Clock } from '../lib/clock.ts';
import type { Faults } from './faults.ts';

export interface HttpRequest {
  readonly method: string;
  /** The path as it was sent, still encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The address that the client used, such as `http://127.0.0.1:4000`. */
  readonly origin: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface HttpServer {
  readonly url: string;
  /** Closes the listener and all connections. */
  close(): Promise<void>;
}

export interface HttpServerOptions {
  readonly answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly bodyBytesMax: number;
  /** Called when a request is being delayed; what it returns, when the delay is over. */
  readonly onDelay?: () => () => void;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
}

const LOOPBACK = '127.0.0.1';
/** Larger than Node's own limit, so that an address that is too long is answered as the system answers it. */
const HEADER_BYTES_MAX = 64 * 1024;

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const stopped = new AbortController();
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response, options, stopped.signal).catch((error: unknown) => {
      // Broken code answers like a broken server, and is told apart by its text.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer({ maxHeaderSize: HEADER_BYTES_MAX }, take)
      : createTlsServer(
          { cert: tls.certificate, key: tls.privateKey, maxHeaderSize: HEADER_BYTES_MAX },
          take,
        );
  server.listen(options.port, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${LOOPBACK}:${String(port)}`,
    close: async () => {
      stopped.abort();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
  stopped: AbortSignal,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming;
  const fault = options.faults.take(method, url);
  if (fault?.kind === 'refuse') {
    incoming.socket.destroy();
    return;
  }
  const body = await readBody(incoming, options.bodyBytesMax);
  if (body === null) {
    response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('Request too large');
    return;
  }
  if (fault?.kind === 'cutBeforeExecute') {
    incoming.socket.destroy();
    return;
  }
  if (fault?.kind === 'delay') {
    const over = options.onDelay?.();
    await options.clock.sleep(fault.delayMs, stopped);
    over?.();
  }
  if (fault?.kind === 'status') {
    const { status, body: text = '', contentType = 'text/html' } = fault;
    response.writeHead(status, { 'content-type': contentType }).end(text);
    return;
  }
  const scheme = options.tls === undefined ? 'http' : 'https';
  const answer = await options.answer(requestOf(incoming, method, url, body, scheme));
  if (fault?.kind === 'cutAfterExecute') {
    incoming.socket.destroy();
    return;
  }
  write(response, answer, fault?.kind === 'corrupt');
}

function requestOf(
  incoming: IncomingMessage,
  method: string,
  url: string,
  body: Buffer,
  scheme: string,
): HttpRequest {
  const mark = url.indexOf('?');
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    headers: incoming.headers,
    body,
    origin: `${scheme}://${incoming.headers.host ?? LOOPBACK}`,
  };
}

function write(response: ServerResponse, answer: HttpAnswer, isCorrupt: boolean): void {
  const whole = Buffer.from(answer.body);
  const body = isCorrupt ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
  const hasBody = answer.status !== 204 && answer.status !== 304;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(hasBody ? { 'content-length': String(body.length) } : {}),
  });
  response.end(hasBody ? body : undefined);
}

/** Null when there is more than `bytesMax`. */
async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
