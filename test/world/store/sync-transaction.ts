/** The calls of the contract, and those of the control plane that a simulation needs, bound to one transaction. */
import type { Save, SyncTx } from '../../../src/store/contract.ts';
import type { HeldSet } from '../../../src/store/held.ts';
import type { HoldRow } from '../../../src/store/holds.ts';
import type { KeyingTx } from '../../../src/store/keying.ts';
import type { Approval, PlanRow } from '../../../src/store/plans.ts';
import type { SyncScope } from '../../../src/store/sync-transaction.ts';
import { identitiesByKey, inMotion, lockBundles, recordsOf } from './bundles.ts';
import { clashesAt, clashesOf } from './clashes.ts';
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
  claimRecords,
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
  followsSinceMs,
  isStreamOpen,
  leaseStream,
  moveStream,
  readAnewSinceMs,
  releaseStream,
  sayEmptied,
  streamFailure,
  wakeStream,
} from './streams.ts';
import type { Transaction } from './transaction.ts';
import { hintUnlinked, unlinkedByKey, waitingBeside, wakeKeyed } from './unlinked-keys.ts';
import {
  awaitedAt,
  claimWaits,
  endWaits,
  identitiesAt,
  notePoints,
  noteWaits,
  parkWaits,
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

/** The calls that need nothing but their transaction. */
const CALLS = {
  leaseStream,
  moveStream,
  releaseStream,
  streamFailure,
  readAnewSinceMs,
  isStreamOpen,
  wakeStream,
  sayEmptied,
  emptiedAtMs,
  followsSinceMs,
  noteHints,
  hintWaiting,
  claimHints,
  claimRecords,
  clashesAt,
  clashesOf,
  closeHints,
  buryRecords,
  lookOnceMore,
  closeDeadHints,
  deferHints,
  recordsOf,
  inMotion,
  identitiesByKey,
  lockBundles,
  saveUnlinked,
  claimUnknown,
  sendWrites,
  endWrites,
  reapSent,
  guardWindow,
  refreshStatistics,
  countRecords,
  controlRecord,
  openCreates,
  createsSinceMs,
  noteSightings,
  unsighted,
  startRun,
  addToRun,
  endRun,
  runStartedAtMs,
  identitiesAt,
  recordsAt,
  notePoints,
  referredTo,
  awaitedAt,
  noteWaits,
  endWaits,
  parkWaits,
  wakeReaders,
  wakeWriters,
  wakeDeletes,
  claimWaits,
  parkWrites,
  releaseWrites,
  unlinkedByKey,
  waitingBeside,
  hintUnlinked,
  wakeKeyed,
  openHolds: listHolds,
  beginRevision,
  recover,
  approvePlan,
  heldWrites,
  releaseHeld,
  pruneForgotten,
};

/** No rules of a simulated sync ever change, nothing is joined in it, and its workers know by themselves who refers to it. */
const STILL: KeyingTx & Pick<SyncTx, 'referrers' | 'saveNames' | 'noteJoins'> = {
  referrers: () => Promise.resolve([]),
  saveNames: () => Promise.resolve(),
  noteJoins: () => Promise.resolve(),
  keying: () => Promise.resolve({ kind: 'current' }),
  clearKeys: () => Promise.resolve(0),
  identitiesAfter: () => Promise.resolve([]),
  moveKeying: () => Promise.resolve(),
};

type Call = (tx: Transaction, ...given: readonly never[]) => unknown;
type Bound<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends (tx: Transaction, ...given: infer Given) => infer Result
    ? (...given: Given) => Result
    : never;
};

/** A class, and its calls are made once: a history has thousands of transactions, and most of them make three calls. */
class BoundTransaction {
  readonly tx: Transaction;
  readonly nowMs: number;
  readonly #revision: number;
  readonly #approvedUntilMs: number;

  constructor(tx: Transaction, given: GivenScope) {
    const stored = scopeOf(tx);
    this.tx = tx;
    this.nowMs = tx.nowMs;
    this.#revision = given.revision ?? stored.revision;
    this.#approvedUntilMs = given.approvedUntilMs ?? stored.approvedUntilMs ?? 0;
  }

  save(batch: Save): Promise<void> {
    return save(this.tx, this.#revision, batch);
  }

  claimQueued(side: string, countMax: number): ReturnType<SyncTx['claimQueued']> {
    return claimQueued(this.tx, side, countMax, this.#approvedUntilMs);
  }

  sealPlan(): ReturnType<ControlTx['sealPlan']> {
    return sealPlan(this.tx, this.#revision);
  }
}

Object.assign(
  BoundTransaction.prototype,
  Object.fromEntries(
    Object.entries<Call>(CALLS).map(([name, call]) => [
      name,
      function bound(this: BoundTransaction, ...given: readonly never[]): unknown {
        return call(this.tx, ...given);
      },
    ]),
  ),
  STILL,
);

type Prepared = BoundTransaction & Bound<typeof CALLS> & typeof STILL;

export function syncTransaction(tx: Transaction, given: GivenScope): SyncTx & ControlTx {
  return new BoundTransaction(tx, given) as Prepared;
}
