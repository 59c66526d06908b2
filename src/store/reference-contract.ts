/** The calls that reach from a sync to those it refers to and to those that refer to it. They are named, not keyed: a sync that
 * is not applied yet has no things, and nothing waits for it in vain. */
import type { Place } from '../engine/model.ts';
import type { Referrer } from '../engine/references.ts';

/** A write of an identity at a side. */
interface Key {
  readonly identityId: string;
  readonly side: string;
}

/** Something stops at an identity, a side and a field until another thing is there. */
export type Wait = Key & {
  readonly field: string;
  /** The identity's own record at the side; null while it has none. */
  readonly recordId: string | null;
} &
  /** The record names one at `at` that belongs to no identity yet: it is to be read again. */
  (
    | { readonly kind: 'read'; readonly at: Place; readonly parentRecord: string }
    /** The open write names an identity that has no record at `at` yet: it is parked. */
    | { readonly kind: 'write'; readonly at: Place; readonly parentId: string }
    /** The open write deletes what others still refer to: it is parked, and the field is empty. */
    | { readonly kind: 'delete' }
    /** The open create would give the side a second record of this one's key, which is linked to nothing there: it is parked. */
    | { readonly kind: 'key'; readonly at: Place; readonly parentRecord: string }
    /** What the field refers to has moved: the identity's record, and what is known of it, are pointed anew. */
    | ({ readonly kind: 'point'; readonly at: Place } & Move)
  );

/** A thing that is called otherwise than before, or by another record id (the two are equal), or that has become another one. */
export interface Move {
  readonly fromId: string;
  readonly toId: string;
}

/** A name that a thing has at a side, or (empty) in its golden record; as names are compared. */
export interface Name {
  readonly side: string;
  readonly field: string;
  readonly name: string;
  readonly identityId: string;
}

/** Ends the waits of one kind at an identity's side: of a field, or (null) all. */
export interface WaitEnd extends Key {
  readonly kind: Wait['kind'];
  readonly field: string | null;
}

export interface ReferenceTx {
  /**
   * The identities that records or names at another sync's side stand for. Records, in whatever status, that belong to none are
   * left out, and so are names that nothing has, or several things.
   */
  identitiesAt(place: Place, calls: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The live records, or the names, of identities at another sync's side, by identity. */
  recordsAt(place: Place, identityIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The fields, of any sync, that name things of this one. */
  referrers(): Promise<readonly Referrer[]>;
  /** Names that things of this sync have no more, and have now. */
  saveNames(freed: readonly Name[], added: readonly Name[]): Promise<void>;
  /**
   * Notes for every linked record that refers by this to something which has moved that it is pointed anew; due at once. Also of one that
   * is gone: brought back, it says what it said before.
   */
  notePoints(referrer: Referrer, moves: readonly Move[]): Promise<void>;
  /**
   * Per identity the number of records, live or hidden, that are known to refer to it; those with none are left out. What is left of a deleted
   * thing is pointed nowhere any more, and refers to nothing where it calls it by what it is called no more.
   */
  referredTo(referrer: Referrer, identityIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Of these records or names, as they are compared, those that are named by a record which is to be read again for that. */
  awaitedAt(place: Place, calls: readonly string[]): Promise<ReadonlySet<string>>;

  /** Notes waits, or what they wait for now. One that waits for the same as before keeps its place, unless it was parked. */
  noteWaits(waits: readonly Wait[]): Promise<void>;
  endWaits(ends: readonly WaitEnd[]): Promise<void>;
  /** Takes waits out of those to be checked, until they are noted again or woken. */
  parkWaits(ends: readonly WaitEnd[]): Promise<void>;
  /** Makes due what waits for records or names at `place`, or for identities to have one there. */
  wakeReaders(place: Place, calls: readonly string[]): Promise<void>;
  wakeWriters(place: Place, identityIds: readonly string[]): Promise<void>;
  /** Makes due the deletes of the sync's identities that wait for nobody to refer to them. */
  wakeDeletes(sync: string, identityIds: readonly string[]): Promise<void>;
  /** Of these keys those that records at the side have which are linked to nothing, each with the first such record by its id. */
  unlinkedByKey(side: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Beside each of these records of the side those that are linked to nothing there and have a key of its thing, by their ids. */
  waitingBeside(side: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Notes a hint for every parked record that has one of these keys: a thing has come to have it, whose it may be. */
  hintUnlinked(keys: readonly string[]): Promise<void>;
  /** Makes due what of these identities waits for a record that has their key: they may have another one now. */
  wakeKeyed(identityIds: readonly string[]): Promise<void>;
  /** Takes due waits to be checked; unless they end, they are due again by themselves, ever later up to a minute. */
  claimWaits(countMax: number): Promise<readonly Wait[]>;

  /** Takes planned and queued writes out of the queue. */
  parkWrites(writes: readonly Key[]): Promise<void>;
  /** Puts parked writes back into the queue. */
  releaseWrites(writes: readonly Key[]): Promise<void>;
}
