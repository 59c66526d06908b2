/** Why something waits, found out when it is asked for, so that the reason is that of now. */
import type { SyncDefinition } from '../engine/model.ts';
import { idsIn } from '../engine/references.ts';
import type { HoldReason, LinkStatus, Tombstone, WriteState } from '../engine/state.ts';
import type { RecordStatus, StoredBundle, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

/** A record that somebody can look up. */
export interface NamedRecord {
  readonly sync: string;
  readonly side: string;
  readonly recordId: string;
}

/** Why what is waited for is not there. `come`: it is by now, and what waited goes on within a minute. */
export type WaitReason =
  | { readonly kind: 'come' }
  /** Of a record to be read: */
  | { readonly kind: 'notRead' }
  | { readonly kind: 'takesNoPart' }
  | { readonly kind: 'parked' }
  | { readonly kind: 'unreadable'; readonly message: string }
  /** Of a record to be made: */
  | { readonly kind: 'creating'; readonly state: WriteState }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'held'; readonly reason: HoldReason }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'notCreated' }
  /** Of a record to be deleted: */
  | { readonly kind: 'referredTo' };

export interface ToldWait {
  readonly kind: 'read' | 'write' | 'delete';
  readonly identityId: string;
  readonly side: string;
  readonly field: string;
  readonly sinceMs: number;
  /** The one that waits: its record at the side, or at another where it has none there. Null where it has none at all. */
  readonly record: NamedRecord | null;
  /** The one that is waited for, by a record of it. Null for a delete, and for what has no record left. */
  readonly parent: NamedRecord | null;
  readonly reason: WaitReason;
}

interface Row {
  readonly kind: ToldWait['kind'];
  readonly identity_id: string;
  readonly side: string;
  readonly field: string;
  readonly record_id: string | null;
  readonly parent_sync: string | null;
  readonly parent_side: string | null;
  readonly parent_record: string | null;
  readonly parent_id: string | null;
  readonly since_ms: number;
}

/** What waits of one identity, or (null) of the sync: those that have waited longest, at most `countMax`. */
export async function toldWaits(
  tx: Tx,
  { syncKey, name }: { readonly syncKey: string; readonly name: string },
  identityId: string | null,
  countMax: number,
): Promise<readonly ToldWait[]> {
  const rows = await tx.query<Row>(
    `select kind, identity_id, side, field, record_id, parent_sync, parent_side, parent_record, parent_id,
            extract(epoch from since)::float8 * 1000 as since_ms
       from waits where sync_key = $1 and ($2::uuid is null or identity_id = $2) order by since, field limit $3`,
    [syncKey, identityId, countMax],
  );
  const ids = rows.map((row) => row.identity_id);
  const own = await knownOf(tx, name, ids, []);
  const parents = new Map<string, Known>();
  for (const [sync, group] of Map.groupBy(rows, (row) => row.parent_sync ?? '')) {
    const written = group.flatMap((row) => row.parent_id ?? []);
    const read = group.flatMap((row) => row.parent_record ?? []);
    if (sync !== '') parents.set(sync, await knownOf(tx, sync, written, read));
  }
  return rows.map((row) => told(row, name, own, parents.get(row.parent_sync ?? '') ?? NOTHING));
}

/** How many wait, by side and kind. */
export async function countWaits(
  tx: Tx,
  syncKey: string,
): Promise<readonly { readonly side: string; readonly kind: ToldWait['kind']; readonly count: number }[]> {
  const rows = await tx.query<{ side: string; kind: ToldWait['kind']; count: string }>(
    'select side, kind, count(*) as count from waits where sync_key = $1 group by side, kind order by side, kind',
    [syncKey],
  );
  return rows.map(({ side, kind, count }) => ({ side, kind, count: Number(count) }));
}

/** The things that references of an identity name, golden and accounted, each by one of its records. */
export async function thingsNamed(
  tx: Tx,
  { fields }: SyncDefinition,
  { identity, links }: StoredBundle,
): Promise<Readonly<Record<string, NamedRecord>>> {
  const things: Record<string, NamedRecord> = {};
  for (const { name, type } of fields) {
    if (type.kind !== 'reference') continue;
    const values = [identity.golden[name], ...links.map(({ accounted }) => accounted[name])];
    const ids = [...new Set(values.flatMap(idsIn))];
    const known = await knownOf(tx, type.to, ids, []);
    for (const id of ids) {
      const record = named(known, type.to, id);
      if (record !== null) things[id] = record;
    }
  }
  return things;
}

interface LinkRow {
  readonly side: string;
  readonly record_id: string;
  readonly status: RecordStatus;
  readonly identity_id: string | null;
  readonly failure: StoredFailure | null;
}

