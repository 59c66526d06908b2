/** Generated sequences of calls, in transactions. */
import * as fc from 'fast-check';

import { holdSteps, planSteps } from './control-steps.ts';
import { hintSteps, unlinkedSteps } from './hint-steps.ts';
import { keyStep, saveStep } from './save-steps.ts';
import type { Step } from './step.ts';
import { runSteps, streamSteps } from './stream-steps.ts';
import { writeSteps } from './write-steps.ts';

/** The calls of one transaction, and whether it is committed in the end. */
export interface Script {
  readonly steps: readonly Step[];
  readonly commits: boolean;
}

const STEPS: readonly (readonly [weight: number, steps: readonly fc.Arbitrary<Step>[]])[] = [
  [24, [saveStep]],
  [6, writeSteps],
  [4, hintSteps],
  [4, streamSteps],
  [3, unlinkedSteps],
  [2, runSteps],
  [2, holdSteps],
  [1, planSteps],
  [2, [keyStep]],
];

const anyStep = fc.oneof(
  ...STEPS.flatMap(([weight, steps]) => steps.map((arbitrary) => ({ weight, arbitrary }))),
);

export function script(stepsMax: number): fc.Arbitrary<Script> {
  return fc.record({
    steps: fc.array(anyStep, { minLength: 1, maxLength: stepsMax, size: 'max' }),
    commits: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn > 0),
  });
}
