/**
 * What every connector must keep of the contract, as cases that any test runner can run: they throw an AssertionError
 * that says which promise was broken, and nothing else of theirs depends on the runner.
 */
import assert from 'node:assert/strict';

import type { CollectionDescription } from '../contract.ts';
import { CHANGE_RULES } from './changes.ts';
import { DESCRIBE_RULES } from './describing.ts';
import { DIGEST_RULES } from './digesting.ts';
import type { ConformanceHarness, Stage } from './harness.ts';
import { READ_RULES } from './reading.ts';
import type { Rule } from './rule.ts';
import { TEXT_RULES } from './texts.ts';
import { TROUBLE_RULES } from './trouble.ts';
import { WRITE_RULES } from './writing.ts';

export type { ConformanceHarness, Fields, SampleFields, Stage, SystemUser, Trouble } from './harness.ts';

/** What came of a case that did not throw. */
export type ConformanceOutcome =
  | { readonly kind: 'held' }
  /** The card or the harness says that this cannot be asked of the system. */
  | { readonly kind: 'notApplicable'; readonly reason: string }
  /** The harness gives no way to find out. */
  | { readonly kind: 'notTried' };

/** One promise of the contract, ready to be checked. */
export interface ConformanceCase {
  readonly name: string;
  readonly title: string;
  readonly run: (harness: ConformanceHarness) => Promise<ConformanceOutcome>;
}

const RULES: readonly Rule[] = [
  ...DESCRIBE_RULES,
  ...READ_RULES,
  ...DIGEST_RULES,
  ...CHANGE_RULES,
  ...WRITE_RULES,
  ...TEXT_RULES,
  ...TROUBLE_RULES,
];

/** All cases. Each opens an empty collection of its own, so they may run in any order. */
export function conformanceCases(): readonly ConformanceCase[] {
  return RULES.map((rule) => ({ name: rule.name, title: rule.title, run: (harness) => run(rule, harness) }));
}

async function run(rule: Rule, harness: ConformanceHarness): Promise<ConformanceOutcome> {
  const unknown = Object.keys(harness.exceptions ?? {}).find((name) =>
    RULES.every((known) => known.name !== name),
  );
  assert.equal(
    unknown,
    undefined,
    `the harness makes an exception of "${String(unknown)}", which is no case`,
  );
  const exception = harness.exceptions?.[rule.name];
  if (exception !== undefined) return { kind: 'notApplicable', reason: exception };
  const stage = await harness.open();
  try {
    const { card } = await descriptionOf(stage);
    const reason = rule.unless?.(card, harness.fields, stage.session) ?? null;
    if (reason !== null) return { kind: 'notApplicable', reason };
    if (rule.needsTrouble === true && stage.trouble === undefined) return { kind: 'notTried' };
    await rule.check({ ...stage, harness, fields: harness.fields, card });
    return { kind: 'held' };
  } finally {
    await stage.close();
  }
}

async function descriptionOf(stage: Stage): Promise<CollectionDescription> {
  const descriptions = await stage.session.describe([stage.collection]);
  const [description] = descriptions;
  assert.ok(
    description !== undefined && descriptions.length === 1,
    'describe must give the one collection asked for',
  );
  return description;
}
