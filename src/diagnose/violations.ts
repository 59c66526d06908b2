/** Which stored values break the data dictionary: worked out anew from what is accounted for (docs/decisions/0017). */
import { compileSync } from '../engine/model.ts';
import { violationOf, type RuleModel } from '../engine/rules.ts';
import type { OnViolation } from '../engine/state.ts';
import { accountedPages, type AccountedRecord } from '../store/accounted.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';

/** Records of one side whose field breaks the dictionary in one way. */
export interface Violations {
  readonly side: string;
  readonly field: string;
  readonly says: string;
  readonly onViolation: OnViolation;
  readonly records: number;
  /** The first of them by id, `EXAMPLES_MAX` at most. */
  readonly examples: readonly { readonly recordId: string; readonly identityId: string }[];
}

/** By side, field and rule, the most frequent first. */
export interface ViolationReport {
  /** How many records were judged. */
  readonly records: number;
  readonly violations: readonly Violations[];
  /** Ways of breaking it beyond `WAYS_MAX`, whose records are counted nowhere. */
  readonly waysLeftOut: number;
}

const EXAMPLES_MAX = 20;
/** A rule may name the value that breaks it; so many sentences are told apart. */
const WAYS_MAX = 1_000;

type Gathered = Omit<Violations, 'records' | 'examples'> & {
  records: number;
  readonly examples: Violations['examples'][number][];
};

export interface Looking {
  readonly transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
  readonly onProgress: (records: number) => void;
}

/** Judges every stored value of the sync, a page at a time: it also tells what was there before the rules were. */
export async function findViolations(
  { transaction, signal, onProgress }: Looking,
  { definition, syncKey }: Pick<SyncRow, 'definition' | 'syncKey'>,
): Promise<ViolationReport> {
  const { rules } = compileSync(definition);
  const found = new Map<string, Gathered>();
  const leftOut = new Set<string>();
  let records = 0;
  if (rules.size > 0)
    for await (const page of accountedPages(transaction, syncKey, signal)) {
      for (const record of page) judge(rules, record, found, leftOut);
      records += page.length;
      onProgress(records);
    }
  const violations = [...found.values()].toSorted((left, right) => right.records - left.records);
  return { records, violations, waysLeftOut: leftOut.size };
}

function judge(
  rules: RuleModel,
  { side, recordId, identityId, accounted, golden }: AccountedRecord,
  found: Map<string, Gathered>,
  leftOut: Set<string>,
): void {
  const values = { ...golden, ...accounted };
  for (const field of Object.keys(accounted)) {
    const violation = violationOf(rules, field, values);
    if (violation === null) continue;
    const key = JSON.stringify([side, field, violation.says]);
    const known = found.get(key) ?? { side, ...violation, records: 0, examples: [] };
    if (known.records === 0 && found.size >= WAYS_MAX) {
      if (leftOut.size < WAYS_MAX) leftOut.add(key);
      continue;
    }
    known.records += 1;
    if (known.examples.length < EXAMPLES_MAX) known.examples.push({ recordId, identityId });
    found.set(key, known);
  }
}
