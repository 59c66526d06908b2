import { importsOf } from '../imports.ts';
import type { Rule } from '../rule.ts';

/** Where re-exporting is the point: a connector's definition, and what the package shows to others. */
const PUBLIC =
  /^src\/(connectors\/[^/]+|connector|connector\/conformance|engine)\/index\.ts$|^src\/index\.ts$/;

/** A name is imported from the file that defines it, so that a reader lands there and a cycle cannot hide. */
export const barrels: Rule = {
  name: 'barrel',
  check: (repository) =>
    repository.modules
      .filter((module) => !PUBLIC.test(module.path))
      .flatMap(importsOf)
      .filter((entry) => entry.kind === 'reexport')
      .map((entry) => ({
        path: entry.from,
        line: entry.line,
        message: `re-exports ${entry.specifier}`,
        fix: 'import it where it is used, from the file that defines it',
      })),
};
