/**
 * The three-way merge of one observation into its identity, field by field and by value. "Changed" means: differs from
 * what is accounted for at that side. The rows of the decision table are the branches of `mergeField`, in order.
 */
import { must } from '../lib/assert.ts';
import type { FieldLens, FieldModel, SyncModel } from './model.ts';
import { standInOf } from './plan.ts';
import { outranks, ownerOf, ruleOn, type Contender } from './policy.ts';
import type {
  Bundle,
  Claim,
  Correction,
  Decision,
  Edit,
  FieldChange,
  Identity,
  Link,
  NewHold,
  Observation,
  OpenWrite,
  Outcome,
  Rule,
} from './state.ts';
import { linkAt, writeAt } from './state.ts';
import type { Value, Values } from './value.ts';

/**
 * Accounts for everything the observation shows. Expects a live link at the observation's side (see `newLink`); the
 * caller has already refused observations older than `link.asOfMs`.
 */
export function mergeObservation(model: SyncModel, bundle: Bundle, seen: Observation): Outcome {
  const side = must(model.sideOf.get(seen.side), 'an observation names a side of its sync');
  const link = must(linkAt(bundle, seen.side), 'an observed record is linked');
  const draft = new MergeDraft(bundle, link, seen);
  for (const lens of side.lenses) {
    const value = seen.values[lens.field.name];
    if (value !== undefined) mergeField(draft, lens, value);
  }
  return draft.outcome();
}

/** A record that is linked for the first time: nothing is accounted for yet, so nothing it holds can be "unchanged". */
export function newLink(side: string, recordId: string): Link {
  return {
    side,
    recordId,
    status: 'live',
    version: null,
    asOfMs: 0,
    lookedAtMs: null,
    accounted: {},
    agreed: {},
    sent: [],
  };
}

/** An identity about which nothing is known yet. */
export function newIdentity(id: string): Identity {
  return { id, seq: 0, golden: {}, edits: {}, tombstone: null };
}

function mergeField(draft: MergeDraft, lens: FieldLens, value: Value): void {
  const { field } = lens;
  const { name } = field;
  const base = draft.link.accounted[name];
  if (base !== undefined && field.same(value, base)) return;
  const golden = draft.golden[name];
  const edit = draft.edits[name];
  const landedSeq = draft.landedSeq(lens, value);
  if (landedSeq !== null) {
    // Golden may have moved and come back since: what counts is that the record holds it now.
    draft.account(name, value, edit !== undefined && field.same(value, golden) ? edit.seq : landedSeq);
    return;
  }
  if (draft.identity.tombstone !== null) {
    draft.hold({ field: null, reason: 'editAgainstDelete', seen: { [name]: value }, side: draft.seen.side });
    return;
  }
  if (golden === undefined || edit === undefined) {
    // What a side only receives is never learned from it: the value waits there to be replaced.
    if (lens.direction === 'out') draft.account(name, value, null);
    else draft.take(field, value, 'first', value);
  } else if (field.same(value, golden)) {
    draft.account(name, value, edit.seq);
    if (outranks(field.policy, draft.seen.side, edit.side) && mayWrite(draft, lens))
      draft.endorse(name, edit);
  } else if (!mayWrite(draft, lens)) {
    if (draft.isResisting(name)) holdSwing(draft, lens, value, golden, edit);
    else {
      draft.decide(name, 'notOwner', { side: edit.side, value: golden }, draft.claim(value));
      draft.correct(name, value);
    }
  } else if (base !== undefined && edit.seq <= (draft.link.agreed[name] ?? 0)) {
    if (draft.swings(field, value)) holdSwing(draft, lens, value, golden, edit);
    else draft.take(field, value, 'edit', value);
  } else {
    mergeConflict(draft, lens, value, golden, edit, base);
  }
}

/** Two automations undo each other's work, or one of them ours: a person must say which of them is right. */
function holdSwing(draft: MergeDraft, { field }: FieldLens, value: Value, golden: Value, edit: Edit): void {
  const { name } = field;
  draft.decide(name, 'hold', { side: edit.side, value: golden }, draft.claim(value));
  draft.hold({ field: name, reason: 'oscillation', seen: { [name]: value }, side: draft.seen.side });
  draft.account(name, value, null);
}

/** Both sides moved, or nobody knows a common past. */
function mergeConflict(
  draft: MergeDraft,
  lens: FieldLens,
  value: Value,
  golden: Value,
  edit: Edit,
  base: Value | undefined,
): void {
  const { field } = lens;
  const { name } = field;
  const current: Contender = { side: edit.side, value: golden, fromMs: edit.fromMs, untilMs: edit.untilMs };
  const incoming = draft.contender(value, base);
  const verdict = ruleOn(field.policy, draft.identity.golden, current, incoming, base);
  const [theirs, ours] = [draft.claim(value), { side: edit.side, value: golden }];
  switch (verdict.kind) {
    case 'take':
      draft.decide(name, verdict.rule, { side: theirs.side, value: verdict.value }, ours);
      draft.take(field, value, verdict.rule, verdict.value);
      break;
    case 'keep':
      draft.decide(name, verdict.rule, ours, theirs);
      draft.account(name, value, null);
      break;
    case 'hold':
      draft.decide(name, 'hold', ours, theirs);
      draft.hold({ field: name, reason: 'conflict', seen: { [name]: value }, side: theirs.side });
      draft.account(name, value, null);
      break;
  }
}

