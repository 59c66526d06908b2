/** One `trueup start` per folder: the second one is told where the first one is. */
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';

import { CommandFailed, EXIT } from './command.ts';

export interface OnlyOne {
  /** What whoever asks is told. */
  tell(url: string): void;
  close(): Promise<void>;
}

/** A path of a socket may not be longer; a folder with a longer one goes without. */
const SOCKET_PATH_MAX = 100;
const ANSWER_WAIT_MS = 2_000;
const ANSWER_LENGTH_MAX = 2_000;

/**
 * Takes the folder, or throws when another process has it. A socket tells, and not a file with a number in it: it answers
 * only while its process lives, whatever numbers other machines and containers give to theirs.
 */
export async function onlyOneHere(directory: string): Promise<OnlyOne> {
  const path = join(directory, '.trueup', 'start.sock');
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX)
    return { tell: () => undefined, close: () => Promise.resolve() };
  await mkdir(dirname(path), { recursive: true });
  const other = await whoAnswers(path);
  if (other !== null)
    throw new CommandFailed(`Trueup runs already on this folder: ${other}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Look at it there, or stop it first. To share its work, start: trueup worker',
    });
  await rm(path, { force: true });
  let said = `process ${String(process.pid)}`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(said);
  });
  server.listen(path);
  await once(server, 'listening');
  // Whether it is asked or not, it keeps nothing running.
  server.unref();
  return {
    tell: (url) => {
      said = `${url} (process ${String(process.pid)})`;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** What the process behind the socket says; null when there is none. */
function whoAnswers(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let said = '';
    let isThere = false;
    socket.setTimeout(ANSWER_WAIT_MS, () => socket.destroy());
    socket.on('connect', () => {
      isThere = true;
    });
    socket.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(0, ANSWER_LENGTH_MAX);
    });
    // It ends with `close` in any case.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(isThere ? said : null));
  });
}
