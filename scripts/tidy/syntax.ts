/**
 * Reads TypeScript with the compiler's own parser. Only syntax: no types, no libraries, nothing resolved, so that reading
 * the whole repository takes a moment. The compiler marks this interface as unstable; the pinned version and the tests
 * beside the rules stand for it, and no other file of ours imports it for parsing.
 */
import { posix } from 'node:path';

import { isFunctionLikeDeclaration, type Node, type SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/async';
import { createVirtualFileSystem } from 'typescript/unstable/fs';

const ROOT = '/repository';
const CONFIG = `${ROOT}/tsconfig.json`;

/** One TypeScript file of the repository, parsed. */
export interface Module {
  readonly path: string;
  readonly text: string;
  readonly tree: SourceFile;
}

/** Parses the given files; `texts` maps paths relative to the repository to their content. */
export async function parseModules(texts: ReadonlyMap<string, string>): Promise<readonly Module[]> {
  if (texts.size === 0) return [];
  const options = { noLib: true, noResolve: true, types: [], noEmit: true, allowImportingTsExtensions: true };
  const files: Record<string, string> = {
    [CONFIG]: JSON.stringify({ compilerOptions: options, files: [...texts.keys()] }),
  };
  for (const [path, text] of texts) files[posix.join(ROOT, path)] = text;
  const api = new API({ cwd: ROOT, fs: createVirtualFileSystem(files) });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [CONFIG] });
    const program = snapshot.getProject(CONFIG)?.program;
    return await Promise.all(
      [...texts].map(async ([path, text]) => {
        const tree = await program?.getSourceFile(posix.join(ROOT, path));
        if (tree === undefined) throw new Error(`the compiler did not parse ${path}`);
        return { path, text, tree };
      }),
    );
  } finally {
    await api.close();
  }
}

/** Calls `visit` for the node and everything below it, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** The one-based line on which the node's own text begins, comments before it left out. */
export function lineOf(module: Module, node: Node): number {
  return lineAt(module, node.getStart(module.tree));
}

export function lineAt(module: Module, position: number): number {
  return module.tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** How many lines the node's own text takes, comments before it left out. */
export function lineCount(module: Module, node: Node): number {
  return lineAt(module, node.getEnd()) - lineOf(module, node) + 1;
}

/** Every function with a body: declarations, methods, accessors, constructors, arrow functions. */
export function functionsOf(module: Module): readonly Node[] {
  const found: Node[] = [];
  walk(module.tree, (node) => {
    if (isFunctionLikeDeclaration(node) && node.body !== undefined) found.push(node);
  });
  return found;
}
