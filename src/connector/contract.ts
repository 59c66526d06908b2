/**
 * What a connector is. Terms: a *system* is a product, a *connector* our code for it, a *connection* one authorised
 * account in it, a *collection* one kind of record there, a *cursor* an opaque position in a collection's change feed.
 */
import type { FieldType, NativeValue } from '../engine/value.ts';
import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import type { Random } from '../lib/random.ts';
import type { ErrorLog } from './error-log.ts';
import type { Failure } from './failure.ts';
import type { BudgetStore } from './http/budget.ts';
import type { NetworkPolicy } from './http/network.ts';
import type { KnownFailure } from './known-failures.ts';
import type { Consent } from './oauth/consent.ts';
import type { TokenStore } from './oauth/token-store.ts';
import type { Score } from './score.ts';
import type { Webhook } from './webhook.ts';

/** Opaque: only the connector that made it reads it. Stored as JSON. */
export type Cursor = Json;

/** One record as its system holds it. */
export interface SystemRecord {
  readonly id: string;
  /** The system's token for "has it changed"; null when the system has none. Equal token ⇒ equal record. */
  readonly version: string | null;
  /** Native field name → value. Complete for the fields asked for: a missing key means the system has no such value. */
  readonly fields: ReadonlyMap<string, NativeValue>;
  /** When the system says the record was last modified, in its own clock. Evidence for `latest`, never for change. */
  readonly modifiedAtMs?: number;
}

/** A record the connector met but could not read: a malformed file row, an undecodable value. */
export interface UnreadableRecord {
  /** The record's id where it can be told; otherwise its place, such as `row 7`. */
  readonly id: string;
  readonly failure: Failure;
}

/** A notice that a record may have changed, without its content. `deleted` is the feed's own tombstone. */
export interface Hint {
  readonly id: string;
  readonly kind: 'changed' | 'deleted';
}

/** A stretch of a change feed: whole records, notices, and how far the feed has been read with it. */
export interface ChangePage {
  /** As they are at some moment after the page was asked for. A feed that tells of the past gives hints instead. */
  readonly records: readonly SystemRecord[];
  readonly hints: readonly Hint[];
  readonly unreadable: readonly UnreadableRecord[];
  /** Everything before this position is contained in the pages up to and including this one. */
  readonly cursor: Cursor;
  /** Everything committed before the page was asked for is contained in the pages up to and including this one. */
  readonly caughtUp: boolean;
}

/** A part of everything that a collection holds. */
export interface SnapshotPage {
  readonly records: readonly SystemRecord[];
  readonly unreadable: readonly UnreadableRecord[];
  /** Where to go on after a restart; null when the snapshot cannot be resumed and must begin again. */
  readonly resume: Cursor | null;
  /** True on exactly the last page, and only when the whole collection has really been read. */
  readonly complete: boolean;
  /**
   * The records are as they were at some moment since the read began, which the first request of it says, the one without a place
   * to go on from. Absent: as they are at some moment after the page was asked for.
   */
  readonly isOld?: boolean;
}

/** What to read of a collection as a whole, and where to go on. */
export interface SnapshotRequest {
  readonly collection: string;
  readonly fields: readonly string[];
  readonly resume: Cursor | null;
  readonly pageRecordsMax: number;
  /**
   * The caller can make use of pages that are as old as the whole read, and of empty ones while the system gathers its records:
   * then a job of the system may do the reading, where that is cheaper. Said alike whenever a read goes on.
   */
  readonly mayBeOld?: boolean;
  readonly signal: AbortSignal;
}

/** Which changes to read, from where, and whether to wait for more. */
export interface ChangesRequest {
  readonly collection: string;
  readonly fields: readonly string[];
  /** Null asks for the present position: the first page is then empty and carries it. */
  readonly since: Cursor | null;
  /**
   * False: end when caught up. True: keep waiting for further changes until the signal aborts, and while nothing changes
   * yield an empty page with the present position at least every 5 seconds, which shows that the feed is alive.
   */
  readonly follow: boolean;
  readonly pageRecordsMax: number;
  readonly signal: AbortSignal;
}

