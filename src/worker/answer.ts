/** Records the answers of a delivery: each against the try it belongs to, with all that follows from it, in one transaction. */
import type { WriteResult } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { acknowledge, withoutWrite, type Receipt } from '../engine/acknowledge.ts';
import { held, withoutAnswered } from '../engine/existence.ts';
import { linkAt, type Bundle, type Outcome } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { KnownRecord, NewHint, StoredBundle, SyncTx, WriteEnd } from '../store/contract.ts';
import { Batch, changeBody } from './batch.ts';
import { endAll } from './ends.ts';
import { stored } from './failures.ts';
import { giveWayAt, rememberDeletes, withDelete } from './given-again.ts';
import { keyOf, type Intent } from './intent.ts';
import { afterLag } from './lag.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { readAll } from './references.ts';
import { nextAfter } from './retry.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { valuesTold } from './values.ts';
import { pointGiven } from './waits.ts';

/** With what the answer shows of the record: null where it says nothing, or nothing readable. */
type Written = Extract<WriteResult, { readonly kind: 'written' }> & {
  readonly returned: Values | null;
  readonly called?: Values;
};
type Failed = Extract<WriteResult, { readonly kind: 'failed' }>;

interface Answer {
  readonly intent: Intent;
  readonly result: Written | Failed;
}

/** Answers stored in one transaction: as many as a page of records. */
const ANSWERS_MAX = PAGE_RECORDS_MAX;

/** T5. Answers to tries that are no longer the newest are kept as evidence and lead to a fresh look. */
export async function recordAnswers(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  results: readonly WriteResult[],
): Promise<void> {
  const answers = intents.map((intent, index) => ({
    intent,
    result: shown(side, must(results[index], 'every write has a result')),
  }));
  for (const some of inTransactions(answers)) {
    const wakened = await runtime.transaction(async (tx) =>
      store(runtime, tx, side, await readAnswers(tx, side, some)),
    );
    for (const name of wakened) runtime.wakes.wake(`deliver ${name}`);
  }
}

function shown(side: SideRuntime, result: WriteResult): Written | Failed {
  if (result.kind === 'failed') return result;
  return {
    ...result,
    returned: result.fields === undefined ? null : valuesTold(side.model, result.fields),
  };
}

/** An answer that shows a reference to something unknown is as good as none: the record is looked at again. */
async function readAnswers(
  tx: SyncTx,
  side: SideRuntime,
  answers: readonly Answer[],
): Promise<readonly Answer[]> {
  if (side.model.references.length === 0) return answers;
  const valuesIn = ({ result }: Answer): Values => (result.kind === 'failed' ? {} : (result.returned ?? {}));
  const reads = await readAll(tx, side.model, answers.map(valuesIn));
  return answers.map(({ intent, result }, index): Answer => {
    const read = reads[index];
    if (result.kind === 'failed' || result.returned === null || read === undefined) return { intent, result };
    const { values: returned, called = {} } = read;
    if (read.unread === undefined) return { intent, result: { ...result, returned, called } };
    return { intent, result: { ...result, version: null, returned: null } };
  });
}

/** A system that gives ids again may name one record in two answers of a batch: the later one finds it taken, or deleted. */
function inTransactions(answers: readonly Answer[]): readonly (readonly Answer[])[] {
  const transactions: Answer[][] = [];
  let named = new Set<string>();
  for (const answer of answers) {
    const { intent, result } = answer;
    const recordId = result.kind === 'written' ? result.recordId : intent.recordId;
    const last = transactions.at(-1);
    const isNamed = recordId !== null && named.has(recordId);
    if (last === undefined || last.length >= ANSWERS_MAX || isNamed) {
      transactions.push([answer]);
      named = new Set();
    } else last.push(answer);
    if (recordId !== null) named.add(recordId);
  }
  return transactions;
}

