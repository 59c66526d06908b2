/** Judges a run at rest: the oracles of the simulation, and what only a run of real processes can break. */
import { UNEXPECTED } from '../../src/worker/failures.ts';
import { checkAccounts } from '../world/oracle/accounts.ts';
import { checkConvergence } from '../world/oracle/convergence.ts';
import { textOf, timeline } from '../world/oracle/truth.ts';
import { checkWrites } from '../world/oracle/writes.ts';
import type { Entry } from '../world/records.ts';
import { judgedOf, type Evidence } from './evidence.ts';
import { checkResurrected } from './resurrected.ts';

/** Adds what is wrong to the evidence's violations. */
export function judge(evidence: Evidence): void {
  const world = judgedOf(evidence);
  checkConvergence(world);
  checkAccounts(world);
  checkWrites(world);
  const entries = timeline(world);
  const twice = enteredTwice(entries);
  const asked = openHolds(evidence).flatMap((hold) => emailsAsked(evidence, hold));
  checkResurrected(evidence, entries, new Set([...asked, ...twice]));
  checkHolds(evidence, entries, twice);
  checkOpen(evidence);
}

/** Every open hold has a cause in the systems' logs, or in a lost answer. */
function checkHolds(evidence: Evidence, entries: readonly Entry[], twice: ReadonlySet<string>): void {
  const deleted = new Set(
    entries.flatMap(({ actor, kind, before }) =>
      actor === 'user' && kind === 'delete' ? [textOf(before, 'email')] : [],
    ),
  );
  const lost = lostCreates(evidence);
  for (const hold of openHolds(evidence)) {
    const { reason, identityId, side, recordId, field } = hold;
    const emails = emailsAsked(evidence, hold);
    const isTwice = emails.some((email) => twice.has(email));
    const isLost = identityId !== null && lost.has(`${side} ${identityId}`);
    const isExplained =
      {
        createOutcomeUnknown: isLost,
        // What a lost create has made may stand beside a record that holds little of what was sent.
        duplicateRecord: isTwice || isLost,
        ambiguousMatch: isTwice || emails.some((email) => lost.has(`${side} ${email}`)),
        editAgainstDelete: emails.some((email) => deleted.has(email)),
      }[reason as string] ?? false;
    if (!isExplained)
      evidence.violations.push(
        `I12: a hold without a cause: ${reason} ${field ?? ''} ${identityId ?? ''} ${side} ${recordId ?? ''}`,
      );
  }
}

type OpenHold = Evidence['store']['holds'][number];

function openHolds({ store }: Evidence): readonly OpenHold[] {
  return store.holds.filter(({ closed }) => closed === null);
}

/** The keys that the records of a hold have had. */
function emailsAsked(evidence: Evidence, { identityId, side, recordId }: OpenHold): readonly string[] {
  return [
    ...(identityId === null ? [] : emailsOfIdentity(evidence, identityId)),
    ...emailsOf(evidence, side, recordId ?? ''),
  ];
}

/** The creates whose answer was lost, by side and identity, and by side and key. */
function lostCreates(evidence: Evidence): ReadonlySet<string> {
  return new Set(
    evidence.store.attempts.flatMap(({ identityId, side, kind, outcome }) =>
      kind === 'create' && outcome === 'unknown'
        ? [identityId, ...emailsOfIdentity(evidence, identityId)].map((one) => `${side} ${one}`)
        : [],
    ),
  );
}

function emailsOfIdentity(evidence: Evidence, identityId: string): readonly string[] {
  return evidence.store.links.flatMap(({ side, recordId, linked }) =>
    linked?.identityId === identityId ? emailsOf(evidence, side, recordId) : [],
  );
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
