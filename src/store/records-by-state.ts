/**
 * Lists of one side's records by their state. Each reason of the state has an index that leads along what it may be the reason
 * of; what is met on the way is judged exactly, as the balance judges it. A page walks a bounded way, so it may be short, or even
 * empty, before the list has ended.
 */
import type { RecordStatus, StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';
import { reasonsIn, REASONS_OF, type RecordReason, type RecordScope } from './record-states.ts';

/** A state of the balance, or what is known to be gone, which no balance counts. */
export type ListedState = keyof typeof REASONS_OF;

export interface RecordInState {
  readonly side: string;
  readonly recordId: string;
  /** Null for a record that was only heard of. */
  readonly status: RecordStatus | null;
  readonly identityId: string | null;
  readonly failure: StoredFailure | null;
  readonly reason: RecordReason;
}

/** Where a page begins: in the walk of a reason, after a place in it. One from outside is asked about first: `isPlaceIn`. */
export interface StatePlace {
  readonly reason: string;
  readonly after: string | null;
}

export interface StatePage {
  readonly records: readonly RecordInState[];
  /** Null when every reason has been walked to its end. */
  readonly next: StatePlace | null;
}

/** Whose keys a walk gives, and the walk: `place` orders it, `is_likely` spares what cannot be meant. $3 is the place before. */
interface Walk {
  readonly by: 'record' | 'identity';
  readonly rows: string;
}

/** Which rows of the table are walked, and which of them may be meant; without either, all. */
interface Narrowing {
  readonly among?: string;
  readonly likely?: string;
}

const alongRecords = (table: string, { among = 'true', likely = 'true' }: Narrowing): Walk => ({
  by: 'record',
  rows: `select record_id as place, record_id as key, ${likely} as is_likely from ${table}
          where sync_key = $1 and ${among} and side = $2 and ($3::text is null or record_id > $3)
          order by record_id limit $4`,
});

const alongIdentities = (table: string, { among = 'true', likely = 'true' }: Narrowing): Walk => ({
  by: 'identity',
  rows: `select identity_id::text as place, identity_id::text as key, ${likely} as is_likely from ${table}
          where sync_key = $1 and ${among} and ($2::text is not null) and ($3::uuid is null or identity_id > $3::uuid)
          order by identity_id limit $4`,
});

const ofStatus = (status: RecordStatus): Walk => alongRecords('links', { among: `status = '${status}'` });

const ofParkedWrites = (state: 'held' | 'dead'): Walk =>
  alongIdentities('writes', { among: `due_at = 'infinity'`, likely: `state = '${state}'` });

const WALKS: Readonly<Record<RecordReason, Walk>> = {
  gone: ofStatus('gone'),
  filtered: ofStatus('excluded'),
  unreadable: ofStatus('unreadable'),
  parked: ofStatus('parked'),
  hidden: ofStatus('hidden'),
  returned: ofStatus('returned'),
  writeFailed: ofParkedWrites('dead'),
  writeGivenUp: ofParkedWrites('dead'),
  writeHeld: ofParkedWrites('held'),
  lookFailed: alongRecords('hints', { among: `state = 'dead'` }),
  lookGivenUp: alongRecords('discards', { among: 'identity_id is null' }),
  hold: alongIdentities('holds', { among: 'closed_at is null and identity_id is not null' }),
  toBeRead: alongRecords('hints', { likely: `state = 'open'` }),
  owed: alongIdentities('writes', { likely: `state not in ('held', 'dead')` }),
  waits: alongIdentities('waits', { likely: `kind in ('read', 'point')` }),
  inStep: alongRecords('links', { likely: `status = 'live'` }),
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a list of this state can go on from there: what comes from outside may name anything. */
export function isPlaceIn(state: ListedState, { reason, after }: StatePlace): boolean {
  const known = REASONS_OF[state].find((one) => one === reason);
  if (known === undefined) return false;
  return after === null || WALKS[known].by === 'record' || UUID.test(after);
}

/** So many rows of a walk are met for one page, at most; about a tenth of a second. */
const WALKED_MAX = 10_000;
const STEP_MIN = 100;
const STEP_MAX = 2_500;

/** The next records of the side in this state, at most `countMax`; in the order of their reasons. */
export async function recordsByState(
  tx: Tx,
  place: { readonly syncKey: string; readonly side: string },
  state: ListedState,
  from: StatePlace | null,
  countMax: number,
): Promise<StatePage> {
  const records: RecordInState[] = [];
  const reasons: readonly RecordReason[] = REASONS_OF[state];
  const first = Math.max(0, reasons.indexOf((from?.reason ?? reasons[0]) as RecordReason));
  let walked = 0;
  let after = from?.after ?? null;
  for (const reason of reasons.slice(first)) {
    for (let step = Math.max(STEP_MIN, countMax); ; step = Math.min(step * 4, STEP_MAX)) {
      if (walked >= WALKED_MAX || records.length >= countMax) return { records, next: { reason, after } };
      const met = await walk(tx, place, reason, after, step);
      walked += met.seen;
      const found = await judged(tx, place, reason, met.candidates);
      const room = countMax - records.length;
      records.push(...found.slice(0, room).map(({ record }) => record));
      // What there was no room for is met again by the next page, which begins after the last that there was room for.
      after = found.length > room ? (found[room - 1]?.place ?? after) : met.last;
      if (found.length <= room && met.seen < step) break;
    }
    after = null;
  }
  return { records, next: null };
}

interface Candidate {
  readonly place: string;
  readonly key: string;
}

interface Met {
  readonly seen: number;
  readonly last: string | null;
  readonly candidates: readonly Candidate[];
}

/** An identity may be met several times in a row: it is one candidate, and is taken only when all of it was met. */
async function walk(
  tx: Tx,
  { syncKey, side }: { readonly syncKey: string; readonly side: string },
  reason: RecordReason,
  after: string | null,
  rowsMax: number,
): Promise<Met> {
  const rows = await tx.query<{ place: string; key: string; is_likely: boolean }>(WALKS[reason].rows, [
    syncKey,
    side,
    after,
    rowsMax,
  ]);
  const isCut = WALKS[reason].by === 'identity' && rows.length === rowsMax;
  const cut = isCut ? rows.filter(({ place }) => place !== rows.at(-1)?.place) : rows;
  // Where one identity fills the whole step, what it is likely to be is left to the judge.
  const [whole, isAlone] = cut.length === 0 ? [rows, true] : [cut, false];
  const likely = whole.filter((row) => isAlone || row.is_likely);
  const candidates = new Map(likely.map(({ place, key }) => [key, { place, key }]));
  return { seen: rows.length, last: whole.at(-1)?.place ?? after, candidates: [...candidates.values()] };
}

/** Statements that name their rows: a join would read all writes of the sync for a handful of records. */
const NAMED: RecordScope = {
  identities: (column) => `and ${column} = any($4::uuid[])`,
  links: 'and links.side = $2 and links.record_id = any($3::text[])',
  hints: 'and hints.side = $2 and hints.record_id = any($3::text[])',
};

/** Those of the candidates whose reason it is, in their order. */
async function judged(
  tx: Tx,
  { syncKey, side }: { readonly syncKey: string; readonly side: string },
  reason: RecordReason,
  candidates: readonly Candidate[],
): Promise<readonly { readonly place: string; readonly record: RecordInState }[]> {
  if (candidates.length === 0) return [];
  const { by } = WALKS[reason];
  const keys = candidates.map(({ key }) => key);
  const linked = await tx.query<{ record_id: string; identity_id: string | null }>(
    by === 'record'
      ? 'select record_id, identity_id from links where sync_key = $1 and side = $2 and record_id = any($3::text[])'
      : 'select record_id, identity_id from links where sync_key = $1 and side = $2 and identity_id = any($3::uuid[])',
    [syncKey, side, keys],
  );
  const recordIds = by === 'record' ? keys : linked.map((row) => row.record_id);
  const identityIds = linked.flatMap((row) => row.identity_id ?? []);
  const rows = await tx.query<{
    record_id: string;
    identity_id: string | null;
    status: RecordStatus | null;
    failure: StoredFailure | null;
    reason: RecordReason;
  }>(
    `with ${reasonsIn(NAMED)}
     select record_id, identity_id, status, failure, reason from reasons where reason = $5`,
    [syncKey, side, recordIds, identityIds, reason],
  );
  const found = new Map(rows.map((row) => [by === 'record' ? row.record_id : row.identity_id, row]));
  return candidates.flatMap(({ place, key }) => {
    const row = found.get(key);
    if (row === undefined) return [];
    const { record_id: recordId, identity_id: identityId, status, failure } = row;
    return [{ place, record: { side, recordId, status, identityId, failure, reason } }];
  });
}
