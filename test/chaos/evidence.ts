/** What a run leaves behind, in the form in which the oracles of test/world read it: the systems' logs and the store. */
import { readFile } from 'node:fs/promises';

import type { SyncModel } from '../../src/engine/model.ts';
import type { StoredBundle } from '../../src/store/contract.ts';
import type { Tx } from '../../src/store/database.ts';
import type { Judged, JudgedStore } from '../world/oracle/judged.ts';
import { Records, type Entry } from '../world/records.ts';
import type { MemoryStore } from '../world/store/memory-store.ts';
import type { SystemShape } from '../world/system-shape.ts';

type Row<Table extends 'links' | 'attempts'> = ReturnType<MemoryStore['dump']>[Table][number];

/** What the oracles read of the store, and the tries that had no good end. */
export interface StoreEvidence extends JudgedStore {
  readonly attempts: readonly Pick<Row<'attempts'>, 'identityId' | 'side' | 'kind' | 'outcome'>[];
}

export interface SystemEvidence {
  readonly shape: SystemShape;
  readonly records: Records;
}

/** From the instant that the store went back to until every side had been read again after that. */
export interface Lapse {
  readonly fromOrder: number;
  readonly untilOrder: number;
}

export interface Evidence {
  readonly model: SyncModel;
  readonly systems: ReadonlyMap<string, SystemEvidence>;
  readonly store: StoreEvidence;
  /** What the store went back over, each time. */
  readonly lapses: readonly Lapse[];
  /** When it last did; 0 when it never went back in time. */
  readonly restoredOrder: number;
  readonly violations: string[];
}

/** The evidence as the oracles of the simulation read a world. */
export function judgedOf({ store, ...parts }: Evidence): Judged {
  return {
    ...parts,
    store: { dump: () => store },
    faults: { counts: () => new Map([['executedLate', 1]]) },
    // The guards of a chaos run let everything pass.
    released: 1,
    // Its systems give no id again.
    mistakable: new Set(),
    // What was told of when is not kept: everything counts as told, the strictest reading.
    backUntold: new Set(),
    // Its store does not keep what went well: every create of a key counts as sent for one thing, the strictest reading.
    senders: new Map(),
    // Nobody decides in it.
    decided: [],
    // Nothing happens any more.
    order: 0,
  };
}

/** A system as its log tells it, entry by entry. */
export async function readSystem(shape: SystemShape, logFile: string): Promise<SystemEvidence> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
  let order = 0;
  const counter = { next: () => order, last: () => order };
  const records = new Records(shape.name, counter, shape.reusesIds);
  for (const line of lines) {
    const entry = JSON.parse(line) as Entry;
    ({ order } = entry);
    records.note(entry.atMs, entry.actor, entry.kind, entry.recordId, entry.after, entry.write);
  }
  return { shape, records };
}

/** Everything that the store knows of the sync, from one transaction; `bundlesOf` reads identities whole. */
export async function readStore(
  tx: Tx,
  syncKey: string,
  bundlesOf: (ids: readonly string[]) => Promise<ReadonlyMap<string, StoredBundle>>,
): Promise<StoreEvidence> {
  const all = <T extends object>(columns: string, table: string): Promise<readonly T[]> =>
    tx.query<T & Record<string, unknown>>(`select ${columns} from ${table} where sync_key = $1`, [syncKey]);
  const ids = await all<{ id: string }>('identity_id as id', 'identities');
  const bundles = await bundlesOf(ids.map(({ id }) => id));
  return {
    streams: await all('side, kind, failure', 'streams'),
    hints: await all('side, record_id as "recordId", kind, state, failure', 'hints'),
    identities: [...bundles.values()].map(({ identity }) => identity),
    links: (await all<PlainLink>(LINK_COLUMNS, 'links')).map((row) => linkRow(row, bundles)),
    writes: await all('identity_id as "identityId", side, kind, state, failure', 'writes'),
    holds: await all(HOLD_COLUMNS, 'holds'),
    decisions: await all('identity_id as "identityId", field, rule, loser', 'decisions'),
    journal: await all('kind, identity_id as "identityId", side, record_id as "recordId", body', 'journal'),
    attempts: await all('identity_id as "identityId", side, kind, outcome', 'attempts'),
  };
}

const LINK_COLUMNS = `side, record_id as "recordId", status, version, failure, identity_id as "identityId",
  extract(epoch from as_of)::float8 * 1000 as "asOfMs"`;
const HOLD_COLUMNS = `hold_id as "holdId", identity_id as "identityId", side, record_id as "recordId", field, reason, seen,
  extract(epoch from opened_at)::float8 * 1000 as "openedAtMs",
  case when closed_at is not null then json_build_object('atMs', extract(epoch from closed_at)::float8 * 1000,
    'by', closed_by, 'resolution', resolution) end as closed`;

type PlainLink = Omit<Row<'links'>, 'linked'> & { readonly identityId: string | null };

function linkRow(row: PlainLink, bundles: ReadonlyMap<string, StoredBundle>): Row<'links'> {
  const { identityId, ...plain } = row;
  const link = bundles
    .get(identityId ?? '')
    ?.links.find(({ side, recordId }) => side === row.side && recordId === row.recordId);
  return { ...plain, linked: identityId === null || link === undefined ? null : { identityId, link } };
}
