import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What arrived, with its body read. */
export interface Arrived {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface WebServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly arrived: readonly Arrived[];
}

/** A server on 127.0.0.1 and a free port; dispose of it to close every socket. */
export async function startWebServer(
  answer: (request: Arrived, response: ServerResponse, count: number) => void | Promise<void>,
): Promise<WebServer> {
  const arrived: Arrived[] = [];
  const server = createServer((message, response) => {
    void (async () => {
      const request = {
        method: message.method ?? '',
        url: message.url ?? '',
        headers: message.headers,
        body: await buffer(message),
      };
      arrived.push(request);
      await answer(request, response, arrived.length);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    port,
    arrived,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with a status, a JSON body and headers. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
