/** Carries out what a person decided about dead letters: batch by batch, at a pace the systems can bear. */
import { ruleField } from '../engine/person.ts';
import type { Value } from '../engine/value.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import type { Letter, LetterFilter } from '../store/letters.ts';
import { discardLetters, replayLetters, type Act } from '../store/redrive.ts';
import { Batch, changeBody } from './batch.ts';
import { ChoiceRefused } from './holds.ts';
import type { SyncRuntime } from './runtime.ts';

const BATCH_LETTERS_MAX = 500;
/** Together half a billion letters: a bound, and no limit anybody meets. */
const BATCHES_MAX = 1_000_000;
/** How many replayed letters become due per second when nobody says otherwise. */
export const REPLAY_PER_SECOND = 50;
export const REPLAY_PER_SECOND_MAX = 10_000;

/** What runs transactions over the workspace. */
export interface Workspace {
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

/**
 * Replays everything the filter chooses (by default what waits for a person), `perSecond` of them due each second. What is
 * replayed leaves the choice, so that the work can be broken off and begun again. Returns how many.
 */
export async function replayAll(
  workspace: Workspace,
  sync: SyncRow,
  filter: LetterFilter,
  act: Act,
  perSecond = REPLAY_PER_SECOND,
): Promise<number> {
  const apartMs = 1_000 / perSecond;
  const waiting: LetterFilter = { states: ['waiting'], ...filter };
  return inBatches((replayed) =>
    workspace.transaction((tx) =>
      replayLetters(tx, sync, waiting, { firstInMs: replayed * apartMs, apartMs }, act, BATCH_LETTERS_MAX),
    ),
  );
}

/** Gives up everything the filter chooses among what waits for a person. Returns how many. */
export async function discardAll(
  workspace: Workspace,
  sync: SyncRow,
  filter: LetterFilter,
  act: Act & { readonly reason: string },
): Promise<number> {
  return inBatches(() =>
    workspace.transaction((tx) => discardLetters(tx, sync.syncKey, filter, act, BATCH_LETTERS_MAX)),
  );
}

async function inBatches(take: (taken: number) => Promise<number>): Promise<number> {
  let taken = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const count = await take(taken);
    taken += count;
    if (count < BATCH_LETTERS_MAX) break;
  }
  return taken;
}

/**
 * The value that a person gives a field of the letter's identity: it becomes golden, goes to every side, and what waited for
 * it is tried anew. What stood before is kept in the decision.
 */
export async function correctLetter(
  runtime: SyncRuntime,
  letter: Letter,
  field: string,
  value: Value,
  by: string,
): Promise<void> {
  const { identityId } = letter;
  if (identityId === null)
    throw new ChoiceRefused('this letter is about a record that could not be read: correct it in its system');
  const wakened = await runtime.transaction(async (tx) => {
    const bundle = (await tx.lockBundles([identityId])).get(identityId);
    if (bundle === undefined) throw new ChoiceRefused('the identity of this letter no longer exists');
    const batch = new Batch(runtime, tx, { by, resolution: 'value' });
    batch.load(bundle);
    const outcome = ruleField(bundle, field, value, tx.nowMs);
    const body = changeBody(outcome, { by, letter: letter.letterId });
    batch.apply(outcome, {
      identityId,
      side: letter.side,
      recordId: letter.recordId,
      kind: 'decided',
      body,
    });
    return batch.store();
  });
  for (const side of wakened) runtime.wakes.wake(`deliver ${side}`);
}
