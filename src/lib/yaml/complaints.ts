/** What the shape of a piece of the file refuses, in words for the person who wrote it. */
import type { z } from 'zod';

import type { Tree } from './document.ts';
import type { Findings } from './findings.ts';
import type { Path } from './places.ts';
import { KNOWN_KEYS } from './strict.ts';
import { listed, suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Reports every issue of one piece that stands at `path`. */
export function complain(
  findings: Findings,
  issues: readonly Issue[],
  piece: Tree | undefined,
  path: Path,
): void {
  for (const issue of issues) complainOf(findings, issue, piece, path);
}

function complainOf(findings: Findings, issue: Issue, piece: Tree | undefined, base: Path): void {
  const inner = issue.path.filter((step) => typeof step !== 'symbol');
  const path = [...base, ...inner];
  const value = valueAt(piece, inner);
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return missing(findings, path);
      return findings.atValue(
        path,
        `expected ${EXPECTED.get(issue.expected) ?? issue.expected}, got ${described(value)}`,
        typeFix(issue.expected, value),
      );
    case 'unrecognized_keys':
      for (const key of issue.keys) unknownKey(findings, [...path, key], key, issue.message);
      return;
    case 'invalid_value': {
      if (value === undefined) return missing(findings, path);
      const known = issue.values.map(String);
      return typeof value === 'string'
        ? findings.atValue(path, `${described(value)} is not known here`, suggest(value, known))
        : findings.atValue(path, `expected ${listed(known)}, got ${described(value)}`);
    }
    case 'invalid_union':
      return complainOfUnion(findings, issue, value, path);
    case 'invalid_key': {
      const rule = issue.issues[0]?.message ?? issue.message;
      return findings.atKey(path, `\`${String(path.at(-1))}\` cannot be a name`, `Names ${rule}.`);
    }
    case 'too_small':
    case 'too_big':
      return findings.atValue(path, sizeMessage(issue));
    default:
      return findings.atValue(path, issue.message);
  }
}

function missing(findings: Findings, path: Path): void {
  findings.atKey(path, `\`${String(path.at(-1))}\` is missing`, `Add the key \`${String(path.at(-1))}\`.`);
}

function unknownKey(findings: Findings, path: Path, key: string, message: string): void {
  const known = message.startsWith(KNOWN_KEYS) ? message.slice(KNOWN_KEYS.length).split(' ') : [];
  findings.atKey(path, `unknown key \`${key}\``, suggest(key, known));
}

/** The one alternative that the value was meant as, judged by its kind; otherwise what the union as a whole expects. */
function complainOfUnion(
  findings: Findings,
  issue: Extract<Issue, { readonly code: 'invalid_union' }>,
  value: Tree | undefined,
  path: Path,
): void {
  if (value === undefined) return missing(findings, path);
  if ('options' in issue && issue.options !== undefined) {
    const known = issue.options.map(String);
    return typeof value === 'string'
      ? findings.atValue(path, `there is no type \`${value}\``, suggest(value, known))
      : findings.atValue(path, `expected a type, got ${described(value)}`, `Known: ${listed(known)}.`);
  }
  const meant = issue.errors.filter((issues) => !issues.some((other) => isOtherKind(other, value)));
  const [only] = meant;
  if (meant.length === 1 && only !== undefined) return complain(findings, only, value, path);
  return findings.atValue(path, `${issue.message}, got ${described(value)}`);
}

/** The alternative expects another kind of value altogether. */
function isOtherKind(issue: Issue, value: Tree): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union')
    return issue.errors.every((issues) => issues.some((inner) => isOtherKind(inner, value)));
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof value !== 'string');
}

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
]);

export function described(value: Tree): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string')
    return `the text \`${value.length > 40 ? `${value.slice(0, 40)}…` : value}\``;
  if (typeof value === 'number') return `the number ${String(value)}`;
  if (typeof value === 'boolean') return String(value);
  return isList(value) ? 'a list' : 'a map';
}

function typeFix(expected: string, value: Tree): string | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return 'Write it in quotes.';
  if (expected === 'boolean') return 'Write true or false, without quotes.';
  if ((expected === 'int' || expected === 'number') && typeof value === 'string')
    return 'Write digits, without quotes.';
  return value === null ? 'Give it a value, or remove the key.' : undefined;
}

function sizeMessage(issue: Extract<Issue, { readonly code: 'too_small' | 'too_big' }>): string {
  const limit =
    issue.code === 'too_small' ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  if (issue.origin === 'string')
    return limit === 'at least 1' ? 'this is empty' : `expected ${limit} characters`;
  return issue.origin === 'array' && limit === 'at least 1' ? 'this list is empty' : `expected ${limit}`;
}

function valueAt(piece: Tree | undefined, path: readonly (string | number)[]): Tree | undefined {
  let value = piece;
  for (const step of path) value = value === undefined ? undefined : member(value, step);
  return value;
}

function member(value: Tree, step: string | number): Tree | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isList(value)) return typeof step === 'number' ? value[step] : undefined;
  return Object.hasOwn(value, step) ? value[String(step)] : undefined;
}

export function isList(value: Tree): value is readonly Tree[] {
  return Array.isArray(value);
}

/** A map of the file, as opposed to a list, a scalar or nothing. */
export function isMap(value: Tree | undefined): value is { readonly [key: string]: Tree } {
  return typeof value === 'object' && value !== null && !isList(value);
}
