import { importsOf } from '../imports.ts';
import { isTest, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const FOLDER = /^src\/connectors\/([^/]+)(?=\/)/;
/** The suite itself, or what runs it and holds the score against it. */
const CONFORMANCE = /^(?:src\/connector|test\/support)\/conformance(\/|\.ts$)/;

/** A connector explains itself and proves that it keeps the contract. */
export const connectors: Rule = {
  name: 'connector',
  check: (repository) =>
    foldersOf(repository).flatMap((folder) => {
      const readme = repository.texts.has(`${folder}/README.md`)
        ? []
        : [
            {
              path: folder,
              line: 1,
              message: 'has no README.md',
              fix: 'say what it connects to, its settings and its limits',
            },
          ];
      const proof = passesConformance(repository, folder)
        ? []
        : [
            {
              path: folder,
              line: 1,
              message: 'no test of it runs the conformance suite',
              fix: 'run conformanceSuite of test/support/conformance.ts in a test beside it',
            },
          ];
      return [...readme, ...proof];
    }),
};

function foldersOf(repository: Repository): readonly string[] {
  const folders = [...repository.texts.keys()].flatMap((path) => FOLDER.exec(path)?.[0] ?? []);
  return [...new Set(folders)];
}

/** A test beside the connector counts, and so does one in test/systems that is named after it. */
function passesConformance(repository: Repository, folder: string): boolean {
  const system = folder.split('/').at(-1) ?? '';
  return repository.modules
    .filter(
      ({ path }) =>
        isTest(path) && (path.startsWith(`${folder}/`) || path.startsWith(`test/systems/${system}`)),
    )
    .flatMap(importsOf)
    .some(({ target }) => target !== null && CONFORMANCE.test(target));
}