/** What the system says about one record now. */
export type Lookup =
  | { readonly kind: 'found'; readonly record: SystemRecord }
  /**
   * The system answered that there is no such record. Becomes "deleted" only with a control read beside it, or with
   * `mergedInto`: the record into which the system's people merged this one, which is no delete.
   */
  | { readonly kind: 'absent'; readonly id: string; readonly mergedInto?: string }
  /** The system keeps it from us (permission, filter). Never a delete. */
  | { readonly kind: 'hidden'; readonly id: string }
  | { readonly kind: 'failed'; readonly id: string; readonly failure: Failure };

/** One intended create, update or delete, complete in itself. */
export interface WriteRequest {
  /** Unique per intended write and the same on every try of it: the idempotency key. */
  readonly key: string;
  readonly kind: 'create' | 'update' | 'delete';
  /** Null only for a create. */
  readonly recordId: string | null;
  /** The version the record must still have. Where `conditionalWrite` is true, another version ⇒ `precondition`. */
  readonly ifVersion: string | null;
  /** The fields to set, and no others. Empty for a delete. */
  readonly fields: ReadonlyMap<string, NativeValue>;
}

/** Writes that a system carries out by itself once it is told to begin, however long that takes. */
export interface BegunJob {
  /** Everything that taking it up needs; only its connector reads it. */
  readonly token: Json;
  /** Of the requests that are in it. */
  readonly keys: readonly string[];
}

/** What became of one write. */
export type WriteResult =
  | {
      readonly kind: 'written';
      readonly key: string;
      readonly recordId: string;
      /**
       * `version` and `fields` describe the record exactly as this write left it: read in the same transaction, or with
       * proof that nobody wrote in between. Where that cannot be had, `version` is null and `fields` absent, and the
       * caller reads the record again. With them a system that rewrites values is told from a person who edits.
       */
      readonly version: string | null;
      /**
       * With a version, at least every field that the write set, as the record now holds it; null where it holds nothing.
       * Other fields may be left out, of a create as of an update, and leaving one out says nothing of it: neither that
       * it stayed as it was nor that it is empty. The caller then takes the version for unknown and reads the record
       * again, so a connector that knows the whole record tells it whole.
       */
      readonly fields?: ReadonlyMap<string, NativeValue>;
    }
  | { readonly kind: 'failed'; readonly key: string; readonly failure: Failure };

/** What a collection's system can do, best first. Promises are made per grade; the conformance suite checks the card. */
export interface CapabilityCard {
  /** `opaque`: equal or not equal. `none`: change is told by comparing values. */
  readonly version: 'opaque' | 'none';
  readonly conditionalWrite: boolean;
  /** How a create whose answer was lost is found again: by a unique key the system enforces, by search, or not at all. */
  readonly createIdentity: 'uniqueKey' | 'search' | 'none';
  /** How long a read may lag behind an acknowledged write, in milliseconds. */
  readonly readLagMs: number;
  /** `feed`: the change feed reports deletes. `lookup`: only looking the record up shows it. */
  readonly deletes: 'feed' | 'lookup';
  /** `log`: positions, no polling. `cursor`: modified-at polling. `none`: only snapshots. */
  readonly feed: 'log' | 'cursor' | 'none';
  /** The longest a request may still take effect after we gave up on it, in milliseconds. */
  readonly executionMaxMs: number;
  readonly writeBatchMax: number;
  /** What many writes at once are worth to the system; absent where `writeBatchMax` is all there is. */
  readonly bulk?: BulkWriting;
  readonly getBatchMax: number;
  /** The system also tells of changes by itself, as hints that may be late or lost; absent where it does not. */
  readonly webhook?: boolean;
  readonly can: { readonly create: boolean; readonly update: boolean; readonly delete: boolean };
}

/** From `writesMin` writes on, up to `writesMax` may be given to `write` together, which then takes at most `durationMaxMs`. */
export interface BulkWriting {
  readonly writesMin: number;
  readonly writesMax: number;
  readonly durationMaxMs: number;
}

/** One field of a collection, as its system defines it. */
export interface FieldDescription {
  readonly name: string;
  /** The system's own mark of the field, which stays when the field is renamed. Absent where it has none. */
  readonly id?: string;
  readonly title?: string;
  readonly type: FieldType;
  readonly required: boolean;
  /** Set by the system; writing it is refused when the sync is checked. */
  readonly readOnly: boolean;
  /** The system refuses two records with one value. */
  readonly unique: boolean;
  /** The collections whose records the value names by their id, where the system knows of that. */
  readonly refersTo?: readonly string[];
}

