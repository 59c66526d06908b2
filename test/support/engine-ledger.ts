/** What users of the simulated sides entered, and what the engine said it did with it. Values are told by what they are. */
import type { SyncModel } from '../../src/engine/model.ts';
import type { Outcome } from '../../src/engine/state.ts';
import { sameValue, type Value, type Values } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';

interface FieldLedger {
  readonly isSet: boolean;
  /** Every value a user entered, with the values it replaced, and when it was entered if that was once. */
  readonly entered: Map<string, { readonly value: Value; readonly over: Set<string>; atMs: number | null }>;
  readonly observed: Map<string, { readonly value: Value; readonly side: string }>;
  readonly golden: Set<string>;
  readonly losers: Set<string>;
  readonly held: Set<string>;
  readonly elementsEntered: Set<string>;
  readonly elementsRemoved: Set<string>;
}

export class Ledger {
  removals = 0;
  readonly #model: SyncModel;
  readonly #fields: ReadonlyMap<string, FieldLedger>;

  constructor(model: SyncModel) {
    this.#model = model;
    this.#fields = new Map(
      [...model.fields].map(([name, field]) => [name, emptyLedger(field.type.kind === 'set')]),
    );
  }

  valuesOf(field: string): readonly Value[] {
    return [...this.#of(field).entered.values()].map(({ value }) => value);
  }

  entered(field: string, value: Value, over: Value | undefined, atMs: number): void {
    const ledger = this.#of(field);
    const key = keyOf(value);
    const before = ledger.entered.get(key);
    const known = before ?? { value, over: new Set<string>(), atMs };
    if (before !== undefined) known.atMs = null;
    if (over !== undefined) known.over.add(keyOf(over));
    ledger.entered.set(key, known);
    for (const element of elementsOf(value)) ledger.elementsEntered.add(element);
    for (const element of elementsOf(over ?? null)) {
      if (!elementsOf(value).includes(element)) ledger.elementsRemoved.add(element);
    }
  }

  observed(side: string, field: string, value: Value): void {
    this.#of(field).observed.set(keyOf(value), { value, side });
  }

  /** Notes what the engine says; returns what it should not have said. */
  note(outcome: Outcome, isTimed: boolean): readonly string[] {
    const broken: string[] = [];
    for (const { field, after } of outcome.changes) this.#of(field).golden.add(keyOf(after));
    broken.push(...this.invented(outcome.bundle.identity.golden, 'golden'));
    for (const { field, rule, winner, loser } of outcome.decisions) {
      const ledger = this.#of(field);
      ledger.losers.add(keyOf(loser.value));
      // A deleted record has no value, nor may the edit that it stood against.
      const isExistence = rule === 'editWins' || rule === 'deleteWins';
      if (!isExistence && sameValue(winner.value, loser.value)) broken.push(`${field} won over itself`);
      const wonMs = ledger.entered.get(keyOf(winner.value))?.atMs ?? Infinity;
      const lostMs = ledger.entered.get(keyOf(loser.value))?.atMs ?? 0;
      if (isTimed && rule === 'latest' && wonMs < lostMs) {
        broken.push(`${field} was decided by time, and wrongly`);
      }
    }
    for (const { field, seen } of outcome.holds) {
      for (const [name, value] of Object.entries(seen)) this.#of(name).held.add(keyOf(value));
      if (field !== null && seen[field] === undefined)
        broken.push(`a hold on ${field} does not say what was seen`);
    }
    return broken;
  }

  invented(values: Values, place: string): readonly string[] {
    return Object.entries(values)
      .filter(([field, value]) => !this.#isUsers(this.#of(field), value))
      .map(([field]) => `${field} was ${place} with a value that no user entered`);
  }

  #isUsers(ledger: FieldLedger, value: Value): boolean {
    // That a record says nothing about a field is what its system says when the record is made.
    if (value === null) return true;
    if (!ledger.isSet) return ledger.entered.has(keyOf(value));
    return elementsOf(value).every((element) => ledger.elementsEntered.has(element));
  }

  /** The value was golden, lost by a recorded decision, or is kept in a hold. */
  isAccountedFor(field: string, value: Value): boolean {
    const { isSet, golden, losers, held, elementsRemoved } = this.#of(field);
    if (!isSet || value === null) return [golden, losers, held].some((keys) => keys.has(keyOf(value)));
    const kept = new Set([...golden, ...losers, ...held].flatMap((key) => elementsOf(valueOf(key))));
    return elementsOf(value).every((element) => kept.has(element) || elementsRemoved.has(element));
  }

  /** Every value that the engine saw must be golden, have been built upon, have lost by a decision, or be held. */
  lostFrom(golden: Values): readonly string[] {
    return [...this.#fields].flatMap(([field, ledger]) => {
      const roots = [...ledger.losers, ...ledger.held];
      const now = golden[field];
      if (now !== undefined) roots.push(keyOf(now));
      const kept = ledger.isSet ? null : ancestorsOf(ledger, roots);
      return [...ledger.observed.values()]
        .filter(({ value, side }) => !this.#isReceiver(side, field) && !isKept(ledger, kept, roots, value))
        .map(({ value, side }) => `${field} of ${side} was lost without a word: ${keyOf(value)}`);
    });
  }

  #isReceiver(side: string, field: string): boolean {
    return this.#model.sideOf.get(side)?.lensOf.get(field)?.direction === 'out';
  }

  #of(field: string): FieldLedger {
    return must(this.#fields.get(field), 'every field has a ledger');
  }
}

function isKept(
  ledger: FieldLedger,
  kept: ReadonlySet<string> | null,
  roots: readonly string[],
  value: Value,
): boolean {
  if (kept !== null) return kept.has(keyOf(value)) || !ledger.entered.has(keyOf(value));
  const elements = new Set(roots.flatMap((key) => elementsOf(valueOf(key))));
  return elementsOf(value).every((element) => elements.has(element) || ledger.elementsRemoved.has(element));
}

/** The values, and all that users replaced to get there. */
function ancestorsOf(ledger: FieldLedger, roots: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...roots];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    open.push(...(ledger.entered.get(key)?.over ?? []));
  }
  return found;
}

function emptyLedger(isSet: boolean): FieldLedger {
  return {
    isSet,
    entered: new Map(),
    observed: new Map(),
    golden: new Set(),
    losers: new Set(),
    held: new Set(),
    elementsEntered: new Set(),
    elementsRemoved: new Set(),
  };
}

function keyOf(value: Value): string {
  return JSON.stringify(value);
}

function valueOf(key: string): Value {
  return JSON.parse(key) as Value;
}

function elementsOf(value: Value): readonly string[] {
  return typeof value === 'object' && value !== null ? value : [];
}
