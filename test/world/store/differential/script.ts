/** Generated sequences of calls, in transactions. */
import * as fc from 'fast-check';

import { holdSteps, observeSteps, planSteps } from './control-steps.ts';
import { hintSteps, unlinkedSteps } from './hint-steps.ts';
import { keySteps, populateStep, saveStep } from './save-steps.ts';
import type { Step } from './step.ts';
import { runSteps, streamSteps } from './stream-steps.ts';
import { waitSteps } from './wait-steps.ts';
import { deliverySteps, writeSteps } from './write-steps.ts';

/** The calls of one transaction, and whether it is committed in the end. */
export interface Script {
  readonly steps: readonly Step[];
  readonly commits: boolean;
}

/** What a play is mostly about: calls that meet each other find more than calls that do not. */
const THEMES: readonly (readonly fc.Arbitrary<Step>[])[] = [
  [saveStep, ...writeSteps, ...deliverySteps, ...deliverySteps],
  [saveStep, ...writeSteps, ...planSteps, ...planSteps],
  [saveStep, saveStep, ...unlinkedSteps, ...holdSteps, ...keySteps],
  [...hintSteps, ...hintSteps, ...unlinkedSteps],
  streamSteps,
  [saveStep, ...runSteps],
  [saveStep, ...waitSteps, ...waitSteps],
  [saveStep, ...unlinkedSteps, ...unlinkedSteps, ...waitSteps],
];
const EVERYTHING = [...new Set(THEMES.flat())];

/** Transactions of one theme, and one before them that (mostly) gives them something to work on. */
export interface Play {
  readonly start: Script;
  readonly scripts: readonly Script[];
}

/** One after another. */
export const sequences: fc.Arbitrary<Play> = playsOf([...EVERYTHING, ...observeSteps], 1, 5, 10);

/**
 * Two across each other. A revision is never begun there: that locks the sync's row against the foreign key of a plan, which
 * is not imitated.
 */
export const crossings: fc.Arbitrary<Play> = playsOf(EVERYTHING, 2, 2, 5);

function playsOf(
  everything: readonly fc.Arbitrary<Step>[],
  transactionsMin: number,
  transactionsMax: number,
  stepsMax: number,
): fc.Arbitrary<Play> {
  return fc.constantFrom(...THEMES).chain((theme) => {
    const anyStep = fc.oneof(
      { weight: 1, arbitrary: fc.oneof(...everything) },
      { weight: 6, arbitrary: fc.oneof(...theme) },
    );
    const script = fc.record({
      steps: fc.array(anyStep, { minLength: 1, maxLength: stepsMax, size: 'max' }),
      commits: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn > 0),
    });
    return fc.record({
      start: fc.record({
        steps: fc.array(populateStep, { maxLength: 1, size: 'max' }),
        commits: fc.constant(true),
      }),
      scripts: fc.array(script, { minLength: transactionsMin, maxLength: transactionsMax, size: 'max' }),
    });
  });
}