async function store(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  answers: readonly Answer[],
): Promise<ReadonlySet<string>> {
  const bundles = await tx.lockBundles(answers.map(({ intent }) => intent.identityId));
  const created = answers.flatMap(({ intent, result }) =>
    intent.kind === 'create' && result.kind === 'written' ? [result.recordId] : [],
  );
  const known = await tx.recordsOf(side.model.name, created);
  const batch = new Batch(runtime, tx);
  for (const bundle of bundles.values()) batch.load(bundle);
  await giveWayAt(
    tx,
    batch,
    side.model.name,
    [...known.values()].filter((record) => !isMadeAndGone(answers, record)),
  );
  const deleted = answers.flatMap(({ intent: { kind, identityId }, result }) =>
    kind === 'delete' && result.kind === 'written' ? [{ identityId, recordId: result.recordId }] : [],
  );
  await rememberDeletes(tx, batch, side.model.name, deleted);
  const followedSinceMs = created.length === 0 ? null : await tx.followsSinceMs(side.model.name);
  const found = { known, followedSinceMs };
  const recording: Recording = { runtime, tx, side, batch, ...found, ends: [], late: [], hints: [] };
  for (const { intent, result } of answers) {
    const row = bundles.get(intent.identityId);
    if (row === undefined) continue;
    const bundle = { ...row, links: batch.get(intent.identityId)?.links ?? row.links };
    const isFirst = isCurrent(bundle, intent);
    if (result.kind === 'failed') {
      if (isFirst) recordFailure(recording, bundle, intent, result.failure);
    } else if (isFirst) recordWritten(recording, bundle, intent, result);
    else recordLate(recording, bundle, intent, result);
  }
  const { ends, late, hints } = recording;
  await endAll(tx, ends);
  await tx.endWrites(late);
  const wakened = await batch.store();
  const given = answers.flatMap(({ intent: { identityId, body, called }, result }) =>
    result.kind === 'written' ? [{ identityId, recordId: result.recordId, body, called }] : [],
  );
  await pointGiven(tx, side.model, given);
  await tx.noteHints(side.model.name, afterLag(side, hints));
  if (hints.length > 0) runtime.wakes.wake(`look ${side.model.name}`);
  return wakened;
}

/** The very record that a create has made was seen already, and seen to go: its id is no one else's. */
function isMadeAndGone(answers: readonly Answer[], { recordId, identityId, asOfMs }: KnownRecord): boolean {
  return answers.some(
    ({ intent, result }) =>
      intent.identityId === identityId &&
      intent.sentAtMs < asOfMs &&
      result.kind === 'written' &&
      result.recordId === recordId,
  );
}

/** Answers while they are being recorded, and what they lead to. */
interface Recording {
  readonly runtime: SyncRuntime;
  readonly tx: SyncTx;
  readonly side: SideRuntime;
  readonly batch: Batch;
  /** What is known of the records that creates have made. */
  readonly known: ReadonlyMap<string, KnownRecord>;
  /** Of what happened before, the side's feed has not told; null where no creates are answered, or it has no position. */
  readonly followedSinceMs: number | null;
  readonly ends: WriteEnd[];
  /** Ends that come too late to end anything, and are kept as evidence. */
  readonly late: WriteEnd[];
  readonly hints: NewHint[];
}

/** The stored write is still this very try: nobody has taken it further meanwhile. */
function isCurrent(bundle: StoredBundle, intent: Intent): boolean {
  const row = bundle.writes.find((write) => write.side === intent.side);
  return (
    row !== undefined &&
    row.writeId === intent.writeId &&
    row.epoch === intent.epoch &&
    (row.state === 'sent' || row.state === 'unknown')
  );
}

