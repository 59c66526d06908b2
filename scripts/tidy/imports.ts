/** Who imports whom, with relative paths resolved. */
import { posix } from 'node:path';

import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isNamedImports,
  isStringLiteral,
  SyntaxKind,
  type ImportClause,
  type Node,
} from 'typescript/unstable/ast';

import { lineOf, type Module } from './syntax.ts';

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written: `../lib/clock.ts`, `node:fs`, `pg`. */
  readonly specifier: string;
  /** Path in the repository, or null for packages and Node's own modules. */
  readonly target: string | null;
  readonly kind: 'import' | 'reexport' | 'dynamic';
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** The imported names as the target calls them; null for "everything". */
  readonly names: readonly string[] | null;
}

/** Every import of the module: static, dynamic and re-exporting. */
export function importsOf(module: Module): readonly Import[] {
  return module.tree.imports.flatMap((literal) => {
    if (!isStringLiteral(literal)) return [];
    const specifier = literal.text;
    const place = { from: module.path, line: lineOf(module, literal), specifier };
    return [{ ...place, target: targetOf(module.path, specifier), ...shapeOf(literal.parent) }];
  });
}

function targetOf(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}

function shapeOf(statement: Node): Pick<Import, 'kind' | 'typeOnly' | 'names'> {
  if (isImportDeclaration(statement)) {
    return {
      kind: 'import',
      typeOnly: isTypeOnly(statement.importClause),
      names: namesOf(statement.importClause),
    };
  }
  if (isExportDeclaration(statement)) {
    return { kind: 'reexport', typeOnly: statement.isTypeOnly, names: null };
  }
  // What is neither a statement nor a call is a type: `import('./a.ts').A`.
  return { kind: 'dynamic', typeOnly: !isCallExpression(statement), names: null };
}

function isTypeOnly(clause: ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function namesOf(clause: ImportClause | undefined): readonly string[] | null {
  if (clause === undefined) return [];
  const bindings = clause.namedBindings;
  const names = clause.name === undefined ? [] : ['default'];
  if (bindings === undefined) return names;
  if (!isNamedImports(bindings)) return null;
  return [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
}
