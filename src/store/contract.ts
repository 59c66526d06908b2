/**
 * The store as the workers use it: one transaction over one sync, made of set-based calls. Production runs them on
 * PostgreSQL (sync-transaction.ts); a simulation may run them in memory, under the same rules.
 */
import type {
  Decision,
  Identity,
  Link,
  NewHold,
  OpenHold,
  OpenWrite,
  WriteKind,
  WriteState,
} from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { Json } from '../lib/json.ts';
import type { ClashTx } from './clashes.ts';
import type { KeyingTx } from './keying.ts';
import type { JoinTx } from './matches.ts';
import type { ReferenceTx } from './reference-contract.ts';

/** A failure as stored: the connector's or our own, as plain data. */
export interface StoredFailure {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly advice?: string;
}

export type StreamKind = 'changes' | 'sweep';

/** The right to read one stream, until the lease runs out or someone takes a newer epoch. */
export interface StreamLease {
  readonly side: string;
  readonly kind: StreamKind;
  readonly epoch: number;
  readonly checkpoint: Json;
  readonly runId: string | null;
  /** Everything committed at the side before this instant has been seen; null before the first complete look. */
  readonly currentAsOfMs: number | null;
  /** A feed has been followed without a gap since this instant; null where no position is held. */
  readonly followedSinceMs: number | null;
  /** Tries in vain so far, each of which got no further than the one before; the next one's pause grows with them. */
  readonly attempts: number;
}

export interface StreamMove {
  readonly checkpoint: Json;
  readonly currentAsOfMs: number | null;
  readonly runId?: string | null;
  readonly leaseMs: number;
  /** Nothing was read of the side: why it could not be read before stands, and it is no sign of life. Left out otherwise. */
  readonly keepsFailure?: boolean;
  /** The feed's position was taken anew, or lost; left out while it is followed on. */
  readonly followedSinceMs?: number | null;
  /** When the stream is to be read next; left out while the reader goes on. */
  readonly dueInMs?: number;
}

export interface HintRow {
  readonly recordId: string;
  readonly kind: 'changed' | 'deleted' | 'missing';
  /** When the record was first told of, or last told to be gone. */
  readonly notedAtMs: number;
  readonly epoch: number;
  readonly attempts: number;
}

/** A record at which somebody is still to look. */
export type HintedRecord = Pick<HintRow, 'recordId' | 'kind' | 'notedAtMs'>;

/** A record that the feed told to be gone, at this instant for the last time, and of which no look has settled that. */
export type ToldGone = Pick<HintRow, 'recordId' | 'notedAtMs'>;

export interface NewHint {
  readonly recordId: string;
  readonly kind: 'changed' | 'deleted' | 'missing';
  /** No look before then can show what the hint tells of. */
  readonly dueInMs?: number;
}

/** Every record known at a side. `parked` waits for a person, `excluded` takes no part, `unreadable` could not be read. */
export type RecordStatus = Link['status'] | 'parked' | 'excluded' | 'unreadable';

export interface KnownRecord {
  readonly recordId: string;
  readonly status: RecordStatus;
  readonly identityId: string | null;
  readonly version: string | null;
  readonly asOfMs: number;
  /** What the system said of when this version was last changed; null where it did not say, or was not read. */
  readonly stampedMs: number | null;
  /** Of a record that belongs to nothing: what it was when it was deleted, of a thing that was to live on; null where it was not. */
  readonly past: Past | null;
}

/** What was accounted for of a record, and of which identity it was. */
export interface Past extends Pick<Link, 'accounted' | 'agreed'> {
  readonly identityId: string;
  /** What was on its way to it, and may have landed once it is brought back. Absent where nothing was. */
  readonly sent?: readonly Values[];
}

export interface ForgottenRecord {
  readonly side: string;
  readonly recordId: string;
  /** Whose it is known to be; null for nobody's. Is it another's by now: `Collision`, and the batch looks again. */
  readonly identityId: string | null;
  /** Left out where nothing is to be remembered, or what is remembered stands. */
  readonly past?: Past;
}

