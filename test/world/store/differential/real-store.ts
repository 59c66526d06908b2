/** One sync in the real store, behind the same face as the one in memory. */
import type pg from 'pg';

import type { Place } from '../../../../src/engine/model.ts';
import { must } from '../../../../src/lib/assert.ts';
import type { Ids } from '../../../../src/lib/ids.ts';
import {
  unpackEdits,
  unpackLink,
  type IdentityColumns,
  type LinkColumns,
} from '../../../../src/store/codec.ts';
import type { SyncTx } from '../../../../src/store/contract.ts';
import { findSync, recoverSync, saveRevision, type RevisionSource } from '../../../../src/store/control.ts';
import type { Tx } from '../../../../src/store/database.ts';
import { heldWrites, releaseHeld } from '../../../../src/store/held.ts';
import { openHolds } from '../../../../src/store/holds.ts';
import { approvePlan, sealPlan } from '../../../../src/store/plans.ts';
import { pruneForgotten } from '../../../../src/store/save.ts';
import { syncTransaction } from '../../../../src/store/sync-transaction.ts';
import { simpleDefinition, type TestStore } from '../../../support/sync.ts';
import { SIDES, type StoreTx } from './step.ts';
import { OTHER_NAME, OWN_NAME } from './wait-steps.ts';

/** More than a play ever forgets. */
const ROWS_MAX = 10_000;

export interface RealSync {
  readonly syncKey: string;
  /** `onBegun` is told which of the server's backends the transaction runs on. */
  transaction<T>(
    ids: Ids,
    action: (tx: StoreTx) => Promise<T>,
    onBegun?: (backend: number) => void,
  ): Promise<T>;
}

/** `own` is the name of the sync that a play calls its own: this one, or the one beside it. */
export async function createRealSync(
  { database, workspaceNo }: Pick<TestStore, 'database' | 'workspaceNo'>,
  name: string,
  own: string,
): Promise<RealSync> {
  let revision = 0;
  const next = (): RevisionSource => {
    revision += 1;
    const definition = simpleDefinition(SIDES, { name });
    return { definition, source: '', hash: String(revision), author: 'test' };
  };
  const { syncKey } = await database.transaction(workspaceNo, (tx) => saveRevision(tx, workspaceNo, next()));
  return {
    syncKey,
    transaction: (ids, action, onBegun) =>
      database.transaction(workspaceNo, async (tx) => {
        if (onBegun !== undefined) onBegun(await backendOf(tx));
        const sync = must(await findSync(tx, name), 'a sync that was saved is there');
        return action({
          ...underName(syncTransaction(tx, sync, ids), own),
          openHolds: (identityId, countMax) => openHolds(tx, syncKey, identityId, countMax),
          recover: () => recoverSync(tx, sync),
          beginRevision: async () => void (await saveRevision(tx, workspaceNo, next())),
          sealPlan: () => sealPlan(tx, syncKey, sync.revision),
          approvePlan: (plan, approver) => approvePlan(tx, syncKey, plan, approver),
          heldWrites: () => heldWrites(tx, syncKey),
          releaseHeld: (side, kind, hashPrefix) => releaseHeld(tx, syncKey, side, kind, hashPrefix),
          pruneForgotten: () => pruneForgotten(tx, syncKey, ROWS_MAX),
        });
      }),
  };
}

/** What plays call a sync of the real store. */
function playedName(sync: string): string {
  if (sync.endsWith(OTHER_SUFFIX)) return OTHER_NAME;
  return sync.startsWith(NAME_PREFIX) ? OWN_NAME : sync;
}

const NAME_PREFIX = 'play';
const OTHER_SUFFIX = `-${OTHER_NAME}`;

