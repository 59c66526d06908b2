import { isCallExpression, isIdentifier, isNewExpression, type Node } from 'typescript/unstable/ast';

import type { Finding } from '../finding.ts';
import { importsOf } from '../imports.ts';
import type { Rule } from '../rule.ts';
import { lineOf, walk, type Module } from '../syntax.ts';

const SOURCES: ReadonlySet<string> = new Set(['src/lib/clock.ts', 'src/lib/random.ts']);
const TIME_MODULE = /^(node:)?(timers|timers\/promises|perf_hooks)$/;
const CRYPTO_MODULE = /^(node:)?(web)?crypto$/;
const CHANCE: ReadonlySet<string> = new Set(['randomUUID', 'randomInt', 'getRandomValues']);

/** What the linter cannot say about time and chance: `new Date()` of now, and Node's modules for both. */
export const clock: Rule = {
  name: 'clock',
  check: (repository) =>
    repository.modules
      .filter((module) => module.path.startsWith('src/') && !SOURCES.has(module.path))
      .flatMap((module) => [...ofNow(module), ...ofModules(module)]),
};

function ofNow(module: Module): readonly Finding[] {
  const found: Finding[] = [];
  walk(module.tree, (node) => {
    if (!asksForNow(node)) return;
    const message = `${node.getText(module.tree)} asks the machine for the time`;
    found.push({
      path: module.path,
      line: lineOf(module, node),
      message,
      fix: 'write new Date(clock.nowMs())',
    });
  });
  return found;
}

/** `new Date()` and `Date()`; called without `new` it ignores its arguments. */
function asksForNow(node: Node): boolean {
  if (isNewExpression(node)) return isDate(node.expression) && (node.arguments?.length ?? 0) === 0;
  return isCallExpression(node) && isDate(node.expression);
}

function isDate(node: Node): boolean {
  return isIdentifier(node) && node.text === 'Date';
}

function ofModules(module: Module): readonly Finding[] {
  return importsOf(module).flatMap(({ specifier, names, line }) => {
    if (TIME_MODULE.test(specifier)) {
      return [
        {
          path: module.path,
          line,
          message: `imports ${specifier}`,
          fix: 'take time and waiting from a Clock (src/lib/clock.ts)',
        },
      ];
    }
    const chance = CRYPTO_MODULE.test(specifier) ? (names ?? []).filter((name) => CHANCE.has(name)) : [];
    return chance.map((name) => ({
      path: module.path,
      line,
      message: `imports ${name}`,
      fix: 'take chance from a Random and ids from Ids (src/lib/random.ts, src/lib/ids.ts)',
    }));
  });
}