function recordWritten(recording: Recording, bundle: StoredBundle, intent: Intent, result: Written): void {
  const { side, batch, ends, hints } = recording;
  ends.push({ ...keyOf(intent), to: 'acknowledged' });
  const entry = { identityId: intent.identityId, side: intent.side, recordId: result.recordId };
  if (isAnothers(recording, intent, result)) {
    holdSecond(batch, withoutWrite(bundle, intent.side), intent, result);
    return;
  }
  const isMet = wasMet(recording, intent, result);
  // Nor may it be met while this is being stored.
  if (intent.kind === 'create' && !isMet) batch.noteMet(intent.side, result.recordId, NEVER_MET);
  const outcome = acknowledged(recording, bundle, intent, result);
  batch.apply(outcome, {
    ...entry,
    kind: 'written',
    body: changeBody(outcome, { write: intent.kind, values: intent.body, ...attemptsBody(intent) }),
  });
  if (intent.kind === 'delete') {
    // Brought back before its answer came, with the version that it had, the record was met as if nothing had happened to it.
    const isOpen = isStillThere(outcome.bundle, intent);
    hints.push({ recordId: result.recordId, kind: isOpen ? 'deleted' : 'changed' });
  } else if (isMet || isUntold(recording, intent) || hasMore(side, outcome.bundle, result))
    hints.push({ recordId: result.recordId, kind: 'changed' });
}

/** A look that met the record before, whenever it began, is one too many. */
const NEVER_MET = 0;

/**
 * What a create has made was seen before its answer was recorded, and was nobody's, as what has got the key of another thing: what was
 * seen of it is accounted for nowhere, and its feed has told of it.
 */
function wasMet({ known }: Recording, { kind }: Intent, { recordId }: Written): boolean {
  const record = kind === 'create' ? known.get(recordId) : undefined;
  return record !== undefined && record.identityId === null && record.status !== 'gone';
}

/**
 * The feed got a new position while a create was under way. That the record has gone since, it may never tell; and the sweep that
 * makes up for what it does not tell may have passed before the record was anybody's.
 */
function isUntold({ followedSinceMs }: Recording, { kind, sentAtMs }: Intent): boolean {
  return kind === 'create' && followedSinceMs !== null && followedSinceMs > sentAtMs;
}

/**
 * What the answer proves. The record of another thing may have gone from under this id while the create was on its way: what was
 * seen to go, and by whose delete, may as well have been what the create had made.
 */
function acknowledged(recording: Recording, bundle: Bundle, intent: Intent, result: Written): Outcome {
  const outcome = acknowledge(recording.runtime.model, bundle, intent, receiptOf(recording, intent, result));
  const before = intent.kind === 'create' ? recording.known.get(result.recordId) : undefined;
  if (before?.status !== 'gone' || before.identityId === null || before.asOfMs <= intent.sentAtMs)
    return outcome;
  if (before.identityId === intent.identityId) return outcome;
  return { ...outcome, bundle: withDelete(outcome.bundle, intent.side, result.recordId, recording.tx.nowMs) };
}

/** Seen since its delete was sent: what became of it another look tells. */
function isStillThere(bundle: Bundle, { side, recordId }: Intent): boolean {
  const link = linkAt(bundle, side);
  return link !== undefined && link.recordId === recordId && link.status !== 'gone';
}

/** The answer leaves open what the record holds now. */
function hasMore({ card, model }: SideRuntime, bundle: Bundle, { version }: Written): boolean {
  if (card.version === 'none') return false;
  const link = linkAt(bundle, model.name);
  return version === null || (link?.version === null && link.unread === undefined);
}

/**
 * An answer to a try that was given up. The record as it is now decides; what the answer proves is that a write of ours
 * reached it, and of a create, which record it made: no search tells that as surely.
 */
