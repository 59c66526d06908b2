/** Steps that compute what is written. Nothing leads back from it, so they only write. */
import { compileExpression } from '../../lib/cel/expression.ts';
import { InvalidValue } from '../value.ts';
import type { Step } from './step.ts';
import { keyOf, oneWay } from './values.ts';

/** What the golden value is called in an expression. */
export const VALUE_NAME = 'value';

export function expressionStep(text: string): Step {
  const compiled = compileExpression(text);
  return {
    get: () => oneWay('what an expression writes'),
    put: (golden) => {
      if (compiled.kind === 'bad') return new InvalidValue('bad_expression', compiled.message);
      const result = compiled.evaluate((name) => (name === VALUE_NAME ? golden : undefined));
      return result.kind === 'value'
        ? result.value
        : new InvalidValue('expression_failed', `the expression fails: ${result.reason}`);
    },
  };
}

export function templateStep(text: string): Step {
  return {
    get: () => oneWay('what a template writes'),
    put: (golden) => {
      const part = keyOf(golden);
      return part === null
        ? new InvalidValue('not_text', 'a list or a structure does not fit into a text')
        : text.replaceAll(`{${VALUE_NAME}}`, () => part);
    },
  };
}
