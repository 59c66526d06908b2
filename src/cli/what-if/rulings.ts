/** Goes through the rulings and edits of the past for `what-if --since`, as other policies would have had them; keeps counts and a few examples. */
import type { SyncDefinition } from '../../engine/model.ts';
import {
  changedPolicies,
  refusedBy,
  reruled,
  type ChangedPolicy,
  type Reruled,
} from '../../engine/re-rule.ts';
import type { Value, Values } from '../../engine/value.ts';
import type { Installation } from '../../server.ts';
import type { SyncRow } from '../../store/control.ts';
import { decisionsPage, type PagedDecision } from '../../store/decision-pages.ts';
import { recordsNow, type PagedEntry } from '../../store/journal-pages.ts';
import type { CommandContext } from '../command.ts';
import { count, instant } from '../output.ts';

/** Of one field, how many of its rulings and edits would have gone another way. */
export interface RulingCount {
  readonly field: string;
  otherWins: number;
  asked: number;
  byItself: number;
  /** Edits that met no conflict, and would have been put back because another side owns the field. */
  refused: number;
  /** Rulings that go by what was not recorded of them. */
  untold: number;
}

export interface RulingExample {
  readonly atMs: number;
  readonly record: string;
  readonly field: string;
  readonly was: Value;
  /** What would stand; absent where a person would have been asked. */
  readonly would?: Value;
  readonly how: 'otherWins' | 'asked' | 'byItself' | 'refused';
}

const DECISIONS_PER_PAGE = 2_000;
const EXAMPLES_MAX = 20;

interface Body {
  readonly fields?: Readonly<Record<string, readonly [before: Value, after: Value, rule: string]>>;
}

/** What changed policies would have made of the past. */
export class Rulings {
  readonly policies: ReadonlyMap<string, ChangedPolicy>;
  readonly counts = new Map<string, RulingCount>();
  readonly examples: RulingExample[] = [];
  #identityId = '';
  #golden: Values = {};

  constructor(before: SyncDefinition, after: SyncDefinition) {
    this.policies = changedPolicies(before, after);
  }

  /**
   * An entry of the journal: what only one side had edited is told there, and no ruling was recorded. `accounted`: what the records
   * of its identity hold, by side; an owner without one has nothing to say.
   */
  addEntry(
    { identityId, atMs, side, recordId, kind, body }: PagedEntry,
    accounted: ReadonlyMap<string, Values>,
  ): void {
    if (this.policies.size === 0) return;
    const { fields = {} } = body as unknown as Body;
    const golden = this.#goldenBefore(identityId, fields);
    if (kind !== 'changed') return;
    for (const [field, [would, was, rule]] of Object.entries(fields)) {
      const owner = rule === 'edit' ? refusedBy(this.policies, field, side, golden) : null;
      if (owner === undefined) this.#countOf(field).untold += 1;
      if (owner == null || accounted.get(owner)?.[field] === undefined) continue;
      this.#countOf(field).refused += 1;
      this.#example({ atMs, record: `${side} ${recordId ?? '?'}`, field, was, would, how: 'refused' });
    }
  }

  /** What is known to have been golden when the entry came; identity by identity, in the order of time. */
  #goldenBefore(identityId: string, fields: NonNullable<Body['fields']>): Values {
    if (identityId !== this.#identityId) [this.#identityId, this.#golden] = [identityId, {}];
    const golden: Record<string, Value> = { ...this.#golden };
    // An entry tells what stood before; of nothing it cannot be told whether it was empty or not there.
    for (const [field, [before]] of Object.entries(fields)) if (before !== null) golden[field] ??= before;
    const after = Object.entries(fields).map(([field, [, became]]) => [field, became] as const);
    this.#golden = { ...golden, ...Object.fromEntries(after) };
    return golden;
  }

  addDecision(decision: PagedDecision, record: string): void {
    const policy = this.policies.get(decision.field);
    if (policy === undefined) return;
    const found = reruled(policy, decision);
    if (found.kind === 'asIs') return;
    this.#countOf(decision.field)[found.kind] += 1;
    if (found.kind !== 'untold') this.#example(exampleOf(decision, record, found, found.kind));
  }

  #countOf(field: string): RulingCount {
    const none = { field, otherWins: 0, asked: 0, byItself: 0, refused: 0, untold: 0 };
    const known = this.counts.get(field) ?? none;
    this.counts.set(field, known);
    return known;
  }

  #example(example: RulingExample): void {
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(example);
  }
}

function exampleOf(
  { atMs, field, winner, loser }: PagedDecision,
  record: string,
  found: Reruled,
  how: 'otherWins' | 'asked' | 'byItself',
): RulingExample {
  const base = { atMs, record, field, was: winner.value, how };
  if (found.kind === 'otherWins') return { ...base, would: loser.value };
  if (found.kind !== 'byItself') return base;
  return { ...base, would: found.side === winner.side ? winner.value : loser.value };
}

/** Goes through all recorded rulings on fields whose policy changes; true when it came to their end before `isOver`. */
export async function replayRulings(
  installation: Installation,
  { syncKey }: SyncRow,
  rulings: Rulings,
  sinceMs: number,
  signal: AbortSignal,
  isOver: () => boolean,
): Promise<boolean> {
  const fields = [...rulings.policies.keys()];
  if (fields.length === 0) return true;
  let after: string | null = null;
  do {
    signal.throwIfAborted();
    const from: string | null = after;
    const { page, records } = await installation.transaction(async (tx) => {
      const found = await decisionsPage(tx, syncKey, sinceMs, fields, from, DECISIONS_PER_PAGE);
      const ids = [...new Set(found.map(({ identityId }) => identityId))];
      return { page: found, records: await recordsNow(tx, syncKey, ids) };
    });
    for (const decision of page) {
      const [first] = records.get(decision.identityId) ?? [];
      rulings.addDecision(decision, first === undefined ? 'a thing that is gone' : first.join(' '));
    }
    after = page.length < DECISIONS_PER_PAGE ? null : (page.at(-1)?.decisionId ?? null);
  } while (after !== null && !isOver());
  return after === null;
}

export function tellRulings({ output }: CommandContext, { counts, examples }: Rulings): void {
  for (const { field, otherWins, asked, byItself, refused, untold } of counts.values()) {
    const parts = [
      ...(otherWins === 0 ? [] : [`${count(otherWins)} conflicts would have gone the other way`]),
      ...(asked === 0 ? [] : [`of ${count(asked)} a person would have been asked`]),
      ...(byItself === 0
        ? []
        : [`${count(byItself)} that a person was asked of would have been decided by themselves`]),
      ...(refused === 0 ? [] : [`${count(refused)} edits would have been put back: another side owns it`]),
      ...(untold === 0 ? [] : [`${count(untold)} cannot be told: they go by what was not recorded`]),
    ];
    output.line(`    ${field}: ${parts.join('; ')}`);
  }
  for (const { atMs, record, field, was, would, how } of examples) {
    const instead = how === 'asked' ? 'a question' : JSON.stringify(would);
    output.line(`      ${instant(atMs)} ${record} ${field}: ${JSON.stringify(was)} → ${instead}`);
  }
}
