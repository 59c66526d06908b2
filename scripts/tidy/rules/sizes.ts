import type { Finding } from '../finding.ts';
import { isShipped, isTest, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const FILE_LINES_MAX = 500;
const MEDIAN_LINES_MAX = 120;
const NINETIETH_LINES_MAX = 350;
/** Below this many files a median says nothing about how the code is cut. */
const DISTRIBUTION_FILES_MIN = 10;

/** A file is read in one sitting, and most of them in a minute. */
export const sizes: Rule = {
  name: 'size',
  check: (repository) => [...tooLong(repository), ...tooLongTogether(repository)],
};

function tooLong(repository: Repository): readonly Finding[] {
  return repository.modules
    .filter((module) => !isTest(module.path) && linesOf(module.text) > FILE_LINES_MAX)
    .map((module) => ({
      path: module.path,
      line: 1,
      message: `has ${String(linesOf(module.text))} lines, at most ${String(FILE_LINES_MAX)} are allowed`,
      fix: 'split it by what its parts are about',
    }));
}

function tooLongTogether(repository: Repository): readonly Finding[] {
  const counts = repository.modules
    .filter((module) => isShipped(module.path))
    .map((module) => linesOf(module.text));
  if (counts.length < DISTRIBUTION_FILES_MIN) return [];
  const sorted = counts.toSorted((left, right) => left - right);
  return [
    ...above('median', quantile(sorted, 0.5), MEDIAN_LINES_MAX),
    ...above('90th percentile', quantile(sorted, 0.9), NINETIETH_LINES_MAX),
  ];
}

function above(name: string, lines: number, linesMax: number): readonly Finding[] {
  if (lines <= linesMax) return [];
  const message = `the ${name} of file lengths is ${String(lines)} lines, at most ${String(linesMax)} are allowed`;
  return [{ path: 'src', line: 1, message, fix: 'split the longest files first' }];
}

/** The smallest value that at least `share` of the sorted values do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