/** What an owner has not spoken about yet is open to all; otherwise the first to be read would be the owner meanwhile. */
function mayWrite(draft: MergeDraft, { field, direction }: FieldLens): boolean {
  if (direction === 'out') return false;
  const owner = ownerOf(field.policy, draft.identity.golden);
  return owner === null || owner === draft.seen.side || !draft.hasSpoken(owner, field.name);
}

/** So often may a value come back to what it was before, each time within the window, before it is held. */
const SWING_TURNS_MAX = 3;
const SWING_WINDOW_MS = 10 * 60_000;

/** The next state while it is being worked out. One draft lives for one observation. */
class MergeDraft {
  readonly identity: Identity;
  readonly link: Link;
  readonly seen: Observation;
  readonly #bundle: Bundle;
  readonly #write: OpenWrite | undefined;
  #golden: Record<string, Value> | null = null;
  #edits: Record<string, Edit> | null = null;
  readonly #accounted: Record<string, Value> = {};
  readonly #agreed: Record<string, number> = {};
  #corrected: Readonly<Record<string, Correction>> | null = null;
  readonly #changes: FieldChange[] = [];
  readonly #decisions: Decision[] = [];
  readonly #holds: NewHold[] = [];
  /** Fields that changed together share one edit, so that an identity holds few of them. */
  readonly #newEdits: Edit[] = [];

  constructor(bundle: Bundle, link: Link, seen: Observation) {
    this.#bundle = bundle;
    this.identity = bundle.identity;
    this.link = link;
    this.seen = seen;
    const write = writeAt(bundle, link.side);
    this.#write = write?.state === 'sent' || write?.state === 'unknown' ? write : undefined;
  }

  get golden(): Values {
    return this.#golden ?? this.identity.golden;
  }

  get edits(): Readonly<Record<string, Edit>> {
    return this.#edits ?? this.identity.edits;
  }

  /** The golden seq of an unanswered write of ours that put this very value there; null when it is news. */
  landedSeq(lens: FieldLens, value: Value): number | null {
    const { field } = lens;
    const write = this.#write;
    if (write !== undefined && holds(write.body, field, value)) return write.seq;
    if (write?.kind === 'create' && field.same(standInOf(lens, write.body ?? {}), value)) return write.seq;
    const { readBeganMs } = this.seen;
    const sent = this.link.sent.find(
      ({ body, expiresAtMs }) => expiresAtMs > readBeganMs && holds(body, field, value),
    );
    return sent?.seq ?? null;
  }

