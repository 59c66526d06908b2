/** The steps between a native value and a golden one. Each is a lens: `get` reads, `put` writes back what `get` reads. */
import { unreachable } from '../lib/assert.ts';
import { dateFormatStep, localTimeStep, unixStep } from './transforms/dates.ts';
import { expressionStep, templateStep } from './transforms/expressions.ts';
import { joinedStep } from './transforms/joined.ts';
import { minorUnitsStep, numberFormatStep, percentStep, roundStep } from './transforms/numbers.ts';
import {
  countryFormatStep,
  countryNameStep,
  phoneFormatStep,
  shortIdStep,
  subdivisionFormatStep,
} from './transforms/spellings.ts';
import type { Step, Transform } from './transforms/step.ts';
import { caseStep, lengthStep, partStep, prefixStep, separatorStep, trimStep } from './transforms/texts.ts';
import { defaultStep, nullAsStep, valuesStep } from './transforms/values.ts';

/** Makes a step run. Null passes unchanged, "empty" being the same in every spelling, unless the step is about null. */
export function stepOf(transform: Transform): Step {
  const step = bareStepOf(transform);
  if (transform.kind === 'nullAs' || transform.kind === 'default' || transform.kind === 'expression')
    return step;
  return {
    get: (native) => (native === null ? null : step.get(native)),
    put: (golden) => (golden === null ? null : step.put(golden)),
  };
}

function bareStepOf(transform: Transform): Step {
  switch (transform.kind) {
    case 'values':
      return valuesStep(transform);
    case 'prefix':
      return prefixStep(transform.text);
    case 'minorUnits':
      return minorUnitsStep(transform.places);
    case 'numberFormat':
      return numberFormatStep(transform.sample);
    case 'percent':
      return percentStep(transform.as);
    case 'round':
      return roundStep(transform.places);
    case 'unixTime':
      return unixStep(transform.unit === 's' ? 1_000 : 1);
    case 'dateFormat':
      return dateFormatStep(transform.format);
    case 'localTime':
      return localTimeStep(transform);
    case 'separator':
      return separatorStep(transform.text);
    case 'case':
      return caseStep(transform.to);
    case 'trim':
      return trimStep;
    case 'length':
      return lengthStep(transform);
    case 'part':
      return partStep(transform);
    case 'joined':
      return joinedStep(transform);
    case 'nullAs':
      return nullAsStep(transform.word);
    case 'default':
      return defaultStep(transform.value);
    case 'expression':
      return expressionStep(transform.text);
    case 'template':
      return templateStep(transform.text);
    case 'phoneFormat':
      return phoneFormatStep(transform);
    case 'countryFormat':
      return countryFormatStep(transform.form);
    case 'countryName':
      return countryNameStep(transform.language);
    case 'subdivisionFormat':
      return subdivisionFormatStep(transform);
    case 'shortId':
      return shortIdStep;
    default:
      return unreachable(transform);
  }
}

/**
 * Whether what the step writes may read back as another value, whatever the field. Such a step is for a side that only
 * receives, and what stands there is then not compared with what was meant.
 */
export function isLossy(transform: Transform, ignoresCase: boolean): boolean {
  switch (transform.kind) {
    case 'case':
      return !ignoresCase;
    case 'values':
      return transform.otherwiseNative !== undefined;
    case 'length':
      return transform.tooLong === 'cut';
    case 'round':
    case 'expression':
    case 'template':
      return true;
    default:
      return false;
  }
}
