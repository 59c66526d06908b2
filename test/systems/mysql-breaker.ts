import { connect, createServer, type Server, type Socket } from 'node:net';

import { must } from '../../src/lib/assert.ts';

/** A way to the server that breaks at a chosen moment. */
export interface Breaker {
  readonly port: number;
  /** Forwards the next message that contains the word, and lets no answer through any more. */
  breakAfter(word: string): void;
  /** Breaks instead of forwarding the next message that contains the word. */
  breakBefore(word: string): void;
  stop(): Promise<void>;
}

export async function startBreaker(target: number): Promise<Breaker> {
  let trap: { readonly word: string; readonly forward: boolean } | null = null;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    let broken = false;
    client.on('data', (bytes: Buffer) => {
      if (trap === null || !bytes.includes(trap.word)) {
        upstream.write(bytes);
        return;
      }
      const { forward } = trap;
      trap = null;
      broken = true;
      if (forward) upstream.write(bytes, () => upstream.once('data', () => client.destroy()));
      else client.destroy();
    });
    upstream.on('data', (bytes: Buffer) => {
      if (!broken) client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = must(server.address(), 'the breaker listens');
  return {
    port: typeof address === 'string' ? 0 : address.port,
    breakAfter: (word) => {
      trap = { word, forward: true };
    },
    breakBefore: (word) => {
      trap = { word, forward: false };
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
