/** Why something waits, found out when it is asked for, so that the reason is that of now. */
import { EVERYWHERE, type SyncDefinition } from '../engine/model.ts';
import { idsIn } from '../engine/references.ts';
import type { HoldReason, LinkStatus, Tombstone, WriteState } from '../engine/state.ts';
import type { RecordStatus, StoredBundle, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';
import type { Wait } from './reference-contract.ts';

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
  /** Of a name: nothing has it, or several things. */
  | { readonly kind: 'noSuchName' }
  | { readonly kind: 'sharedName' }
  /** Of a record to be made: */
  | { readonly kind: 'creating'; readonly state: WriteState }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'held'; readonly reason: HoldReason }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'notCreated' }
  /** It is there, and has no value in the field that it is named by. */
  | { readonly kind: 'nameless' }
  /** Of a record that is linked to nothing: it is gone by now, or has another key. */
  | { readonly kind: 'outOfTheWay' }
  /** Of a record to be deleted: */
  | { readonly kind: 'referredTo' };

/** What waits until something else happens. What is pointed anew does not: it is done within a second. */
type WaitKind = Exclude<Wait['kind'], 'point'>;

export interface ToldWait {
  readonly kind: WaitKind;
  readonly identityId: string;
  readonly side: string;
  readonly field: string;
  readonly sinceMs: number;
  /** The one that waits: its record at the side, or at another where it has none there. Null where it has none at all. */
  readonly record: NamedRecord | null;
  /** The one that is waited for, by a record of it. Null for a delete, and for what has no record left. */
  readonly parent: NamedRecord | null;
  /** The name that it is waited for by, and the field whose value that is; null where it is by its record id. */
  readonly name: { readonly field: string; readonly text: string } | null;
  readonly reason: WaitReason;
  /** Records are matched by the field, so that this one may turn out to be another thing. */
  readonly isKey: boolean;
}

/** The sync whose waits are told. */
interface Told {
  readonly syncKey: string;
  readonly name: string;
  /** Left out where nothing is matched by references. */
  readonly definition?: Pick<SyncDefinition, 'match'>;
}

interface Row {
  readonly kind: ToldWait['kind'];
  readonly identity_id: string;
  readonly side: string;
  readonly field: string;
  readonly record_id: string | null;
  readonly parent_sync: string | null;
  readonly parent_side: string | null;
  readonly parent_field: string | null;
  readonly parent_record: string | null;
  readonly parent_id: string | null;
  readonly since_ms: number;
}

/** What waits of one identity, or (null) of the sync: those that have waited longest, at most `countMax`. */
export async function toldWaits(
  tx: Tx,
  { syncKey, name, definition }: Told,
  identityId: string | null,
  countMax: number,
): Promise<readonly ToldWait[]> {
  const rows = await tx.query<Row>(
    `select kind, identity_id, side, field, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id,
            extract(epoch from since)::float8 * 1000 as since_ms
       from waits where sync_key = $1 and kind <> 'point' and ($2::uuid is null or identity_id = $2) order by since, field limit $3`,
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
  const names = await namesSought(tx, rows);
  const keys = new Set(definition?.match.flat());
  return rows.map((row) => ({
    ...told(row, name, own, parents.get(row.parent_sync ?? '') ?? NOTHING, names),
    isKey: row.kind === 'read' && keys.has(row.field),
  }));
}

/** How many things have the names that are waited for, and how many of those waited for have one: none is left out. */
async function namesSought(tx: Tx, rows: readonly Row[]): Promise<ReadonlyMap<Row, number>> {
  const counts = new Map<Row, number>();
  const sought = rows.filter((row) => row.parent_field !== null);
  for (const row of sought) {
    const [found] = await tx.query<{ count: string }>(
      `select count(*) as count from names where sync_key = (select sync_key from syncs where name = $1)
          and side = $2 and field = $3 and (name = $4 or identity_id = $5)`,
      [row.parent_sync, row.parent_side, row.parent_field, row.parent_record, row.parent_id],
    );
    counts.set(row, Number(found?.count ?? 0));
  }
  return counts;
}

/** How many wait, by side and kind. */
export async function countWaits(
  tx: Tx,
  syncKey: string,
): Promise<readonly { readonly side: string; readonly kind: ToldWait['kind']; readonly count: number }[]> {
  const rows = await tx.query<{ side: string; kind: ToldWait['kind']; count: string }>(
    `select side, kind, count(*) as count from waits where sync_key = $1 and kind <> 'point' group by side, kind order by side, kind`,
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

function told(
  row: Row,
  sync: string,
  own: Known,
  known: Known,
  names: ReadonlyMap<Row, number>,
): Omit<ToldWait, 'isKey'> {
  const { kind, identity_id: identityId, side, field, since_ms: sinceMs } = row;
  const record =
    row.record_id === null ? named(own, sync, identityId) : { sync, side, recordId: row.record_id };
  const { parent_field: by, parent_record: text } = row;
  const name = by === null ? null : { field: by, text: text ?? '' };
  const base = { kind, identityId, side, field, sinceMs, record, name };
  const at = { sync: row.parent_sync ?? '', side: row.parent_side ?? '' };
  if (kind === 'delete') return { ...base, parent: null, reason: { kind: 'referredTo' } };
  if (kind === 'key') {
    const parent = { ...at, recordId: text ?? '' };
    return { ...base, parent, reason: reasonInTheWay(known, parent) };
  }
  if (kind === 'read') {
    const parent = { ...at, recordId: text ?? '' };
    if (by !== null) return { ...base, parent, reason: reasonOfName(names.get(row) ?? 0) };
    return { ...base, parent, reason: reasonToRead(known, parent) };
  }
  const parentId = row.parent_id ?? '';
  const reason = reasonToMake(known, parentId, at.side);
  const isNameless = by !== null && names.get(row) === 0;
  const isThere = reason.kind === 'come' || (at.side === EVERYWHERE && reason.kind === 'notCreated');
  const parent = named(known, at.sync, parentId);
  return { ...base, parent, reason: isNameless && isThere ? { kind: 'nameless' } : reason };
}

function reasonOfName(things: number): WaitReason {
  if (things === 0) return { kind: 'noSuchName' };
  return things === 1 ? { kind: 'come' } : { kind: 'sharedName' };
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

/** Whose it is is not known, for as long as it is linked to nothing. */
function reasonInTheWay(known: Known, record: NamedRecord): WaitReason {
  const reason = reasonToRead(known, record);
  return reason.kind === 'parked' || reason.kind === 'unreadable' ? reason : { kind: 'outOfTheWay' };
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
