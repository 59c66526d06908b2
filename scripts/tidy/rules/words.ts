import {
  isBindingElement,
  isClassDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isParameterDeclaration,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isTypeParameterDeclaration,
  isVariableDeclaration,
  type MethodSignatureDeclaration,
  type Node,
  type PropertySignatureDeclaration,
} from 'typescript/unstable/ast';

import type { Finding } from '../finding.ts';
import { roomOf } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { lineOf, walk, type Module } from '../syntax.ts';

/** Words that hide what a thing is. Uses of other people's names are free; names that we give are not. */
const BANNED =
  /^(process|handle[a-z]*|managers?|services?|helpers?|utils?|utilit(y|ies)|infos?|items?|payloads?)$/;
/** The name of a log level, as every logger spells it; only as a member, never as a part of a name. */
const LOG_LEVEL = 'info';
/** Where the fields of a type are the words of a foreign wire format. */
const WIRE_ROOMS: ReadonlySet<string | null> = new Set(['connectors', 'simulators']);
const WIRE_FOLDER = 'src/lib/proto/';
const FIX = 'say what it is or does, with a word of docs/glossary.md';

export const words: Rule = {
  name: 'word',
  check: (repository) => repository.modules.flatMap((module) => [...inPath(module), ...inNames(module)]),
};

function inPath(module: Module): readonly Finding[] {
  return module.path
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => BANNED.test(word))
    .map((word) => ({ path: module.path, line: 1, message: `the path says "${word}"`, fix: FIX }));
}

function inNames(module: Module): readonly Finding[] {
  const found: Finding[] = [];
  walk(module.tree, (node) => {
    const isForeign = WIRE_ROOMS.has(roomOf(module.path)) || module.path.startsWith(WIRE_FOLDER);
    const name = givenName(node, isForeign);
    const word = name === null ? undefined : wordsOf(name).find((candidate) => BANNED.test(candidate));
    if (name === null || word === undefined) return;
    found.push({
      path: module.path,
      line: lineOf(module, node),
      message: `"${name}" says "${word}"`,
      fix: FIX,
    });
  });
  return found;
}

/** The name that this node gives to something, or null when it gives none or repeats a foreign one. */
function givenName(node: Node, fieldsAreForeign: boolean): string | null {
  const named =
    isFunctionDeclaration(node) ||
    isClassDeclaration(node) ||
    isInterfaceDeclaration(node) ||
    isTypeAliasDeclaration(node) ||
    isTypeParameterDeclaration(node) ||
    isVariableDeclaration(node) ||
    isParameterDeclaration(node) ||
    isMethodDeclaration(node) ||
    isPropertyDeclaration(node) ||
    (isBindingElement(node) && node.propertyName !== undefined) ||
    (!fieldsAreForeign && isMember(node));
  if (!named || node.name === undefined || !isIdentifier(node.name)) return null;
  return isMember(node) && node.name.text === LOG_LEVEL ? null : node.name.text;
}

function isMember(node: Node): node is PropertySignatureDeclaration | MethodSignatureDeclaration {
  return isPropertySignatureDeclaration(node) || isMethodSignatureDeclaration(node);
}

/** `readAllRows` → read, all, rows; `HTTPStatus` → http, status; `ROWS_MAX` → rows, max. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}