  /** The side has a record that holds a value of the field, its own or one it took from us. */
  hasSpoken(side: string, field: string): boolean {
    const link = linkAt(this.#bundle, side);
    return link !== undefined && link.status !== 'gone' && link.accounted[field] !== undefined;
  }

  /** Notes that the value was seen. `agreedSeq` null leaves open which golden value the record is known to hold. */
  account(field: string, value: Value, agreedSeq: number | null): void {
    this.#accounted[field] = value;
    if (agreedSeq !== null) this.#agreed[field] = agreedSeq;
  }

  take(field: FieldModel, value: Value, rule: Rule, winner: Value): void {
    const { name, same } = field;
    const fromMs = this.#fromMs(this.link.accounted[name]);
    const seq = this.identity.seq + 1;
    const made = { seq, rule, fromMs, untilMs: this.#untilMs() };
    const before = this.golden[name];
    const edit =
      before === undefined
        ? (this.#known(seq, rule, fromMs) ?? this.#share(made))
        : { ...made, side: this.seen.side, swing: { before, turns: this.#turns(field, winner) } };
    this.#changes.push({ field: name, before, after: winner, rule });
    this.#golden ??= { ...this.identity.golden };
    this.#golden[name] = winner;
    this.#edits ??= { ...this.identity.edits };
    this.#edits[name] = edit;
    // A set merge may leave the record without the golden value: then it is owed one, and has agreed to nothing new.
    this.account(name, value, same(value, winner) ? edit.seq : null);
  }

  /** The side has made the same edit by itself: the value stands in its name where that counts for more. */
  endorse(field: string, edit: Edit): void {
    this.#edits ??= { ...this.identity.edits };
    this.#edits[field] = this.#known(edit.seq, edit.rule, edit.fromMs) ?? this.#share(edit);
  }

  /** The value goes back to what it was before, as it has done several times in a short while. */
  swings(field: FieldModel, value: Value): boolean {
    return this.#turns(field, value) >= SWING_TURNS_MAX;
  }

  #turns({ name, same }: FieldModel, value: Value): number {
    const last = this.edits[name];
    if (last?.swing === undefined || !same(last.swing.before, value)) return 0;
    return this.#untilMs() - last.untilMs > SWING_WINDOW_MS ? 0 : last.swing.turns + 1;
  }

  /** The side has been put right several times in a short while, and has something else again. */
  isResisting(field: string): boolean {
    return this.#correction(field).turns > SWING_TURNS_MAX;
  }

  /** The record no longer holds the golden value, so it is owed a correction. */
  correct(field: string, value: Value): void {
    this.account(field, value, 0);
    this.#corrected = { ...this.#corrected, [field]: this.#correction(field) };
  }

  #correction(field: string): Correction {
    const atMs = this.#untilMs();
    const last = this.link.corrected?.[field];
    const isInARow = last !== undefined && atMs - last.atMs <= SWING_WINDOW_MS;
    return { turns: isInARow ? last.turns + 1 : 1, atMs };
  }

  decide(field: string, rule: Rule, winner: Claim, loser: Claim): void {
    this.#decisions.push({ field, rule, winner, loser });
  }

  /** One hold says all that was seen of the record under its reason. */
  hold(hold: NewHold): void {
    const index = this.#holds.findIndex((open) => open.field === hold.field && open.reason === hold.reason);
    const open = this.#holds[index];
    if (open === undefined) this.#holds.push(hold);
    else this.#holds[index] = { ...open, seen: { ...open.seen, ...hold.seen } };
  }

  claim(value: Value): Claim {
    return { side: this.seen.side, value };
  }

  contender(value: Value, base: Value | undefined): Contender {
    return { side: this.seen.side, value, fromMs: this.#fromMs(base), untilMs: this.#untilMs() };
  }

  outcome(): Outcome {
    const link: Link = {
      ...this.link,
      version: this.seen.version,
      asOfMs: Math.max(this.link.asOfMs, this.seen.readBeganMs),
      lookedAtMs: Math.max(this.link.lookedAtMs ?? 0, this.seen.readBeganMs),
      accounted: withEntries(this.link.accounted, this.#accounted),
      agreed: withEntries(this.link.agreed, this.#agreed),
      sent: this.link.sent.filter((sent) => sent.expiresAtMs > this.seen.readBeganMs),
      ...(this.#corrected === null ? {} : { corrected: { ...this.link.corrected, ...this.#corrected } }),
    };
    const seq = this.identity.seq + (this.#changes.length === 0 ? 0 : 1);
    const { golden, edits } = this;
    const identity = this.#edits === null ? this.identity : { ...this.identity, seq, golden, edits };
    const links = this.#bundle.links.map((other) => (other === this.link ? link : other));
    const bundle = { ...this.#bundle, identity, links, holds: withHolds(this.#bundle.holds, this.#holds) };
    return { bundle, changes: this.#changes, decisions: this.#decisions, holds: this.#holds };
  }

  #known(seq: number, rule: Rule, fromMs: number | null): Edit | undefined {
    return this.#newEdits.find((edit) => edit.seq === seq && edit.rule === rule && edit.fromMs === fromMs);
  }

  #share({ seq, fromMs, untilMs, rule }: Omit<Edit, 'side'>): Edit {
    const edit = { seq, side: this.seen.side, fromMs, untilMs, rule };
    this.#newEdits.push(edit);
    return edit;
  }

  /** The instant at which `base` was last seen here; null when it never was, or not since the record was away. */
  #fromMs(base: Value | undefined): number | null {
    if (base === undefined || this.link.lookedAtMs === null) return null;
    return Math.max(this.link.lookedAtMs, this.seen.unchangedUntilMs ?? 0);
  }

  #untilMs(): number {
    return Math.max(this.seen.readEndedMs, this.seen.unchangedUntilMs ?? 0);
  }
}

function holds(body: Values | null, field: FieldModel, value: Value): boolean {
  const written = body?.[field.name];
  return written !== undefined && field.same(written, value);
}

function withEntries<T>(
  before: Readonly<Record<string, T>>,
  added: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  for (const _ in added) {
    for (const _known in before) return { ...before, ...added };
    return added;
  }
  return before;
}

/** A hold that is open already stays one hold; the store refreshes what it has seen. */
export function withHolds(open: Bundle['holds'], added: readonly NewHold[]): Bundle['holds'] {
  const news = added.filter(
    (hold) => !open.some((known) => known.field === hold.field && known.reason === hold.reason),
  );
  return news.length === 0 ? open : [...open, ...news.map(({ field, reason }) => ({ field, reason }))];
}
