/** The calls of the contract, and those of the control plane that a simulation needs, bound to one transaction. */
import type { SyncTx } from '../../../src/store/contract.ts';
import type { HeldSet } from '../../../src/store/held.ts';
import type { HoldRow } from '../../../src/store/holds.ts';
import type { KeyingTx } from '../../../src/store/keying.ts';
import type { Approval, PlanRow } from '../../../src/store/plans.ts';
import type { SyncScope } from '../../../src/store/sync-transaction.ts';
import { identitiesByKey, lockBundles, recordsOf } from './bundles.ts';
import {
  approvePlan,
  beginRevision,
  heldWrites,
  recover,
  releaseHeld,
  scopeOf,
  sealPlan,
} from './control.ts';
import {
  buryRecords,
  claimHints,
  closeDeadHints,
  lookOnceMore,
  closeHints,
  deferHints,
  hintWaiting,
  noteHints,
} from './hints.ts';
import { listHolds } from './holds.ts';
import { pruneForgotten, saveUnlinked } from './links.ts';
import {
  addToRun,
  controlRecord,
  countRecords,
  endRun,
  guardWindow,
  noteSightings,
  refreshStatistics,
  runStartedAtMs,
  startRun,
  unsighted,
} from './runs.ts';
import { save } from './save.ts';
import {
  emptiedAtMs,
  isStreamOpen,
  leaseStream,
  moveStream,
  releaseStream,
  sayEmptied,
  streamFailure,
  wakeStream,
} from './streams.ts';
import type { Transaction } from './transaction.ts';
import {
  claimWaits,
  endWaits,
  identitiesAt,
  notePoints,
  noteWaits,
  parkWrites,
  recordsAt,
  referredTo,
  releaseWrites,
  wakeDeletes,
  wakeReaders,
  wakeWriters,
} from './waits.ts';
import {
  claimQueued,
  claimUnknown,
  createsSinceMs,
  endWrites,
  openCreates,
  reapSent,
  sendWrites,
} from './writes.ts';

export interface ControlTx {
  /** Open holds of an identity, or (null) of the whole sync; oldest first. `resolveHold` of src/worker/holds.ts takes one. */
  openHolds(identityId: string | null, countMax: number): Promise<readonly HoldRow[]>;
  /** Takes a new revision into use: nothing of it is approved, and its sides are read once more. */
  beginRevision(sides: readonly string[]): Promise<void>;
  /** After a backup was put in its place: the same under the same revision. The caller begins to observe. */
  recover(sides: readonly string[]): Promise<void>;
  sealPlan(): Promise<PlanRow>;
  approvePlan(plan: PlanRow, approver: string): Promise<Approval>;
  heldWrites(): Promise<readonly HeldSet[]>;
  releaseHeld(side: string, kind: string, hashPrefix: string): Promise<number | null>;
  pruneForgotten(): Promise<number>;
}

/** What a worker's transactions are bound to; left out, it is what the store says when they begin. */
export type GivenScope = Partial<Omit<SyncScope, 'syncKey'>>;

/** The simulated sync is alone, and its rules never change. */
const ALONE: KeyingTx & Pick<SyncTx, 'referrers' | 'saveNames'> = {
  referrers: () => Promise.resolve([]),
  saveNames: () => Promise.resolve(),
  keying: () => Promise.resolve({ kind: 'current' }),
  clearKeys: () => Promise.resolve(0),
  identitiesAfter: () => Promise.resolve([]),
  moveKeying: () => Promise.resolve(),
};

