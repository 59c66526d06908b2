/** src/store/writes.ts in memory. */
import { MADE_BY_US } from '../../../src/engine/state.ts';
import type { Values } from '../../../src/engine/value.ts';
import type { OpenCreate, SendIntent, WriteEnd } from '../../../src/store/contract.ts';
import { writeKeyText } from '../../../src/store/writes.ts';
import { asStored } from './document.ts';
import { LONG_AGO, NEVER, storedMs } from './instant.ts';
import { writeKey, type StoredAttempt, type StoredWrite } from './rows.ts';
import { change, insertMissing, select } from './statements.ts';
import type { Transaction } from './transaction.ts';

async function claim(
  tx: Transaction,
  point: string,
  side: string,
  countMax: number,
  isWanted: (write: StoredWrite) => boolean,
): Promise<readonly string[]> {
  await tx.statement(point);
  await tx.lockAdvisory(`claim ${side}`);
  await tx.statement(`${point}/select`);
  return select(
    tx,
    tx.tables.writesBySide.slots(side),
    (write) => write.side === side && write.dueAtMs <= tx.nowMs && isWanted(write),
  )
    .toSorted((left, right) => left.dueAtMs - right.dueAtMs)
    .slice(0, countMax)
    .map(({ identityId }) => identityId);
}

export function claimQueued(
  tx: Transaction,
  side: string,
  countMax: number,
  approvedUntilMs: number,
): Promise<readonly string[]> {
  const untilMs = storedMs(approvedUntilMs);
  return claim(
    tx,
    'claimQueued',
    side,
    countMax,
    ({ state, plannedAtMs }) => state === 'queued' || (state === 'planned' && plannedAtMs <= untilMs),
  );
}

export function claimUnknown(tx: Transaction, side: string, countMax: number): Promise<readonly string[]> {
  return claim(tx, 'claimUnknown', side, countMax, ({ state }) => state === 'unknown');
}

export async function sendWrites(
  tx: Transaction,
  intents: readonly SendIntent[],
  leaseMs: number,
): Promise<void> {
  if (intents.length === 0) return;
  await tx.statement('sendWrites');
  const intended = new Map(intents.map((intent) => [writeKey(intent), intent]));
  await change(
    tx,
    tx.tables.writes.slotsOf(intended.keys()),
    (write) => {
      const isOpen = write.state === 'planned' || write.state === 'queued' || write.state === 'unknown';
      return isOpen && intended.get(writeKey(write))?.epoch === write.leaseEpoch + 1;
    },
    (write) => {
      const intent = intended.get(writeKey(write));
      return intent === undefined ? write : sent(tx, write, intent, leaseMs);
    },
  );
}

function sent(tx: Transaction, write: StoredWrite, intent: SendIntent, leaseMs: number): StoredWrite {
  const { kind, seq, recordId, ifVersion, epoch } = intent;
  return {
    ...write,
    state: 'sent',
    kind,
    body: asStored(intent.body),
    seq,
    recordId,
    ifVersion,
    leaseEpoch: epoch,
    leaseUntilMs: tx.clockMs(leaseMs),
    firstSentAtMs: write.firstSentAtMs ?? tx.clockMs(),
    resolveAtMs: null,
    failure: null,
  };
}

type Leaving = Extract<WriteEnd, { readonly to: 'acknowledged' | 'closed' }>;
type Staying = Exclude<WriteEnd, Leaving>;

function isLeaving(end: WriteEnd): end is Leaving {
  return end.to === 'acknowledged' || end.to === 'closed';
}

/** Keys (`identity side`) of the ends that applied. */
export async function endWrites(tx: Transaction, ends: readonly WriteEnd[]): Promise<ReadonlySet<string>> {
  const leaving = ends.filter(isLeaving);
  const staying = ends.filter((end): end is Staying => !isLeaving(end));
  const left = await applyEnds(tx, 'endWrites/leave', leaving, () => null);
  const stayed = await applyEnds(tx, 'endWrites/stay', staying, (write, end) => ended(tx, write, end));
  const applied = new Set([...left, ...stayed]);
  await noteAttempts(tx, ends, applied);
  return applied;
}

async function applyEnds<End extends WriteEnd>(
  tx: Transaction,
  point: string,
  ends: readonly End[],
  next: (write: StoredWrite, end: End) => StoredWrite | null,
): Promise<readonly string[]> {
  if (ends.length === 0) return [];
  await tx.statement(point);
  const endOf = new Map(ends.map((end) => [writeKey(end), end]));
  const applied = await change(
    tx,
    tx.tables.writes.slotsOf(endOf.keys()),
    (write) => {
      const isOut = write.state === 'sent' || write.state === 'unknown';
      const end = endOf.get(writeKey(write));
      return isOut && end?.writeId === write.writeId && end.epoch === write.leaseEpoch;
    },
    (write) => {
      const end = endOf.get(writeKey(write));
      return end === undefined ? write : next(write, end);
    },
  );
  return applied.map(({ identityId, side }) => writeKeyText(identityId, side));
}

