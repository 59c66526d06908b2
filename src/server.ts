/** The composition root: opens the store and gathers everything that is injected; connections.ts and syncs.ts open the rest. */
import { join, resolve } from 'node:path';

import type { NetworkPolicy } from './connector/http/network.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { createIds, type Ids } from './lib/ids.ts';
import { systemRandom, type Random } from './lib/random.ts';
import { ensureWorkspace } from './store/control.ts';
import type { Database, Tx } from './store/database.ts';
import { startEmbeddedPostgres } from './store/embedded/server.ts';
import { installationKeys } from './store/installation-keys.ts';
import { openDatabase, type StoreOptions } from './store/open.ts';
import { createSealer, type Sealer } from './store/seal.ts';
import type { Log } from './worker/runtime.ts';

const STATE_FOLDER = '.trueup';
const WORKSPACE = 'default';

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Trueup as it is set up in one folder: its store, its keys, and everything that is injected. */
export interface Installation {
  readonly directory: string;
  readonly environment: Environment;
  readonly database: Database;
  readonly workspaceNo: number;
  readonly sealer: Sealer;
  /** Where connections may reach to, beyond public addresses over TLS. */
  readonly network: NetworkPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface InstallationOptions {
  readonly directory: string;
  readonly environment: Environment;
  readonly log: Log;
}

/** Opens the store: the one DATABASE_URL names, or the folder's own PostgreSQL, started if it does not run. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const directory = resolve(options.directory);
  const state = join(directory, STATE_FOLDER);
  const [clock, random] = [systemClock, systemRandom];
  // First what may be wrong with the environment or the folder: no server is started for nothing.
  const network = networkPolicy(options.environment['TRUEUP_NETWORK'] ?? '');
  const keys = await installationKeys(join(state, 'key'), options.environment['TRUEUP_KEY'], random);
  const store = await openStore(join(state, 'postgres'), {
    url: options.environment['DATABASE_URL'] ?? '',
    clock,
    random,
    onWentBack: (syncs) => {
      options.log.error(
        { code: 'watch.recovering', syncs: syncs.join(', ') },
        'the store has gone back in time',
      );
    },
  });
  const { database, workspaceNo } = store;
  return {
    directory,
    environment: options.environment,
    database,
    workspaceNo,
    sealer: createSealer(keys, random),
    network,
    clock,
    random,
    ids: createIds(clock, random),
    log: options.log,
    transaction: (action) => database.transaction(workspaceNo, action),
    close: () => store.close(),
  };
}

interface OpenStore {
  readonly database: Database;
  readonly workspaceNo: number;
  close(): Promise<void>;
}

/** Leaves nothing running when it throws. */
async function openStore(directory: string, given: StoreOptions): Promise<OpenStore> {
  const embedded = given.url === '' ? await startEmbeddedPostgres({ directory }) : null;
  const opened: Database[] = [];
  const close = async (): Promise<void> => {
    for (const database of opened) await database.close();
    await embedded?.release();
  };
  try {
    const database = await openDatabase(embedded === null ? given : { ...given, url: embedded.url });
    opened.push(database);
    const workspaceNo = await database.transaction(0, (tx) => ensureWorkspace(tx, WORKSPACE));
    return { database, workspaceNo, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** From words with commas between them. Throws on any other word: a policy that is not understood is no policy. */
function networkPolicy(words: string): NetworkPolicy {
  const allowed = words.split(',').map((word) => word.trim());
  const strange = allowed.find((word) => !['', 'private', 'loopback', 'plain'].includes(word));
  if (strange !== undefined)
    throw new Error(`TRUEUP_NETWORK takes private, loopback and plain, with commas, and not ${strange}`);
  return {
    allowPrivate: allowed.includes('private'),
    allowLoopback: allowed.includes('loopback'),
    allowPlain: allowed.includes('plain'),
  };
}