/** A write as stored: the engine's view of it and what delivering it needs. */
export interface WriteRow extends OpenWrite {
  readonly identityId: string;
  readonly writeId: string;
  readonly recordId: string | null;
  readonly ifVersion: string | null;
  readonly attempts: number;
  /** Why its last try did not simply succeed; null when none has failed. */
  readonly failure: StoredFailure | null;
  readonly epoch: number;
  readonly firstSentAtMs: number | null;
  readonly resolveAtMs: number | null;
}

export interface StoredBundle {
  readonly identity: Identity;
  readonly links: readonly Link[];
  readonly writes: readonly WriteRow[];
  readonly holds: readonly OpenHold[];
}

export interface JournalEntry {
  readonly identityId: string | null;
  readonly side: string;
  readonly recordId: string | null;
  /** What happened, in one word of the vocabulary: `changed`, `written`, `deleted`, `held`, `linked` … */
  readonly kind: string;
  readonly body: Json;
}

/** A record that is known but not linked, and why. */
export interface UnlinkedRecord {
  readonly recordId: string;
  /** `gone`: told of when nobody knew it. What was read before then must not bring it in. */
  readonly status: 'parked' | 'excluded' | 'unreadable' | 'gone';
  readonly version: string | null;
  readonly asOfMs: number;
  readonly failure: StoredFailure | null;
  /** Its match keys, as far as they could be read: nothing with one of them is made at the side while it waits. */
  readonly keys: readonly string[];
}

export interface IdentityHold extends NewHold {
  readonly identityId: string;
}

export interface ClosedHold extends OpenHold {
  readonly identityId: string;
  readonly by: string;
  readonly resolution: string;
}

export interface RecordHold {
  readonly side: string;
  readonly recordId: string;
  readonly reason: string;
  readonly seen: Json;
}

export interface IdentityDecision extends Decision {
  readonly identityId: string;
}

export interface IdentityLink {
  readonly identityId: string;
  readonly link: Link;
  /** The identities that the record refers to; left out where they are as before. */
  readonly refers?: readonly string[];
  /** What the system says of when the record was last changed; left out where that was not read. */
  readonly stampedMs?: number;
  /** When the look began that found whose record it is: one that a look which began no earlier has met meanwhile ⇒ `Collision`. */
  readonly metMs?: number;
}

/** What a batch leaves behind; every list is one statement, an empty one none. */
export interface Save {
  readonly newIdentities: readonly Identity[];
  readonly changedIdentities: readonly Identity[];
  /** Keys that must be new: another transaction's key ⇒ `Collision`, and the batch looks again. */
  readonly newKeys: readonly MatchKey[];
  readonly links: readonly IdentityLink[];
  /** Keys that are free again: of a deleted thing, or of a value that is no longer golden. */
  readonly freedKeys: readonly MatchKey[];
  /** Records that are nobody's any more: gone, or to be created again. What was read of them before counts no longer. */
  readonly forgotten: readonly ForgottenRecord[];
  readonly openWrites: readonly NewWrite[];
  /** Writes that became another kind of write, or are tried again: expected in `planned`, `queued`, `held` or `dead`. */
  readonly changedWrites: readonly NewWrite[];
  /** Expected in `planned`, `queued`, `held` or `dead`: a sent write is never dropped. */
  readonly droppedWrites: readonly WriteKey[];
  readonly decisions: readonly IdentityDecision[];
  readonly holds: readonly IdentityHold[];
  /** Holds that were answered, by a person or by what happened since. */
  readonly closedHolds: readonly ClosedHold[];
  readonly journal: readonly JournalEntry[];
}

export interface MatchKey {
  readonly key: string;
  readonly identityId: string;
}

export interface WriteKey {
  readonly identityId: string;
  readonly side: string;
}

export interface NewWrite extends WriteKey {
  readonly kind: WriteKind;
  readonly state: Extract<WriteState, 'planned' | 'queued' | 'held'>;
}

/** Moves queued writes to `sent`, before the request leaves. */
export interface SendIntent extends WriteKey {
  readonly epoch: number;
  readonly kind: WriteKind;
  readonly body: Values;
  readonly seq: number;
  readonly recordId: string | null;
  readonly ifVersion: string | null;
}

