import { expect, test } from 'vitest';

import { SETTINGS, settingsOf } from './settings.ts';

const GIVEN = { client_id: 'app', client_secret: 'secret-1' };

test('what is left out has a default', () => {
  expect(settingsOf(GIVEN)).toMatchObject({
    loginUrl: 'https://login.salesforce.com',
    apiVersion: '60.0',
    grant: { kind: 'clientCredentials' },
    objects: null,
    duplicateRules: 'obey',
    viewAll: false,
    pollSeconds: 15,
    overlapSeconds: 60,
    changeEvents: [],
    bulkFrom: 5_000,
    bulkReadFrom: 100_000,
    collectionsPerCall: 5,
  });
});

test('lists are cut at their commas', () => {
  const { objects, changeEvents } = settingsOf({
    ...GIVEN,
    objects: 'Account, Rig__c',
    change_events: 'Account',
  });
  expect([objects, changeEvents]).toEqual([['Account', 'Rig__c'], ['Account']]);
});

test.each([
  ['client_id', {}],
  ['client_secret', { client_id: 'app' }],
  ['username', { client_id: 'app', private_key: 'key' }],
  ['login_url', { ...GIVEN, login_url: 'acme.salesforce.com' }],
  ['login_url', { ...GIVEN, login_url: 'https://user:word@acme.my.salesforce.com' }],
  ['login_url', { ...GIVEN, login_url: 'https://acme.my.salesforce.com/lightning' }],
  ['api_version', { ...GIVEN, api_version: '30.0' }],
  ['poll_seconds', { ...GIVEN, poll_seconds: 'often' }],
  ['view_all', { ...GIVEN, view_all: 'perhaps' }],
  ['sign_in', { ...GIVEN, sign_in: 'nobody' }],
  ['duplicate_rules', { ...GIVEN, duplicate_rules: 'ignore' }],
  ['pubsub_endpoint', { ...GIVEN, pubsub_endpoint: 'https://api.pubsub.salesforce.com' }],
  ['collections_per_call', { ...GIVEN, collections_per_call: '6' }],
])('a wrong %s is refused by its name', (name, given) => {
  expect(() => settingsOf(given)).toThrow(`The setting ${name} `);
});

test('secrets are marked, and every setting has an example', () => {
  expect(SETTINGS.filter(({ secret }) => secret).map(({ name }) => name)).toEqual([
    'client_secret',
    'refresh_token',
    'private_key',
  ]);
  expect(SETTINGS.every(({ example }) => example !== '')).toBe(true);
});
