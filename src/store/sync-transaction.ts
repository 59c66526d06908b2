/** The store's calls bound to one sync and one open transaction. */
import type { Ids } from '../lib/ids.ts';
import { noteAnnouncements } from './announcements.ts';
import { identitiesByKey, inMotion, lockBundles, recordsOf } from './bundles.ts';
import { clashes } from './clashes.ts';
import type { SyncTx } from './contract.ts';
import type { Tx } from './database.ts';
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
import { clearKeys, identitiesAfter, keying, moveKeying } from './keying.ts';
import { noteJoins } from './matches.ts';
import { notePoints, referrersTo, saveNames } from './names.ts';
import type { ReferenceTx } from './reference-contract.ts';
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
import { save, saveUnlinked } from './save.ts';
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
import { unlinkedKeys } from './unlinked-keys.ts';
import {
  awaitedAt,
  claimWaits,
  endWaits,
  identitiesAt,
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

export interface SyncScope {
  readonly syncKey: string;
  readonly revision: number;
  /** What was planned up to this instant (store clock) is approved; 0 when nothing is. */
  readonly approvedUntilMs: number;
  /** As far as the store acts by it: where delivered changes are announced. */
  readonly definition?: { readonly announce?: readonly { readonly name: string }[] };
}

export function syncTransaction(tx: Tx, scope: SyncScope, ids: Ids): SyncTx {
  const { syncKey, revision, approvedUntilMs } = scope;
  const announced = (scope.definition?.announce ?? []).map(({ name }) => name);
  return {
    nowMs: tx.nowMs,
    leaseStream: (side, kind, leaseMs) => leaseStream(tx, syncKey, side, kind, leaseMs),
    moveStream: (lease, move) => moveStream(tx, syncKey, lease, move),
    releaseStream: (lease, dueInMs, failure, askedSinceMs) =>
      releaseStream(tx, syncKey, lease, dueInMs, failure, askedSinceMs),
    streamFailure: (side, kind) => streamFailure(tx, syncKey, side, kind),
    isStreamOpen: (side, kind) => isStreamOpen(tx, syncKey, side, kind),
    readAnewSinceMs: () => readAnewSinceMs(tx, syncKey),
    wakeStream: (side, kind, inMs = 0) => wakeStream(tx, syncKey, side, kind, inMs),
    sayEmptied: (side) => sayEmptied(tx, syncKey, side),
    emptiedAtMs: (side) => emptiedAtMs(tx, syncKey, side),
    followsSinceMs: (side) => followsSinceMs(tx, syncKey, side),
    noteHints: (side, hints) => noteHints(tx, syncKey, side, hints),
    hintWaiting: () => hintWaiting(tx, syncKey),
    claimHints: (side, countMax, leaseMs) => claimHints(tx, syncKey, side, countMax, leaseMs),
    claimRecords: (side, recordIds, leaseMs) => claimRecords(tx, syncKey, side, recordIds, leaseMs),
    closeHints: (side, hints, lookedAtMs) => closeHints(tx, syncKey, side, hints, lookedAtMs),
    buryRecords: (side, records, lookedAtMs) => buryRecords(tx, syncKey, side, records, lookedAtMs),
    lookOnceMore: (side, recordIds) => lookOnceMore(tx, syncKey, side, recordIds),
    closeDeadHints: (side, recordIds) => closeDeadHints(tx, syncKey, side, recordIds),
    deferHints: (side, hints, defer) => deferHints(tx, syncKey, side, hints, defer),
    recordsOf: (side, recordIds) => recordsOf(tx, syncKey, side, recordIds),
    inMotion: (side, records) => inMotion(tx, syncKey, side, records),
    identitiesByKey: (keys) => identitiesByKey(tx, syncKey, keys),
    lockBundles: (identityIds, ifLocked) => lockBundles(tx, syncKey, identityIds, ifLocked),
    save: async (batch) => {
      await save(tx, syncKey, revision, ids, batch);
      await noteAnnouncements(tx, syncKey, ids, announced, batch.journal);
    },
    noteJoins: (joins) => noteJoins(tx, syncKey, joins),
    saveUnlinked: (side, records, holds) => saveUnlinked(tx, syncKey, ids, side, records, holds),
    claimQueued: (side, countMax) => claimQueued(tx, syncKey, side, countMax, approvedUntilMs),
    claimUnknown: (side, countMax) => claimUnknown(tx, syncKey, side, countMax),
    sendWrites: (intents, leaseMs) => sendWrites(tx, syncKey, intents, leaseMs),
    endWrites: (ends) => endWrites(tx, syncKey, ends),
    reapSent: (resolveInMs) => reapSent(tx, syncKey, resolveInMs),
    guardWindow: (side, add) => guardWindow(tx, syncKey, side, add),
    refreshStatistics: () => refreshStatistics(tx),
    countRecords: (side) => countRecords(tx, syncKey, side),
    controlRecord: (side, except) => controlRecord(tx, syncKey, side, except),
    openCreates: (side, countMax) => openCreates(tx, syncKey, side, countMax),
    createsSinceMs: (side) => createsSinceMs(tx, syncKey, side),
    noteSightings: (runId, pageNo, recordIds) => noteSightings(tx, syncKey, runId, pageNo, recordIds),
    unsighted: (side, runId, startedAtMs, after, countMax) =>
      unsighted(tx, syncKey, side, runId, startedAtMs, after, countMax),
    startRun: (runId, side) => startRun(tx, syncKey, runId, side),
    addToRun: (runId, counts) => addToRun(tx, syncKey, runId, counts),
    endRun: (runId, state, failure) => endRun(tx, syncKey, runId, state, failure),
    runStartedAtMs: (runId) => runStartedAtMs(tx, syncKey, runId),
    keying: (rules) => keying(tx, syncKey, rules),
    clearKeys: (countMax) => clearKeys(tx, syncKey, countMax),
    identitiesAfter: (after, countMax) => identitiesAfter(tx, syncKey, after, countMax),
    moveKeying: (after) => moveKeying(tx, syncKey, after),
    ...clashes(tx, syncKey),
    ...referenceTransaction(tx, syncKey),
  };
}

/** What reaches to the things of other syncs, and what waits. */
function referenceTransaction(tx: Tx, syncKey: string): ReferenceTx {
  return {
    identitiesAt: (place, recordIds) => identitiesAt(tx, place, recordIds),
    recordsAt: (place, identityIds) => recordsAt(tx, place, identityIds),
    referrers: () => referrersTo(tx, syncKey),
    saveNames: (freed, added) => saveNames(tx, syncKey, freed, added),
    notePoints: (referrer, moves) => notePoints(tx, syncKey, referrer, moves),
    referredTo: (referrer, identityIds) => referredTo(tx, referrer, identityIds),
    awaitedAt: (place, calls) => awaitedAt(tx, place, calls),
    noteWaits: (waits) => noteWaits(tx, syncKey, waits),
    endWaits: (ends) => endWaits(tx, syncKey, ends),
    parkWaits: (ends) => parkWaits(tx, syncKey, ends),
    wakeReaders: (place, recordIds) => wakeReaders(tx, place, recordIds),
    wakeWriters: (place, identityIds) => wakeWriters(tx, place, identityIds),
    wakeDeletes: (sync, identityIds) => wakeDeletes(tx, sync, identityIds),
    claimWaits: (countMax) => claimWaits(tx, syncKey, countMax),
    parkWrites: (writes) => parkWrites(tx, syncKey, writes),
    releaseWrites: (writes) => releaseWrites(tx, syncKey, writes),
    ...unlinkedKeys(tx, syncKey),
  };
}
