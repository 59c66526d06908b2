/** Gathers what a batch of decisions leaves behind, and stores it in a handful of statements. */
import { withoutEndedConflicts } from '../engine/agreement.ts';
import { saidKeys } from '../engine/between.ts';
import { held, withLink } from '../engine/existence.ts';
import { guard } from '../engine/guard.ts';
import { matchKeys } from '../engine/match.ts';
import { planIdentity, type WriteStep } from '../engine/plan.ts';
import { idsIn } from '../engine/references.ts';
import type { Bundle, Link, Outcome } from '../engine/state.ts';
import { isClash, linkAt, MADE_BY_US, unansweredAt } from '../engine/state.ts';
import { sameValue } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { JsonObject } from '../lib/json.ts';
import type {
  ForgottenRecord,
  JournalEntry,
  NewWrite,
  Past,
  Save,
  StoredBundle,
  SyncTx,
  WriteKey,
} from '../store/contract.ts';
import { newClashes, type HeldForKeys } from './clashes.ts';
import { EARLY_LOOK_MS } from './limits.ts';
import { hintRecords, lookAgain } from './look-again.ts';
import type { Changed } from './moves.ts';
import type { SyncRuntime } from './runtime.ts';
import { wakeKeyed } from './unlinked.ts';
import { noteReferences } from './waits.ts';

interface Work extends Changed {
  now: Bundle;
}

type Draft = { -readonly [Key in keyof Save]: Save[Key][number][] };

/** A batch that leaves nothing behind. */
export function emptySave(): Draft {
  return {
    newIdentities: [],
    changedIdentities: [],
    freedKeys: [],
    newKeys: [],
    links: [],
    forgotten: [],
    openWrites: [],
    changedWrites: [],
    droppedWrites: [],
    decisions: [],
    holds: [],
    closedHolds: [],
    journal: [],
  };
}

const CHANGES_UNGUARDED = 1_000;
const NOTHING_TAKEN: ReadonlyMap<string, string> = new Map();

/** Who closes a hold, and how. */
interface Answer {
  readonly by: string;
  readonly resolution: string;
}

const SETTLED: Answer = { by: 'trueup', resolution: 'settled' };

/** One batch inside one transaction. Every identity in it is locked, or new. */
export class Batch {
  readonly #runtime: SyncRuntime;
  readonly #tx: SyncTx;
  readonly #answer: Answer;
  readonly #work = new Map<string, Work>();
  readonly #newcomers = new Map<string, string>();
  readonly #freeKeys = new Set<string>();
  readonly #heldForKeys: HeldForKeys[] = [];
  readonly #stamps = new Map<string, number>();
  readonly #met = new Map<string, number>();
  readonly #save = emptySave();
  /** Records that were seen to go before the answer to their create. */
  readonly #deleted: { readonly side: string; readonly recordId: string }[] = [];
  /** Records that count as gone, were seen since, and could not be read. */
  readonly #cameBack: Link[] = [];

  /** `answer`: who answers the holds that this batch closes, and how; by default what happened since has. */
  constructor(runtime: SyncRuntime, tx: SyncTx, answer: Answer = SETTLED) {
    this.#runtime = runtime;
    this.#tx = tx;
    this.#answer = answer;
  }

  /** Takes a bundle that was read under lock. */
  load(bundle: StoredBundle): void {
    this.#work.set(bundle.identity.id, { before: bundle, now: bundle });
  }

  /** Begins an identity that the store does not hold yet, known by its match keys to the rest of the batch. */
  begin(bundle: Bundle, keys: readonly string[]): void {
    this.#work.set(bundle.identity.id, { before: null, now: bundle });
    for (const key of keys) this.#newcomers.set(key, bundle.identity.id);
  }

  /** Keys that were looked up in this transaction and lead nowhere. */
  noteFreeKeys(keys: Iterable<string>): void {
    for (const key of keys) this.#freeKeys.add(key);
  }

  /** When the record of the side was last changed, as its system says. */
  noteStamp(side: string, recordId: string, stampedMs: number): void {
    this.#stamps.set(`${side}\n${recordId}`, stampedMs);
  }

  /** When the look began that found whose record it is. */
  noteMet(side: string, recordId: string, readBeganMs: number): void {
    this.#met.set(`${side}\n${recordId}`, readBeganMs);
  }

