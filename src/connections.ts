/** Connections, opened: their settings and secrets, and what this installation gives their connectors. */
import { createHash } from 'node:crypto';

import { revealSettings } from './connection-secrets.ts';
import type { Connector, ConnectorContext, Session } from './connector/contract.ts';
import { ConnectorFailure, type Failure } from './connector/failure.ts';
import type { BudgetStore } from './connector/http/budget.ts';
import { createBudgets } from './connector/http/create-budgets.ts';
import type { Consent } from './connector/oauth/consent.ts';
import { createTokenStore } from './connector/oauth/kept-tokens.ts';
import { WEBHOOK_SECRET, type Webhook } from './connector/webhook.ts';
import { connectors } from './connectors/registry.ts';
import type { ErrorLogPlace } from './diagnose/error-logs.ts';
import type { Expiry, WatchPlace } from './diagnose/watch/watch.ts';
import { must } from './lib/assert.ts';
import type { Installation } from './server.ts';
import { bucketRows } from './store/budgets.ts';
import {
  connectionsNamed,
  connectionStates,
  openSecret,
  setConnectionState,
  type ConnectionRow,
} from './store/control.ts';
import { tokenRow } from './store/tokens.ts';
import { ConnectionWatch, watchedSession } from './worker/connection-watch.ts';
import { stored } from './worker/failures.ts';

/** Which of several connections it is that could not be opened. */
export class ConnectionFailed extends ConnectorFailure {
  readonly connection: string;

  constructor(connection: string, failure: Failure) {
    super(failure);
    this.connection = connection;
  }
}

/** Stands before the store of budgets of a connection, to count what is taken. */
export type Through = (connection: string, budgets: BudgetStore) => BudgetStore;

/** The connection's account, opened. How it stands is noted from now on, so that `status` can tell without asking. */
export async function openConnection(
  installation: Installation,
  connection: ConnectionRow,
  through: Through = (_connection, budgets) => budgets,
): Promise<Session> {
  const connector = connectorOf(connection);
  const settings = await revealSettings(installation, connection);
  const context = connectorContext(installation, connection);
  const { clock, log } = installation;
  const watch = new ConnectionWatch({
    name: connection.name,
    clock,
    log,
    transaction: (action) => installation.transaction(action),
  });
  try {
    const budgets = through(connection.name, watch.budgets(context.budgets));
    const session = await connector.open(settings, { ...context, budgets });
    await installation.transaction((tx) => setConnectionState(tx, connection.name, 'connected', null));
    return watchedSession(session, watch);
  } catch (error) {
    if (error instanceof ConnectorFailure) {
      const { kind } = error.failure;
      const state = kind === 'auth' ? 'reauthorise' : kind === 'config' ? 'misconfigured' : 'unreachable';
      await installation.transaction((tx) =>
        setConnectionState(tx, connection.name, state, stored(error.failure)),
      );
      throw new ConnectionFailed(connection.name, error.failure);
    }
    throw error;
  }
}

/** The installation, as the watch sees it. */
export function watchPlace(installation: Installation): WatchPlace {
  const { workspaceNo, clock, random, ids, network, log, sealer } = installation;
  return {
    workspaceNo,
    clock,
    random,
    ids,
    network,
    log,
    transaction: (action) => installation.transaction(action),
    secret: (name) => installation.transaction((tx) => openSecret(tx, sealer, workspaceNo, name)),
    expiries: () => expiriesOf(installation),
    connectionsByKey: async () =>
      new Map(
        (await installation.transaction(connectionStates)).map(({ name }) => [
          connectionKey(installation, name),
          name,
        ]),
      ),
  };
}

/** The installation, as the error logs of its systems see it. */
export function errorLogPlace(installation: Installation): ErrorLogPlace {
  const { workspaceNo, log } = installation;
  return {
    workspaceNo,
    log,
    transaction: (action) => installation.transaction(action),
    open: async (name) => {
      const [row] = await installation.transaction((tx) => connectionsNamed(tx, [name]));
      return await openConnection(installation, must(row, 'a connection that was listed is there'));
    },
  };
}

/** Only where a person must consent and no refresh token came of it: everything else is renewed by itself. */
async function expiriesOf(installation: Installation): Promise<readonly Expiry[]> {
  const rows = await installation.transaction(async (tx) =>
    connectionsNamed(
      tx,
      (await connectionStates(tx)).map(({ name }) => name),
    ),
  );
  const expiries: Expiry[] = [];
  for (const row of rows) {
    if (connectors.get(row.system)?.consent === undefined) continue;
    const tokens = await createTokenStore(tokenRow({ ...installation, connection: row.name })).load();
    if (tokens === null || tokens.refreshToken !== null || tokens.expiresAtMs === null) continue;
    const consent = await consentFor(installation, row).catch(() => null);
    if (consent !== null) expiries.push({ connection: row.name, expiresAtMs: tokens.expiresAtMs });
  }
  return expiries;
}

/** What a person must consent to before the connection can be opened; null when its settings are enough. */
export async function consentFor(
  installation: Installation,
  connection: ConnectionRow,
): Promise<Consent | null> {
  const { consent } = connectorOf(connection);
  if (consent === undefined) return null;
  return await consent(await revealSettings(installation, connection), installation.directory);
}

/** How what the connection's system sends by itself is judged and read; null where the connection takes no webhooks. */
export async function webhookFor(
  installation: Installation,
  connection: ConnectionRow,
): Promise<Webhook | null> {
  const { webhook } = connectorOf(connection);
  if (webhook === undefined || connection.settings[WEBHOOK_SECRET] === undefined) return null;
  return await webhook(await revealSettings(installation, connection), installation.directory);
}

/** What this installation gives the connector of a connection that is stored already. */
export function connectorContext(installation: Installation, { name }: ConnectionRow): ConnectorContext {
  const { database, workspaceNo, clock, random, network } = installation;
  return {
    clock,
    random,
    network,
    baseDirectory: installation.directory,
    connectionKey: connectionKey(installation, name),
    budgets: createBudgets(bucketRows(database, workspaceNo)),
    tokens: createTokenStore(tokenRow({ ...installation, connection: name })),
  };
}

function connectorOf({ name, system }: ConnectionRow): Connector {
  const connector = connectors.get(system);
  if (connector !== undefined) return connector;
  const message = `connection ${name}: there is no connector for ${system}`;
  throw new ConnectorFailure({ kind: 'config', code: 'trueup.unknown_system', message });
}

/** Names server-side things (a replication slot) so that two installations on one server do not share them. */
function connectionKey(installation: Installation, name: string): string {
  const place = createHash('sha256')
    .update(`${installation.directory} ${installation.database.url}`)
    .digest('hex')
    .slice(0, 8);
  return `${name.replaceAll(/[^a-z0-9_]/g, '_')}_${place}`;
}
