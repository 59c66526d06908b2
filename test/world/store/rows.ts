/** The tables of one sync, in the shape of the contract's types, with the constraints of src/store/migrations. */
import type { HoldReason, Identity, Link, Rule, WriteKind, WriteState } from '../../../src/engine/state.ts';
import type { Value, Values } from '../../../src/engine/value.ts';
import type { Json } from '../../../src/lib/json.ts';
import type {
  JournalEntry,
  Past,
  RecordStatus,
  RunCounts,
  StoredFailure,
  StreamKind,
  WriteKey,
} from '../../../src/store/contract.ts';
import type { Wait } from '../../../src/store/reference-contract.ts';
import { NEVER } from './instant.ts';
import { Index, Log, Table } from './table.ts';

export interface StreamRow {
  readonly side: string;
  readonly kind: StreamKind;
  readonly checkpoint: Json;
  readonly runId: string | null;
  readonly currentAsOfMs: number | null;
  readonly followedSinceMs: number | null;
  readonly lastAttemptAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly failure: StoredFailure | null;
  readonly attempts: number;
  readonly dueAtMs: number;
  readonly leaseEpoch: number;
  readonly leaseUntilMs: number;
  readonly emptiedAtMs: number | null;
  readonly wokenAtMs: number | null;
}

export interface StoredHint {
  readonly side: string;
  readonly recordId: string;
  readonly kind: 'changed' | 'deleted' | 'missing';
  readonly lookFromMs: number;
  readonly state: 'open' | 'dead';
  readonly attempts: number;
  readonly failure: StoredFailure | null;
  readonly notedAtMs: number;
  readonly dueAtMs: number;
  readonly leaseEpoch: number;
  readonly leaseUntilMs: number;
}

/** A record known at a side: with a link if it belongs to an identity. */
export interface RecordRow {
  readonly side: string;
  readonly recordId: string;
  readonly status: RecordStatus;
  readonly version: string | null;
  readonly asOfMs: number;
  readonly stampedAtMs: number | null;
  readonly failure: StoredFailure | null;
  readonly linked: { readonly identityId: string; readonly link: Link } | null;
  readonly past: Past | null;
}

export interface KeyRow {
  readonly key: string;
  readonly identityId: string;
}

/** A key of a record that is linked to nothing. */
export interface UnlinkedKeyRow {
  readonly side: string;
  readonly recordId: string;
  readonly key: string;
}

export interface StoredWrite {
  readonly identityId: string;
  readonly side: string;
  readonly writeId: string;
  readonly kind: WriteKind;
  readonly state: WriteState;
  readonly body: Values | null;
  readonly seq: number | null;
  readonly recordId: string | null;
  readonly ifVersion: string | null;
  readonly attempts: number;
  readonly failure: StoredFailure | null;
  readonly plannedAtMs: number;
  readonly dueAtMs: number;
  readonly firstSentAtMs: number | null;
  readonly resolveAtMs: number | null;
  readonly leaseEpoch: number;
  readonly leaseUntilMs: number;
}

export interface StoredAttempt {
  readonly writeId: string;
  readonly epoch: number;
  readonly identityId: string;
  readonly side: string;
  readonly kind: WriteKind;
  readonly outcome: 'failed' | 'unknown' | 'late';
  readonly failure: StoredFailure | null;
  readonly endedAtMs: number;
}

export interface StoredHold {
  readonly holdId: string;
  readonly identityId: string | null;
  readonly side: string;
  readonly recordId: string | null;
  readonly field: string | null;
  readonly reason: HoldReason;
  readonly seen: Json;
  readonly openedAtMs: number;
  readonly closed: { readonly atMs: number; readonly by: string; readonly resolution: string } | null;
}

export interface StoredDecision {
  readonly decisionId: string;
  readonly identityId: string;
  readonly field: string;
  readonly rule: Rule;
  readonly revision: number;
  readonly winner: { readonly side: string; readonly value: Value };
  readonly loser: { readonly side: string; readonly value: Value };
  readonly decidedAtMs: number;
}

export interface StoredEntry extends JournalEntry {
  readonly atMs: number;
}

export interface GuardRow {
  readonly side: string;
  readonly windowStartMs: number;
  readonly deletes: number;
  readonly changes: number;
}

