import type { Finding } from '../finding.ts';
import { lineOfOffset } from '../repository.ts';
import type { Rule } from '../rule.ts';

/** Folders that exist on some machine but not on every one. A path segment before them makes them somebody else's. */
const MACHINE_PATH = new RegExp(
  `(?<![\\w.@-])/(${['work', 'tmp', 'home', 'root', 'Users'].join('|')})/`,
  'g',
);
const RESOLVED = /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)([^"]+)"/g;
const LOCK_FILE = 'package-lock.json';

/** The repository knows nothing of the machines it was written on: no folder of theirs, no registry of theirs. */
export const machines: Rule = {
  name: 'machine',
  check: (repository) =>
    [...repository.texts].flatMap(([path, text]) =>
      path === LOCK_FILE ? inLockFile(path, text) : inText(path, text),
    ),
};

function inText(path: string, text: string): readonly Finding[] {
  return [...text.matchAll(MACHINE_PATH)].map(({ 0: folder, index }) => ({
    path,
    line: lineOfOffset(text, index),
    message: `names the machine's folder ${folder}`,
    fix: 'use os.tmpdir(), a path relative to the repository, or a setting',
  }));
}

function inLockFile(path: string, text: string): readonly Finding[] {
  return [...text.matchAll(RESOLVED)].map(({ 1: address, index }) => ({
    path,
    line: lineOfOffset(text, index),
    message: `fetches from ${String(address)}`,
    fix: 'install with omit-lockfile-registry-resolved=true (.npmrc)',
  }));
}
