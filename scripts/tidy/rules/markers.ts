import { lineOfOffset } from '../repository.ts';
import type { Rule } from '../rule.ts';

/** The bracketed letters keep this file from breaking its own rule. */
const UNFINISHED = /\b(TO[D]O|FIX[M]E)\b/;
const SILENCED = /((ox|es)lint|prettier|oxfmt)-(disable|ignore)|@ts-(ignore|nocheck|expect-error)/;
const MARKER = new RegExp(`${UNFINISHED.source}|${SILENCED.source}`, 'g');
/** In a test, an expected type error is the assertion of a type test. */
const TYPE_ASSERTION = /expect-error$/;

/** What is left to do is an issue, and a check that is wrong is changed for all: neither is a comment in the code. */
export const markers: Rule = {
  name: 'marker',
  check: (repository) =>
    [...repository.texts]
      .filter(([path]) => path !== 'package-lock.json')
      .flatMap(([path, text]) =>
        [...text.matchAll(MARKER)]
          .filter(([marker]) => !(path.endsWith('.test.ts') && TYPE_ASSERTION.test(marker)))
          .map(({ 0: marker, 1: unfinished, index }) => ({
            path,
            line: lineOfOffset(text, index),
            message: `says ${marker}`,
            fix:
              unfinished === undefined
                ? 'change the code, or the rule for everyone'
                : 'finish it, or open an issue and name its number in prose',
          })),
      ),
};
