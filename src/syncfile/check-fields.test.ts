import { expect, test } from 'vitest';

import { complaints, errorsOf, syncText } from '../../test/support/sync-file.ts';

/** What is said about a file with these fields; all but those of the last list are mapped at both sides. */
function said(...fields: readonly string[]): readonly string[] {
  const mappings = fields.map((line) => line.split(':')[0] ?? '').map((name) => `${name}: ${name}`);
  return complaints(syncText({ fields, crm: mappings, erp: mappings }));
}

test.each<[string, string]>([
  ['vat: {type: txt} # here', 'here: there is no type `txt` | Did you mean `text`?'],
  ['vat: {type: 5} # here', 'here: expected a type, got the number 5'],
  ['vat: {required: true} # here', 'here: `type` is missing | Add the key `type`.'],
  ['vat: 5 # here', 'here: expected a type such as text, or {type: TYPE, …}, got the number 5'],
  ['vat: choice # here', 'here: `options` is missing | Add the key `options`.'],
  ['vat: {type: text, requird: true} # here', 'here: unknown key `requird` | Did you mean `required`?'],
  ['vat: {type: date, scale: 2} # here', 'here: unknown key `scale` | Known: type, required, policy, owner.'],
  [
    'vat: {type: text, max_length: "9"} # here',
    'here: expected a number, got the text `9` | Write digits, without quotes.',
  ],
  ['vat: {type: text, max_length: 0} # here', 'here: expected at least 1'],
  [
    'vat: {type: text, required: yes} # here',
    'here: expected true or false, got the text `yes` | Write true or false, without quotes.',
  ],
  ['vat: {type: choice, options: [1]} # here', 'here: expected text, got the number 1 | Write it in quotes.'],
  ['vat: {type: choice, options: []} # here', 'here: this list is empty'],
  [
    'vat: {type: choice, options: [a, b, a]} # here',
    'here: the option `a` stands here twice | Keep one of them.',
  ],
])('the field %j is refused where it is wrong', (field, complaint) => {
  expect(said(field)).toEqual([expect.stringContaining(complaint)]);
});

test.each(['Vat', 'v-at', '1st', 'constructor', 'prototype'])('a field cannot be called %j', (name) => {
  expect(complaints(syncText({ fields: [`${name}: text # here`], crm: [`${name}: x # here`] }))).toEqual([
    expect.stringContaining(`here: \`${name}\` cannot be a name`),
    expect.stringContaining(`here: \`${name}\` cannot be a name`),
  ]);
});

test.each<[string, string]>([
  ['{priority: [crm, epr]}', 'there is no side `epr` | Did you mean `erp`?'],
  ['[latest, {priority: [crm, erp, crm]}]', '`crm` stands here twice'],
  ['newest', 'the text `newest` is not known here'],
  [
    '[hold, latest]',
    '`latest` is never asked: `hold` before it decides every case | Put it before `hold`, or remove it.',
  ],
  [
    'set',
    '`set` merges element by element, and `vat` is of type text | Give the field `type: set`, or choose another policy.',
  ],
  ['{prioritty: [crm]}', '`priority` is missing'],
  ['7', 'expected latest, fill, set, hold, {priority: [SIDE, …]}, or a list of them, got the number 7'],
  ['[lates, hold]', 'the text `lates` is not known here | Did you mean `latest`?'],
  ['[latest, 7]', 'expected latest, fill, set, hold or {priority: [SIDE, …]}, got the number 7'],
])('the policy %s is refused', (policy, complaint) => {
  expect(said(`vat: {type: text, policy: ${policy}} # here`)[0]).toContain(`here: ${complaint}`);
});

test('nothing after `set` is ever asked', () => {
  expect(said('tags: {type: set, policy: [set, latest]} # here')).toEqual([
    expect.stringContaining('here: `latest` is never asked: `set` before it decides every case'),
  ]);
});

test('a mistake in the default policy is said once, where the policy stands', () => {
  const text = syncText({
    fields: ['a: text', 'b: text'],
    crm: ['a: a', 'b: b'],
    keys: ['defaults: {policy: [{priority: [crm, epr]}, set]} # here'],
  });
  expect(complaints(text)).toEqual([
    'here: there is no side `epr` | Did you mean `erp`?',
    expect.stringContaining('here: `set` merges element by element'),
  ]);
});

