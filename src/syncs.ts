/** Syncs, opened: their sides over the connections, weighed against what the systems say now, and bound to the store. */
import { openConnection, type Through } from './connections.ts';
import type { CollectionDescription, Session } from './connector/contract.ts';
import { ConnectorFailure } from './connector/failure.ts';
import { compileSync, type SyncModel } from './engine/model.ts';
import { referrersOf, type Referrer } from './engine/references.ts';
import { must } from './lib/assert.ts';
import { endedOrLeft } from './lib/leave.ts';
import { sameValuesAt, schemaHash, weighSchemas, type SideSchema } from './schemas.ts';
import type { Installation } from './server.ts';
import { reviveAnnouncements } from './store/announcements.ts';
import { bulkJobs } from './store/bulk-jobs.ts';
import { allSyncs, connectionsNamed, planningMode, type SyncRow } from './store/control.ts';
import type { Tx } from './store/database.ts';
import { onlyInHistoryOf } from './store/lineage.ts';
import { syncTransaction } from './store/sync-transaction.ts';
import type { SameValues } from './syncfile/schema/compare.ts';
import type { SchemaEffect } from './syncfile/schema/effect.ts';
import { narrowedBy } from './syncfile/schema/narrow.ts';
import { CLOSE_WAIT_MS } from './worker/limits.ts';
import type { Outlet, SideRuntime, SyncRuntime } from './worker/runtime.ts';
import { createWakes } from './worker/wakes.ts';

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
  /** The session of any connection, opened when first asked for and closed with the others. */
  openLater(connection: string): Promise<Session>;
  /** What the systems say now. */
  describe(): Promise<ReadonlyMap<string, CollectionDescription>>;
  close(): Promise<void>;
}

/** Opens the connection of every side once and asks for the collections. */
export async function openSides(
  installation: Installation,
  { definition }: SyncRow,
  through?: Through,
): Promise<OpenSides> {
  const names = definition.sides.map((side) => side.connection);
  const rows = await installation.transaction((tx) => connectionsNamed(tx, names));
  const sessions = new Map<string, Session>();
  const close = async (): Promise<void> => {
    const closed = Promise.allSettled([...sessions.values()].map((session) => session.close()));
    await endedOrLeft(installation.clock, closed, CLOSE_WAIT_MS, AbortSignal.abort());
  };
  const sessionOf = (side: { readonly connection: string }): Session =>
    must(sessions.get(side.connection), 'an applied sync file declares every connection it uses');
  const opening = new Map<string, Promise<Session>>();
  const openOther = async (connection: string): Promise<Session> => {
    const [row] = await installation.transaction((tx) => connectionsNamed(tx, [connection]));
    const session = await openConnection(
      installation,
      must(row, 'an applied sync file declares every connection it uses'),
      through,
    );
    sessions.set(connection, session);
    return session;
  };
  const openLater = async (connection: string): Promise<Session> => {
    const open = sessions.get(connection);
    if (open !== undefined) return open;
    const session = opening.get(connection) ?? openOther(connection);
    opening.set(connection, session);
    try {
      return await session;
    } finally {
      opening.delete(connection);
    }
  };
  const describe = async (): Promise<ReadonlyMap<string, CollectionDescription>> => {
    const descriptions = new Map<string, CollectionDescription>();
    for (const side of definition.sides) {
      const [description] = await sessionOf(side).describe([side.collection]);
      descriptions.set(side.name, must(description, 'describe answers for a known collection'));
    }
    return descriptions;
  };
  try {
    for (const row of rows) sessions.set(row.name, await openConnection(installation, row, through));
    return { descriptions: await describe(), sessionOf, openLater, describe, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the systems say now, weighed; a few records are read where a mapped field has gone. */
export async function presentSchemas(
  installation: Installation,
  sync: SyncRow,
): Promise<readonly SideSchema[]> {
  const opened = await openSides(installation, sync);
  const { descriptions } = opened;
  try {
    const sameValues = new Map<string, SameValues>();
    for (const side of sync.definition.sides) {
      const fields = descriptions.get(side.name)?.fields ?? [];
      sameValues.set(side.name, await sameValuesAt(installation, sync, side, opened.sessionOf(side), fields));
    }
    return await weighSchemas(installation, sync, descriptions, sameValues);
  } finally {
    await opened.close();
  }
}

/**
 * Opens every side of a sync and binds it to the store. Fields that a system no longer has are left alone, and all others
 * go on; where records could no longer be told apart it throws `config`.
 */
export async function openSync(
  installation: Installation,
  sync: SyncRow,
  through?: Through,
): Promise<OpenSync> {
  const opened = await openSides(installation, sync, through);
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
    const referrers = await installation.transaction(async (tx) => {
      await reviveAnnouncements(tx, sync.syncKey);
      return await referrersOfSync(tx, sync.name);
    });
    const outlets = (sync.definition.announce ?? []).map((announce): Outlet => ({
      definition: announce,
      session: () => opened.openLater(announce.connection),
      transaction: (action) => installation.transaction(action),
    }));
    return {
      runtime: { ...runtimeOf(installation, sync, model, new Map(sides)), referrers, outlets },
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
  const transaction = onlyInHistoryOf(sync, (action) => installation.transaction(action));
  return {
    syncKey: sync.syncKey,
    name: sync.name,
    mode: planningMode(sync),
    model,
    sides,
    clock: installation.clock,
    random: installation.random,
    ids: installation.ids,
    log: installation.log,
    wakes: createWakes(installation.clock),
    jobs: bulkJobs(transaction, sync.syncKey),
    nowMs: () => installation.database.nowMs(),
    transaction: (action) => transaction((tx) => action(syncTransaction(tx, sync, installation.ids))),
  };
}
