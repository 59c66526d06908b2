/** Gives the API what it needs of an installation, workspace by workspace, and opens its door to the network. */
import { fileURLToPath } from 'node:url';

import type { Rates } from './api/doors/limits.ts';
import type { ApiHost, ConsentWork, DictionaryWork, SyncFileWork } from './api/host.ts';
import { listen, type Listening } from './api/listen.ts';
import { createSetUp } from './api/set-up.ts';
import { connectorContext, consentFor, openConnection, watchPlace, webhookFor } from './connections.ts';
import { ConnectorFailure } from './connector/failure.ts';
import { knowsAccount, redeemConsent } from './connector/oauth/consent.ts';
import { pushMetrics } from './diagnose/metrics/push.ts';
import { tellTest, watchOnce } from './diagnose/watch/watch.ts';
import { knownSchemas } from './schemas.ts';
import type { Installation } from './server.ts';
import { hasAccounts } from './store/accounts.ts';
import { connectionsNamed } from './store/control.ts';
import type { Database, PoolBounds } from './store/database.ts';
import { openSync, presentSchemas, unopenedSync } from './syncs.ts';

export interface ServeOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How browsers reach this, where that is not by its own address: `https://trueup.example.com`. */
  readonly publicUrl: string | null;
  readonly rates?: Rates;
  readonly files: FilesWork;
}

/** What a workspace does with the files that describe its syncs and its data. */
export interface FilesWork {
  readonly file: (here: Installation) => SyncFileWork;
  readonly dictionary: (here: Installation) => DictionaryWork;
}

/** The console's built files: beside this program once it is built, else in the folder that the build makes. */
const CONSOLE = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/console/' : './console/', import.meta.url),
);

export interface Serving extends Listening {
  /** Makes the first account; null when there is one already. */
  readonly setUpToken: string | null;
}

/** Requests wait for one another, and never the workers for them; no answer is waited for longer than its statement may run. */
const API_POOL: PoolBounds = { connectionsMax: 6, waitMsMax: 10_000, statementMsMax: 30_000 };

export async function serve(installation: Installation, options: ServeOptions): Promise<Serving> {
  const database = installation.database.apart(API_POOL);
  const host = apiHost(installation, database, options.files);
  const setUp = createSetUp(installation.random);
  if (await installation.transaction(hasAccounts)) setUp.close();
  const listening = await listen(host, { ...options, setUp, consoleDirectory: CONSOLE });
  return {
    url: listening.url,
    setUpToken: setUp.isOpen() ? setUp.token : null,
    close: async () => {
      await listening.close();
      await database.close();
    },
  };
}

/** The installation as it is for another workspace of the same store. */
function inWorkspace(installation: Installation, workspaceNo: number): Installation {
  return {
    ...installation,
    workspaceNo,
    transaction: (action) => installation.database.transaction(workspaceNo, action),
  };
}

function apiHost(installation: Installation, database: Database, files: FilesWork): ApiHost {
  const { sealer, clock, random, ids, log, network, workspaceNo } = installation;
  return {
    database,
    sealer,
    clock,
    random,
    ids,
    log,
    network,
    workspaceNo,
    work: (no) => {
      const here = inWorkspace(installation, no);
      return {
        tryConnection: async (name) => {
          const [row] = await here.transaction((tx) => connectionsNamed(tx, [name]));
          if (row === undefined) return;
          try {
            await (await openConnection(here, row)).close();
          } catch (error) {
            // How it stands has been noted; that is what was asked for.
            if (!(error instanceof ConnectorFailure)) throw error;
          }
        },
        consent: (name) => consentWork(here, name),
        webhook: async (name) => {
          const [row] = await here.transaction((tx) => connectionsNamed(tx, [name]));
          return row === undefined ? null : await webhookFor(here, row);
        },
        describe: async (name) => {
          const [row] = await here.transaction((tx) => connectionsNamed(tx, [name]));
          if (row === undefined) return [];
          const session = await openConnection(here, row);
          try {
            return await session.describe();
          } finally {
            await session.close();
          }
        },
        lookNow: () => watchOnce(watchPlace(here), new AbortController().signal),
        tellTest: (channel) => tellTest(watchPlace(here), channel, new AbortController().signal),
        sendMetrics: async (collector) => {
          await pushMetrics(watchPlace(here), collector);
        },
        file: files.file(here),
        dictionary: files.dictionary(here),
        schemas: knownSchemas,
        lookAtSchemas: async (sync) => {
          await presentSchemas(here, sync);
        },
        unopened: (sync) => unopenedSync(here, sync),
        withSync: async (sync, action) => {
          const opened = await openSync(here, sync);
          try {
            return await action(opened.runtime);
          } finally {
            await opened.close();
          }
        },
      };
    },
  };
}

async function consentWork(here: Installation, name: string): Promise<ConsentWork | null> {
  const [row] = await here.transaction((tx) => connectionsNamed(tx, [name]));
  const consent = row === undefined ? null : await consentFor(here, row);
  if (row === undefined || consent === null) return null;
  const context = connectorContext(here, row);
  return {
    consent,
    isRenewal: await knowsAccount(consent, context),
    redeem: (question, answer) => redeemConsent(consent, context, question, answer),
  };
}
