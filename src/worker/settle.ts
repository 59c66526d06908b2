/** Decides about a write whose outcome was lost from what was found out, and carries the decision into the batch. */
import type { SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { acknowledge, remember, weigh, withoutWrite, type SentWrite } from '../engine/acknowledge.ts';
import { held, linkFound, unchanged } from '../engine/existence.ts';
import { linkAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { JournalEntry, StoredBundle, WriteEnd, WriteRow } from '../store/contract.ts';
import type { Batch } from './batch.ts';
import { stored, UNEXPECTED } from './failures.ts';
import { AT_ONCE, nextAfterBroken } from './retry.ts';
import type { SyncRuntime } from './runtime.ts';

/** A record that was seen where a write may have left one. */
export interface Seen {
  readonly kind: 'record';
  readonly record: SystemRecord;
  /** Null for a record that cannot be read. */
  readonly values: Values | null;
  /** What it calls the things that it refers to; absent where the side has no references. */
  readonly called?: Values;
  /** It is in the place of what a create was to make, and was not made by it. */
  readonly isRival?: true;
}

/** What was found out about one write, outside any transaction. */
export type Finding =
  | Seen
  | { readonly kind: 'absent' }
  /** It is kept from us: what became of it cannot be seen, now or ever. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'several' }
  /** A rival is in its place, and besides there is another record, or may be. */
  | { readonly kind: 'second' }
  | { readonly kind: 'impossible' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a person is asked of a create: what became of it, or which of two records is to stay. */
type Asked = 'createOutcomeUnknown' | 'duplicateRecord';

/** What follows from a finding. `later`: it may still be running, so its absence proves nothing yet. */
export type Ruling =
  /** `called`: what the record was seen to call the things that it refers to. */
  | { readonly kind: 'landed'; readonly recordId: string; readonly called: Values }
  /** A record with the key of a create, but other values: somebody made it, or has edited it since. */
  | { readonly kind: 'found'; readonly recordId: string }
  | { readonly kind: 'notLanded' }
  | { readonly kind: 'unclear'; readonly recordId: string }
  | { readonly kind: 'askPerson'; readonly reason: Asked }
  | { readonly kind: 'later'; readonly failure: Failure; readonly lookInMs: number };

/** A system that could not be asked is asked again after this, and a record that was seen while it was asked about. */
const LOOK_AGAIN_MS = 5_000;

function later(failure: Failure, lookInMs: number): Ruling {
  return { kind: 'later', failure, lookInMs };
}

/** `openForMs`: how much longer the request may still take effect; 0 or less when it no longer can. */
export function ruleOnUnknown(
  runtime: SyncRuntime,
  row: WriteRow,
  finding: Finding,
  openForMs: number,
): Ruling {
  const isQuiet = openForMs <= 0;
  switch (finding.kind) {
    case 'failed':
      return later(finding.failure, LOOK_AGAIN_MS);
    case 'hidden':
      if (row.kind === 'create') return asked('createOutcomeUnknown', openForMs);
      return unclear(row.recordId ?? '', openForMs);
    case 'impossible':
    case 'several':
      return asked('createOutcomeUnknown', openForMs);
    case 'second':
      return asked('duplicateRecord', openForMs);
    case 'absent':
      if (row.kind === 'delete') return { kind: 'landed', recordId: row.recordId ?? '', called: {} };
      // It may only be kept from us for a moment, with what we had sent.
      if (row.kind === 'update') return unclear(row.recordId ?? '', openForMs);
      return isQuiet ? { kind: 'notLanded' } : later(NOT_LANDED, openForMs);
    case 'record': {
      // Beside it the create may still make another one.
      if (finding.isRival === true && !isQuiet) return later(UNKNOWN_CREATE, openForMs);
      const { id: recordId, version } = finding.record;
      const seen = { version, values: finding.values ?? {} };
      const evidence = weigh(runtime.model, sentOf(row), row.ifVersion, seen, isQuiet);
      if (evidence === 'landed') return { kind: 'landed', recordId, called: finding.called ?? {} };
      if (row.kind === 'create') return { kind: 'found', recordId };
      if (evidence === 'notLanded') return { kind: 'notLanded' };
      return unclear(recordId, openForMs);
    }
  }
}

/** The record was seen after this look at it, or while it lasted: what it then held the look does not know. */
export function overtaken(): Ruling {
  return later(OVERTAKEN, LOOK_AGAIN_MS);
}

function asked(reason: Asked, openForMs: number): Ruling {
  return openForMs <= 0 ? { kind: 'askPerson', reason } : later(UNKNOWN_CREATE, openForMs);
}

function unclear(recordId: string, openForMs: number): Ruling {
  return openForMs <= 0 ? { kind: 'unclear', recordId } : later(UNCLEAR, openForMs);
}

/** What a ruling leaves behind besides the batch: how the write ends, and a record to look at again. */
export interface Settled {
  readonly end: WriteEnd;
  readonly look: string | null;
}

export function settleUnknown(
  runtime: SyncRuntime,
  batch: Batch,
  bundle: StoredBundle,
  row: WriteRow,
  ruling: Ruling,
  nowMs: number,
): Settled {
  const { identityId, side, writeId, epoch, kind } = row;
  const key = { identityId, side, writeId, epoch, kind };
  const sent = sentOf(row);
  const story = { identityId, side, recordId: row.recordId };
  switch (ruling.kind) {
    case 'landed': {
      const sentAtMs = must(row.firstSentAtMs, 'an unknown write was sent');
      const receipt = { recordId: ruling.recordId, version: null, returned: null, sentAtMs, nowMs };
      const body = { write: kind, values: sent.body, resolved: true };
      const seen = { ...sent, called: calledBy(sent, ruling.called) };
      batch.apply(acknowledge(runtime.model, bundle, seen, receipt), {
        ...story,
        recordId: ruling.recordId,
        kind: 'written',
        body,
      });
      return { end: { ...key, to: 'acknowledged' }, look: ruling.recordId };
    }
    case 'found': {
      // Somebody's record has taken the place of the one that was to be made: what is accounted for there stays.
      if (linkAt(bundle, side)?.recordId === ruling.recordId)
        return settleUnclear(runtime, batch, bundle, row, ruling.recordId, nowMs);
      // What it holds is merged as of any record that was found; only what we had sent is nobody's news.
      const made = { seq: sent.seq, body: sent.body, expiresAtMs: nowMs };
      const linked = linkFound(withoutWrite(bundle, side), side, ruling.recordId, [made], nowMs);
      batch.apply(unchanged(linked), { ...story, recordId: ruling.recordId, kind: 'linked', body: {} });
      return { end: { ...key, to: 'closed', failure: stored(ANOTHER) }, look: ruling.recordId };
    }
    case 'notLanded':
      batch.note({ ...story, kind: 'resolved', body: { outcome: 'notLanded' } });
      return { end: endNotLanded(runtime, batch, row), look: null };
    case 'unclear':
      return settleUnclear(runtime, batch, bundle, row, ruling.recordId, nowMs);
    case 'askPerson':
      askPerson(batch, bundle, sent, ruling.reason, story);
      return { end: { ...key, to: 'closed', failure: stored(UNKNOWN_CREATE) }, look: null };
    case 'later': {
      const openForMs = must(row.resolveAtMs, 'an unknown write has a time to be resolved') - nowMs;
      return {
        end: {
          ...key,
          to: 'unknown',
          failure: isOurFault(row) ? row.failure : stored(ruling.failure),
          resolveInMs: Math.max(0, openForMs),
          lookInMs: ruling.lookInMs,
        },
        look: null,
      };
    }
  }
}

/** What was sent of references is what the record was seen to call them since. */
function calledBy({ body }: SentWrite, called: Values): Values {
  return Object.fromEntries(Object.entries(called).filter(([name]) => body[name] !== undefined));
}

/** The write is closed, and what it sent remembered until the record has been looked at. */
function settleUnclear(
  runtime: SyncRuntime,
  batch: Batch,
  bundle: StoredBundle,
  row: WriteRow,
  recordId: string,
  nowMs: number,
): Settled {
  const { identityId, side, writeId, epoch, kind } = row;
  const sent = sentOf(row);
  const story = { identityId, side, recordId: row.recordId, kind: 'resolved' };
  const body = { outcome: 'unclear', values: sent.body };
  const remembered = remember(bundle, sent, nowMs);
  if (isOurFault(row)) {
    // A new write would begin its tries anew, for ever. The look before the next one finds what this one has done.
    const open = { ...remembered, writes: bundle.writes };
    batch.apply(unchanged(open), { ...story, body });
    return { end: endNotLanded(runtime, batch, row), look: recordId };
  }
  batch.apply(unchanged(remembered), { ...story, body });
  const key = { identityId, side, writeId, epoch, kind };
  return { end: { ...key, to: 'closed', failure: stored(UNCLEAR) }, look: recordId };
}

/** Not a dead letter: another edit would open that again, and make the record a second time. */
function askPerson(
  batch: Batch,
  bundle: StoredBundle,
  sent: SentWrite,
  reason: Asked,
  story: Omit<JournalEntry, 'kind' | 'body'>,
): void {
  const { side, body } = sent;
  const hold = { field: null, reason, seen: body, side } as const;
  const outcome = held(withoutWrite(bundle, side), hold);
  batch.apply(outcome, { ...story, kind: 'held', body: { ...stored(UNKNOWN_CREATE), values: body } });
}

function sentOf(row: WriteRow): SentWrite {
  return { side: row.side, kind: row.kind, body: must(row.body, 'a sent write has a body'), seq: row.seq };
}

/** The try broke in our own code, and may do so again whatever the system says. */
function isOurFault(row: WriteRow): row is WriteRow & { readonly failure: NonNullable<WriteRow['failure']> } {
  return row.failure?.code === UNEXPECTED;
}

function endNotLanded(runtime: SyncRuntime, batch: Batch, row: WriteRow): WriteEnd {
  const { identityId, side, writeId, epoch, kind, recordId } = row;
  const key = { identityId, side, writeId, epoch, kind };
  const next = isOurFault(row) ? nextAfterBroken(row.attempts, runtime.random) : AT_ONCE;
  if (next.kind === 'again') {
    const { dueInMs, countsAttempt } = next;
    return { ...key, to: 'queued', failure: stored(NOT_LANDED), dueInMs, countsAttempt };
  }
  const failure = stored(TRIES_USED_UP);
  batch.note({ identityId, side, recordId, kind: 'failed', body: { ...failure } });
  return { ...key, to: 'dead', failure };
}

const NOT_LANDED: Failure = {
  kind: 'transient',
  code: 'trueup.not_landed',
  message: 'the write was found not to have happened',
};
const TRIES_USED_UP: Failure = {
  kind: 'transient',
  code: 'trueup.tries_used_up',
  message: 'the write was tried to the end of its attempts and was found not to have happened',
  advice: 'The attempts of the write tell what went wrong. Replay it when that is put right.',
};
const UNCLEAR: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.unclear',
  message: 'the record changed in another way; it is merged as it is now',
};
const ANOTHER: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.found_another',
  message: 'a record with this key holds other values; it is merged as it is now',
};
const OVERTAKEN: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.overtaken',
  message: 'the record was seen while its write was looked into; it is looked into again',
};
const UNKNOWN_CREATE: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.create_outcome_unknown',
  message: 'the answer to a create was lost, and nothing tells whether the record exists',
  advice: 'Look in the system: link the record if it is there, or replay the write if it is not.',
};
