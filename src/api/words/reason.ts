/** Why a record is in its state, in a few words. */
import type { StoredFailure } from '../../store/contract.ts';
import type { RecordReason } from '../../store/record-states.ts';

const SENTENCES: Readonly<Record<RecordReason, string>> = {
  gone: 'it is no longer there',
  filtered: 'a rule of the sync leaves it out',
  writeFailed: 'a write of it used up its attempts',
  unreadable: 'it cannot be read',
  lookFailed: 'looking at it used up its attempts',
  parked: 'it is not clear which thing it is',
  hidden: 'the system keeps it from our account',
  returned: 'it was deleted and came back',
  writeHeld: 'a write of it was stopped by the guard',
  hold: 'it waits for a decision in the review',
  writeGivenUp: 'a person gave its write up',
  lookGivenUp: 'a person gave it up',
  toBeRead: 'it was heard of, and is about to be read',
  owed: 'a write of it is planned, or on its way',
  waits: 'it waits for another record',
  inStep: 'it holds what it should hold',
};

/** What the system said is added where it said something. */
export function reasonSentence(reason: RecordReason, failure: StoredFailure | null): string {
  return failure === null ? SENTENCES[reason] : `${SENTENCES[reason]}: ${failure.message}`;
}