export interface StoredRun extends RunCounts {
  readonly runId: string;
  readonly side: string;
  readonly state: 'running' | 'complete' | 'failed';
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** What a reconciliation found, and its report; no unit of work of a worker writes them. */
  readonly found: null;
  readonly drawnOf: null;
  readonly report: null;
  readonly failure: StoredFailure | null;
}

export interface SightingsRow {
  readonly runId: string;
  readonly pageNo: number;
  readonly recordIds: readonly string[];
}

/** What is waited for stands under names of its own: it may belong to any sync. */
export interface StoredWait {
  readonly identityId: string;
  readonly side: string;
  readonly field: string;
  readonly kind: Wait['kind'];
  readonly recordId: string | null;
  readonly parentSync: string | null;
  readonly parentSide: string | null;
  readonly parentField: string | null;
  readonly parentRecord: string | null;
  readonly parentId: string | null;
  readonly sinceMs: number;
  readonly dueAtMs: number;
  readonly checks: number;
}

export interface StoredPlan {
  readonly hash: string;
  readonly revision: number;
  readonly writes: number;
  readonly sealedAtMs: number;
  readonly approved: { readonly atMs: number; readonly by: string } | null;
}

/** What the control plane says of the sync. */
export interface ScopeRow {
  readonly revision: number;
  readonly approvedUntilMs: number | null;
}

/** Two texts as one key. Sides, states and kinds hold no line break, so no two pairs give the same. */
export function pairKey(first: string, second: string): string {
  return `${first}\n${second}`;
}

export function recordKey({ side, recordId }: { readonly side: string; readonly recordId: string }): string {
  return pairKey(side, recordId);
}

export function writeKey({ identityId, side }: WriteKey): string {
  return pairKey(identityId, side);
}

export function waitKey({
  identityId,
  side,
  field,
  kind,
}: Pick<StoredWait, 'identityId' | 'side' | 'field' | 'kind'>): string {
  return pairKey(pairKey(identityId, side), pairKey(field, kind));
}

/** The one key of the scope's table. */
export const SCOPE = 'sync';

/** What makes an open hold the same as another: the partial unique indexes `holds_open_identity` and `holds_open_record`. */
export function openHoldKey(
  hold: Pick<StoredHold, 'identityId' | 'side' | 'recordId' | 'field' | 'reason'>,
): string {
  return hold.identityId === null
    ? `record\n${hold.reason}\n${hold.side}\n${hold.recordId ?? ''}`
    : `identity\n${hold.reason}\n${hold.identityId}\n${hold.field ?? ''}`;
}

export type Tables = ReturnType<typeof createTables>;

export function createTables() {
  const linksByIdentity = new Index<RecordRow>(({ linked }) => linked?.identityId ?? null);
  const linksBySide = new Index<RecordRow>(({ side }) => side);
  const writesByIdentity = new Index<StoredWrite>(({ identityId }) => identityId);
  const writesBySide = new Index<StoredWrite>(({ side }) => side);
  const hintsBySide = new Index<StoredHint>(({ side }) => side);
  const unlinkedByKey = new Index<UnlinkedKeyRow>(({ side, key }) => pairKey(side, key));
  const unlinkedByRecord = new Index<UnlinkedKeyRow>(recordKey);
  const sightingsByRun = new Index<SightingsRow>(({ runId }) => runId);
  return {
    linksByIdentity,
    linksBySide,
    writesByIdentity,
    writesBySide,
    hintsBySide,
    sightingsByRun,
    unlinkedByKey,
    unlinkedByRecord,
    scope: new Table<ScopeRow>({ name: 'scope', keyOf: () => SCOPE }),
    plans: new Table<StoredPlan>({ name: 'plans', keyOf: ({ hash }) => hash }),
    streams: new Table<StreamRow>({ name: 'streams', keyOf: ({ side, kind }) => pairKey(side, kind) }),
    hints: new Table<StoredHint>({
      name: 'hints',
      keyOf: recordKey,
      broken: brokenHint,
      indexes: [hintsBySide],
    }),
    identities: new Table<Identity>({ name: 'identities', keyOf: ({ id }) => id, broken: brokenIdentity }),
    links: new Table<RecordRow>({
      name: 'links',
      keyOf: recordKey,
      broken: brokenLink,
      indexes: [linksByIdentity, linksBySide],
    }),
    matchKeys: new Table<KeyRow>({ name: 'match_keys', keyOf: ({ key }) => key }),
    unlinkedKeys: new Table<UnlinkedKeyRow>({
      name: 'unlinked_keys',
      keyOf: ({ key, ...record }) => pairKey(recordKey(record), key),
      indexes: [unlinkedByKey, unlinkedByRecord],
    }),
    writes: new Table<StoredWrite>({
      name: 'writes',
      keyOf: writeKey,
      broken: brokenWrite,
      indexes: [writesByIdentity, writesBySide],
    }),
    attempts: new Table<StoredAttempt>({
      name: 'attempts',
      keyOf: ({ writeId, epoch, outcome }) => pairKey(writeId, pairKey(String(epoch), outcome)),
    }),
    ...createHoldTable(),
    waits: new Table<StoredWait>({ name: 'waits', keyOf: waitKey, broken: brokenWait }),
    guardWindows: new Table<GuardRow>({
      name: 'guard_windows',
      keyOf: ({ side, windowStartMs }) => pairKey(side, String(windowStartMs)),
    }),
    runs: new Table<StoredRun>({ name: 'runs', keyOf: ({ runId }) => runId, broken: brokenRun }),
    sightings: new Table<SightingsRow>({
      name: 'sightings',
      keyOf: ({ runId, pageNo }) => pairKey(runId, String(pageNo)),
      indexes: [sightingsByRun],
    }),
    decisions: new Log<StoredDecision>('decisions'),
    journal: new Log<StoredEntry>('journal'),
  };
}

