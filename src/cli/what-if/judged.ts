/** Goes through the journal for `what-if --since`, as other rules of the data dictionary and other conditions would have judged it. */
import { compileSync, type SyncDefinition, type SyncModel } from '../../engine/model.ts';
import {
  changedConditions,
  changedRules,
  judgedBy,
  wouldTakePart,
  type ChangedRules,
} from '../../engine/re-judge.ts';
import { violationOf } from '../../engine/rules.ts';
import type { OnViolation } from '../../engine/state.ts';
import type { Value, Values } from '../../engine/value.ts';
import { withoutReferences } from '../../engine/what-if.ts';
import type { PagedEntry } from '../../store/journal-pages.ts';
import type { CommandContext } from '../command.ts';
import { count } from '../output.ts';

/** Values of one field at one side that break a new rule. */
export interface BrokenCount {
  readonly side: string;
  readonly field: string;
  readonly onViolation: OnViolation;
  readonly says: string;
  values: number;
  readonly examples: string[];
}

/** Records of a side that would have taken no part. */
export interface LeavingCount {
  readonly side: string;
  records: number;
  readonly examples: string[];
}

/** How much of one thing that is asked the journal does not tell. */
export interface UntoldCount {
  readonly what: string;
  number: number;
}

const EXAMPLES_MAX = 3;
const READS: ReadonlySet<string> = new Set(['linked', 'changed']);

interface Body {
  readonly values?: Values;
  readonly fields?: Readonly<Record<string, readonly [before: Value, after: Value, rule: string]>>;
  readonly violations?: Readonly<Record<string, string>>;
}

/** What changed rules and conditions would have made of the past. Entries come identity by identity, in the order of time. */
export class Judged {
  readonly broken = new Map<string, BrokenCount>();
  readonly leaving = new Map<string, LeavingCount>();
  /** Values that a rule had kept out, and no rule would. By side and field. */
  readonly freed = new Map<string, number>();
  readonly untold = new Map<string, UntoldCount>();
  readonly #rules: ChangedRules;
  readonly #conditions: ReadonlySet<string>;
  readonly #models: { readonly before: SyncModel; readonly after: SyncModel };
  #identityId = '';
  /** What is known to be golden, and to be held by the records of the identity. */
  #golden: Values = {};
  readonly #held = new Map<string, Values>();
  /** Of the identity: records that were counted already. */
  readonly #counted = new Set<string>();

