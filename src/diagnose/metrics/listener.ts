/** A small listener for Prometheus, apart from everything else: it must answer while the rest is in trouble. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Log } from '../../worker/runtime.ts';

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers `GET /metrics` on the address. There is no login: bind it where only the scraper can reach it. */
export async function listenForMetrics(
  host: string,
  port: number,
  metrics: () => Promise<string>,
  log: Log,
): Promise<MetricsListener> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    request.resume();
    if (request.method !== 'GET' || request.url !== '/metrics') {
      answer(response, 404, 'Only GET /metrics is here.\n');
      return;
    }
    metrics().then(
      (text) => answer(response, 200, text),
      (error: unknown) => {
        log.error({ code: 'trueup.metrics', message: messageOf(error) }, 'the metrics could not be taken');
        answer(response, 503, 'The store cannot be read.\n');
      },
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': TEXT });
  response.end(text);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
