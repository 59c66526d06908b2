/** The composition root: the only place that builds the parts and wires them together. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

import type { CollectionDescription, Connector, ConnectorContext, Session } from './connector/contract.ts';
import { ConnectorFailure } from './connector/failure.ts';
import { createBudgets } from './connector/http/create-budgets.ts';
import type { NetworkPolicy } from './connector/http/network.ts';
import type { Consent } from './connector/oauth/consent.ts';
import { createTokenStore } from './connector/oauth/kept-tokens.ts';
import { connectors } from './connectors/registry.ts';
import type { Expiry, WatchPlace } from './diagnose/watch/watch.ts';
import { compileSync, type SyncModel } from './engine/model.ts';
import { referrersOf, type Referrer } from './engine/references.ts';
import { must } from './lib/assert.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { createIds, type Ids } from './lib/ids.ts';
import { systemRandom, type Random } from './lib/random.ts';
import { Secret } from './lib/secret.ts';
import { schemaHash, weighSchemas } from './schemas.ts';
import { bucketRows } from './store/budgets.ts';
import {
  allSyncs,
  connectionsNamed,
  connectionStates,
  ensureWorkspace,
  openSecret,
  setConnectionState,
  type ConnectionRow,
  type SyncRow,
} from './store/control.ts';
import { openDatabase, type Database, type Tx } from './store/database.ts';
import { startEmbeddedPostgres } from './store/embedded/server.ts';
import { createSealer, installationKey, type Sealer } from './store/seal.ts';
import { syncTransaction } from './store/sync-transaction.ts';
import { tokenRow } from './store/tokens.ts';
import type { SchemaEffect } from './syncfile/schema/effect.ts';
import { narrowedBy } from './syncfile/schema/narrow.ts';
import { ConnectionWatch, watchedSession } from './worker/connection-watch.ts';
import { stored } from './worker/failures.ts';
import type { Log, SideRuntime, SyncRuntime } from './worker/runtime.ts';
import { createWakes } from './worker/wakes.ts';

const STATE_FOLDER = '.trueup';
const WORKSPACE = 'default';

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Trueup as it is set up in one folder: its store, its key, and everything that is injected. */
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
  const given = options.environment['DATABASE_URL'];
  const embedded =
    given === undefined || given === ''
      ? await startEmbeddedPostgres({ directory: join(state, 'postgres') })
      : null;
  const [clock, random] = [systemClock, systemRandom];
  const network = networkPolicy(options.environment['TRUEUP_NETWORK'] ?? '');
  const key = await installationKey(join(state, 'key'), options.environment['TRUEUP_KEY'], random);
  const database = await openDatabase({ url: embedded?.url ?? given ?? '', clock, random });
  const workspaceNo = await database.transaction(0, (tx) => ensureWorkspace(tx, WORKSPACE));
  return {
    directory,
    environment: options.environment,
    database,
    workspaceNo,
    sealer: createSealer(key, random),
    network,
    clock,
    random,
    ids: createIds(clock, random),
    log: options.log,
    transaction: (action) => database.transaction(workspaceNo, action),
    close: async () => {
      await database.close();
      await embedded?.release();
    },
  };
}

