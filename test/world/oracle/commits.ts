/**
 * I5, I12, I16, I27: what must hold after every single transaction. It is read from the store's rows as they are committed, so that
 * nothing can put right later what was wrong for a moment.
 */
import { MADE_BY_US, type Identity, type WriteState } from '../../../src/engine/state.ts';
import {
  recordKey,
  type RecordRow,
  type StoredEntry,
  type StoredWrite,
  type StreamRow,
  type Tables,
} from '../store/rows.ts';
import type { Change } from '../store/transaction.ts';
import type { SimulatedSystem } from '../system.ts';

/**
 * From what state a write may come into which. A write that leaves was answered, closed or is owed no more; one that did not
 * happen is planned anew in the same transaction, and what is owed then a guard may stop. What its mapping refuses, or was
 * refused before, ends before it leaves.
 */
const NEXT: Readonly<Record<WriteState | 'none', readonly (WriteState | 'none')[]>> = {
  none: ['planned', 'queued', 'held'],
  planned: ['none', 'planned', 'queued', 'held', 'sent', 'dead'],
  queued: ['none', 'planned', 'queued', 'held', 'sent', 'dead'],
  held: ['none', 'held', 'planned', 'queued'],
  sent: ['none', 'planned', 'queued', 'held', 'unknown', 'dead'],
  unknown: ['none', 'planned', 'queued', 'held', 'unknown', 'dead'],
  dead: ['none', 'planned', 'queued', 'held'],
};

export class CommitWatch {
  readonly #tables: Tables;
  readonly #violations: string[];
  /** Writes that were refused for good and opened again while nothing about them was new: what they had sent. */
  readonly #reopened = new Map<string, string>();
  /** Per write that was ever sent the thing that it was sent for. */
  readonly senders = new Map<string, string>();
  readonly #systems: ReadonlyMap<string, SimulatedSystem>;
  /** Since when what is known of a record that is linked to nothing is known. */
  readonly #waitingSinceMs = new Map<string, number>();

  constructor(tables: Tables, violations: string[], systems: ReadonlyMap<string, SimulatedSystem>) {
    this.#tables = tables;
    this.#violations = violations;
    this.#systems = systems;
  }

  /** What one transaction has left behind, when it began, and when it was committed. */
  check(changes: readonly Change[], beganMs: number, nowMs: number): void {
    const told = new Set<string>();
    for (const { table, after } of changes)
      if (table === 'journal') told.add((after as StoredEntry).identityId ?? '');
    for (const { table, before, after } of changes) {
      if (table === 'writes') {
        this.#checkWrite(before as StoredWrite | null, after as StoredWrite | null);
        this.#checkAlone(before as StoredWrite | null, after as StoredWrite | null, beganMs);
      } else if (table === 'streams') this.#noteTaken(after as StreamRow | null, nowMs);
      else if (table === 'links' && after !== null)
        this.#waitingSinceMs.set(recordKey(after as RecordRow), nowMs);
      else if (table === 'identities') {
        this.#checkStory(before as Identity | null, after as Identity | null, told);
        this.#checkSucceeded(before as Identity | null, after as Identity | null, beganMs);
      }
    }
  }

