import {
  isClassDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
  isVariableStatement,
  SyntaxKind,
  type Node,
} from 'typescript/unstable/ast';

import { importsOf } from '../imports.ts';
import { isShipped, isTest, roomOf, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { lineOf, type Module } from '../syntax.ts';

/** What others build on says in words what it promises: all of connector/, and of engine/ what other rooms use. */
export const docs: Rule = {
  name: 'doc',
  check: (repository) => {
    const used = usedOfEngine(repository);
    return repository.modules
      .filter((module) => isShipped(module.path))
      .flatMap((module) => {
        const room = roomOf(module.path);
        if (room !== 'connector' && room !== 'engine') return [];
        return exportsOf(module)
          .filter(
            ({ name, documented }) =>
              !documented && (room === 'connector' || used.has(`${module.path} ${name}`)),
          )
          .map(({ name, node }) => ({
            path: module.path,
            line: lineOf(module, node),
            message: `${name} is public and has no doc comment`,
            fix: 'say in a sentence or two what it stands for or promises, above its declaration',
          }));
      });
  },
};

/** `path name` of everything in engine/ that a file outside it imports. */
function usedOfEngine(repository: Repository): ReadonlySet<string> {
  const outside = repository.modules.filter(
    (module) => roomOf(module.path) !== 'engine' && !isTest(module.path),
  );
  const used = outside
    .flatMap(importsOf)
    .flatMap(({ target, names }) => (names ?? []).map((name) => `${String(target)} ${name}`));
  return new Set(used);
}

interface Export {
  readonly name: string;
  readonly node: Node;
  readonly documented: boolean;
}

function exportsOf(module: Module): readonly Export[] {
  return module.tree.statements.flatMap((statement) => {
    const documented = (statement.jsDoc?.length ?? 0) > 0;
    return isExported(statement)
      ? namesOf(statement).map((name) => ({ name, node: statement, documented }))
      : [];
  });
}

function isExported(statement: Node): boolean {
  const modifiers = 'modifiers' in statement && Array.isArray(statement.modifiers) ? statement.modifiers : [];
  return modifiers.some((modifier: Node) => modifier.kind === SyntaxKind.ExportKeyword);
}

function namesOf(statement: Node): readonly string[] {
  if (isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      isIdentifier(name) ? [name.text] : [],
    );
  }
  if (
    isFunctionDeclaration(statement) ||
    isClassDeclaration(statement) ||
    isInterfaceDeclaration(statement) ||
    isTypeAliasDeclaration(statement)
  ) {
    return statement.name === undefined ? [] : [statement.name.text];
  }
  return [];
}