/** The connection's account, opened. How it stands is noted from now on, so that `status` can tell without asking. */
export async function openConnection(
  installation: Installation,
  connection: ConnectionRow,
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
    const session = await connector.open(settings, { ...context, budgets: watch.budgets(context.budgets) });
    await installation.transaction((tx) => setConnectionState(tx, connection.name, 'connected', null));
    return watchedSession(session, watch);
  } catch (error) {
    if (error instanceof ConnectorFailure) {
      const { kind } = error.failure;
      const state = kind === 'auth' ? 'reauthorise' : kind === 'config' ? 'misconfigured' : 'unreachable';
      await installation.transaction((tx) =>
        setConnectionState(tx, connection.name, state, stored(error.failure)),
      );
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
  return consent === undefined ? null : consent(await revealSettings(installation, connection));
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

/** Names server-side things (a replication slot) so that two installations on one server do not share them. */
function connectionKey(installation: Installation, name: string): string {
  const place = createHash('sha256')
    .update(`${installation.directory} ${installation.database.url}`)
    .digest('hex')
    .slice(0, 8);
  return `${name.replaceAll(/[^a-z0-9_]/g, '_')}_${place}`;
}

async function revealSettings(
  installation: Installation,
  connection: ConnectionRow,
): Promise<Readonly<Record<string, string>>> {
  const revealed: Record<string, string> = {};
  for (const [name, setting] of Object.entries(connection.settings)) {
    revealed[name] =
      typeof setting === 'string'
        ? setting
        : (await findSecret(installation, connection.name, setting.secretName)).reveal();
  }
  return revealed;
}

/** From the environment, which is how containers hand secrets over, or from the sealed store. */
async function findSecret(installation: Installation, connection: string, name: string): Promise<Secret> {
  const fromEnvironment = installation.environment[name];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return new Secret(fromEnvironment);
  const sealed = await installation.transaction((tx) =>
    openSecret(tx, installation.sealer, installation.workspaceNo, name),
  );
  if (sealed !== null) return sealed;
  throw new ConnectorFailure({
    kind: 'config',
    code: 'trueup.missing_secret',
    message: `connection ${connection} needs the secret ${name}, which is neither in the environment nor stored`,
    advice: `Run: trueup connect ${connection} — it asks for the secret and stores it sealed.`,
  });
}

export interface OpenSync {
  readonly runtime: SyncRuntime;
  /** What the systems have changed about their fields since the sync was approved. */
  readonly effects: readonly SchemaEffect[];
  /** Whether a system says something else about its fields by now. */
  hasNewSchema(): Promise<boolean>;
  close(): Promise<void>;
}

/** Who, among all syncs, names things of this one. */
async function referrersOfSync(tx: Tx, name: string): Promise<readonly Referrer[]> {
  const definitions = (await allSyncs(tx)).map(({ definition }) => definition);
  return referrersOf(name, definitions);
}

/** The sides of a sync, opened, and what their systems say of them. */
export interface OpenSides {
  readonly descriptions: ReadonlyMap<string, CollectionDescription>;
  sessionOf(side: { readonly connection: string }): Session;
  /** What the systems say now. */
  describe(): Promise<ReadonlyMap<string, CollectionDescription>>;
  close(): Promise<void>;
}

/** Opens the connection of every side once and asks for the collections. */
export async function openSides(installation: Installation, { definition }: SyncRow): Promise<OpenSides> {
  const names = definition.sides.map((side) => side.connection);
  const rows = await installation.transaction((tx) => connectionsNamed(tx, names));
  const sessions = new Map<string, Session>();
  const close = async (): Promise<void> => {
    await Promise.allSettled([...sessions.values()].map((session) => session.close()));
  };
  const sessionOf = (side: { readonly connection: string }): Session =>
    must(sessions.get(side.connection), 'an applied sync file declares every connection it uses');
  const describe = async (): Promise<ReadonlyMap<string, CollectionDescription>> => {
    const descriptions = new Map<string, CollectionDescription>();
    for (const side of definition.sides) {
      const [description] = await sessionOf(side).describe([side.collection]);
      descriptions.set(side.name, must(description, 'describe answers for a known collection'));
    }
    return descriptions;
  };
  try {
    for (const row of rows) sessions.set(row.name, await openConnection(installation, row));
    return { descriptions: await describe(), sessionOf, describe, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Opens every side of a sync and binds it to the store. Fields that a system no longer has are left alone, and all others
 * go on; where records could no longer be told apart it throws `config`.
 */
export async function openSync(installation: Installation, sync: SyncRow): Promise<OpenSync> {
  const opened = await openSides(installation, sync);
  const { descriptions } = opened;
  try {
    const weighed = await weighSchemas(installation, sync, descriptions);
    const effects = weighed.flatMap((side) => side.effects);
    refuseStopped(sync, effects);
    const model = compileSync(narrowedBy(sync.definition, effects));
    const sides = model.sides.map((side): [string, SideRuntime] => {
      const { card } = must(descriptions.get(side.name), 'every side was described');
      return [side.name, { model: side, session: opened.sessionOf(side), card }];
    });
    const referrers = await installation.transaction((tx) => referrersOfSync(tx, sync.name));
    return {
      runtime: { ...runtimeOf(installation, sync, model, new Map(sides)), referrers },
      effects,
      hasNewSchema: async () => isOther(descriptions, await opened.describe()),
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function isOther(
  before: ReadonlyMap<string, CollectionDescription>,
  now: ReadonlyMap<string, CollectionDescription>,
): boolean {
  return [...now].some(
    ([side, { fields }]) => schemaHash(fields) !== schemaHash(before.get(side)?.fields ?? []),
  );
}

function refuseStopped({ name }: SyncRow, effects: readonly SchemaEffect[]): void {
  const stop = effects.find(({ gravity }) => gravity === 'stopsSync');
  if (stop === undefined) return;
  throw new ConnectorFailure({
    kind: 'config',
    code: 'trueup.schema_changed',
    message: `${name} is stopped by a change at ${stop.side}: ${stop.says}`,
    ...(stop.fix === null ? {} : { advice: stop.fix }),
  });
}

/** The sync bound to the store, with its sides not opened: enough for what a person decides. */
export function unopenedSync(installation: Installation, sync: SyncRow): SyncRuntime {
  return runtimeOf(installation, sync, compileSync(sync.definition), new Map());
}

function runtimeOf(
  installation: Installation,
  sync: SyncRow,
  model: SyncModel,
  sides: ReadonlyMap<string, SideRuntime>,
): SyncRuntime {
  return {
    syncKey: sync.syncKey,
    name: sync.name,
    mode: sync.mode,
    model,
    sides,
    clock: installation.clock,
    random: installation.random,
    ids: installation.ids,
    log: installation.log,
    wakes: createWakes(installation.clock),
    nowMs: () => installation.database.nowMs(),
    transaction: (action) =>
      installation.transaction((tx) => action(syncTransaction(tx, sync, installation.ids))),
  };
}