function recordLate(recording: Recording, bundle: StoredBundle, intent: Intent, result: Written): void {
  const { runtime, batch, ends, late, hints } = recording;
  const { identityId, side } = intent;
  late.push({ ...keyOf(intent), to: 'acknowledged' });
  hints.push({ recordId: result.recordId, kind: 'changed' });
  const story = { identityId, side, recordId: result.recordId, kind: 'late' };
  const body = { write: intent.kind, values: intent.body };
  const link = linkAt(bundle, side);
  if (intent.kind !== 'create' || (link !== undefined && link.status !== 'gone')) {
    batch.note({ ...story, body });
    return;
  }
  const open = bundle.writes.find((write) => write.side === side);
  const isUnknown = open?.writeId === intent.writeId && open.state === 'unknown';
  if (isUnknown) ends.push({ ...keyOf(intent), epoch: open.epoch, to: 'acknowledged' });
  // A later try is under way, or waits: once the record has its link it is planned anew, as an update at most.
  const rest = isUnknown ? withoutWrite(bundle, side) : bundle;
  if (isAnothers(recording, intent, result)) {
    holdSecond(batch, rest, intent, result);
    return;
  }
  const made = acknowledge(runtime.model, bundle, intent, receiptOf(recording, intent, result));
  const linked = withoutAnswered({ ...made.bundle, writes: rest.writes }, side);
  batch.apply({ ...made, bundle: linked }, { ...story, body: changeBody(made, body) });
}

/** Our create has made a record that counts as another identity's. */
function holdSecond(
  batch: Batch,
  bundle: Bundle,
  { identityId, side, body: seen }: Intent,
  { recordId }: Written,
): void {
  const hold = { field: null, reason: 'duplicateRecord' as const, seen, side };
  const body = { reason: hold.reason };
  batch.apply(held(bundle, hold), { identityId, side, recordId, kind: 'held', body });
}

/** A system may give the id of a deleted record to a new one; only a record that is there is somebody's. */
function isAnothers({ known }: Recording, { identityId }: Intent, { recordId }: Written): boolean {
  const holder = known.get(recordId);
  const home = holder === undefined || holder.status === 'gone' ? null : holder.identityId;
  return home !== null && home !== identityId;
}

function receiptOf({ tx }: Recording, { sentAtMs }: Intent, result: Written): Receipt {
  const { recordId, version, returned, called } = result;
  const receipt = { recordId, version, returned, sentAtMs, nowMs: tx.nowMs };
  return called === undefined ? receipt : { ...receipt, called };
}

function attemptsBody(intent: Intent): { readonly attempts?: number } {
  return intent.attempts === 0 ? {} : { attempts: intent.attempts + 1 };
}

function recordFailure(recording: Recording, bundle: StoredBundle, intent: Intent, failure: Failure): void {
  const { runtime, side, batch, ends, hints } = recording;
  const next = nextAfter(failure, intent.attempts, runtime.random);
  const key = keyOf(intent);
  switch (next.kind) {
    case 'again':
      ends.push({
        ...key,
        to: 'queued',
        failure: stored(failure),
        dueInMs: next.dueInMs + (next.lookFirst ? side.card.readLagMs : 0),
        countsAttempt: next.countsAttempt,
      });
      if (next.lookFirst && intent.recordId !== null)
        hints.push({ recordId: intent.recordId, kind: 'missing' });
      break;
    case 'resolve':
      // That it landed may show once reads show the present; that it did not, only when it can no longer be running.
      ends.push({
        ...key,
        to: 'unknown',
        failure: stored(failure),
        resolveInMs: resolveInMs(runtime, intent.side),
        lookInMs: side.card.readLagMs,
      });
      break;
    case 'bury':
      ends.push({ ...key, to: 'dead', failure: stored(failure) });
      // What is golden may have moved on meanwhile, and is then owed in a write of its own.
      batch.put(buried(bundle, intent.side));
      batch.note({
        identityId: intent.identityId,
        side: intent.side,
        recordId: intent.recordId,
        kind: 'failed',
        body: { ...stored(failure) },
      });
      break;
  }
}

function buried(bundle: StoredBundle, side: string): Bundle {
  const writes = bundle.writes.map((write) =>
    write.side === side ? { ...write, state: 'dead' as const } : write,
  );
  return { ...bundle, writes };
}

/** The longest the request may still take effect, and as long again as a read may lag behind it. */
export function resolveInMs(runtime: SyncRuntime, side: string): number {
  const card = must(runtime.sides.get(side), 'a write goes to a side of the sync').card;
  return card.executionMaxMs + card.readLagMs;
}
