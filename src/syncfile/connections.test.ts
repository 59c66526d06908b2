import { expect, test } from 'vitest';

import { complaints, errorsOf, parsed, syncText } from '../../test/support/sync-file.ts';

test('a secret stays a name', () => {
  expect(parsed(syncText()).connections).toEqual([
    { name: 'crm', system: 'postgres', settings: { url: { secretName: 'CRM_URL' } } },
    {
      name: 'erp',
      system: 'tryton',
      settings: { url: 'http://erp.example', password: { secretName: 'ERP_PASSWORD' } },
    },
  ]);
});

test('a setting that is a number or a flag is taken as it is typed', () => {
  const text = syncText({
    connections: ['list: {system: files, directory: 0123}', 'other: {system: files, directory: true}'],
  });
  const [, , list, other] = parsed(text).connections;
  expect([list?.settings, other?.settings]).toEqual([{ directory: '0123' }, { directory: 'true' }]);
});

test('any setting may be a secret', () => {
  const text = syncText({ connections: ['list: {system: files, directory: "${secret:FOLDER}"}'] });
  expect(parsed(text).connections.at(-1)?.settings).toEqual({ directory: { secretName: 'FOLDER' } });
});

test('a secret in plain text is refused without being quoted, and the fix says what to write', () => {
  const text = syncText({ connections: ['shop: {system: tryton, url: x, password: hunter2} # here'] });
  expect(complaints(text)).toEqual([
    'here: the setting `password` is a secret and must not stand in the file' +
      ' | Write ${secret:SHOP_PASSWORD}, and store it with: trueup connect shop',
  ]);
  expect(JSON.stringify(errorsOf(text))).not.toContain('hunter2');
});

test.each([
  ['x${secret:A}', 'the setting `directory` must be one ${secret:NAME} and nothing else'],
  ['${secret:A-B}', 'the setting `directory` must be one ${secret:NAME} and nothing else'],
  ['', 'the setting `directory` is empty'],
])('the setting %j is refused', (value, message) => {
  const text = syncText({ connections: [`list: {system: files, directory: "${value}"} # here`] });
  expect(complaints(text)).toEqual([expect.stringContaining(`here: ${message}`)]);
});

test.each<[string, string]>([
  [
    'shop: {system: postgre, url: "${secret:A}"} # here',
    'here: there is no system `postgre` | Did you mean `postgres`?',
  ],
  ['shop: {system: sap} # here', 'here: there is no system `sap` | Known: postgres, tryton, files.'],
  ['shop: {url: "${secret:A}"} # here', 'here: `system` is missing | Add the key `system`.'],
  [
    'shop: {system: files, directroy: ./data, directory: ./data} # here',
    'here: files has no setting `directroy` | Did you mean `directory`?',
  ],
  [
    'shop: {system: files} # here',
    'here: the setting `directory` is missing: The directory | Add: directory: VALUE',
  ],
  [
    'shop: {system: postgres} # here',
    'here: the setting `url` is missing: The url | Add: url: ${secret:SHOP_URL}',
  ],
  [
    'shop: {system: files, directory: [a]} # here',
    'here: the setting `directory` must be text | Give it a value, such as x',
  ],
  ['shop: postgres # here', 'here: expected a map, got the text `postgres` | Write {system: SYSTEM, …}.'],
])('the connection %j is refused where it is wrong', (line, complaint) => {
  expect(complaints(syncText({ connections: [line] }))).toEqual([complaint]);
});

test.each(['Shop', '1st', 'constructor', 'prototype', 'a b', 'a'.repeat(64)])(
  'a connection cannot be called %j',
  (name) => {
    const text = syncText({ connections: [`${name}: {system: files, directory: x} # here`] });
    expect(complaints(text)).toEqual([
      expect.stringContaining(`here: \`${name}\` cannot be a name | Names begin with a small letter`),
    ]);
  },
);
