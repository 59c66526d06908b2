/**
 * What the store holds of one identity, and what the engine decides over. Everything is readonly: the engine returns the
 * next state and never changes the one it was given.
 */
import type { Value, Values } from './value.ts';

/** Who put a golden value there, when, and by which rule. Fields that changed together share one edit. */
export interface Edit {
  /** Rises by one with every golden change of the identity. */
  readonly seq: number;
  readonly side: string;
  /** The edit certainly happened after this instant (store clock); null when nobody looked before. */
  readonly fromMs: number | null;
  /** The edit certainly happened before this instant (store clock). */
  readonly untilMs: number;
  readonly rule: Rule;
  /** What stood before, and how often in a row this value came back to it; absent where it never did. */
  readonly swing?: Swing;
}

/** A value that is put back and forth: automations that chase each other look like this. */
export interface Swing {
  readonly before: Value;
  /** What stood before that, the newest first: three that chase each other go round. Absent where nothing did. */
  readonly earlier?: readonly Value[];
  readonly turns: number;
}

/** The rules that can let a value in or keep it out. Recorded with every decision. */
export type Rule =
  | 'first' // the identity's first value for the field
  | 'edit' // only this side moved
  | 'owner' // the side is the field's system of record
  | 'notOwner' // the side may not write the field: it is corrected
  | 'latest' // certainly the later edit
  | 'priority' // the side ranks higher
  | 'fill' // the other value was empty
  | 'set' // merged element by element
  | 'hold' // a person must decide
  | 'editWins' // the record was deleted there, edited here: it is made again
  | 'deleteWins' // the same, and it is deleted here too
  | 'merged' // two records were merged in a system: what its people left standing
  | 'dictionary' // the value breaks a rule of the data dictionary: it is corrected
  | 'person'; // a person decided

/** The name that stands for a deciding person where a side would stand. */
export const PERSON = 'person';

/** One business thing: the values that should stand for it, and where each came from. */
export interface Identity {
  readonly id: string;
  readonly seq: number;
  readonly golden: Values;
  readonly edits: Readonly<Record<string, Edit>>;
  readonly tombstone: Tombstone | null;
}

/** Memory that an identity was deleted: where, when and by what evidence. */
export interface Tombstone {
  readonly side: string;
  readonly recordId: string;
  readonly atMs: number;
  readonly evidence: DeleteEvidence;
}

/**
 * `feed`: the change feed said so. `lookup`: absent when looked up twice, with a control record found beside it. `person`:
 * absent when looked up twice, and somebody has said that the side was emptied on purpose; or somebody has let the delete stand.
 */
export type DeleteEvidence = 'feed' | 'lookup' | 'person';

/**
 * `live` takes part; `hidden` is kept from us; `gone` was deleted there, by evidence; `returned` is there again although
 * its identity was deleted, and waits for a person.
 */
export type LinkStatus = 'live' | 'hidden' | 'gone' | 'returned';

/** This record at this side is that identity; what is accounted for there. */
export interface Link {
  readonly side: string;
  readonly recordId: string;
  readonly status: LinkStatus;
  readonly version: string | null;
  /** Nothing older than this instant (store clock) may change what is accounted here. */
  readonly asOfMs: number;
  /** At this instant (store clock) the record held what is accounted; null when nobody has looked since it was linked or away. */
  readonly lookedAtMs: number | null;
  /** Per field the last value of this record that is the golden value, a recorded loser, held, or written by us. */
  readonly accounted: Values;
  /** Per field the golden `seq` whose value this record is known to hold; absent or smaller means: not that value. */
  readonly agreed: Readonly<Record<string, number>>;
  /** Bodies whose outcome was never established; one of them may still land. */
  readonly sent: readonly SentBody[];
  /**
   * Per reference the side's own ids that were seen there and name nothing known yet. While it stands the record has no known
   * version, and the field is neither merged nor written. Absent where there is none.
   */
  readonly unread?: Values;
  /**
   * Per reference what the record itself says: the id or the name that it was last seen, or left, to call it. What calls it as
   * before says nothing new, whatever that id or name may mean by now.
   */
  readonly called?: Values;
  /** References that are to be written anew: what the record calls them is no longer what they are called there. */
  readonly stale?: readonly string[];
  /** It was last seen as one that cannot be read: it has no known version, and is owed nothing until it can be. Absent otherwise. */
  readonly isUnreadable?: true;
  /** Per field that the side may not write: how often in a row it was put right. Absent where it never was. */
  readonly corrected?: Readonly<Record<string, Correction>>;
}

export interface Correction {
  readonly turns: number;
  readonly atMs: number;
}

/** What was sent and not yet seen, nor known never to arrive. */
export interface SentBody {
  readonly seq: number;
  readonly body: Values;
  /** From this instant (store clock) on it can land no more: the first look that begins then shows what became of it. */
  readonly expiresAtMs: number;
  /** Not a body but a delete: should the record turn out to be gone, nobody else has deleted it. */
  readonly deletes?: true;
}

/** What a write does to a record. */
export type WriteKind = 'create' | 'update' | 'delete';