function createHoldTable() {
  const holdsOpen = new Index<StoredHold>((hold) => (hold.closed === null ? openHoldKey(hold) : null));
  const holdsByIdentity = new Index<StoredHold>(({ closed, identityId }) =>
    closed === null ? identityId : null,
  );
  const holdsByRecord = new Index<StoredHold>(({ closed, identityId, side, recordId }) =>
    closed === null && identityId === null ? pairKey(side, recordId ?? '') : null,
  );
  return {
    /** Open holds by what makes them unique. */
    holdsOpen,
    /** Open holds of identities. */
    holdsByIdentity,
    /** Open holds of records that are in no identity. */
    holdsByRecord,
    holds: new Table<StoredHold>({
      name: 'holds',
      keyOf: ({ holdId }) => holdId,
      broken: brokenHold,
      indexes: [holdsOpen, holdsByIdentity, holdsByRecord],
    }),
  };
}

function brokenHint({ state, failure }: StoredHint): string | null {
  return state === 'dead' && failure === null ? 'dead has a failure' : null;
}

function brokenIdentity({ seq }: Identity): string | null {
  return seq < 0 ? 'seq is not negative' : null;
}

const LINKED: readonly RecordStatus[] = ['live', 'hidden', 'returned'];

function brokenLink({ status, linked, failure }: RecordRow): string | null {
  if (linked === null && LINKED.includes(status)) return 'live, hidden and returned belong to an identity';
  return status === 'unreadable' && failure === null ? 'unreadable has a failure' : null;
}

function brokenWrite(write: StoredWrite): string | null {
  const { state, kind } = write;
  const isOut = state === 'sent' || state === 'unknown';
  if (isOut && (write.body === null || write.seq === null || write.firstSentAtMs === null))
    return 'sent and unknown have a body, a seq and a first try';
  if (state === 'unknown' && write.resolveAtMs === null) return 'unknown has a time to be resolved';
  if (state === 'dead' && write.failure === null) return 'dead has a failure';
  if (kind !== 'create' && isOut && write.recordId === null) return 'only a create has no record';
  const isNeverDue = state === 'held' || state === 'dead';
  return isNeverDue && write.dueAtMs !== NEVER ? 'held and dead are never due' : null;
}

function brokenHold({ identityId, recordId }: StoredHold): string | null {
  return identityId === null && recordId === null ? 'a hold is about an identity or a record' : null;
}

function brokenWait({ kind, recordId }: StoredWait): string | null {
  return kind === 'read' && recordId === null ? 'what waits to be read is a record' : null;
}

function brokenRun({ state, endedAtMs }: StoredRun): string | null {
  return (state === 'running') === (endedAtMs === null) ? null : 'a run has ended unless it is running';
}
