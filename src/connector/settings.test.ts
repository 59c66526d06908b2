import { expect, test } from 'vitest';

import { databasePlace, encryption, type Given, type UrlForm } from './settings.ts';

const FORM: UrlForm = {
  protocol: /^db:$/,
  example: 'db://user:password@host/database',
  parameters: new Set(['sslmode']),
  defaultPort: 1234,
};
const BARE: UrlForm = { ...FORM, parameters: new Set() };

function wrong(name: string, problem: string): Error {
  return new Error(`${name} ${problem}`);
}

function placeOf(given: Given, form = FORM): ReturnType<typeof databasePlace> {
  return databasePlace({ given, wrong }, form);
}

test('an address and single settings give the same place', () => {
  const single = { host: 'h', port: '99', database: 'my shop', user: 'a@b', password: 'p/w', ssl: 'require' };
  expect(placeOf({ url: 'db://a%40b:p%2Fw@h:99/my%20shop?sslmode=require' })).toEqual(placeOf(single));
});

test('a port is a port, and may be left out', () => {
  const place = { host: 'h', database: 'd', user: 'u' };
  expect(placeOf(place).port).toBe(1234);
  for (const port of ['0', '65536', '1.5', 'x', ''])
    expect(() => placeOf({ ...place, port })).toThrow('port must be a number from 1 to 65535');
});

test('the end of a password with a question mark in it is not quoted as an unknown parameter', () => {
  const url = 'db://user:12?s3cret@h/d';
  expect(() => placeOf({ url })).toThrow(
    'url must look like db://user:password@host/database, with no parameters but sslmode',
  );
  expect(() => placeOf({ url }, BARE)).toThrow(
    'url must look like db://user:password@host/database, with no parameters',
  );
});

test('no word but the allowed ones has a meaning, not even one that every object knows', () => {
  const place = placeOf({ host: 'h', database: 'd', user: 'u', ssl: 'constructor' });
  expect(() => encryption(place, wrong, new Map([['verify', true]]))).toThrow(
    'ssl must be verify, require or disable',
  );
});

test('encryption is checked unless the server is on this machine', () => {
  const words = new Map(['verify', 'disable'].map((word) => [word, word]));
  const at = (host: string): string => encryption(placeOf({ host, database: 'd', user: 'u' }), wrong, words);
  expect(['db.test', 'localhost', '::1', '/run/db'].map(at)).toEqual([
    'verify',
    'disable',
    'disable',
    'disable',
  ]);
});
