/** The control plane: workspaces, connections, secrets, syncs and their revisions. */
import type { SyncDefinition } from '../engine/model.ts';
import type { Secret } from '../lib/secret.ts';
import type { Quota } from './connection-health.ts';
import type { StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';
import type { Sealer } from './seal.ts';
import { sealedPlace } from './sealed-places.ts';
import { sweepFromStart } from './sweeps.ts';

/** A setting of a connection as the sync file gives it: plain, or the name of a secret. */
export type Setting = string | { readonly secretName: string };

export interface ConnectionRow {
  readonly name: string;
  readonly system: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

export type SyncMode = 'observe' | 'live' | 'paused';

export interface SyncRow {
  readonly syncKey: string;
  readonly name: string;
  readonly mode: SyncMode;
  readonly revision: number;
  readonly approvedUntilMs: number;
  /** Since when everything is read again, as the store had gone back in time; null once a plan was approved. */
  readonly recoveringSinceMs: number | null;
  /** The history of the store in which this was read. */
  readonly timeline: string;
  readonly definition: SyncDefinition;
}

/** Makes the workspace if it is new. Runs without a workspace of its own: the table has no row security. */
export async function ensureWorkspace(tx: Tx, name: string): Promise<number> {
  const made = await tx.query<{ workspace_no: number }>(
    `insert into workspaces (name) values ($1) on conflict (name) do update set name = excluded.name returning workspace_no`,
    [name],
  );
  return made[0]?.workspace_no ?? 0;
}

/** True when that changed something. */
export async function saveConnection(
  tx: Tx,
  workspaceNo: number,
  connection: ConnectionRow,
): Promise<boolean> {
  const changed = await tx.execute(
    `insert into connections (workspace_no, name, system, settings) values ($1, $2, $3, $4)
     on conflict (workspace_no, name) do update set system = excluded.system, settings = excluded.settings
      where (connections.system, connections.settings) is distinct from (excluded.system, excluded.settings)`,
    [workspaceNo, connection.name, connection.system, JSON.stringify(connection.settings)],
  );
  return changed > 0;
}

export async function connectionsNamed(tx: Tx, names: readonly string[]): Promise<readonly ConnectionRow[]> {
  return tx.query<{ name: string; system: string; settings: ConnectionRow['settings'] }>(
    'select name, system, settings from connections where name = any($1) order by name',
    [names],
  );
}

export interface ConnectionState {
  readonly name: string;
  readonly system: string;
  readonly state: string;
  readonly reason: string | null;
  readonly sinceMs: number;
  readonly lastSuccessMs: number | null;
  /** Until when the system asked to be left alone, and why; null where it never did, and past where that is over. */
  readonly throttledUntilMs: number | null;
  readonly throttledReason: string | null;
  readonly quotas: readonly Quota[];
}

export async function connectionStates(tx: Tx): Promise<readonly ConnectionState[]> {
  const rows = await tx.query<{
    name: string;
    system: string;
    state: string;
    state_reason: string | null;
    since_ms: number;
    ok_ms: number | null;
    throttled_ms: number | null;
    throttled_reason: string | null;
    quotas: readonly Quota[];
  }>(
    `select name, system, state, state_reason, extract(epoch from state_since)::float8 * 1000 as since_ms,
            extract(epoch from last_success_at)::float8 * 1000 as ok_ms,
            extract(epoch from throttled_until)::float8 * 1000 as throttled_ms, throttled_reason, quotas
       from connections order by name`,
  );
  return rows.map((row) => ({
    name: row.name,
    system: row.system,
    state: row.state,
    reason: row.state_reason,
    sinceMs: row.since_ms,
    lastSuccessMs: row.ok_ms,
    throttledUntilMs: row.throttled_ms,
    throttledReason: row.throttled_reason,
    quotas: row.quotas,
  }));
}

export async function setConnectionState(
  tx: Tx,
  name: string,
  state: string,
  failure: StoredFailure | null,
): Promise<void> {
  await tx.execute(
    `update connections
        set state = $2, state_reason = $3, failure = $4, state_since = case when state = $2 then state_since else clock_timestamp() end,
            last_success_at = case when $2 = 'connected' then clock_timestamp() else last_success_at end
      where name = $1`,
    [name, state, failure?.message ?? null, failure === null ? null : JSON.stringify(failure)],
  );
}

export async function saveSecret(
  tx: Tx,
  sealer: Sealer,
  workspaceNo: number,
  name: string,
  secret: Secret,
): Promise<void> {
  const { sealed, sealedKey, keyVersion } = sealer.seal(sealedPlace('secret', workspaceNo, name), secret);
  await tx.execute(
    `insert into secrets (workspace_no, name, sealed, sealed_key, key_version) values ($1, $2, $3, $4, $5)
     on conflict (workspace_no, name) do update
        set sealed = excluded.sealed, sealed_key = excluded.sealed_key, key_version = excluded.key_version,
            changed_at = clock_timestamp()`,
    [workspaceNo, name, sealed, sealedKey, keyVersion],
  );
}

export async function openSecret(
  tx: Tx,
  sealer: Sealer,
  workspaceNo: number,
  name: string,
): Promise<Secret | null> {
  const rows = await tx.query<{ sealed: Buffer; sealed_key: Buffer; key_version: number }>(
    'select sealed, sealed_key, key_version from secrets where workspace_no = $1 and name = $2',
    [workspaceNo, name],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return sealer.open(sealedPlace('secret', workspaceNo, name), {
    sealed: row.sealed,
    sealedKey: row.sealed_key,
    keyVersion: row.key_version,
  });
}

export async function secretNames(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query<{ name: string }>('select name from secrets order by name');
  return rows.map((row) => row.name);
}

export async function findSync(tx: Tx, name: string): Promise<SyncRow | null> {
  const rows = await syncsWhere(tx, 'syncs.name = $1', [name]);
  return rows[0] ?? null;
}

export function allSyncs(tx: Tx): Promise<readonly SyncRow[]> {
  return syncsWhere(tx, 'true', []);
}

async function syncsWhere(
  tx: Tx,
  condition: string,
  values: readonly unknown[],
): Promise<readonly SyncRow[]> {
  const rows = await tx.query<{
    sync_key: string;
    name: string;
    mode: SyncMode;
    revision: number;
    approved_ms: number | null;
    recovering_ms: number | null;
    definition: SyncDefinition;
  }>(
    `select syncs.sync_key, syncs.name, syncs.mode, revisions.revision, revisions.definition,
            extract(epoch from syncs.approved_until)::float8 * 1000 as approved_ms,
            extract(epoch from syncs.recovering_since)::float8 * 1000 as recovering_ms
       from syncs join revisions on revisions.sync_key = syncs.sync_key and revisions.revision = syncs.revision
      where ${condition} order by syncs.name`,
    values,
  );
  return rows.map((row) => ({
    syncKey: row.sync_key,
    name: row.name,
    mode: row.mode,
    revision: row.revision,
    approvedUntilMs: row.approved_ms ?? 0,
    recoveringSinceMs: row.recovering_ms,
    timeline: tx.timeline,
    definition: row.definition,
  }));
}

/** What of a sync says whether writes leave when they are planned. */
export type Planning = Pick<SyncRow, 'mode' | 'approvedUntilMs'>;

/** How a sync plans. What is decided about an approved one while it is paused leaves once it goes on, as what it owed before does. */
export function planningMode({ mode, approvedUntilMs }: Planning): SyncMode {
  return mode === 'paused' && approvedUntilMs > 0 ? 'live' : mode;
}

/** A sync that runs by the one row need not begin anew to run by the other. */
export function runsAlike(one: SyncRow, other: SyncRow): boolean {
  return (
    one.mode === other.mode &&
    one.revision === other.revision &&
    one.approvedUntilMs === other.approvedUntilMs &&
    one.timeline === other.timeline
  );
}

export interface RevisionSource {
  readonly definition: SyncDefinition;
  readonly source: string;
  readonly hash: string;
  readonly author: string;
}

/**
 * Makes this the sync's revision, unless it already is. A new revision is only observed until its plan is approved; what
 * the previous one had planned and not sent is planned anew.
 */
export async function saveRevision(tx: Tx, workspaceNo: number, given: RevisionSource): Promise<SyncRow> {
  const { name } = given.definition;
  await tx.execute(
    `insert into syncs (sync_key, workspace_no, name)
     select ($1::bigint << 32) + coalesce(max(sync_key & 4294967295), 0) + 1, $1, $2 from syncs where workspace_no = $1
     on conflict (workspace_no, name) do nothing`,
    [workspaceNo, name],
  );
  const rows = await tx.query<{ sync_key: string; hash: string | null }>(
    `select syncs.sync_key, revisions.hash from syncs
       left join revisions on revisions.sync_key = syncs.sync_key and revisions.revision = syncs.revision
      where syncs.name = $1 for update of syncs`,
    [name],
  );
  const [found] = rows;
  if (found !== undefined && found.hash !== given.hash) {
    await tx.execute(
      `with made as (
         insert into revisions (sync_key, revision, definition, source, hash, author)
         select $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5 from revisions where sync_key = $1 returning revision)
       update syncs set revision = (select revision from made), mode = 'observe', approved_until = null where sync_key = $1`,
      [found.sync_key, JSON.stringify(given.definition), given.source, given.hash, given.author],
    );
    await beginObserving(tx, found.sync_key, given.definition);
  }
  const sync = await findSync(tx, name);
  if (sync === null) throw new Error('a sync that was just saved is not there');
  return sync;
}

/** Every side is read from the start, once; links keep what is accounted, so only what the revision changes is news. */
async function beginObserving(tx: Tx, syncKey: string, definition: SyncDefinition): Promise<void> {
  await sweepFromStart(tx, syncKey);
  await tx.execute(
    `insert into streams (sync_key, side, kind)
     select $1::bigint, side, kind from unnest($2::text[]) as side, unnest(array['changes', 'sweep']) as kind
     on conflict (sync_key, side, kind) do update set due_at = clock_timestamp(), woken_at = clock_timestamp()`,
    [syncKey, definition.sides.map((side) => side.name)],
  );
  // Versions only say that a record has not changed since it was read through the old mapping.
  await tx.execute('update links set version = null where sync_key = $1', [syncKey]);
  await tx.execute(`update writes set state = 'planned' where sync_key = $1 and state = 'queued'`, [syncKey]);
}

/**
 * After the database has gone back to an earlier time: the systems have not, so nothing is written before every side was
 * read again and a plan approved.
 */
export async function recoverSync(tx: Tx, { syncKey, definition }: SyncRow): Promise<void> {
  await tx.execute(
    `update syncs set mode = 'observe', approved_until = null, recovering_since = clock_timestamp() where sync_key = $1`,
    [syncKey],
  );
  await beginObserving(tx, syncKey, definition);
}

export async function setMode(tx: Tx, syncKey: string, mode: SyncMode): Promise<void> {
  await tx.execute(
    `update syncs set mode = $2, recovering_since = case when $2 = 'live' then null else recovering_since end
      where sync_key = $1`,
    [syncKey, mode],
  );
}
