import { isTest } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { functionsOf, lineCount, lineOf } from '../syntax.ts';

const FUNCTION_LINES_MAX = 70;

/** A function fits on a screen, with everything that it closes over. Tests are lists, so they may be longer. */
export const functions: Rule = {
  name: 'function-size',
  check: (repository) =>
    repository.modules
      .filter((module) => !isTest(module.path))
      .flatMap((module) =>
        functionsOf(module)
          .map((node) => ({ node, lines: lineCount(module, node) }))
          .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
          .map(({ node, lines }) => ({
            path: module.path,
            line: lineOf(module, node),
            message: `this function has ${String(lines)} lines, at most ${String(FUNCTION_LINES_MAX)} are allowed`,
            fix: 'keep the control flow here and move the leaves into functions of their own',
          })),
      ),
};