/** One collection: its fields, and what its system can do with its records. */
export interface CollectionDescription {
  readonly name: string;
  readonly title?: string;
  readonly fields: readonly FieldDescription[];
  readonly card: CapabilityCard;
  /** Approximate; null when counting would be dear. For progress and for guards. */
  readonly recordsEstimate: number | null;
}

/**
 * One open connection. Every method may throw `ConnectorFailure` and nothing else for outside conditions, honours its
 * signal within a second, and may be called concurrently with the others.
 */
export interface Session {
  /** All collections, or only the named ones. An unknown name ⇒ failure `config` naming the nearest ones. */
  describe(collections?: readonly string[]): Promise<readonly CollectionDescription[]>;

  /**
   * Every record that exists throughout the read appears at least once; a change made meanwhile may or may not show.
   * May read at most one page ahead of what was asked for: the caller dates a page by the request before it, and one that
   * is old by the beginning of the read. Gives a page, however empty, every 15 seconds while the system gathers its records.
   */
  readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage>;

  /**
   * Changes after `since`, at least once each; never skips one. Asking for the next page says that the previous page
   * is durably stored: only then may the connector let its source forget it.
   * An expired or foreign cursor ⇒ failure `config` with code ending in `.cursor_expired`; the caller sweeps.
   */
  readChanges(request: ChangesRequest): AsyncIterable<ChangePage>;

  /**
   * One lookup per id, in the same order. Reads the present, not a cache. A record that was merged into another is absent,
   * even where its id still leads to the other one, and says so for as long as the system knows: `mergedInto` is the next
   * of a chain or its end, never the record itself. It is left out where the system does not know, or does not say for
   * certain; and a feed tells of both, the one that went and the one it went into, by hints or records as of any other.
   */
  get(collection: string, ids: readonly string[], fields: readonly string[]): Promise<readonly Lookup[]>;

  /** The records whose `field` equals one of `values`, at most `recordsMax`. For finding a create whose answer was lost. */
  find(
    collection: string,
    field: string,
    values: readonly NativeValue[],
    fields: readonly string[],
    recordsMax: number,
  ): Promise<readonly SystemRecord[]>;

  /**
   * One result per request, in the same order; a refused one never sinks the others. An answer that was lost is a
   * `failed` result of kind `unknownOutcome`, not an exception. An exception means that nothing was sent.
   * `begun` is told of every job that the system goes on with by itself, and waited for, before that job begins: a job of
   * which it could not be told never begins.
   */
  write(
    collection: string,
    requests: readonly WriteRequest[],
    begun?: (job: BegunJob) => Promise<void>,
  ): Promise<readonly WriteResult[]>;

  /**
   * Goes on with a job that `begun` was told of, which may be another process's that died: one result for each of these
   * requests, which may be fewer than the job has. What has not begun never will. `ageMs`: since `begun` was told. Throws
   * where nobody could be asked: then it may be asked again. Absent where no job goes on by itself.
   */
  readonly takeUp?: (
    collection: string,
    token: Json,
    requests: readonly WriteRequest[],
    ageMs: number,
  ) => Promise<readonly WriteResult[]>;

  /** Absent where the system cannot digest its records by itself. */
  readonly digests?: Digests;

  /**
   * What the account may do beyond these uses, each with the way to take it away; empty where it fits. Absent where the
   * system cannot tell.
   */
  readonly excessiveRights?: (uses: readonly CollectionUse[]) => Promise<readonly ExcessiveRight[]>;

  /** Where the people of the system are shown our dead letters; absent where the connection does not switch it on. */
  readonly errorLog?: ErrorLog;

  close(): Promise<void>;
}

/**
 * How a field's value becomes the text that is digested. `text`: the native value itself. `decimal`: without zeros that
 * mean nothing. `boolean`: `true` or `false`. `instant`: in UTC, cut to milliseconds, as `2026-03-31T12:05:00.123Z`.
 */
export type DigestSpelling = 'text' | 'decimal' | 'boolean' | 'instant';

