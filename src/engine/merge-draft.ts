/** The next state of an identity while one observation is merged into it: what `merge.ts` decides is gathered here. */
import type { FieldLens, FieldModel } from './model.ts';
import { standInOf } from './plan.ts';
import type { Contender } from './policy.ts';
import { unsettled, violationOf, type RuleModel } from './rules.ts';
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
  Swing,
  Violation,
} from './state.ts';
import { isClash, linkAt, unansweredAt } from './state.ts';
import { sameValue, type Value, type Values } from './value.ts';

/** So often may a value come back to what it was before, each time within the window, before it is held. */
const SWING_TURNS_MAX = 3;
const SWING_WINDOW_MS = 10 * 60_000;
/** So many values before the last one are remembered: as many sides but two may go round. */
const EARLIER_MAX = 4;

/** What is still being made. */
type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

/** The next state while it is being worked out. One draft lives for one observation. */
export class MergeDraft {
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
  #isLeftOpen = false;
  readonly #changes: FieldChange[] = [];
  readonly #decisions: Decision[] = [];
  readonly #holds: NewHold[] = [];
  /** Fields that changed together share one edit, so that an identity holds few of them. */
  readonly #newEdits: Edit[] = [];
  readonly #rules: RuleModel;
  readonly #violations: Violation[] = [];

  constructor(bundle: Bundle, link: Link, seen: Observation, rules: RuleModel) {
    this.#rules = rules;
    this.#bundle = bundle;
    this.identity = bundle.identity;
    this.link = link;
    this.seen = seen;
    this.#write = unansweredAt(bundle, link.side);
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
    // A record that was made without what it refers to holds nothing of ours there, and is still owed it.
    if (write?.kind === 'create' && field.same(standInOf(lens, write.body ?? {}), value))
      return lens.refersTo === null ? write.seq : 0;
    // However long ago it was sent: no look since could have shown that it had landed.
    const sent = this.link.sent.find(({ body }) => holds(body, field, value));
    return sent?.seq ?? null;
  }