test('a default policy that no field follows is checked as well', () => {
  const text = syncText({ keys: ['defaults: {policy: {priority: [epr]}} # here'] }).replace(
    'email: email\n    match',
    'email: {type: email, policy: hold}\n    match',
  );
  expect(complaints(text)).toEqual(['here: there is no side `epr` | Did you mean `erp`?']);
});

test.each<[string, string]>([
  ['epr', 'there is no side `epr` | Did you mean `erp`?'],
  ['[{side: epr}]', 'there is no side `epr` | Did you mean `erp`?'],
  ['[{side: erp}, {side: crm}]', 'the rules after this one are never asked: it has no condition'],
  ['[{side: erp, when: {field: stauts, is: active}}]', 'there is no field `stauts` | Did you mean `status`?'],
  [
    '[{side: erp, when: {field: status, is: actve}}]',
    '`status` never holds this: not one of the options: active, blocked | Did you mean `active`?',
  ],
  ['[{side: erp, when: {field: tags, is: a}}]', 'a condition compares one value, and `tags` is of type set'],
  ['[{side: erp, when: {feild: status, is: active}}]', '`field` is missing'],
  ['[]', 'this list is empty'],
])('the owner %s is refused', (owner, complaint) => {
  const found = said(
    `vat: {type: text, owner: ${owner}} # here`,
    'status: {type: choice, options: [active, blocked]}',
    'tags: set',
  );
  expect(found[0]).toContain(`here: ${complaint}`);
});

test('an owner that only receives the field, or does not know it, is refused', () => {
  const fields = ['vat: {type: text, owner: erp} # here', 'iban: {type: text, owner: erp} # here'];
  const text = syncText({
    fields,
    crm: ['vat: vat', 'iban: iban'],
    erp: ['vat: {field: vat, direction: out}'],
  });
  expect(complaints(text)).toEqual([
    'here: erp owns `vat` and only receives it (direction: out) | Let erp give it (direction: both), or name another owner.',
    'here: erp owns `iban` and does not map it | Map `iban` at erp, or name another owner.',
  ]);
});

test('owners that depend on each other in a circle are refused with the circle', () => {
  const found = said(
    'vat: {type: text, owner: [{side: erp, when: {field: status, is: x}}]} # here',
    'status: {type: text, owner: [{side: crm, when: {field: kind, is: x}}]}',
    'kind: {type: text, owner: [{side: crm, when: {field: vat, is: x}}]}',
    'free: {type: text, owner: [{side: crm, when: {field: vat, is: x}}]}',
  );
  expect(found).toEqual([
    'here: the owners depend on each other in a circle: vat → status → kind → vat' +
      ' | Let one of these fields have an owner without a condition.',
  ]);
});

test('a field whose owner depends on its own value is a circle of one', () => {
  const found = said(
    'status: {type: text, owner: [{side: erp, when: {field: status, is: draft}}, {side: crm}]} # here',
  );
  expect(found).toEqual([expect.stringContaining('a circle: status → status')]);
});

/** A text field that the ERP owns while another field holds x. */
function ownedWhile(field: string): string {
  return `{type: text, owner: [{side: erp, when: {field: ${field}, is: x}}]}`;
}

test('two circles are two errors', () => {
  const found = said(
    `a: ${ownedWhile('b')} # here`,
    `b: ${ownedWhile('a')}`,
    `c: ${ownedWhile('d')} # here`,
    `d: ${ownedWhile('c')}`,
  );
  expect(found).toEqual([expect.stringContaining('a → b → a'), expect.stringContaining('c → d → c')]);
});

test('a field that no side gives is refused, whether nobody maps it or all only receive it', () => {
  const text = syncText({
    fields: ['lone: text # here', 'sunk: text # here'],
    crm: ['sunk: {field: x, direction: out}'],
  });
  expect(complaints(text)).toEqual([
    'here: no side maps `lone` | Map it at a side, or remove it.',
    'here: no side gives `sunk`: all only receive it (direction: out) | Let one side give it: direction: both or in.',
  ]);
});

test('a path tells where in the file an error stands', () => {
  const text = syncText({
    fields: ['vat: {type: text, policy: [latest, {priority: [crm, epr]}]}'],
    crm: ['vat: vat'],
  });
  expect(errorsOf(text)).toMatchObject([
    { file: 'trueup.yaml', line: 10, column: 59, path: 'syncs.customers.fields.vat.policy[1].priority[1]' },
  ]);
});
