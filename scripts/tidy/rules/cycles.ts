import type { Finding } from '../finding.ts';
import { importsOf } from '../imports.ts';
import type { Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

/** Files that import each other can only be understood together, also where only types go round. */
export const cycles: Rule = {
  name: 'cycle',
  check: (repository) => cyclesOf(graphOf(repository)).map(findingOf),
};

function graphOf(repository: Repository): Graph {
  const known = new Set(repository.modules.map((module) => module.path));
  return new Map(
    repository.modules.map((module) => [
      module.path,
      [
        ...new Set(
          importsOf(module).flatMap(({ target }) => (target !== null && known.has(target) ? [target] : [])),
        ),
      ],
    ]),
  );
}

function findingOf(cycle: readonly string[]): Finding {
  const message = `import cycle: ${[...cycle, cycle[0]].join(' → ')}`;
  return { path: cycle[0] ?? '', line: 1, message, fix: 'move what both need into a file below both' };
}

/** A cycle for every import that closes one, found by walking depth first and remembering the way. */
export function cyclesOf(graph: Graph): readonly (readonly string[])[] {
  const finished = new Set<string>();
  const found: (readonly string[])[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      found.push(path.slice(start));
      return;
    }
    if (finished.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    finished.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