/** Which fields to digest, in which buckets. Seeds are signed 64-bit numbers as text, chosen anew for every comparison. */
export interface DigestRequest {
  readonly collection: string;
  readonly fields: readonly {
    readonly native: string;
    readonly spelling: DigestSpelling;
    readonly seed: string;
  }[];
  readonly bucketSeed: string;
  /** A power of two. */
  readonly bucketCount: number;
  readonly signal: AbortSignal;
}

/** All records of a bucket: how many, and the sum of their digests as text. Buckets without records are left out. */
export interface BucketDigest {
  readonly bucket: number;
  readonly records: number;
  readonly sum: string;
}

/** A record by its digest. */
export interface RecordDigest {
  readonly id: string;
  readonly digest: string;
}

/**
 * Digests of all records of a collection, computed by the system as `src/lib/digest-sql.ts` spells them, over each value's
 * text or the seed where there is no value. Null: some field cannot be digested so that equal digests mean equal values.
 */
export interface Digests {
  buckets(request: DigestRequest): Promise<readonly BucketDigest[] | null>;
  /** The records of some buckets, at most `recordsMax`. */
  records(
    request: DigestRequest,
    buckets: readonly number[],
    recordsMax: number,
  ): Promise<readonly RecordDigest[] | null>;
}

/** What the syncs of a connection do with one collection, besides reading it. */
export interface CollectionUse {
  readonly collection: string;
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
}

/** A right that nothing needs. Whoever gets hold of the account has it too. */
export interface ExcessiveRight {
  /** As the system calls it: `Modify All Data`, `superuser`, `delete on public.customer`. */
  readonly right: string;
  /** What it allows, as the end of a sentence that begins with "the account may". */
  readonly allows: string;
  /** How to take it away: the statements to run, or the steps to go. */
  readonly remedy: string;
}

/** What the host gives a connector. Connectors take time and chance from here and nowhere else. */
export interface ConnectorContext {
  readonly clock: Clock;
  readonly random: Random;
  /** The folder that relative file paths of the connection start from. */
  readonly baseDirectory: string;
  /** Names this connection among all of them, for server-side names such as replication slots: [a-z0-9_]+. */
  readonly connectionKey: string;
  /** What the system allows, counted for all connections and workers together. */
  readonly budgets: BudgetStore;
  /** Where this connection's tokens are kept for all workers. A connector binds them to its settings (`boundTokens`). */
  readonly tokens: TokenStore;
  /** Where the deployment lets connections reach to. */
  readonly network: NetworkPolicy;
}

/** One setting of a connection, for checking, for help texts and for forms. */
export interface SettingDescription {
  readonly name: string;
  readonly title: string;
  readonly required: boolean;
  /** Must be given as `${secret:NAME}`, is kept sealed and never shown. */
  readonly secret: boolean;
  /** Changes only how the system is worked with: neither where a secret goes nor how it is kept on the way. */
  readonly tunesOnly?: boolean;
  readonly example: string;
}

/** The code for one system: its settings, and how to open a connection to it. */
export interface Connector {
  /** The word used in sync files: `postgres`, `tryton`. */
  readonly system: string;
  readonly title: string;
  readonly settings: readonly SettingDescription[];
  /** Everything its failures may say, each with its cause and what to do. A code that is not here counts as a bug of ours. */
  readonly failures: readonly KnownFailure[];
  /** What came of the conformance suite. */
  readonly score: Score;
  /**
   * Connects and proves that the account works. `settings` holds only known names, secrets already revealed.
   * A wrong setting ⇒ failure `config` naming it; refused credentials ⇒ `auth`; unreachable ⇒ `transient`.
   */
  open(settings: Readonly<Record<string, string>>, context: ConnectorContext): Promise<Session>;
  /**
   * What a person must consent to before a connection with these settings can be opened; null when the settings are
   * enough. Absent where they always are. A wrong setting ⇒ failure `config`.
   */
  readonly consent?: (
    settings: Readonly<Record<string, string>>,
    baseDirectory: string,
  ) => Consent | null | Promise<Consent | null>;
  /**
   * How what a connection with these settings sends by itself is judged and read; null where it sends nothing. Absent where no
   * connection ever does. A wrong setting ⇒ failure `config`.
   */
  readonly webhook?: (
    settings: Readonly<Record<string, string>>,
    baseDirectory: string,
  ) => Promise<Webhook | null>;
}