function ended(tx: Transaction, write: StoredWrite, end: Staying): StoredWrite {
  const counts = end.to === 'dead' || (end.to === 'queued' && end.countsAttempt);
  const waitMs = end.to === 'queued' ? end.dueInMs : end.to === 'unknown' ? end.lookInMs : 0;
  return {
    ...write,
    state: end.to,
    failure: asStored(end.failure),
    leaseUntilMs: LONG_AGO,
    attempts: write.attempts + (counts ? 1 : 0),
    dueAtMs: end.to === 'dead' ? NEVER : tx.clockMs(waitMs),
    resolveAtMs: end.to === 'unknown' ? tx.clockMs(end.resolveInMs) : null,
  };
}

async function noteAttempts(
  tx: Transaction,
  ends: readonly WriteEnd[],
  applied: ReadonlySet<string>,
): Promise<void> {
  const failed = ends.filter((end) => end.to !== 'acknowledged');
  const late = ends.filter(
    (end) => end.to === 'acknowledged' && !applied.has(writeKeyText(end.identityId, end.side)),
  );
  if (failed.length + late.length === 0) return;
  await tx.statement('endWrites/attempts');
  const attempts = [...failed, ...late].map((end): StoredAttempt => {
    const { writeId, epoch, identityId, side, kind } = end;
    const outcome = end.to === 'acknowledged' ? 'late' : end.to === 'unknown' ? 'unknown' : 'failed';
    const failure = end.to === 'acknowledged' ? null : asStored(end.failure);
    return { writeId, epoch, identityId, side, kind, outcome, failure, endedAtMs: tx.clockMs() };
  });
  await insertMissing(tx, tx.tables.attempts, attempts);
}

export async function openCreates(
  tx: Transaction,
  side: string,
  countMax: number,
): Promise<readonly OpenCreate[]> {
  await tx.statement('openCreates');
  const creates: OpenCreate[] = [];
  for (const write of select(tx, tx.tables.writesBySide.slots(side))) {
    const isOut = write.state === 'sent' || write.state === 'unknown';
    if (!isOut || write.kind !== 'create' || write.body === null) continue;
    creates.push({ identityId: write.identityId, body: write.body, isHeld: false });
  }
  for (const { reason, closed, identityId, seen } of select(tx, tx.tables.holds.slots())) {
    const body = (seen as unknown as Readonly<Record<string, Values>>)[side];
    if (closed !== null || !MADE_BY_US.includes(reason) || identityId === null) continue;
    if (body !== undefined) creates.push({ identityId, body, isHeld: true });
  }
  return creates.slice(0, countMax);
}

export async function createsSinceMs(tx: Transaction, side: string): Promise<number | null> {
  await tx.statement('createsSinceMs');
  const sentAtMs = select(tx, tx.tables.writesBySide.slots(side)).flatMap((write) => {
    const isOut = write.state === 'sent' || write.state === 'unknown';
    return isOut && write.kind === 'create' && write.firstSentAtMs !== null ? [write.firstSentAtMs] : [];
  });
  return sentAtMs.length === 0 ? null : Math.min(...sentAtMs);
}

const WORKER_LOST = {
  kind: 'unknownOutcome',
  code: 'trueup.worker_lost',
  message: 'the worker that sent this write has not reported back',
};

export async function reapSent(tx: Transaction, resolveInMs: number): Promise<number> {
  await tx.statement('reapSent');
  const lost = await change(
    tx,
    tx.tables.writes.slots(),
    ({ state, leaseUntilMs }) => state === 'sent' && leaseUntilMs < tx.nowMs,
    (write): StoredWrite => ({
      ...write,
      state: 'unknown',
      leaseEpoch: write.leaseEpoch + 1,
      failure: WORKER_LOST,
      leaseUntilMs: LONG_AGO,
      resolveAtMs: tx.clockMs(resolveInMs),
      dueAtMs: tx.clockMs(),
    }),
  );
  const attempts = lost.map(({ writeId, leaseEpoch: epoch, identityId, side, kind }): StoredAttempt => ({
    writeId,
    epoch,
    identityId,
    side,
    kind,
    outcome: 'unknown',
    failure: WORKER_LOST,
    endedAtMs: tx.clockMs(),
  }));
  return insertMissing(tx, tx.tables.attempts, attempts);
}