/** What a sync knows of some things and records. */
interface Known {
  readonly links: readonly LinkRow[];
  readonly writes: readonly {
    readonly identity_id: string;
    readonly side: string;
    readonly kind: string;
    readonly state: WriteState;
    readonly failure: StoredFailure | null;
    readonly is_parked: boolean;
  }[];
  readonly holds: readonly { readonly identity_id: string; readonly reason: HoldReason }[];
  readonly tombstones: ReadonlyMap<string, Tombstone>;
}

const NOTHING: Known = { links: [], writes: [], holds: [], tombstones: new Map() };
const OF_SYNC = 'sync_key = (select sync_key from syncs where name = $1)';

async function knownOf(
  tx: Tx,
  sync: string,
  identityIds: readonly string[],
  recordIds: readonly string[],
): Promise<Known> {
  const links = await tx.query<LinkRow>(
    `select side, record_id, status, identity_id, failure from links where ${OF_SYNC} and identity_id = any($2::uuid[])
     union all
     select side, record_id, status, identity_id, failure from links
      where ${OF_SYNC} and record_id = any($3) and side in (select side from streams where ${OF_SYNC})`,
    [sync, identityIds, recordIds],
  );
  const writes = await tx.query<Known['writes'][number]>(
    `select identity_id, side, kind, state, failure, due_at = 'infinity' and state in ('planned', 'queued') as is_parked
       from writes where ${OF_SYNC} and identity_id = any($2::uuid[])`,
    [sync, identityIds],
  );
  const holds = await tx.query<Known['holds'][number]>(
    `select identity_id, reason from holds
      where ${OF_SYNC} and identity_id = any($2::uuid[]) and closed_at is null and field is null`,
    [sync, identityIds],
  );
  const buried = await tx.query<{ identity_id: string; tombstone: Tombstone | null }>(
    `select identity_id, tombstone from identities where ${OF_SYNC} and identity_id = any($2::uuid[])`,
    [sync, identityIds],
  );
  const tombstones = buried.flatMap(({ identity_id: id, tombstone }) =>
    tombstone === null ? [] : [[id, tombstone] as const],
  );
  return { links, writes, holds, tombstones: new Map(tombstones) };
}

function told(row: Row, sync: string, own: Known, known: Known): ToldWait {
  const { kind, identity_id: identityId, side, field, since_ms: sinceMs } = row;
  const record =
    row.record_id === null ? named(own, sync, identityId) : { sync, side, recordId: row.record_id };
  const base = { kind, identityId, side, field, sinceMs, record };
  const at = { sync: row.parent_sync ?? '', side: row.parent_side ?? '' };
  if (kind === 'delete') return { ...base, parent: null, reason: { kind: 'referredTo' } };
  if (kind === 'read') {
    const parent = { ...at, recordId: row.parent_record ?? '' };
    return { ...base, parent, reason: reasonToRead(known, parent) };
  }
  const parentId = row.parent_id ?? '';
  return { ...base, parent: named(known, at.sync, parentId), reason: reasonToMake(known, parentId, at.side) };
}

/** A record of the identity, rather one that is there. */
function named({ links }: Known, sync: string, identityId: string): NamedRecord | null {
  const own = links.filter((link) => link.identity_id === identityId);
  const found = own.find(({ status }) => status === 'live') ?? own[0];
  return found === undefined ? null : { sync, side: found.side, recordId: found.record_id };
}

function reasonToRead({ links }: Known, { side, recordId }: NamedRecord): WaitReason {
  const link = links.find((row) => row.side === side && row.record_id === recordId);
  if (link === undefined) return { kind: 'notRead' };
  if (link.identity_id !== null) return { kind: 'come' };
  switch (link.status) {
    case 'excluded':
      return { kind: 'takesNoPart' };
    case 'parked':
      return { kind: 'parked' };
    case 'unreadable':
      return { kind: 'unreadable', message: link.failure?.message ?? '' };
    default:
      return { kind: 'deleted' };
  }
}

const NOT_THERE: Readonly<Partial<Record<LinkStatus, WaitReason>>> = {
  live: { kind: 'come' },
  hidden: { kind: 'hidden' },
  gone: { kind: 'deleted' },
};

function reasonToMake(known: Known, identityId: string, side: string): WaitReason {
  const link = known.links.find((row) => row.identity_id === identityId && row.side === side);
  const status = link === undefined ? undefined : NOT_THERE[link.status as LinkStatus];
  if (status !== undefined) return status;
  if (known.tombstones.has(identityId)) return { kind: 'deleted' };
  const hold = known.holds.find((row) => row.identity_id === identityId);
  if (hold !== undefined) return { kind: 'held', reason: hold.reason };
  const write = known.writes.find((row) => row.identity_id === identityId && row.side === side);
  if (write === undefined) return { kind: 'notCreated' };
  if (write.state === 'dead') return { kind: 'refused', message: write.failure?.message ?? '' };
  return write.is_parked ? { kind: 'waits' } : { kind: 'creating', state: write.state };
}