  constructor(before: SyncDefinition, after: SyncDefinition) {
    this.#rules = changedRules(before, after);
    this.#conditions = changedConditions(before, after);
    this.#models = {
      before: compileSync(withoutReferences(before)),
      after: compileSync(withoutReferences(after)),
    };
  }

  /** Sides of which the journal cannot tell what another condition would have let in. */
  get conditions(): readonly string[] {
    return [...this.#conditions];
  }

  addEntry({ identityId, side, recordId, kind, body }: PagedEntry): void {
    if (identityId !== this.#identityId) this.#begin(identityId);
    const { values = {}, fields = {}, violations = {} } = body as unknown as Body;
    const became = Object.fromEntries(Object.entries(fields).map(([field, [, after]]) => [field, after]));
    const record = `${side} ${recordId ?? '?'}`;
    if (READS.has(kind) || kind === 'written') {
      const held = { ...this.#held.get(record), ...values, ...(kind === 'written' ? {} : became) };
      this.#held.set(record, held);
      if (READS.has(kind)) this.#read(side, record, held, { values, became, violations });
    }
    this.#golden = { ...this.#golden, ...became };
  }

  #begin(identityId: string): void {
    this.#identityId = identityId;
    this.#golden = {};
    this.#held.clear();
    this.#counted.clear();
  }

  #read(
    side: string,
    record: string,
    held: Values,
    {
      values,
      became,
      violations,
    }: {
      readonly values: Values;
      readonly became: Values;
      readonly violations: Readonly<Record<string, string>>;
    },
  ): void {
    for (const field of Object.keys({ ...values, ...became })) {
      const wasKeptOut = violations[field] !== undefined && became[field] === undefined;
      if (!wasKeptOut) this.#judge(side, record, field, held, violations[field] !== undefined);
    }
    for (const field of Object.keys(violations))
      if (became[field] === undefined) this.#free(side, field, values);
    this.#ask(side, record, held);
  }

  #judge(side: string, record: string, field: string, held: Values, wasFlagged: boolean): void {
    if (!this.#rules.added.has(field)) return;
    const { violations, isTold } = judgedBy(this.#rules, field, { ...this.#golden, ...held });
    if (!isTold) this.#cannotTell(`${field} of ${side} by its rules`);
    for (const { onViolation, says } of violations) {
      if (onViolation === 'flag' && wasFlagged) continue;
      const key = JSON.stringify([side, field, onViolation, says]);
      const known = this.broken.get(key) ?? { side, field, onViolation, says, values: 0, examples: [] };
      this.broken.set(key, known);
      known.values += 1;
      if (known.examples.length < EXAMPLES_MAX) known.examples.push(record);
    }
  }

  /** It was kept out by a rule, and only what was linked with it says which value that was. */
  #free(side: string, field: string, values: Values): void {
    if (!this.#rules.dropped.has(field)) return;
    if (values[field] === undefined) this.#cannotTell(`${field} of ${side} that a rule kept out`);
    else if (violationOf(this.#rules.after, field, { ...this.#golden, ...values }) === null)
      this.freed.set(`${side} ${field}`, (this.freed.get(`${side} ${field}`) ?? 0) + 1);
  }

  #ask(side: string, record: string, held: Values): void {
    if (!this.#conditions.has(side) || this.#counted.has(record)) return;
    const part = wouldTakePart(this.#models.before, this.#models.after, side, held);
    if (part === true) return;
    this.#counted.add(record);
    if (part === null) {
      this.#cannotTell(`records of ${side} by its condition`);
      return;
    }
    const known = this.leaving.get(side) ?? { side, records: 0, examples: [] };
    this.leaving.set(side, known);
    known.records += 1;
    if (known.examples.length < EXAMPLES_MAX) known.examples.push(record);
  }

  #cannotTell(what: string): void {
    const known = this.untold.get(what) ?? { what, number: 0 };
    known.number += 1;
    this.untold.set(what, known);
  }
}

const WOULD: Readonly<Record<OnViolation, string>> = {
  flag: 'would have been taken, and told of',
  hold: 'would have been held',
  correct: 'would have been put back',
};

export function tellJudged(
  { output }: CommandContext,
  { broken, leaving, freed, untold, conditions }: Judged,
): void {
  for (const { side, field, onViolation, says, values, examples } of broken.values())
    output.line(
      `    ${count(values)} values of ${side} ${field} ${WOULD[onViolation]}: ${says} (${examples.join(', ')})`,
    );
  for (const [place, values] of freed)
    output.line(`    ${count(values)} values of ${place} that were held would have been taken`);
  for (const { side, records, examples } of leaving.values())
    output.line(
      `    ${count(records)} records of ${side} would have taken no part at some time (${examples.join(', ')})`,
    );
  for (const { what, number } of untold.values())
    output.line(`    ${count(number)} ${what} cannot be told: the journal does not hold all that they go by`);
  for (const side of conditions)
    output.line(
      `    what of ${side} takes no part now is not in the journal: what would take part is told above`,
    );
}

/** The same as plain data. */
export function judgedShape({ broken, leaving, freed, untold, conditions }: Judged) {
  return {
    broken: [...broken.values()],
    freed: [...freed].map(([place, values]) => ({ place, values })),
    leaving: [...leaving.values()],
    untold: [...untold.values()],
    unseen: conditions,
  };
}