  /** What its feed has told up to there Trueup says that it has taken in. */
  #noteTaken(stream: StreamRow | null, nowMs: number): void {
    if (stream?.kind !== 'changes' || typeof stream.checkpoint !== 'number') return;
    this.#systems.get(stream.side)?.feed.noteTaken(stream.checkpoint, nowMs);
  }

  /** I27: no golden value changes without an entry in the journal that says so. */
  #checkStory(before: Identity | null, after: Identity | null, told: ReadonlySet<string>): void {
    if (after === null || before?.golden === after.golden || told.has(after.id)) return;
    if (JSON.stringify(before?.golden ?? {}) === JSON.stringify(after.golden)) return;
    this.#violations.push(`I27: ${after.id} has changed, and the journal says nothing of it`);
  }

  #checkWrite(before: StoredWrite | null, after: StoredWrite | null): void {
    const from: WriteState | 'none' = before?.state ?? 'none';
    const to: WriteState | 'none' = after?.state ?? 'none';
    const write = after ?? before;
    if (write === null) return;
    if (!NEXT[from].includes(to))
      this.#violations.push(`I12: a write to ${write.side} went from ${from} to ${to}`);
    if (before?.state === 'dead') this.#noteReopened(before, after);
    if (after?.state === 'sent' && before?.state !== 'sent') this.#checkSent(after);
  }

  #noteReopened(dead: StoredWrite, after: StoredWrite | null): void {
    const golden = this.#tables.identities.get(dead.identityId)?.row?.golden ?? {};
    const isNews = Object.entries(dead.body ?? {}).some(
      ([field, value]) => JSON.stringify(golden[field]) !== JSON.stringify(value),
    );
    // One that has become another kind of write since says that the record was there meanwhile.
    const isAnother = after?.kind !== dead.kind;
    if (after === null || isNews || isAnother || dead.body === null) this.#reopened.delete(dead.writeId);
    else this.#reopened.set(dead.writeId, JSON.stringify(dead.body));
  }

  /** I5: nothing is made beside a record that has its key, is linked to nothing, and was known when this was decided. */
  #checkAlone(before: StoredWrite | null, after: StoredWrite | null, beganMs: number): void {
    if (after?.state !== 'sent' || before?.state === 'sent' || after.kind !== 'create') return;
    const { side, identityId, body } = after;
    for (const { recordId } of this.#waitingWith(body?.['email'], side, beganMs))
      this.#violations.push(
        `I5: ${side} ${recordId} has the key of ${identityId} and is linked to nothing, and another was made beside it`,
      );
  }

  /** I10: nothing is deleted for the sake of one record while a second one of it, which was known, waits to take its place. */
  #checkSucceeded(before: Identity | null, after: Identity | null, beganMs: number): void {
    const tombstone = before?.tombstone === null ? after?.tombstone : null;
    if (tombstone == null || tombstone.evidence === 'person') return;
    const { side } = tombstone;
    for (const { recordId, failure } of this.#waitingWith(before?.golden['email'], side, beganMs))
      if (failure?.code === 'trueup.duplicate_record')
        this.#violations.push(
          `I10: ${before?.id ?? ''} was deleted with ${side} ${tombstone.recordId}, and ${recordId} waited beside it`,
        );
  }

  /** Records at the side that have the key, are linked to nothing, and were known as they are since before that moment. */
  #waitingWith(email: unknown, side: string, beganMs: number): readonly RecordRow[] {
    const records = this.#systems.get(side)?.records;
    if (email === null || email === undefined) return [];
    return [...this.#tables.linksBySide.slots(side)].flatMap(({ row }) => {
      if (row === null || (row.status !== 'parked' && row.status !== 'unreadable') || row.linked !== null)
        return [];
      const { recordId, asOfMs } = row;
      const sinceMs = this.#waitingSinceMs.get(recordKey(row));
      if (sinceMs === undefined || sinceMs >= beganMs) return [];
      if (records?.now(recordId)?.fields['email'] !== email) return [];
      const isKnown = records.entries.every((entry) => entry.recordId !== recordId || entry.atMs < asOfMs);
      return isKnown ? [row] : [];
    });
  }

  /** What leaves is what is golden at this moment, and nothing that a person is asked about. */
  #checkSent({ identityId, side, kind, writeId, body }: StoredWrite): void {
    this.senders.set(writeId, identityId);
    const place = `${kind} of ${identityId} at ${side}`;
    const identity = this.#tables.identities.get(identityId)?.row;
    for (const { row: hold } of this.#tables.holdsByIdentity.slots(identityId)) {
      if (hold?.closed !== null || hold.identityId !== identityId) continue;
      // Where a person has said that it goes, every record does: which of two it was made twice as is no question about that.
      const isSaid = kind === 'delete' && identity?.tombstone?.evidence === 'person';
      if (isSaid && MADE_BY_US.includes(hold.reason)) continue;
      if (hold.field === null || body?.[hold.field] !== undefined)
        this.#violations.push(
          `I12: the ${place} was sent while ${hold.field ?? 'all of it'} is held: ${hold.reason}`,
        );
    }
    const golden = identity?.golden ?? {};
    for (const [field, value] of Object.entries(body ?? {}))
      if (JSON.stringify(golden[field]) !== JSON.stringify(value))
        this.#violations.push(`I16: the ${place} was sent with a ${field} that is not golden`);
    const isAlive = [...this.#tables.linksByIdentity.slots(identityId)].some(
      ({ row }) => row?.linked?.identityId === identityId && row.status === 'live',
    );
    if (kind === 'create' && !isAlive)
      this.#violations.push(`I10: the ${place} was sent though it lives nowhere`);
    if (this.#reopened.get(writeId) === JSON.stringify(body))
      this.#violations.push(`I16: the ${place} was refused for good, and the same was sent again`);
    // Of several tries only what the last one sent is remembered.
    else this.#reopened.delete(writeId);
  }
}