export function syncTransaction(tx: Transaction, given: GivenScope): SyncTx & ControlTx {
  const stored = scopeOf(tx);
  const revision = given.revision ?? stored.revision;
  const approvedUntilMs = given.approvedUntilMs ?? stored.approvedUntilMs ?? 0;
  return {
    nowMs: tx.nowMs,
    leaseStream: (side, kind, leaseMs) => leaseStream(tx, side, kind, leaseMs),
    moveStream: (lease, move) => moveStream(tx, lease, move),
    releaseStream: (lease, dueInMs, failure, askedSinceMs) =>
      releaseStream(tx, lease, dueInMs, failure, askedSinceMs),
    streamFailure: (side, kind) => streamFailure(tx, side, kind),
    isStreamOpen: (side, kind) => isStreamOpen(tx, side, kind),
    wakeStream: (side, kind, inMs = 0) => wakeStream(tx, side, kind, inMs),
    sayEmptied: (side) => sayEmptied(tx, side),
    emptiedAtMs: (side) => emptiedAtMs(tx, side),
    noteHints: (side, hints) => noteHints(tx, side, hints),
    hintWaiting: () => hintWaiting(tx),
    claimHints: (side, countMax, leaseMs) => claimHints(tx, side, countMax, leaseMs),
    closeHints: (side, hints, lookedAtMs) => closeHints(tx, side, hints, lookedAtMs),
    buryRecords: (side, records) => buryRecords(tx, side, records),
    lookOnceMore: (side, recordIds) => lookOnceMore(tx, side, recordIds),
    closeDeadHints: (side, recordIds) => closeDeadHints(tx, side, recordIds),
    deferHints: (side, hints, defer) => deferHints(tx, side, hints, defer),
    recordsOf: (side, recordIds) => recordsOf(tx, side, recordIds),
    identitiesByKey: (keys) => identitiesByKey(tx, keys),
    lockBundles: (identityIds, ifLocked) => lockBundles(tx, identityIds, ifLocked),
    save: (batch) => save(tx, revision, batch),
    saveUnlinked: (side, records, holds) => saveUnlinked(tx, side, records, holds),
    claimQueued: (side, countMax) => claimQueued(tx, side, countMax, approvedUntilMs),
    claimUnknown: (side, countMax) => claimUnknown(tx, side, countMax),
    sendWrites: (intents, leaseMs) => sendWrites(tx, intents, leaseMs),
    endWrites: (ends) => endWrites(tx, ends),
    reapSent: (resolveInMs) => reapSent(tx, resolveInMs),
    guardWindow: (side, add) => guardWindow(tx, side, add),
    refreshStatistics: () => refreshStatistics(tx),
    countRecords: (side) => countRecords(tx, side),
    controlRecord: (side, except) => controlRecord(tx, side, except),
    openCreates: (side, countMax) => openCreates(tx, side, countMax),
    createsSinceMs: (side) => createsSinceMs(tx, side),
    noteSightings: (runId, pageNo, recordIds) => noteSightings(tx, runId, pageNo, recordIds),
    unsighted: (side, runId, startedAtMs, after, countMax) =>
      unsighted(tx, side, runId, startedAtMs, after, countMax),
    startRun: (runId, side) => startRun(tx, runId, side),
    addToRun: (runId, counts) => addToRun(tx, runId, counts),
    endRun: (runId, state, failure) => endRun(tx, runId, state, failure),
    runStartedAtMs: (runId) => runStartedAtMs(tx, runId),
    identitiesAt: (place, recordIds) => identitiesAt(tx, place, recordIds),
    recordsAt: (place, identityIds) => recordsAt(tx, place, identityIds),
    ...ALONE,
    notePoints: (referrer, moves) => notePoints(tx, referrer, moves),
    referredTo: (referrer, identityIds) => referredTo(tx, referrer, identityIds),
    noteWaits: (waits) => noteWaits(tx, waits),
    endWaits: (ends) => endWaits(tx, ends),
    wakeReaders: (place, recordIds) => wakeReaders(tx, place, recordIds),
    wakeWriters: (place, identityIds) => wakeWriters(tx, place, identityIds),
    wakeDeletes: (sync, identityIds) => wakeDeletes(tx, sync, identityIds),
    claimWaits: (countMax) => claimWaits(tx, countMax),
    parkWrites: (writes) => parkWrites(tx, writes),
    releaseWrites: (writes) => releaseWrites(tx, writes),
    openHolds: (identityId, countMax) => listHolds(tx, identityId, countMax),
    beginRevision: (sides) => beginRevision(tx, sides),
    recover: (sides) => recover(tx, sides),
    sealPlan: () => sealPlan(tx, revision),
    approvePlan: (plan, approver) => approvePlan(tx, plan, approver),
    heldWrites: () => heldWrites(tx),
    releaseHeld: (side, kind, hashPrefix) => releaseHeld(tx, side, kind, hashPrefix),
    pruneForgotten: () => pruneForgotten(tx),
  };
}
