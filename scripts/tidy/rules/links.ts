import { posix } from 'node:path';

import { withoutCode } from '../markdown.ts';
import { lineOfOffset, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const LINK = /\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^([a-z][a-z0-9+.-]*:|#)/i;

/** A link in the documentation leads somewhere. */
export const links: Rule = {
  name: 'link',
  check: (repository) =>
    [...repository.texts]
      .filter(([path]) => path.endsWith('.md'))
      .flatMap(([path, text]) => {
        const prose = withoutCode(text);
        return [...prose.matchAll(LINK)]
          .map(({ 1: target, index }) => ({ target: target ?? '', index }))
          .filter(({ target }) => !ELSEWHERE.test(target) && !leadsSomewhere(repository, path, target))
          .map(({ target, index }) => ({
            path,
            line: lineOfOffset(prose, index),
            message: `links to ${target}, which does not exist`,
            fix: 'link relative to this page, to a file of the repository',
          }));
      }),
};

function leadsSomewhere(repository: Repository, from: string, target: string): boolean {
  const [file = ''] = target.split('#');
  const path = posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, '');
  if (path === '.' || repository.texts.has(path) || repository.binaries.has(path)) return true;
  return [...repository.texts.keys()].some((known) => known.startsWith(`${path}/`));
}
