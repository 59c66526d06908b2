import { connect, createServer, type Server, type Socket } from 'node:net';

import type { Trouble } from '../../src/connector/conformance/index.ts';
import { must } from '../../src/lib/assert.ts';

/** A way to the server that breaks at a chosen moment. */
export interface Breaker {
  readonly port: number;
  /** Forwards the next message that contains the words, and lets no answer through any more. */
  breakAfter(words: RegExp): void;
  /** Breaks instead of forwarding the next message that contains the words. */
  breakBefore(words: RegExp): void;
  /** Keeps the next message that contains the words, and all that follows it, to itself. Resolves when it has come. */
  holdBack(words: RegExp): Promise<void>;
  /** Cuts everybody off. While it is down, whoever comes is cut off at once. */
  cutOff(isDown: boolean): void;
  stop(): Promise<void>;
}

export async function startBreaker(target: number): Promise<Breaker> {
  let isDown = false;
  let trap: { readonly words: RegExp; readonly forward: boolean } | null = null;
  let held: { readonly words: RegExp; readonly came: () => void } | null = null;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    let broken = false;
    let isHeld = false;
    client.on('data', (bytes: Buffer) => {
      if (held?.words.test(bytes.toString('latin1')) === true) {
        isHeld = true;
        held.came();
        held = null;
      }
      if (isHeld) return;
      if (trap === null || !trap.words.test(bytes.toString('latin1'))) {
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
    breakAfter: (words) => {
      trap = { words, forward: true };
    },
    breakBefore: (words) => {
      trap = { words, forward: false };
    },
    holdBack: (words) =>
      new Promise((resolve) => {
        held = { words, came: resolve };
      }),
    cutOff: (down) => {
      isDown = down;
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** What a breaker can have go wrong. `write`: what only the message contains that makes a write true. */
export function troubleBy(breaker: Breaker, write: RegExp, endSession?: () => Promise<unknown>): Trouble {
  return {
    loseAnswer: () => breaker.breakAfter(write),
    loseRequest: () => breaker.breakBefore(write),
    outage: () => {
      breaker.cutOff(true);
      return () => breaker.cutOff(false);
    },
    endSession: async () => {
      if (endSession === undefined) breaker.cutOff(false);
      else await endSession();
    },
  };
}
