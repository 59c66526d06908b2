import { isImportDeclaration } from 'typescript/unstable/ast';

import type { Rule } from '../rule.ts';
import { lineOf } from '../syntax.ts';

/** What a file says of itself is the first thing in it: below an import it seems to speak of the next one, and is not found. */
export const heads: Rule = {
  name: 'head',
  check: ({ modules }) =>
    modules.flatMap((module) =>
      module.tree.statements
        .filter(
          (statement, index) =>
            index > 0 &&
            isImportDeclaration(statement) &&
            module.text.slice(statement.pos, statement.getStart(module.tree)).includes('/**'),
        )
        .map((statement) => ({
          path: module.path,
          line: lineOf(module, statement),
          message: 'a doc comment stands between imports',
          fix: 'move it to the first line of the file',
        })),
    ),
};