/**
 * planned → queued → sent → (gone: acknowledged) | unknown | dead; held where a guard stopped it.
 * `planned` waits for a person's approval of the plan, `queued` for a worker.
 */
export type WriteState = 'planned' | 'queued' | 'sent' | 'unknown' | 'held' | 'dead';

/** The one open write an identity may have at a side. */
export interface OpenWrite {
  readonly side: string;
  readonly kind: WriteKind;
  readonly state: WriteState;
  /** Frozen when sent; of one that waits again, what was sent last. Null where nothing was. */
  readonly body: Values | null;
  /** Golden `seq` of the body. */
  readonly seq: number;
}

/** A stop on purpose. Without a field it stops every write of the identity; with one, that field only. */
export interface OpenHold {
  readonly field: string | null;
  readonly reason: HoldReason;
  /** Where the reason was seen. */
  readonly sides?: readonly string[];
}

/** Why something was stopped on purpose. */
export type HoldReason =
  | 'conflict'
  | 'editAgainstDelete'
  | 'deletion'
  | 'returned'
  | 'merged'
  | 'oscillation'
  | 'violation'
  | 'ambiguousMatch'
  | 'duplicateRecord'
  | 'createOutcomeUnknown'
  | 'massDelete'
  | 'massChange';

/** Holds that keep what a create of ours had sent, of which no record has been linked. */
export const MADE_BY_US: readonly HoldReason[] = ['createOutcomeUnknown', 'duplicateRecord'];

/** Everything known of one identity: what one decision needs, and no more. */
export interface Bundle {
  readonly identity: Identity;
  readonly links: readonly Link[];
  readonly writes: readonly OpenWrite[];
  readonly holds: readonly OpenHold[];
}

/** Between these instants (store clock) the side's feed had shown all that was committed, and the record not yet. */
export interface Followed {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What a side was seen to hold, in the entity's terms. */
export interface Observation {
  readonly side: string;
  readonly recordId: string;
  readonly version: string | null;
  /** Readable mapped fields; a missing key means that the side says nothing about the field. */
  readonly values: Values;
  /** Store-clock instant before which nothing of this was read: a read began then, or the write that shows it was sent. */
  readonly readBeganMs: number;
  /** Store-clock instant after which nothing of this was read. */
  readonly readEndedMs: number;
  /** References that the side has and that name nothing known yet; no field is both here and in `values`. */
  readonly unread?: Values;
  /** What the record itself calls the things that it refers to; absent where the side has no references. */
  readonly called?: Values;
  /** The feed that shows this; left out where it was seen by no feed, or by one that has only just begun. */
  readonly followed?: Followed;
}

/** A recorded ruling: which value stands, which does not, and why. */
export interface Decision {
  readonly field: string;
  readonly rule: Rule;
  readonly winner: Claim;
  readonly loser: Claim;
}

export interface Claim {
  readonly side: string;
  readonly value: Value;
}

/** A stop that a decision asks for, with what was seen, so that nothing of it is lost. */
export interface NewHold {
  readonly field: string | null;
  readonly reason: HoldReason;
  /** What was seen, so that it is not lost while the hold is open. */
  readonly seen: Readonly<Record<string, Value>>;
  readonly side: string;
}

/** One golden field that changed, for the journal. */
export interface FieldChange {
  readonly field: string;
  readonly before: Value | undefined;
  readonly after: Value;
  readonly rule: Rule;
}

/**
 * `flag`: the value is taken, and told of. `hold`: it waits for a person, and nothing of it goes elsewhere. `correct`: the
 * side gets the value back that stood before; where none did, it is held.
 */
export type OnViolation = 'flag' | 'hold' | 'correct';

/** A value that breaks the dictionary: what becomes of it, and why in a sentence that never quotes it. */
export interface Violation {
  readonly field: string;
  readonly onViolation: OnViolation;
  readonly says: string;
}

/** The next state of an identity, and all that there is to tell about how it came about. */
export interface Outcome {
  readonly bundle: Bundle;
  readonly changes: readonly FieldChange[];
  readonly decisions: readonly Decision[];
  readonly holds: readonly NewHold[];
  /** What of the data dictionary the observed values break, whatever became of them. Absent where they break nothing. */
  readonly violations?: readonly Violation[];
}

/** The identity's link at a side, in whatever status. A loop, like the next: nothing is asked for more often. */
export function linkAt({ links }: Bundle, side: string): Link | undefined {
  for (const link of links) if (link.side === side) return link;
  return undefined;
}

/** The identity's open write at a side: there is at most one. */
export function writeAt({ writes }: Bundle, side: string): OpenWrite | undefined {
  for (const write of writes) if (write.side === side) return write;
  return undefined;
}

/** The identity's write at a side that was sent, and of which no answer is recorded. */
export function unansweredAt(bundle: Bundle, side: string): OpenWrite | undefined {
  const write = writeAt(bundle, side);
  return write?.state === 'sent' || write?.state === 'unknown' ? write : undefined;
}

/** The hold of an identity of which a record has got the key of another one. */
export function isClash({ field, reason }: OpenHold): boolean {
  return field === null && reason === 'ambiguousMatch';
}