/** The store's calls with the two syncs under the names that plays have for them. */
function underName(tx: SyncTx, own: string): SyncTx {
  const real = (sync: string): string => {
    if (sync === OWN_NAME) return own;
    return sync === OTHER_NAME ? `${own}${OTHER_SUFFIX}` : sync;
  };
  const at = (place: Place): Place => ({ ...place, sync: real(place.sync) });
  return {
    ...tx,
    identitiesAt: (place, ids) => tx.identitiesAt(at(place), ids),
    recordsAt: (place, ids) => tx.recordsAt(at(place), ids),
    notePoints: (referrer, moves) => tx.notePoints({ ...referrer, sync: real(referrer.sync) }, moves),
    referredTo: (referrer, ids) => tx.referredTo({ ...referrer, sync: real(referrer.sync) }, ids),
    awaitedAt: (place, ids) => tx.awaitedAt(at(place), ids),
    wakeReaders: (place, ids) => tx.wakeReaders(at(place), ids),
    wakeWriters: (place, ids) => tx.wakeWriters(at(place), ids),
    wakeDeletes: (sync, ids) => tx.wakeDeletes(real(sync), ids),
    noteWaits: (waits) =>
      tx.noteWaits(waits.map((wait) => (wait.kind === 'delete' ? wait : { ...wait, at: at(wait.at) }))),
    claimWaits: async (countMax) =>
      (await tx.claimWaits(countMax)).map((wait) =>
        wait.kind === 'delete' ? wait : { ...wait, at: { ...wait.at, sync: playedName(wait.at.sync) } },
      ),
  };
}

async function backendOf(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ id: number }>('select pg_backend_pid() as id');
  return row?.id ?? 0;
}

export type Columns = Readonly<Record<string, unknown>>;

const TABLES = [
  'plans',
  'streams',
  'hints',
  'identities',
  'links',
  'match_keys',
  'unlinked_keys',
  'writes',
  'attempts',
  'holds',
  'waits',
  'guard_windows',
  'runs',
  'sightings',
  'decisions',
  'journal',
] as const;

/** Every row of the sync, columns in camel case, instants in milliseconds, documents unpacked. */
export async function dumpReal(
  observer: pg.Client,
  selects: ReadonlyMap<string, string>,
  syncKey: string,
): Promise<Readonly<Record<string, readonly Columns[]>>> {
  const parts = [...selects].map(
    ([table, columns]) =>
      `(select coalesce(json_agg(t), '[]') from (select ${columns} from ${table} where sync_key = $1) as t) as ${table}`,
  );
  const result = await observer.query<Record<string, readonly Columns[]>>(`select ${parts.join(', ')}`, [
    syncKey,
  ]);
  const [row] = result.rows;
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([table, rows]) => [
      table,
      rows.map((columns) => unpacked(table, columns)),
    ]),
  );
}

/** What to select of each table; asked of the database, so that a column that is added is compared as well. */
export async function selectsOf(observer: pg.Client): Promise<ReadonlyMap<string, string>> {
  const found = await observer.query<{ table_name: string; column_name: string; data_type: string }>(
    `select table_name, column_name, data_type from information_schema.columns
      where table_schema = 'public' and table_name = any($1) and column_name <> 'sync_key' order by ordinal_position`,
    [TABLES],
  );
  const selects = new Map<string, string>();
  for (const { table_name: table, column_name: name, data_type: type } of found.rows) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const column =
      type === 'timestamp with time zone'
        ? `extract(epoch from ${name})::float8 * 1000 as "${camel}Ms"`
        : `${name} as "${camel}"`;
    selects.set(table, selects.has(table) ? `${selects.get(table) ?? ''}, ${column}` : column);
  }
  return selects;
}

function unpacked(table: string, columns: Columns): Columns {
  const row = Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, finite(name, value)]));
  if (table === 'identities') {
    const edits = columns['edits'] as IdentityColumns['edits'];
    return { ...row, edits: unpackEdits(edits) };
  }
  const sync = columns['parentSync'];
  if (table === 'waits') return typeof sync === 'string' ? { ...row, parentSync: playedName(sync) } : row;
  if (table !== 'links' || columns['accounted'] === null) return row;
  return { ...row, ...unpackLink(linkColumns(row)) };
}

function linkColumns(row: Columns): LinkColumns {
  const { recordId: record_id, asOfMs: as_of_ms, lookedAtMs: looked_at_ms, ...same } = row;
  return { ...same, record_id, as_of_ms, looked_at_ms } as unknown as LinkColumns;
}

/** JSON has no word for an instant that is infinitely far away. */
function finite(name: string, value: unknown): unknown {
  return name.endsWith('Ms') && typeof value === 'string' ? Number(value) : value;
}
