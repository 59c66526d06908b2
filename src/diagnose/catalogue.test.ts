import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { failuresPage } from '../../scripts/docs/failures-page.ts';
import { CATALOGUE, isOurBug, knownFailure } from './catalogue.ts';

const SOURCE = new URL('..', import.meta.url).pathname;
const ALL = CATALOGUE.flatMap(({ failures }) => failures);

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('conformance'))
    .map((path) => readFileSync(join(SOURCE, folder, path), 'utf8'));
}

/** Every first group of the pattern in the sources of the folders. */
function namedIn(folders: readonly string[], pattern: RegExp): readonly string[] {
  const found = folders
    .flatMap(sourcesIn)
    .flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  return [...new Set(found)];
}

test('every failure says why it happens and what to do, and no code is described twice', () => {
  const bare = ALL.filter(({ cause, advice }) => !cause.endsWith('.') || advice === '');
  expect(bare.map(({ code }) => code)).toEqual([]);
  expect(new Set(ALL.map(({ code }) => code)).size).toBe(ALL.length);
});

test('what the connectors report is in the catalogue', () => {
  for (const system of ['files', 'mysql', 'postgres']) {
    const calls = namedIn([`connectors/${system}`], /(?:refuse|failureOf)\(\s*'[a-zA-Z]+',\s*'([a-z_]+)'/g);
    const whole = namedIn([`connectors/${system}`], new RegExp(`'${system}\\.([a-z_]+)'`, 'g'));
    expect([...calls, ...whole].length).toBeGreaterThan(3);
    const strange = [...calls, ...whole].filter((name) => isOurBug(`${system}.${name}`));
    expect(strange).toEqual([]);
  }
  const http = namedIn(['connector/http', 'connector/oauth'], /\$\{(?:[a-z]+\.)?system\}\.([a-z_]+)`/g);
  expect(http.length).toBeGreaterThan(5);
  expect(http.filter((name) => isOurBug(`salesforce.${name}`))).toEqual([]);
});

test('what the workers and the store report is in the catalogue', () => {
  const codes = namedIn(['worker', 'store', 'connector'], /code: '((?:trueup|worker|http)\.[a-z_]+)'/g);
  expect(codes.length).toBeGreaterThan(10);
  const silent = new Set(['trueup.schedule']);
  expect(codes.filter((code) => !silent.has(code) && knownFailure(code) === null)).toEqual([]);
});

test('every way a value can be wrong is in the catalogue (own-failures.ts)', () => {
  const values = namedIn(['engine'], /InvalidValue\(\s*'([a-z_]+)'/g);
  expect(values.filter((name) => isOurBug(`mapping.${name}`))).toEqual([]);
});

test('a code that nobody described, and an unexpected error, are bugs of ours', () => {
  expect(isOurBug('salesforce.never_heard_of')).toBe(true);
  expect(isOurBug('trueup.unexpected')).toBe(true);
  expect(isOurBug('salesforce.duplicate_value')).toBe(false);
});

test('the page of failures is up to date (npm run docs:failures)', () => {
  expect(readFileSync(join(SOURCE, '../docs/failures.md'), 'utf8')).toBe(failuresPage());
});
