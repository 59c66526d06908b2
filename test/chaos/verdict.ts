/** Judges a run at rest: the oracles of the simulation, and what only a run of real processes can break. */
import { UNEXPECTED } from '../../src/worker/failures.ts';
import { checkAccounts } from '../world/oracle/accounts.ts';
import { checkConvergence } from '../world/oracle/convergence.ts';
import { textOf, timeline } from '../world/oracle/truth.ts';
import { checkWrites } from '../world/oracle/writes.ts';
import type { Entry } from '../world/records.ts';
import { worldOf, type Evidence } from './evidence.ts';

/** Adds what is wrong to the evidence's violations. */
export function judge(evidence: Evidence): void {
  const world = worldOf(evidence);
  checkConvergence(world);
  checkAccounts(world);
  checkWrites(world);
  checkResurrected(evidence, timeline(world));
  checkHolds(evidence, timeline(world));
  checkOpen(evidence);
}

/** A thing that people deleted, and that nobody entered or edited since, is not made again. */
function checkResurrected(evidence: Evidence, entries: readonly Entry[]): void {
  const { violations, backedUpOrder, recoveredOrder } = evidence;
  const deleted = new Map<string, number>();
  const copied = new Map<string, number>();
  for (const entry of entries) {
    const email = textOf(entry.after ?? entry.before, 'email');
    if (email === null) continue;
    if (entry.actor === 'user' && entry.kind === 'delete') deleted.set(email, entry.order);
    else if (entry.actor === 'user') deleted.delete(email);
    if (entry.actor !== 'trueup' || entry.kind !== 'create') continue;
    const deletedOrder = deleted.get(email);
    const copiedOrder = copied.get(email) ?? 0;
    copied.set(email, entry.order);
    if (deletedOrder === undefined) continue;
    const leftBefore = (entry.write?.sentOrder ?? 0) < deletedOrder;
    // A restored store does not know what it made after the backup: when the original is gone by the time that it looks
    // again, its copies are things that somebody has just entered, and the plan that a person approves says so.
    const isForgotten = copiedOrder > backedUpOrder && deletedOrder <= recoveredOrder;
    if (!leftBefore && !isForgotten)
      violations.push(`I10: ${email} was deleted, and made again as ${entry.side} ${entry.recordId}`);
  }
}

/** Every open hold has a cause in the systems' logs, or in a lost answer. */
function checkHolds(evidence: Evidence, entries: readonly Entry[]): void {
  const twice = enteredTwice(entries);
  const deleted = new Set(
    entries.flatMap(({ actor, kind, before }) =>
      actor === 'user' && kind === 'delete' ? [textOf(before, 'email')] : [],
    ),
  );
  for (const { closed, reason, identityId, side, recordId, field } of evidence.store.holds) {
    if (closed !== null) continue;
    const links = evidence.store.links.filter(({ linked }) => linked?.identityId === identityId);
    const emails = [...links, { side, recordId: recordId ?? '' }].flatMap((link) =>
      emailsOf(evidence, link.side, link.recordId),
    );
    const isExplained =
      {
        createOutcomeUnknown: hasUnknown(evidence, identityId, side),
        duplicateRecord: emails.some((email) => twice.has(email)),
        ambiguousMatch: emails.some((email) => twice.has(email)),
        editAgainstDelete: emails.some((email) => deleted.has(email)),
      }[reason as string] ?? false;
    if (!isExplained)
      evidence.violations.push(
        `I12: a hold without a cause: ${reason} ${field ?? ''} ${identityId ?? ''} ${side} ${recordId ?? ''}`,
      );
  }
}

/** Keys that two records of one system have had. */
function enteredTwice(entries: readonly Entry[]): ReadonlySet<string> {
  const records = new Map<string, string>();
  const twice = new Set<string>();
  for (const { after, side, recordId } of entries) {
    const email = textOf(after, 'email');
    if (email === null) continue;
    const place = `${side} ${email}`;
    if (records.has(place) && records.get(place) !== recordId) twice.add(email);
    records.set(place, recordId);
  }
  return twice;
}

function emailsOf(evidence: Evidence, side: string, recordId: string): readonly string[] {
  const entries = evidence.systems.get(side)?.records.entries ?? [];
  return entries.flatMap((entry) =>
    entry.recordId === recordId ? (textOf(entry.after, 'email') ?? []) : [],
  );
}

function hasUnknown({ store }: Evidence, identityId: string | null, side: string): boolean {
  return store.attempts.some(
    (attempt) =>
      attempt.identityId === identityId &&
      attempt.side === side &&
      attempt.kind === 'create' &&
      attempt.outcome === 'unknown',
  );
}

/** At rest nothing is on its way, and nothing has failed for a reason that is ours. */
function checkOpen({ store, violations }: Evidence): void {
  for (const { failure } of [...store.writes, ...store.hints, ...store.links])
    if (failure?.code === UNEXPECTED) violations.push(`a bug of ours is stored: ${failure.message}`);
  for (const { state, kind, side, identityId, failure } of store.writes)
    violations.push(
      `I12: the ${kind} of ${identityId} at ${side} is left ${state}: ${failure?.code ?? 'no failure'}`,
    );
}

/** The longest time in which a stale write overwrote what somebody had just entered, where a system cannot refuse it. */
export function unseenWindowMs(evidence: Evidence): { readonly count: number; readonly longestMs: number } {
  let [count, longestMs] = [0, 0];
  for (const { shape, records } of evidence.systems.values()) {
    if (shape.conditionalWrite) continue;
    const last = new Map<string, number>();
    for (const { actor, recordId, order, write } of records.entries) {
      const editedOrder = last.get(recordId) ?? 0;
      if (actor !== 'trueup') last.set(recordId, order);
      else if (write !== null && write.lookedOrder > 0 && editedOrder > write.lookedOrder) {
        count += 1;
        longestMs = Math.max(longestMs, (order - write.lookedOrder) / 1_000);
      }
    }
  }
  return { count, longestMs: Math.round(longestMs) };
}
