/** The listener: the API on a port of this machine. TLS is for whatever stands before it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';

import { createApi } from './app.ts';
import { RATES, type Rates } from './doors/limits.ts';
import type { ApiHost } from './host.ts';
import type { SetUp } from './set-up.ts';
import { staticFiles } from './static-files.ts';

export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How browsers reach this, where that is not by its own address. */
  readonly publicUrl: string | null;
  readonly setUp: SetUp;
  /** Where the console's built files are; it may be missing. */
  readonly consoleDirectory: string;
  readonly rates?: Rates;
}

export interface Listening {
  readonly url: string;
  /** Takes no more requests and ends those under way. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
const HEADER_BYTES_MAX = 16 * 1_024;
const CONNECTIONS_MAX = 1_000;

export async function listen(host: ApiHost, options: ListenOptions): Promise<Listening> {
  const { hostname, port, publicUrl, setUp, consoleDirectory, rates = RATES } = options;
  const files = await staticFiles(consoleDirectory);
  const api = createApi(host, { setUp, publicUrl, files, rates });
  const server = createAdaptorServer({
    fetch: api.app.fetch,
    hostname,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
  });
  if ('maxConnections' in server) server.maxConnections = CONNECTIONS_MAX;
  server.listen(port, hostname);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const shown = hostname.includes(':') ? `[${hostname}]` : hostname;
  return {
    url: publicUrl ?? `http://${shown}:${String(address.port)}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await api.close();
    },
  };
}
