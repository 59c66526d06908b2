import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** Where the browser comes back to after a person has consented. */
export interface Callback {
  /** `http://<host>:<port>/callback`, to be registered and sent as redirect_uri. */
  readonly redirectUri: string;
  /** The first call that carries this `state`; every other one is told no and changes nothing. */
  expect(state: string): Promise<URL>;
  close(): Promise<void>;
}

const PATH = '/callback';
const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  connection: 'close',
};

/** What this machine is called in a redirect. `localhost` is for systems that take plain http from nothing else. */
export type CallbackHost = '127.0.0.1' | 'localhost';

/** Listens on 127.0.0.1 only, on a free port unless a registered redirect asks for a certain one. */
export async function listenForCallback(port = 0, host: CallbackHost = '127.0.0.1'): Promise<Callback> {
  const { promise: arrived, resolve } = Promise.withResolvers<URL>();
  let expected: string | null = null;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isExpected = expected !== null && url.searchParams.get('state') === expected;
    if (request.method !== 'GET' || url.pathname !== PATH || !isExpected) {
      response.writeHead(400, HEADERS).end('This is not the answer that Trueup waits for.\n');
      return;
    }
    expected = null;
    response.writeHead(200, HEADERS).end('Thank you. You can close this window and go back to Trueup.\n');
    resolve(url);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    redirectUri: `http://${host}:${String(portOf(server))}${PATH}`,
    expect: (state) => {
      expected = state;
      return arrived;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
