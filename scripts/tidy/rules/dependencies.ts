import type { Finding } from '../finding.ts';
import { tableRows } from '../markdown.ts';
import { lineOfOffset } from '../repository.ts';
import type { Rule } from '../rule.ts';

const PAGE = 'docs/decisions/0001-dependencies.md';
const MANIFEST = 'package.json';

/** A dependency is a decision: the page about them and package.json name the same packages. */
export const dependencies: Rule = {
  name: 'dependency',
  check: (repository) => {
    const manifest = repository.texts.get(MANIFEST) ?? '{}';
    const installed = namesIn(manifest);
    const rows = tableRows(repository.texts.get(PAGE) ?? '').map(({ line, cells }) => ({
      line,
      name: (cells[0] ?? '').replaceAll('`', ''),
    }));
    const decided = new Set(rows.map(({ name }) => name));
    const missing = installed
      .filter((name) => !decided.has(name))
      .map((name): Finding => ({
        path: MANIFEST,
        line: lineOfOffset(manifest, manifest.lastIndexOf(`"${name}": "`)),
        message: `${name} is nowhere explained`,
        fix: `add its line to ${PAGE}`,
      }));
    const stale = rows
      .filter(({ name }) => !installed.includes(name))
      .map(({ line, name }): Finding => ({
        path: PAGE,
        line,
        message: `${name} is not in ${MANIFEST}`,
        fix: 'move its line to the rejected ones or drop it',
      }));
    return [...missing, ...stale];
  },
};

function namesIn(manifest: string): readonly string[] {
  const parsed: unknown = JSON.parse(manifest);
  if (typeof parsed !== 'object' || parsed === null) return [];
  const groups = [
    'dependencies' in parsed ? parsed.dependencies : null,
    'devDependencies' in parsed ? parsed.devDependencies : null,
    'optionalDependencies' in parsed ? parsed.optionalDependencies : null,
  ];
  return groups.flatMap((group) => (typeof group === 'object' && group !== null ? Object.keys(group) : []));
}