  /** The identity of this batch that was begun under the key. */
  newcomer(key: string): Bundle | undefined {
    const identityId = this.#newcomers.get(key);
    return identityId === undefined ? undefined : this.get(identityId);
  }

  get(identityId: string): Bundle | undefined {
    return this.#work.get(identityId)?.now;
  }

  /** The next state of an identity, without a story to tell. */
  put(bundle: Bundle): void {
    must(this.#work.get(bundle.identity.id), 'a batch changes only what it has loaded').now = bundle;
  }

  /** The next state of an identity and what led to it. */
  apply(outcome: Outcome, entry: JournalEntry | null): void {
    this.put(outcome.bundle);
    const identityId = outcome.bundle.identity.id;
    for (const decision of outcome.decisions) this.#save.decisions.push({ identityId, ...decision });
    for (const hold of outcome.holds) this.#save.holds.push({ identityId, ...hold });
    if (entry !== null) this.#save.journal.push(entry);
  }

  note(entry: JournalEntry): void {
    this.#save.journal.push(entry);
  }

  forget(forgotten: ForgottenRecord): void {
    this.#save.forgotten.push(forgotten);
  }

  /**
   * Plans every identity of the batch and stores all of it, then what `beside` stores: what the batch makes room for is
   * looked at again. Returns the sides that now have writes to deliver.
   */
  async store(beside: () => Promise<void> = () => Promise.resolve()): Promise<ReadonlySet<string>> {
    const wakened = new Set<string>();
    await this.#claimKeys();
    for (const work of this.#work.values()) {
      if (work.before !== null && work.before === work.now) continue;
      work.now = withoutEndedConflicts(this.#runtime.model, work.now);
      this.#collect(work);
      for (const step of planIdentity(this.#runtime.model, work.now)) {
        wakened.add(step.side);
        this.#collectStep(work.now.identity.id, step);
      }
    }
    await this.#guard();
    const clashes = await newClashes(this.#runtime.model, this.#tx, this.#heldForKeys);
    await this.#tx.save(this.#save);
    await this.#tx.hintUnlinked(this.#save.newKeys.map(({ key }) => key));
    await noteReferences(this.#runtime, this.#tx, [...this.#work.values()]);
    await wakeKeyed(this.#tx, [...this.#work.values()]);
    await beside();
    await hintRecords(this.#tx, this.#deleted, { kind: 'deleted', dueInMs: EARLY_LOOK_MS });
    await hintRecords(this.#tx, this.#cameBack, { kind: 'changed' });
    await this.#lookAtHeld();
    await lookAgain(this.#tx, this.#revived());
    await hintRecords(this.#tx, clashes, { kind: 'changed' });
    if (this.#makesRoom()) await this.#tx.hintWaiting();
    return wakened;
  }

  /** What was held for a clash of keys is looked at again once its thing has changed, here or elsewhere: it may clash no more. */
  async #lookAtHeld(): Promise<void> {
    const suspects: Link[] = [];
    for (const { before, now } of this.#work.values()) {
      const clash = before?.holds.find(isClash);
      if (before === null || clash === undefined) continue;
      const isItsOwn = ({ side }: Link): boolean => clash.sides?.includes(side) === true;
      const isSame = (link: Link): boolean => isItsOwn(link) || isAsBefore(linkAt(before, link.side), link);
      // That a clash has ended was seen of one of its records, and not of the others.
      const isOpen = now.holds.some(isClash);
      if (isOpen && before.identity === now.identity && now.links.every(isSame)) continue;
      suspects.push(
        ...now.links.filter(
          (link) => link.status !== 'gone' && isItsOwn(link) && before.links.includes(link),
        ),
      );
    }
    await hintRecords(this.#tx, suspects, { kind: 'changed' });
  }

  /** What was seen of their records while they counted as deleted was not merged. */
  #revived(): readonly Bundle[] {
    return [...this.#work.values()].flatMap(({ before, now }) =>
      before !== null && before.identity.tombstone !== null && now.identity.tombstone === null ? [now] : [],
    );
  }

  /** A record that waits because another has its place, or its key, or may be it, may find a home now, or wait for another reason. */
  #makesRoom(): boolean {
    const { freedKeys, forgotten, links, holds, closedHolds } = this.#save;
    if ([...holds, ...closedHolds].some(({ reason }) => MADE_BY_US.includes(reason))) return true;
    return freedKeys.length + forgotten.length > 0 || links.some(({ link }) => link.status === 'gone');
  }

  #collect({ before, now }: Work): void {
    const { identity } = now;
    if (before === null) this.#save.newIdentities.push(identity);
    else if (before.identity !== identity) this.#save.changedIdentities.push(identity);
    for (const link of now.links) {
      if (before?.links.includes(link) === true) continue;
      const refers = this.#referredAnew(before === null ? undefined : linkAt(before, link.side), link);
      const place = `${link.side}\n${link.recordId}`;
      const [stampedMs, metMs] = [this.#stamps.get(place), this.#met.get(place)];
      this.#save.links.push({
        identityId: identity.id,
        link,
        ...(refers === null ? {} : { refers }),
        ...(stampedMs === undefined ? {} : { stampedMs }),
        ...(metMs === undefined ? {} : { metMs }),
      });
    }
    for (const hold of before?.holds ?? []) {
      const isOpen = now.holds.some(({ field, reason }) => field === hold.field && reason === hold.reason);
      if (!isOpen) this.#save.closedHolds.push({ identityId: identity.id, ...hold, ...this.#answer });
    }
    for (const link of before?.links ?? []) {
      const { side, recordId } = link;
      const other = linkAt(now, side);
      // A record that left the identity without another taking its place is forgotten.
      if (other?.recordId === recordId) continue;
      // Where the identity lives on it may be brought back, before or after another one is made there.
      const isMissed = other === undefined && identity.tombstone === null;
      const place = { side, recordId, identityId: identity.id };
      this.forget(isMissed ? { ...place, past: pastOf(now, link) } : place);
      if (link.status === 'gone' && link.isUnreadable === true) this.#cameBack.push(link);
      // The answer to its create, still to come, will say that it is there.
      if (unansweredAt(now, side)?.kind === 'create') this.#deleted.push({ side, recordId });
    }
  }

  /** What the record refers to; null where it is what it was. */
  #referredAnew(before: Link | undefined, now: Link): readonly string[] | null {
    const { references = [] } = this.#runtime.model.sideOf.get(now.side) ?? {};
    if (references.length === 0) return null;
    const idsOf = (link: Link | undefined): readonly string[] => [
      ...new Set(references.flatMap(({ field }) => idsIn(link?.accounted[field.name]))),
    ];
    const ids = idsOf(now);
    return sameValue(ids, idsOf(before)) ? null : ids;
  }

  #collectStep(identityId: string, step: WriteStep): void {
    const key: WriteKey = { identityId, side: step.side };
    if (step.kind === 'drop') {
      this.#save.droppedWrites.push(key);
      return;
    }
    const state = this.#runtime.mode === 'live' ? 'queued' : 'planned';
    const write: NewWrite = { ...key, kind: step.write, state };
    if (step.kind === 'open') this.#save.openWrites.push(write);
    else this.#save.changedWrites.push(write);
  }

  /**
   * Keys follow the golden values. One that another identity has already makes two things one, which is for a person to
   * say: nothing of what led there is taken.
   */
  async #claimKeys(): Promise<void> {
    const wanted = new Map<string, Work>();
    const clashing = new Set<Work>();
    for (const work of this.#work.values()) {
      for (const key of this.#newKeys(work)) {
        const other = wanted.get(key);
        // What is new keeps its key; what has only changed can stay as it was.
        const isFirst = other === undefined || (work.before === null && other.before !== null);
        if (isFirst) wanted.set(key, work);
        const loser = isFirst ? other : work;
        if (loser !== undefined) clashing.add(loser);
      }
    }
    // What was just looked up and not found is free; should another worker have taken it since, storing it collides.
    const said = this.#newSaidKeys();
    const unsure = [...wanted.keys(), ...said.keys()].filter((key) => !this.#freeKeys.has(key));
    const taken = unsure.length === 0 ? NOTHING_TAKEN : await this.#tx.identitiesByKey(unsure);
    const addOthers = (): void => {
      for (const [key, work] of wanted) if (this.#isAnothers(key, taken.get(key), work)) clashing.add(work);
    };
    addOthers();
    for (const work of clashing) {
      this.#holdClash(work);
      // What is held gives no key away, so that who wants that one clashes as well, and is held in its turn.
      addOthers();
    }
    for (const [key, work] of wanted)
      if (!clashing.has(work) && !this.#isItsOwn(key, taken.get(key), work))
        this.#save.newKeys.push({ key, identityId: work.now.identity.id });
    // Of several things whose records say one key, that which is asked for it first keeps it: it only leads to a question.
    for (const [key, work] of said)
      if (!taken.has(key) && !clashing.has(work))
        this.#save.newKeys.push({ key, identityId: work.now.identity.id });
  }

  /** What records of things say now that they did not say before, each by one of them; what they say no more is free. */
  #newSaidKeys(): ReadonlyMap<string, Work> {
    const wanted = new Map<string, Work>();
    for (const work of this.#work.values()) {
      const { before, now } = work;
      if (before !== null && before.identity === now.identity && before.links === now.links) continue;
      const [old, keys] = [before, now].map((one) =>
        one === null ? [] : saidKeys(this.#runtime.model, one),
      );
      for (const key of old ?? [])
        if (keys?.includes(key) !== true) this.#save.freedKeys.push({ key, identityId: now.identity.id });
      for (const key of keys ?? [])
        if (old?.includes(key) !== true && !wanted.has(key)) wanted.set(key, work);
    }
    return wanted;
  }

  #isAnothers(key: string, owner: string | undefined, { now }: Work): boolean {
    return owner !== undefined && owner !== now.identity.id && !this.#isFreed(key, owner);
  }

  /** What a thing has had all along is no news to the records that wait because of it. */
  #isItsOwn(key: string, owner: string | undefined, { now }: Work): boolean {
    return owner === now.identity.id && !this.#isFreed(key, owner);
  }

  /** Given away by this very batch. */
  #isFreed(key: string, owner: string): boolean {
    return this.#save.freedKeys.some((freed) => freed.key === key && freed.identityId === owner);
  }

  /** The keys that the identity has now and may not have had before; those that it has no more are free. */
  #newKeys({ before, now }: Work): readonly string[] {
    // Which of its keys an identity lacks because another has them is asked whenever it is looked at.
    const mayLack = before?.holds.some(isClash) === true;
    if (before?.identity === now.identity && !mayLack) return [];
    const [old, keys] = [before === null ? [] : this.#keysOf(before), this.#keysOf(now)];
    for (const key of old)
      if (!keys.includes(key)) this.#save.freedKeys.push({ key, identityId: now.identity.id });
    return mayLack ? keys : keys.filter((key) => !old.includes(key));
  }

  /** What is deleted has given its keys away. */
  #keysOf({ identity: { golden, tombstone } }: Bundle): readonly string[] {
    return tombstone === null ? matchKeys(this.#runtime.model, golden) : [];
  }

  #holdClash(work: Work): void {
    const { before, now } = work;
    if (before === null) return;
    const { id, golden, edits } = now.identity;
    const changed = Object.keys(golden).filter((field) => edits[field] !== before.identity.edits[field]);
    const clash = before.holds.find(isClash);
    const keys = this.#keysOf(now);
    // It lacks the key that it has lacked all along, and nothing else about its keys is in question.
    const isNoNews = changed.length === 0 || sameValue(keys, this.#keysOf(before));
    if (isNoNews && clash !== undefined) {
      work.now = now.holds.some(isClash) ? now : { ...now, holds: [...now.holds, clash] };
      return;
    }
    const side = edits[changed[0] ?? '']?.side ?? '';
    const seen = Object.fromEntries(changed.map((field) => [field, golden[field] ?? null]));
    const hold = { field: null, reason: 'ambiguousMatch' as const, seen, side };
    const link = linkAt(before, side);
    const kept = link === undefined ? before : withLink(before, metUnaccounted(link, linkAt(now, side)));
    const isOurs = ({ identityId }: { readonly identityId: string | null }): boolean => identityId === id;
    for (const list of ['freedKeys', 'decisions', 'holds', 'journal'] as const)
      this.#save[list] = this.#save[list].filter(
        (entry: { readonly identityId: string | null }) => !isOurs(entry),
      ) as never;
    work.now = held(kept, hold).bundle;
    this.#save.holds.push({ identityId: id, ...hold });
    if (link !== undefined) {
      const isBack = link.isUnreadable === true || isBackInSight(link, linkAt(now, side));
      this.#heldForKeys.push({ side, recordId: link.recordId, keys, isBack });
    }
    if (clash !== undefined) return;
    this.note({ identityId: id, side, recordId: null, kind: 'held', body: { reason: hold.reason } });
  }

  /** A flood of deletes or changes is planned but held: nothing of it leaves before a person has looked. */
  async #guard(): Promise<void> {
    if (this.#runtime.mode !== 'live') return;
    for (const side of this.#runtime.model.sides) {
      const here = [...this.#save.openWrites, ...this.#save.changedWrites].filter(
        (write) => write.side === side.name,
      );
      const deletes = here.filter((write) => write.kind === 'delete').length;
      const changes = here.filter((write) => write.kind === 'update').length;
      if (deletes + changes === 0) continue;
      const sums = await this.#tx.guardWindow(side.name, { deletes, changes });
      if (deletes === 0 && sums.changes <= CHANGES_UNGUARDED) continue;
      const records = await this.#tx.countRecords(side.name);
      const window = { deletes: sums.deletes - deletes, changes: sums.changes - changes, records };
      const verdict = guard(this.#runtime.model.guard, window, { deletes, changes });
      if (verdict.stopDeletes) this.#stop(side.name, 'delete');
      if (verdict.stopChanges) this.#stop(side.name, 'update');
    }
  }

  #stop(side: string, kind: 'delete' | 'update'): void {
    const stopped = (write: NewWrite): NewWrite =>
      write.side === side && write.kind === kind ? { ...write, state: 'held' } : write;
    this.#save.openWrites = this.#save.openWrites.map(stopped);
    this.#save.changedWrites = this.#save.changedWrites.map(stopped);
    this.#runtime.log.warn({ sync: this.#runtime.name, side, kind }, 'a guard stopped a flood of writes');
  }
}

/**
 * What it holds is not accounted for, so that no version may say that it is known; that it was there and could be read, no older
 * look may deny.
 */
function metUnaccounted({ isUnreadable: _isUnreadable, ...link }: Link, met: Link | undefined): Link {
  const asOfMs = Math.max(link.asOfMs, met?.lookedAtMs ?? 0);
  const seen: Link = { ...link, version: null, asOfMs };
  return isBackInSight(link, met) ? { ...seen, status: 'live', lookedAtMs: null } : seen;
}

function isBackInSight(link: Link, met: Link | undefined): boolean {
  return link.status === 'hidden' && met?.status === 'live';
}

/** What the record was, and what was sent to it and may land still. */
function pastOf(bundle: Bundle, { side, accounted, agreed, sent }: Link): Past {
  const past = { identityId: bundle.identity.id, accounted, agreed };
  const write = unansweredAt(bundle, side);
  const all = write === undefined ? sent : [...sent, write];
  const bodies = all.flatMap(({ body }) => (body === null ? [] : [body]));
  return bodies.length === 0 ? past : { ...past, sent: bodies };
}

/** It was looked at once more at most: nothing else is known of it now than was before. */
function isAsBefore(before: Link | undefined, now: Link): boolean {
  if (before?.recordId !== now.recordId || before.isUnreadable !== now.isUnreadable) return false;
  return before.status === now.status && before.accounted === now.accounted && before.agreed === now.agreed;
}

/** The journal's story of an observation: per field the value before and after, and the rule; and what breaks the dictionary. */
export function changeBody(outcome: Outcome, extra: JsonObject): JsonObject {
  const fields = Object.fromEntries(
    outcome.changes.map(({ field, before, after, rule }) => [field, [before ?? null, after, rule]]),
  );
  const violations = Object.fromEntries((outcome.violations ?? []).map(({ field, says }) => [field, says]));
  return {
    ...extra,
    ...(outcome.changes.length === 0 ? {} : { fields }),
    ...(outcome.violations === undefined ? {} : { violations }),
  };
}
