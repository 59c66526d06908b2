/** Carries out what a person said of two things: that they are one, or that they are two after all. */
import { joinBundles, joinRefusal, partBundles, partRefusal, type JoinMemory } from '../engine/join.ts';
import { referrersOf, type Referrer } from '../engine/references.ts';
import type { StoredBundle, SyncTx } from '../store/contract.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { Batch, changeBody } from './batch.ts';
import { ChoiceRefused, refusedByClash } from './holds.ts';
import { lookAgain } from './look-again.ts';
import { refuseClash } from './merged-away.ts';
import type { SyncRuntime } from './runtime.ts';
import { referrersTo } from './waits.ts';

/** Who makes two things of a sync one. */
export interface Joining {
  readonly runtime: SyncRuntime;
  readonly sync: SyncRow;
  /** All syncs of the workspace: others may refer to what is joined. */
  readonly all: readonly SyncRow[];
  readonly by: string;
}

/**
 * Makes two identities one for a person and remembers how to take it back, in the caller's transaction; returns the id of
 * the join. Throws `ChoiceRefused` where they cannot become one; then the transaction must not be kept.
 */
export async function joinPair(
  tx: Tx,
  { runtime, sync, all, by }: Joining,
  pair: readonly [string, string],
): Promise<string> {
  const definitions = all.map(({ definition }) => definition);
  const knowing = { ...runtime, referrers: referrersOf(sync.name, definitions) };
  const own = syncTransaction(tx, sync, runtime.ids);
  const memory = await joinIdentities(knowing, own, pair, by).catch(refusedByClash);
  const joinId = runtime.ids.next();
  await own.noteJoins([{ joinId, memory, by }]);
  return joinId;
}

/** The one that others refer to is kept, else the one with more records; those that refer to the other follow. */
async function joinIdentities(
  runtime: SyncRuntime,
  tx: SyncTx,
  pair: readonly [string, string],
  by: string,
): Promise<JoinMemory> {
  const referrers = await referrersTo(runtime, tx);
  const bundles = await tx.lockBundles(pair);
  const [left, right] = [bundles.get(pair[0]), bundles.get(pair[1])];
  if (left === undefined || right === undefined) throw missing();
  const [kept, gone] = await inOrder(tx, left, right, referrers);
  const refusal = joinRefusal(kept, gone);
  if (refusal !== null) throw new ChoiceRefused(refusal);
  const { memory, ...joined } = joinBundles(runtime.model, kept, gone, tx.nowMs);
  const batch = new Batch(runtime, tx, { by, resolution: 'joined' });
  batch.load(kept);
  batch.load(gone);
  batch.put(joined.gone);
  const entry = { side: memory.moved[0]?.side ?? '', recordId: null, kind: 'joined' };
  const body = changeBody(joined.kept, { by, with: gone.identity.id });
  batch.apply(joined.kept, { identityId: kept.identity.id, ...entry, body });
  batch.note({ identityId: gone.identity.id, ...entry, body: { by, with: kept.identity.id } });
  await batch.store();
  refuseClash(batch, memory);
  const move = { fromId: gone.identity.id, toId: kept.identity.id };
  for (const referrer of referrers) await tx.notePoints(referrer, [move]);
  await lookAgain(tx, [joined.kept.bundle]);
  return memory;
}

/** Takes a join back, likewise. */
export async function partIdentities(
  runtime: SyncRuntime,
  tx: SyncTx,
  memory: JoinMemory,
  by: string,
): Promise<void> {
  const bundles = await tx.lockBundles([memory.kept.id, memory.gone.id]);
  const [kept, gone] = [bundles.get(memory.kept.id), bundles.get(memory.gone.id)];
  if (kept === undefined || gone === undefined) throw missing();
  const refusal = partRefusal(kept, memory);
  if (refusal !== null) throw new ChoiceRefused(refusal);
  const parted = partBundles(runtime.model, kept, gone, memory, tx.nowMs);
  const batch = new Batch(runtime, tx, { by, resolution: 'parted' });
  batch.load(kept);
  batch.load(gone);
  batch.put(parted.kept);
  batch.put(parted.gone);
  for (const [one, other] of [
    [kept, gone],
    [gone, kept],
  ] as const) {
    const entry = { side: memory.moved[0]?.side ?? '', recordId: null, kind: 'parted' };
    batch.note({ identityId: one.identity.id, ...entry, body: { by, from: other.identity.id } });
  }
  await batch.store();
  // Which of the two each of those means who refer to what is kept, the records themselves say.
  const again = { fromId: kept.identity.id, toId: kept.identity.id };
  for (const referrer of await referrersTo(runtime, tx)) await tx.notePoints(referrer, [again]);
  await lookAgain(tx, [parted.kept, parted.gone]);
}

function missing(): ChoiceRefused {
  return new ChoiceRefused('one of the two is no longer there: look again, with: trueup match report');
}

async function inOrder(
  tx: SyncTx,
  left: StoredBundle,
  right: StoredBundle,
  referrers: readonly Referrer[],
): Promise<readonly [StoredBundle, StoredBundle]> {
  const ids = [left.identity.id, right.identity.id];
  const referred = new Set<string>();
  for (const referrer of referrers)
    for (const id of (await tx.referredTo(referrer, ids)).keys()) referred.add(id);
  const isRightKept =
    referred.size === 1 ? referred.has(right.identity.id) : right.links.length > left.links.length;
  return isRightKept ? [right, left] : [left, right];
}
