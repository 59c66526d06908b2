/** src/store/streams.ts in memory. */
import type { StoredFailure, StreamKind, StreamLease, StreamMove } from '../../../src/store/contract.ts';
import { LeaseLost } from '../../../src/store/database.ts';
import { asStored } from './document.ts';
import { LONG_AGO, storedMs } from './instant.ts';
import { pairKey, type StreamRow } from './rows.ts';
import { change, select } from './statements.ts';
import type { Slot } from './table.ts';
import type { Transaction } from './transaction.ts';

function streamOf(tx: Transaction, side: string, kind: StreamKind): Iterable<Slot<StreamRow>> {
  return tx.tables.streams.slotsOf([pairKey(side, kind)]);
}

/** A side's streams as they are when it is first observed. */
export function newStreams(side: string): readonly StreamRow[] {
  return (['changes', 'sweep'] as const).map((kind) => ({
    side,
    kind,
    checkpoint: null,
    runId: null,
    currentAsOfMs: null,
    followedSinceMs: null,
    lastAttemptAtMs: null,
    lastSuccessAtMs: null,
    failure: null,
    attempts: 0,
    dueAtMs: LONG_AGO,
    leaseEpoch: 0,
    leaseUntilMs: LONG_AGO,
    emptiedAtMs: null,
    wokenAtMs: null,
  }));
}

export async function leaseStream(
  tx: Transaction,
  side: string,
  kind: StreamKind,
  leaseMs: number,
): Promise<StreamLease | null> {
  await tx.statement('leaseStream');
  const [row] = await change(
    tx,
    streamOf(tx, side, kind),
    ({ leaseUntilMs, dueAtMs }) => leaseUntilMs < tx.nowMs && dueAtMs <= tx.nowMs,
    (stream) => ({
      ...stream,
      leaseEpoch: stream.leaseEpoch + 1,
      leaseUntilMs: tx.clockMs(leaseMs),
      lastAttemptAtMs: tx.clockMs(),
    }),
  );
  if (row === undefined) return null;
  const { checkpoint, runId, currentAsOfMs, followedSinceMs, attempts } = row;
  return {
    side,
    kind,
    epoch: row.leaseEpoch + 1,
    checkpoint,
    runId,
    currentAsOfMs,
    followedSinceMs,
    attempts,
  };
}

export async function moveStream(tx: Transaction, lease: StreamLease, move: StreamMove): Promise<void> {
  await tx.statement('moveStream');
  const checkpoint = asStored(move.checkpoint);
  const followedSinceMs =
    move.followedSinceMs == null ? move.followedSinceMs : storedMs(move.followedSinceMs);
  const moved = await change(
    tx,
    streamOf(tx, lease.side, lease.kind),
    ({ leaseEpoch }) => leaseEpoch === lease.epoch,
    (stream) => ({
      ...stream,
      checkpoint,
      currentAsOfMs: move.currentAsOfMs === null ? stream.currentAsOfMs : storedMs(move.currentAsOfMs),
      followedSinceMs: followedSinceMs === undefined ? stream.followedSinceMs : followedSinceMs,
      runId: move.runId ?? null,
      leaseUntilMs: tx.clockMs(move.leaseMs),
      failure: move.keepsFailure === true ? stream.failure : null,
      lastSuccessAtMs: move.keepsFailure === true ? stream.lastSuccessAtMs : tx.clockMs(),
      dueAtMs: tx.clockMs(move.dueInMs ?? 0),
    }),
  );
  if (moved.length === 0)
    throw new LeaseLost(`the ${lease.kind} stream of ${lease.side} was taken over by another worker`);
}

function dueAfter(
  tx: Transaction,
  { wokenAtMs, lastAttemptAtMs }: StreamRow,
  dueInMs: number,
  askedSinceMs: number | null,
): number {
  const sinceMs = askedSinceMs === null ? lastAttemptAtMs : storedMs(askedSinceMs);
  const isAsked = wokenAtMs !== null && sinceMs !== null && wokenAtMs > sinceMs;
  return isAsked ? Math.max(wokenAtMs, tx.clockMs()) : tx.clockMs(dueInMs);
}

