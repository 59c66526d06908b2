/**
 * Delivers what a side is owed. The intent is committed before the request leaves, the answer is recorded against that
 * very try, and a try without an answer becomes `unknown`: it never silently returns to the queue.
 */
import type { WriteResult } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { renderBody, type Rendering } from '../engine/mapping.ts';
import { isSameAgain, kindNow, missingRequired } from '../engine/plan.ts';
import type { Translate } from '../engine/references.ts';
import { linkAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { StoredBundle, StoredFailure, SyncTx, WriteEnd, WriteRow } from '../store/contract.ts';
import type { Wait } from '../store/reference-contract.ts';
import { recordAnswers } from './answer.ts';
import { emptySave } from './batch.ts';
import { answeredBy, writeWatched, type Watched, type Write } from './bulk-jobs.ts';
import { failureOfError, stored, UNEXPECTED } from './failures.ts';
import { keyOf, type Intent } from './intent.ts';
import { leavingTogether, recordBroken } from './isolate.ts';
import { DELIVERY_CHARACTERS_MAX } from './limits.ts';
import { withoutChanged } from './look-before.ts';
import { claim, type Pace } from './pace.ts';
import { callsThere, sendable } from './references.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { standingInTheWay } from './unlinked.ts';
import { park, stillReferredTo } from './waits.ts';

/**
 * Delivers one batch. Returns how many writes it took from the queue, those included whose thing is locked or that are owed no
 * more; `onDelivered` hears how many the system took.
 */
export async function deliverBatch(
  runtime: SyncRuntime,
  side: SideRuntime,
  onDelivered: (count: number) => void = () => undefined,
): Promise<number> {
  const beganMs = runtime.clock.monotonicMs();
  const { intents, taken, pace } = await runtime.transaction((tx) => intend(runtime, tx, side));
  if (intents.length === 0) return taken;
  const ready = await withoutChanged(runtime, side, intents);
  if (ready.length === 0) return taken;
  const isLate = runtime.clock.monotonicMs() - beganMs > pace.sendWithinMs;
  const sent = isLate ? answeredBy(ready.map(tooLate)) : await send(runtime, side, ready, pace);
  if ('code' in sent) await recordBroken(runtime, side, ready, sent);
  else {
    const { results, left, ended } = sent;
    const isAnswered = (intent: Intent): boolean => !left.has(intent.request.key);
    const answers = results.filter(({ key }) => !left.has(key));
    await recordAnswers(runtime, side, ready.filter(isAnswered), answers);
    await ended();
    onDelivered(answers.filter(({ kind }) => kind === 'written').length);
  }
  return taken;
}

/** Whoever was stopped for so long may have lost the lease: another worker may be about to send the same. */
function tooLate(intent: Intent): WriteResult {
  const message = 'this worker was stopped between the decision and the request, which it did not send';
  return {
    kind: 'failed',
    key: intent.request.key,
    failure: { kind: 'transient', code: 'worker.too_late', message },
  };
}

interface Intended {
  readonly intents: readonly Intent[];
  readonly taken: number;
  readonly pace: Pace;
}

/** T4: decides afresh what is owed now, freezes it, and commits that it is about to be sent. */
async function intend(runtime: SyncRuntime, tx: SyncTx, side: SideRuntime): Promise<Intended> {
  const { ids, pace } = await claim(tx, side);
  if (ids.length === 0) return { intents: [], taken: 0, pace };
  const bundles = await tx.lockBundles(ids, 'skip');
  const intents: Intent[] = [];
  const refused: { readonly intent: Intent; readonly failure: StoredFailure }[] = [];
  const dropped: WriteRow[] = [];
  const due = ids.flatMap((id) => dueIn(bundles.get(id), side));
  const leaving = leavingTogether(due, pace.countMax);
  const there = await namesThere(runtime, tx, side, leaving);
  const waits: Wait[] = [];
  let [decided, characters] = [0, 0];
  for (const { bundle, row } of leaving) {
    if (characters > DELIVERY_CHARACTERS_MAX) break;
    const made = intentOf(runtime, side, bundle, row, there, tx.nowMs);
    decided += 1;
    if (made === null) dropped.push(row);
    else if ('waits' in made) waits.push(...made.waits);
    else if ('failure' in made) refused.push(made);
    else {
      intents.push(made);
      characters += charactersOf(made);
    }
  }
  await park(tx, waits);
  await tx.sendWrites([...intents, ...refused.map(({ intent }) => intent)], pace.leaseMs);
  await tx.endWrites(
    refused.map(({ intent, failure }): WriteEnd => ({
      ...keyOf(intent),
      to: 'dead',
      failure,
    })),
  );
  await tx.save({ ...emptySave(), droppedWrites: dropped });
  return { intents, taken: ids.length - (due.length - decided), pace };
}

function charactersOf({ body }: Intent): number {
  return Object.values(body).reduce<number>(
    (characters, value) => characters + (typeof value === 'string' ? value.length : 0),
    0,
  );
}

interface Due {
  readonly bundle: StoredBundle;
  readonly row: WriteRow;
}

function dueIn(bundle: StoredBundle | undefined, side: SideRuntime): readonly Due[] {
  const row = bundle?.writes.find(
    (write) => write.side === side.model.name && (write.state === 'queued' || write.state === 'planned'),
  );
  return bundle === undefined || row === undefined ? [] : [{ bundle, row }];
}

/** What is known at the side of the things that the due writes refer to, and of those that refer to what they delete. */
interface There {
  readonly callNow: Translate;
  readonly referredTo: ReadonlySet<string>;
  /** Of things to be made those whose key a record has that is linked to nothing. */
  readonly inTheWay: ReadonlyMap<string, Wait>;
}

async function namesThere(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  due: readonly Due[],
): Promise<There> {
  const bundles = due.map(({ bundle }) => bundle);
  const deleted = bundles.filter(({ identity }) => identity.tombstone !== null);
  return {
    callNow: await callsThere(
      tx,
      side.model,
      bundles.map(({ identity }) => identity.golden),
    ),
    referredTo: await stillReferredTo(
      runtime,
      tx,
      side.model.name,
      deleted.map(({ identity }) => identity.id),
    ),
    inTheWay: await standingInTheWay(runtime, tx, side.model.name, bundles),
  };
}

type Made =
  | Intent
  | { readonly intent: Intent; readonly failure: StoredFailure }
  | { readonly waits: readonly Wait[] }
  | null;

/** Null when nothing is owed any more: the record was brought into step by something else. */
function intentOf(
  runtime: SyncRuntime,
  side: SideRuntime,
  bundle: StoredBundle,
  row: WriteRow,
  there: There,
  nowMs: number,
): Made {
  const kind = kindNow(runtime.model, bundle, row);
  if (kind === null) return null;
  const link = kind === 'create' ? undefined : linkAt(bundle, side.model.name);
  if (kind === 'delete' && there.referredTo.has(row.identityId)) {
    const { identityId } = row;
    const wait = { identityId, side: row.side, field: '', recordId: link?.recordId ?? null };
    return { waits: [{ ...wait, kind: 'delete' }] };
  }
  const inTheWay = kind === 'create' ? there.inTheWay.get(row.identityId) : undefined;
  if (inTheWay !== undefined) return { waits: [inTheWay] };
  const sent = sendable(side.model, bundle, kind, there.callNow);
  if (sent.kind === 'wait') return sent;
  const { body } = sent;
  const rendering = rendered(side, sent.there, kind);
  const intent: Intent = {
    identityId: row.identityId,
    side: row.side,
    writeId: row.writeId,
    attempts: row.attempts,
    sentAtMs: nowMs,
    sentAgainst: {
      version: link?.version ?? null,
      asOfMs: link?.asOfMs ?? 0,
      accounted: link?.accounted ?? {},
      unread: link?.unread ?? {},
      called: link?.called ?? {},
    },
    called: sent.called,
    epoch: row.epoch + 1,
    kind,
    body,
    seq: bundle.identity.seq,
    recordId: link?.recordId ?? null,
    ifVersion: link?.version ?? null,
    request: {
      key: row.writeId,
      kind,
      recordId: link?.recordId ?? null,
      ifVersion: link?.version ?? null,
      fields: rendering.kind === 'natives' ? rendering.natives : new Map(),
    },
  };
  // Other values had opened it anew, and before it could leave they went back to what was refused.
  if (isRefusal(row.failure) && isSameAgain(side.model, bundle, row, kind))
    return { intent, failure: row.failure };
  if (rendering.kind === 'broken') return { intent, failure: stored(rendering.failure) };
  if (rendering.kind === 'invalid') {
    const [problem] = rendering.problems;
    const message = rendering.problems.map(({ native, reason }) => `${native}: ${reason}`).join('; ');
    const code = `mapping.${problem?.code ?? 'invalid'}`;
    const advice = 'Change the value, or the mapping of the field.';
    return { intent, failure: { kind: 'invalid', code, message, advice } };
  }
  const missing = kind === 'create' ? missingRequired(side.model, body) : [];
  if (missing.length === 0) return intent;
  const message = `required and empty: ${missing.join(', ')}`;
  const advice = 'Fill the field in the system that knows it, or give the mapping a `when_missing` value.';
  return {
    intent,
    failure: { kind: 'invalid', code: 'trueup.required_missing', message, field: missing[0] ?? '', advice },
  };
}

/** A mapping that breaks on one value costs that record its write, and no other its turn. */
function rendered(
  side: SideRuntime,
  body: Values,
  kind: WriteRow['kind'],
): Rendering | { readonly kind: 'broken'; readonly failure: Failure } {
  try {
    return renderBody(side.model, body, kind === 'create');
  } catch (error) {
    return { kind: 'broken', failure: failureOfError(error) };
  }
}

/** The system would refuse the same values again. */
function isRefusal(failure: StoredFailure | null): failure is StoredFailure {
  return failure?.kind === 'invalid' || failure?.kind === 'permanent';
}

/**
 * A failure that is thrown means that nothing was sent. Anything else thrown is a bug, and the answer is that bug's failure:
 * what the request did is unknown.
 */
async function send(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  { isBulk }: Pace,
): Promise<Watched | Failure> {
  const requests = intents.map((intent) => intent.request);
  const write: Write = async (begun) => {
    const results = await side.session.write(side.model.collection, requests, begun);
    return intents.map((intent, index) => {
      const result = results[index];
      return result !== undefined && result.key === intent.request.key ? result : noResult(intent);
    });
  };
  try {
    return isBulk ? await writeWatched(runtime, side, intents, write) : answeredBy(await write());
  } catch (error) {
    const failure = failureOfError(error);
    if (failure.code === UNEXPECTED) return failure;
    return answeredBy(intents.map((intent) => ({ kind: 'failed', key: intent.request.key, failure })));
  }
}

function noResult(intent: Intent): WriteResult {
  const message = 'the connector gave no result for this write';
  return {
    kind: 'failed',
    key: intent.request.key,
    failure: { kind: 'unknownOutcome', code: 'trueup.no_result', message },
  };
}