/** Where a sent or unknown write goes when its try has ended. Matched by id and epoch: no newer try, and no later write, is touched. */
export type WriteEnd = WriteKey & {
  readonly writeId: string;
  readonly epoch: number;
  readonly kind: WriteKind;
} & (
    | { readonly to: 'acknowledged' }
    | { readonly to: 'closed'; readonly failure: StoredFailure }
    | {
        readonly to: 'queued';
        readonly failure: StoredFailure;
        readonly dueInMs: number;
        readonly countsAttempt: boolean;
      }
    /** To be looked into in `lookInMs`; that it did not happen may be concluded in `resolveInMs` at the earliest. */
    | {
        readonly to: 'unknown';
        readonly failure: StoredFailure;
        readonly resolveInMs: number;
        readonly lookInMs: number;
      }
    | { readonly to: 'dead'; readonly failure: StoredFailure }
  );

export interface OpenCreate {
  readonly identityId: string;
  readonly body: Values;
  /** A person is asked what became of it: its answer was lost for good, or it made a second record. */
  readonly isHeld: boolean;
}

export interface SyncTx extends ReferenceTx, KeyingTx, JoinTx, ClashTx {
  /** The store's clock when the transaction began, milliseconds since 1970. */
  readonly nowMs: number;

  /** Takes a due stream that nobody holds; null when there is nothing to take. */
  leaseStream(side: string, kind: StreamKind, leaseMs: number): Promise<StreamLease | null>;
  /** Stores a new position under the lease and extends it. A newer epoch ⇒ `LeaseLost`. */
  moveStream(lease: StreamLease, move: StreamMove): Promise<void>;
  /**
   * Gives the lease back, and the stream waits `dueInMs`, unless somebody has woken it since it was leased. With a failure this
   * was one more try than the lease says, without one there was none in vain.
   */
  releaseStream(
    lease: StreamLease,
    dueInMs: number,
    failure: StoredFailure | null,
    /** Whoever has woken the stream since this instant has not been answered; by default since it was leased. */
    askedSinceMs?: number,
  ): Promise<void>;
  /** Why the stream's last read failed; null when it did not. */
  streamFailure(side: string, kind: StreamKind): Promise<StoredFailure | null>;
  /** The side's feed has been followed without a gap since this instant; null where no position is held. */
  followsSinceMs(side: string): Promise<number | null>;
  /** Whether the stream is to be read now, or is being read: not, once a reading that began after it was woken has ended. */
  isStreamOpen(side: string, kind: StreamKind): Promise<boolean>;
  /** Since when a side that was swept before is to be swept again, as somebody has asked for it; null where none is. */
  readAnewSinceMs(): Promise<number | null>;
  /** Makes a stream due in `inMs`, by default now: what was begun before then does not answer it. */
  wakeStream(side: string, kind: StreamKind, inMs?: number): Promise<void>;
  /** Somebody says that the side was emptied on purpose; its sweep is due at once. */
  sayEmptied(side: string): Promise<void>;
  /** When somebody last said so; null when nobody did. */
  emptiedAtMs(side: string): Promise<number | null>;

  noteHints(side: string, hints: readonly NewHint[]): Promise<void>;
  /** Notes a hint for every record that is parked, or holds the key of another thing: what stood in its way may be gone. */
  hintWaiting(): Promise<void>;
  claimHints(side: string, countMax: number, leaseMs: number): Promise<readonly HintRow[]>;
  /**
   * Claims the hints of these records, whoever looks at them just now and whenever they are due, and notes one where there is none.
   * One that waits for a person is left to them.
   */
  claimRecords(side: string, recordIds: readonly string[], leaseMs: number): Promise<readonly HintRow[]>;
  /**
   * Deletes hints that were settled under the given epochs by a look at `lookedAtMs`. One that was noted again meanwhile stays, and
   * one that tells of something which no look that early could show is due when one can. Gives the records whose hint is there no
   * longer: another look, which may have begun later, has settled it.
   */
  closeHints(side: string, hints: readonly HintRow[], lookedAtMs: number): Promise<ReadonlySet<string>>;
  /**
   * Linked records that a look at `lookedAtMs` could not read: their hint waits for a person, with the failure. One that tells of
   * something which no look that early could show stays open.
   */
  buryRecords(
    side: string,
    records: readonly { readonly recordId: string; readonly failure: StoredFailure }[],
    lookedAtMs: number,
  ): Promise<void>;
  /**
   * Who looks at one of these meanwhile looks once more, as what was seen now may be newer; and who has just looked is waited for.
   * Where a look has failed the next is due at once: what was in its way may be gone. Gives those for which a hint is open.
   */
  lookOnceMore(side: string, recordIds: readonly string[]): Promise<readonly HintedRecord[]>;
  /** Deletes the dead hints of records that could be read after all. */
  closeDeadHints(side: string, recordIds: readonly string[]): Promise<void>;
  /** Puts hints back. With `dead` they wait for a person. */
  deferHints(
    side: string,
    hints: readonly HintRow[],
    defer: { readonly dueInMs: number; readonly failure: StoredFailure | null; readonly dead: boolean },
  ): Promise<void>;