export async function releaseStream(
  tx: Transaction,
  lease: StreamLease,
  dueInMs: number,
  failure: StoredFailure | null,
  askedSinceMs: number | null = null,
): Promise<void> {
  await tx.statement('releaseStream');
  await change(
    tx,
    streamOf(tx, lease.side, lease.kind),
    ({ leaseEpoch }) => leaseEpoch === lease.epoch,
    (stream) => ({
      ...stream,
      leaseUntilMs: LONG_AGO,
      dueAtMs: dueAfter(tx, stream, dueInMs, askedSinceMs),
      failure: asStored(failure),
      attempts: failure === null ? 0 : lease.attempts + 1,
    }),
  );
}

export async function wakeStream(tx: Transaction, side: string, kind: StreamKind, inMs = 0): Promise<void> {
  await tx.statement('wakeStream');
  await change(
    tx,
    streamOf(tx, side, kind),
    () => true,
    (stream) => {
      const dueAtMs = tx.clockMs(inMs);
      return { ...stream, dueAtMs, wokenAtMs: Math.max(stream.wokenAtMs ?? 0, dueAtMs) };
    },
  );
}

export async function sayEmptied(tx: Transaction, side: string): Promise<void> {
  await tx.statement('sayEmptied');
  await change(
    tx,
    streamOf(tx, side, 'sweep'),
    () => true,
    (stream) => {
      const nowMs = tx.clockMs();
      return { ...stream, emptiedAtMs: nowMs, dueAtMs: nowMs, wokenAtMs: nowMs, attempts: 0 };
    },
  );
}

export async function emptiedAtMs(tx: Transaction, side: string): Promise<number | null> {
  await tx.statement('emptiedAtMs');
  for (const slot of streamOf(tx, side, 'sweep')) return slot.seenBy(tx)?.emptiedAtMs ?? null;
  return null;
}

export async function followsSinceMs(tx: Transaction, side: string): Promise<number | null> {
  await tx.statement('followsSinceMs');
  for (const slot of streamOf(tx, side, 'changes')) return slot.seenBy(tx)?.followedSinceMs ?? null;
  return null;
}

export async function isStreamOpen(tx: Transaction, side: string, kind: StreamKind): Promise<boolean> {
  await tx.statement('isStreamOpen');
  for (const slot of streamOf(tx, side, kind)) {
    const stream = slot.seenBy(tx);
    if (stream === null) return false;
    const { dueAtMs, leaseUntilMs, wokenAtMs, currentAsOfMs } = stream;
    const isAsked = wokenAtMs !== null && wokenAtMs > (currentAsOfMs ?? LONG_AGO);
    return dueAtMs <= tx.nowMs || leaseUntilMs >= tx.nowMs || isAsked;
  }
  return false;
}

function isSweptAnew({ kind, currentAsOfMs, wokenAtMs }: StreamRow): boolean {
  return kind === 'sweep' && currentAsOfMs !== null && wokenAtMs !== null && currentAsOfMs < wokenAtMs;
}

export async function readAnewSinceMs(tx: Transaction): Promise<number | null> {
  await tx.statement('readAnewSinceMs');
  const open = select(tx, tx.tables.streams.slots(), isSweptAnew);
  return open.length === 0 ? null : Math.min(...open.flatMap(({ wokenAtMs }) => wokenAtMs ?? []));
}

export async function streamFailure(
  tx: Transaction,
  side: string,
  kind: StreamKind,
): Promise<StoredFailure | null> {
  await tx.statement('streamFailure');
  for (const slot of streamOf(tx, side, kind)) return slot.seenBy(tx)?.failure ?? null;
  return null;
}
