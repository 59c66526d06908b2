/** What must hold whatever happens, and the sentences that say what did not. */
import type { FieldLens, SyncModel } from '../../src/engine/model.ts';
import type { Bundle, Link, Observation, OpenWrite, Outcome } from '../../src/engine/state.ts';
import { linkAt, MADE_BY_US } from '../../src/engine/state.ts';
import { sameValue } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import type { Ledger } from './engine-ledger.ts';
import { BLANK, OURS, type Edits, type SimulatedSides } from './engine-sides.ts';

export class Invariants {
  readonly #model: SyncModel;
  readonly #ledger: Ledger;
  readonly #broken: string[] = [];
  readonly #judged = new Set<string>();

  constructor(model: SyncModel, ledger: Ledger) {
    this.#model = model;
    this.#ledger = ledger;
  }

  get broken(): readonly string[] {
    return this.#broken;
  }

  check(holds: boolean, invariant: string): void {
    if (!holds) this.#broken.push(invariant);
  }

  /** Every outcome. `isTimed` where looks and answers are prompt enough for time to be judged. */
  checkOutcome(outcome: Outcome, isTimed: boolean): void {
    const mayDelete = this.#model.deletes.mode === 'propagate';
    this.check(mayDelete || outcome.bundle.identity.tombstone === null, 'a delete counted that must not');
    const holds = new Set(outcome.bundle.holds.map(({ field, reason }) => `${reason} ${field ?? ''}`));
    this.check(holds.size === outcome.bundle.holds.length, 'one question is asked twice');
    this.#broken.push(...this.#ledger.note(outcome, isTimed));
  }

  /**
   * What the engine takes for news must be news: an edit of a person, judged for the first time. `isOurs` says that the
   * record is one that a write of ours, not answered yet, has reached.
   */
  checkNews(before: Bundle, seen: Observation, outcome: Outcome, edits: Edits, isOurs: boolean): void {
    const { side, recordId, values } = seen;
    const accounted = linkAt(before, side)?.accounted ?? {};
    const told = [...outcome.changes, ...outcome.decisions, ...outcome.holds];
    for (const field of new Set(told.map((news) => news.field))) {
      if (field === null) continue;
      const base = accounted[field];
      const edit = edits[field];
      const judged = `${recordId} ${field} ${String(edit)}`;
      const isSecond = edit !== BLANK && this.#judged.has(judged);
      this.#judged.add(judged);
      this.check(
        base === undefined || !sameValue(base, values[field]),
        `${side} won ${field} without a change`,
      );
      // Without a past, or a write on its way, nothing could tell our own value from anybody's.
      const isTellable = base !== undefined || isOurs;
      this.check(edit !== OURS || !isTellable, `our own write to ${side}.${field} was taken for an edit`);
      this.check(!isSecond, `one edit of ${side}.${field} was judged twice`);
    }
    for (const { field, rule } of outcome.decisions) {
      const isHeld = outcome.holds.some((hold) => hold.field === field);
      this.check(rule !== 'hold' || isHeld, `${field} was left to a person, and nobody is asked`);
      this.check(rule !== 'latest' || accounted[field] !== undefined, `${field} was decided by time alone`);
    }
    const lensOf = this.#model.sideOf.get(side)?.lensOf;
    for (const { field } of outcome.changes) {
      this.check(lensOf?.get(field)?.direction !== 'out', `${side} gave ${field}, which it only receives`);
      const isDeleted = before.identity.tombstone !== null && outcome.bundle.identity.tombstone !== null;
      this.check(!isDeleted, 'what was deleted is edited');
    }
  }

  /** A write that is about to leave. */
  checkSent({ identity, holds }: Bundle, { kind, body }: OpenWrite): void {
    const names = Object.keys(body ?? {});
    this.check(kind !== 'update' || names.length > 0, 'an update writes nothing');
    this.check(kind !== 'delete' || this.#ledger.removals > 0, 'a delete was written that nobody made');
    this.check(kind !== 'create' || identity.tombstone === null, 'what was deleted is created again');
    // Where a person has said that it goes, every record does: which of two it was made twice as is no question about that.
    const isSaid = kind === 'delete' && identity.tombstone?.evidence === 'person';
    const asked = holds.filter(({ reason }) => !isSaid || !MADE_BY_US.includes(reason));
    const isHeld = asked.some(({ field }) => field === null || names.includes(field));
    this.check(!isHeld, 'what is held was written');
    this.#broken.push(...this.#ledger.invented(body ?? {}, 'written'));
  }

  /** The state in which nothing is under way. */
  checkRest(bundle: Bundle, sides: SimulatedSides): void {
    const { identity, links, writes, holds } = bundle;
    this.check(writes.length === 0, 'writes are left over at rest');
    // Where a stale write cannot be refused, an edit may be overwritten before anybody could see it.
    if (sides.conditionalWrite) this.#broken.push(...this.#ledger.lostFrom(identity.golden));
    if (holds.some((hold) => hold.field === null)) return;
    for (const link of links) {
      const side = must(this.#model.sideOf.get(link.side), 'a link is at a side');
      if (link.status !== 'live') continue;
      if (identity.tombstone !== null) this.check(!side.deletes, `${side.name} still holds what was deleted`);
      else for (const lens of side.lenses) this.#checkInStep(bundle, link, lens, sides);
    }
  }

  #checkInStep(
    bundle: Bundle,
    link: Link,
    { field, direction, whenMissing }: FieldLens,
    sides: SimulatedSides,
  ): void {
    const { name } = field;
    const golden = bundle.identity.golden[name];
    const value = sides.record(link.side, link.recordId)?.values[name];
    this.check(sameValue(link.accounted[name], value), `${link.side}.${name} is not what is accounted for`);
    const isHeld = bundle.holds.some((hold) => hold.field === name);
    const standsIn = golden === null && value === whenMissing;
    if (isHeld || standsIn || direction === 'in' || golden === undefined) return;
    this.check(sameValue(golden, value), `${link.side}.${name} is not in step`);
  }
}