  recordsOf(side: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, KnownRecord>>;
  /** Ids of those to which an update is on its way, or of which another version is known by now. */
  inMotion(side: string, records: readonly KnownRecord[]): Promise<readonly string[]>;
  identitiesByKey(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Locks identities in id order, then reads all that belongs to them. Unknown ids are left out; with `skip` also those
   * that another worker is just deciding about.
   */
  lockBundles(
    identityIds: readonly string[],
    ifLocked?: 'wait' | 'skip',
  ): Promise<ReadonlyMap<string, StoredBundle>>;

  save(save: Save): Promise<void>;
  /** One that another transaction has linked or seen to go meanwhile, or met by a look that began no earlier ⇒ `Collision`. */
  saveUnlinked(side: string, records: readonly UnlinkedRecord[], holds: readonly RecordHold[]): Promise<void>;

  /** Identities with a due write at the side that is queued or approved; claims of other workers are passed over. */
  claimQueued(side: string, countMax: number): Promise<readonly string[]>;
  /** Identities with an unknown write at the side whose time to be resolved has come, claimed likewise. */
  claimUnknown(side: string, countMax: number): Promise<readonly string[]>;
  sendWrites(intents: readonly SendIntent[], leaseMs: number): Promise<void>;
  /** Keys of the ends that applied; the others belonged to a try that was no longer the newest. */
  endWrites(ends: readonly WriteEnd[]): Promise<ReadonlySet<string>>;
  /** Sent writes whose lease ran out become `unknown`: the worker may be dead, the request may not. Returns how many. */
  reapSent(resolveInMs: number): Promise<number>;

  /** Adds to what was let through to the side in the running hour and returns the sums; locks the window. */
  guardWindow(side: string, add: { readonly deletes: number; readonly changes: number }): Promise<GuardCount>;

  /** Tells the database's planner how the tables have grown. Cheap; for use while many records are new. */
  refreshStatistics(): Promise<void>;
  countRecords(side: string): Promise<number>;
  /** A record other than these that was there when last met, linked if there is one, to look up beside them; null when there is none. */
  controlRecord(side: string, except: readonly string[]): Promise<string | null>;
  /** Creates on their way to the side, or lost there: a new record may be one of them. */
  openCreates(side: string, countMax: number): Promise<readonly OpenCreate[]>;
  /** When the first of those left that may still be answered; null when none is under way. */
  createsSinceMs(side: string): Promise<number | null>;

  /** Notes a page of records that a sweep met unchanged. */
  noteSightings(runId: string, pageNo: number, recordIds: readonly string[]): Promise<void>;
  /**
   * Linked, visible records of the side that neither the sweep nor anything later has met, and such as wait for a person to be
   * corrected and the sweep has not met.
   */
  unsighted(
    side: string,
    runId: string,
    startedAtMs: number,
    after: string | null,
    countMax: number,
  ): Promise<readonly string[]>;
  startRun(runId: string, side: string): Promise<void>;
  addToRun(runId: string, counts: RunCounts): Promise<void>;
  endRun(runId: string, state: 'complete' | 'failed', failure: StoredFailure | null): Promise<void>;
  runStartedAtMs(runId: string): Promise<number | null>;
}

export interface GuardCount {
  readonly deletes: number;
  readonly changes: number;
}

export interface RunCounts {
  readonly seen: number;
  readonly changed: number;
  readonly unreadable: number;
  readonly missing: number;
}