  /** The side has a record that holds a value of the field, its own or one it took from us. */
  hasSpoken(side: string, field: string): boolean {
    const link = linkAt(this.#bundle, side);
    return link !== undefined && link.status !== 'gone' && link.accounted[field] !== undefined;
  }

  /** A value that was seen is not accounted for: when it was entered cannot be told from this look on. */
  leaveOpen(): void {
    this.#isLeftOpen = true;
  }

  /** Notes that the value was seen. `agreedSeq` null leaves open which golden value the record is known to hold. */
  account(field: string, value: Value, agreedSeq: number | null): void {
    this.#accounted[field] = value;
    if (agreedSeq !== null) this.#agreed[field] = agreedSeq;
  }

  take(field: FieldModel, value: Value, rule: Rule, winner: Value): void {
    const { name, same } = field;
    const fromMs = this.#fromMs(name, this.link.accounted[name]);
    const seq = this.identity.seq + 1;
    const made = { seq, side: this.seen.side, fromMs, untilMs: this.#untilMs(), rule };
    const before = this.golden[name];
    const edit =
      before === undefined ? this.#shared(made) : { ...made, swing: this.#swing(field, before, winner) };
    this.#changes.push({ field: name, before, after: winner, rule });
    this.#golden ??= { ...this.identity.golden };
    this.#golden[name] = winner;
    this.#edits ??= { ...this.identity.edits };
    this.#edits[name] = edit;
    // A set merge may leave the record without the golden value: then it is owed one, and has agreed to nothing new.
    this.account(name, value, same(value, winner) ? edit.seq : null);
  }

  /**
   * The side has entered the golden value by itself, from `base`: the value stands in its name where that `outranks`, and was
   * last entered at one side or the other. Two that were found to hold it when they were linked were in step already.
   */
  endorse(field: string, edit: Edit, base: Value | undefined, outranks: boolean): void {
    if (base === undefined && !outranks) return;
    const mine = outranks ? { side: this.seen.side, fromMs: this.#fromMs(field, base) } : {};
    this.#edits ??= { ...this.identity.edits };
    this.#edits[field] = this.#shared({
      ...edit,
      ...mine,
      untilMs: Math.max(edit.untilMs, this.#untilMs()),
    });
  }

  /** The value goes back to what it was before, as it has done several times in a short while. */
  swings(field: FieldModel, value: Value): boolean {
    return this.#turns(field, value) >= SWING_TURNS_MAX;
  }

  #swing(field: FieldModel, before: Value, value: Value): Swing {
    const turns = this.#turns(field, value);
    const last = this.edits[field.name]?.swing;
    if (last === undefined) return { before, turns };
    return { before, earlier: [last.before, ...(last.earlier ?? [])].slice(0, EARLIER_MAX), turns };
  }

  #turns({ name, same }: FieldModel, value: Value): number {
    const last = this.edits[name];
    if (last?.swing === undefined) return 0;
    const { before, earlier = [] } = last.swing;
    if (!same(before, value) && !earlier.some((stood) => same(stood, value))) return 0;
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

  /** What the field's observed value breaks, beside what else the record holds and the identity knows. */
  violation(field: string): Violation | null {
    if (!this.#rules.has(field)) return null;
    const { golden } = this.#bundle.identity;
    const violation = violationOf(this.#rules, field, {
      ...golden,
      ...this.link.accounted,
      ...this.seen.values,
    });
    if (violation !== null) this.#violations.push(violation);
    return violation;
  }

  claim(value: Value): Claim {
    return { side: this.seen.side, value };
  }

  contender(field: string, value: Value, base: Value | undefined): Contender {
    return { side: this.seen.side, value, fromMs: this.#fromMs(field, base), untilMs: this.#untilMs() };
  }

  outcome(): Outcome {
    const { unread } = this.seen;
    const accounted = withEntries(this.link.accounted, this.#accounted);
    const link: Changing<Link> = {
      ...withCalls(withoutUnread(this.link), this.seen, accounted),
      // An equal version would say that there is nothing more to be read.
      version: unread === undefined ? this.seen.version : null,
      asOfMs: Math.max(this.link.asOfMs, this.#shownUntilMs()),
      lookedAtMs: this.#isLeftOpen ? null : Math.max(this.link.lookedAtMs ?? 0, this.seen.readBeganMs),
      accounted,
      agreed: withEntries(this.link.agreed, this.#agreed),
      sent: this.#stillLanding(),
    };
    // Hardly any record has either.
    if (unread !== undefined) link.unread = unread;
    if (this.#corrected !== null) link.corrected = { ...this.link.corrected, ...this.#corrected };
    const seq = this.identity.seq + (this.#changes.length === 0 ? 0 : 1);
    const { golden, edits } = this;
    const identity = this.#edits === null ? this.identity : { ...this.identity, seq, golden, edits };
    const links = this.#bundle.links.map((other) => (other === this.link ? link : other));
    const merged = { ...this.#bundle, identity, links };
    const open = withHolds(this.#stillOpen(merged), this.#holds);
    const bundle = open === merged.holds ? merged : { ...merged, holds: open };
    const outcome = { bundle, changes: this.#changes, decisions: this.#decisions, holds: this.#holds };
    return this.#violations.length === 0 ? outcome : { ...outcome, violations: this.#violations };
  }

  /** Bodies that this look was too early to show. */
  #stillLanding(): Link['sent'] {
    const { sent } = this.link;
    if (sent.length === 0) return sent;
    return sent.filter(({ expiresAtMs }) => expiresAtMs > this.seen.readBeganMs);
  }

  /** Whether this record still has the key of another thing is seen once more when all of it is stored. */
  #stillOpen(merged: Bundle): Bundle['holds'] {
    if (merged.holds.length === 0) return merged.holds;
    return unsettled(this.#rules, merged).filter(
      (hold) => !isClash(hold) || hold.sides?.includes(this.seen.side) !== true,
    );
  }

  #shared(edit: Edit): Edit {
    if (edit.swing !== undefined) return edit;
    const { seq, side, fromMs, untilMs, rule } = edit;
    const known = this.#newEdits.find(
      (other) =>
        other.seq === seq &&
        other.side === side &&
        other.fromMs === fromMs &&
        other.untilMs === untilMs &&
        other.rule === rule,
    );
    if (known !== undefined) return known;
    this.#newEdits.push(edit);
    return edit;
  }

  /** The instant at which `base` was last seen here; null when it never was, or not since the record was away. */
  #fromMs(field: string, base: Value | undefined): number | null {
    if (base === undefined || this.link.lookedAtMs === null) return null;
    // What could not be read then may have been there already.
    if (this.link.unread?.[field] !== undefined) return null;
    const { lookedAtMs } = this.link;
    const { followed } = this.seen;
    // What happened before the feed was followed it has not shown; nor is accounted for what it showed of a record that could not
    // be read then, or was held for the key of another thing.
    const { side, isUnreadable } = this.link;
    const isHeld = this.#bundle.holds.some((hold) => isClash(hold) && hold.sides?.includes(side) === true);
    const isRead = isUnreadable === undefined && !isHeld;
    const isShown = isRead && followed !== undefined && followed.sinceMs <= lookedAtMs;
    return isShown ? Math.max(lookedAtMs, followed.untilMs) : lookedAtMs;
  }

  /**
   * What was read may be of any moment up to the end of the read; another read that began before that may show an earlier
   * one. Only of a record without versions that is as it was nothing can be put back.
   */
  #shownUntilMs(): number {
    const { version, readBeganMs, readEndedMs } = this.seen;
    const isNew = this.link.asOfMs === 0;
    const isAsItWas = !isNew && version === null && Object.keys(this.#accounted).length === 0;
    return isAsItWas ? readBeganMs : Math.max(readBeganMs, readEndedMs);
  }

  #untilMs(): number {
    return Math.max(this.seen.readEndedMs, this.seen.followed?.untilMs ?? 0);
  }
}

function holds(body: Values | null, field: FieldModel, value: Value): boolean {
  const written = body?.[field.name];
  return written !== undefined && field.same(written, value);
}

/** What could not be read before is asked for anew by every look. */
export function withoutUnread(link: Link): Link {
  if (link.unread === undefined && link.isUnreadable === undefined) return link;
  const { unread: _unread, isUnreadable: _isUnreadable, ...rest } = link;
  return rest;
}

/** What the record calls the things that it is accounted to refer to; what it calls otherwise than before is not behind. */
function withCalls(link: Link, { called: now, values }: Observation, accounted: Values): Link {
  if (now === undefined) return link;
  const isSeen = (name: string): boolean =>
    values[name] !== undefined && sameValue(values[name], accounted[name]);
  const kept = Object.entries(link.called ?? {}).filter(([name]) => !isSeen(name));
  const called = Object.fromEntries([...kept, ...Object.entries(now).filter(([name]) => isSeen(name))]);
  const stale = (link.stale ?? []).filter((name) => sameValue(called[name], link.called?.[name]));
  return withReferences(link, called, stale);
}

/** The link with what its record calls things, and which of them it calls by what they are called no more. */
export function withReferences(link: Link, called: Values, stale: readonly string[]): Link {
  const { called: _called, stale: _stale, ...rest } = link;
  return {
    ...rest,
    ...(Object.keys(called).length === 0 ? {} : { called }),
    ...(stale.length === 0 ? {} : { stale }),
  };
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
  let all = open;
  for (const { field, reason, side } of added) {
    const known = all.find((hold) => hold.field === field && hold.reason === reason);
    if (known === undefined) all = [...all, { field, reason, sides: [side] }];
    else if (known.sides?.includes(side) === false) {
      const sides = [...known.sides, side];
      all = all.map((hold) => (hold === known ? { ...hold, sides } : hold));
    }
  }
  return all;
}
