/** What every process of a chaos run has in common: how it is told what to do, how it says that it is ready, when it ends. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { BODY_BYTES_MAX } from './protocol.ts';

/** Tells a worker to fill its memory; Node keeps SIGUSR1 for its debugger. */
export const RUN_SHORT = 'SIGUSR2';

/** What the supervisor gave this process, as JSON in its last argument. */
export function instructions(): unknown {
  return JSON.parse(process.argv.at(-1) ?? '{}');
}

/** Tells the supervisor that the process is ready, and where it listens. */
export function ready(port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

/** Aborts on SIGTERM, and when the supervisor is gone: its end of our standard input is then closed. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.stdin.once('end', () => stop.abort());
  process.stdin.once('error', () => stop.abort());
  process.stdin.resume();
  return stop.signal;
}

/** Listens on a free port of 127.0.0.1 until the process is stopped. */
export async function serve(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  untilStopped().addEventListener('abort', () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
  ready((server.address() as AddressInfo).port);
}

/** The whole body of a request or an answer, as long as it is of bearable size. */
export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
