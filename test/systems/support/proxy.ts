/** A reverse proxy that can lose an answer, or hold it back while something else happens in the system. */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Proxy {
  readonly url: string;
  /** The next request whose body contains the text is carried out, and its answer never arrives. */
  loseAnswerTo(text: string): void;
  /** The answer to the next request whose body contains the text arrives only when `action` is done. */
  beforeAnswerTo(text: string, action: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

interface Trap {
  readonly text: string;
  /** Returns whether the answer may pass. */
  readonly spring: () => Promise<boolean>;
}

export async function startProxy(target: string): Promise<Proxy> {
  let trap: Trap | null = null;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const sprung = trap !== null && body.includes(trap.text) ? trap : null;
    if (sprung !== null) trap = null;
    const answer = await onward(target, request, body);
    const content = await buffer(answer);
    const passes = sprung === null || (await sprung.spring());
    if (passes) response.writeHead(answer.statusCode ?? 502, answer.headers).end(content);
    else response.destroy();
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    loseAnswerTo: (text) => {
      trap = { text, spring: () => Promise.resolve(false) };
    },
    beforeAnswerTo: (text, action) => {
      trap = { text, spring: () => action().then(() => true) };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function onward(target: string, request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = request;
  return new Promise((resolve, reject) => {
    forward({ hostname, port, method, path, headers }, resolve).once('error', reject).end(body);
  });
}
