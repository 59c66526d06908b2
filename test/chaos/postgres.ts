/** A PostgreSQL of the run's own, which is stopped in the hardest way it knows, started again, and put back to a backup. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chown, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Random } from '../../src/lib/random.ts';
import { ownerFor, reachableBinaries, reachableDirectory } from '../../src/store/embedded/reachable.ts';
import { freePort, startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded/server.ts';

export interface ChaosPostgres {
  readonly url: string;
  /** Every connection ends in the middle of whatever it does; recovery replays the log at the next start. */
  stopImmediately(): Promise<void>;
  start(): Promise<void>;
  /** Copies the data of the stopped server. */
  backUp(): Promise<void>;
  /** Puts the copy in the place of the data of the stopped server. */
  restore(): Promise<void>;
  /** The same, as a standby that takes over would have it: the server begins another timeline. */
  failOver(): Promise<void>;
  /** Stops the server and removes its folder. */
  remove(): Promise<void>;
}

/** Makes and starts the server; `directory` must be new. */
export async function startChaosPostgres(directory: string, random: Random): Promise<ChaosPostgres> {
  const reachable = await reachableDirectory(directory);
  const owner = await ownerFor();
  await mkdir(reachable, { recursive: true });
  if (owner !== null) await chown(reachable, owner.uid, owner.gid);
  // The port that the server takes when it starts, each time.
  await writeFile(join(reachable, 'port'), String(await freePort(random)));
  const settings = ['shared_buffers=64MB', 'log_min_messages=fatal'];
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ directory, settings });
  const { url } = server;
  const data = join(server.directory, 'data');
  const backup = join(server.directory, 'backup');
  const as = owner === null ? {} : owner;
  const restore = async (): Promise<void> => {
    await rm(data, { recursive: true, force: true });
    await rename(backup, data);
    if (owner !== null) await chownAll(data, owner);
  };
  return {
    url,
    stopImmediately: async () => {
      const { pgCtl } = await reachableBinaries();
      const args = ['stop', '-D', data, '-m', 'immediate', '-w', '-s'];
      const child = spawn(pgCtl, args, { ...as, cwd: server.directory, stdio: 'ignore' });
      await once(child, 'exit');
    },
    start: async () => {
      server = await startEmbeddedPostgres({ directory, settings });
      if (server.url !== url) throw new Error('the server came back at another address');
    },
    backUp: async () => {
      await rm(backup, { recursive: true, force: true });
      await cp(data, backup, { recursive: true, preserveTimestamps: true });
    },
    restore,
    failOver: async () => {
      // It follows a server of which no more is to be had than what it has got.
      await appendFile(join(backup, 'postgresql.auto.conf'), `restore_command = 'false'\n`);
      await writeFile(join(backup, 'recovery.signal'), '');
      await restore();
    },
    remove: async () => {
      await server.stop().catch(() => undefined);
      await rm(server.directory, { recursive: true, force: true });
    },
  };
}

/** A copy belongs to who made it, and the server reads only what is its own. */
async function chownAll(folder: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const child = spawn('chown', ['-R', `${String(uid)}:${String(gid)}`, folder], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the restored data could not be given to its owner');
}
