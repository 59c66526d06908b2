import { expect, test } from 'vitest';

import { complaints, errorsOf, syncText } from '../../test/support/sync-file.ts';

test('a sync of one side is refused', () => {
  const text = syncText()
    .replace(/ {6}erp:\n {8}connection: erp\n.*\n.*\n.*\n/, '')
    .replace('    sides:', '    sides: # here');
  expect(complaints(text)).toEqual([
    'here: a sync has two or more sides, this one has 1 | Add another side.',
  ]);
});

test('a side that stands twice is refused by its second line', () => {
  const text = syncText().replace('      erp:', '      crm: # here');
  expect(complaints(text)).toEqual([
    expect.stringContaining('a sync has two or more sides'),
    'here: `crm` stands here twice, first in line 12 | Keep one of them.',
  ]);
});

test('two sides over one collection are refused: every record would match itself', () => {
  const text = syncText().replace(
    'connection: erp\n        collection: party.party',
    'connection: crm\n        collection: public.customer # here',
  );
  expect(complaints(text)).toEqual([
    'here: `erp` is the same collection as `crm` | Name another collection, or remove one of the sides.',
  ]);
});

test('a connection that is not declared is refused with the nearest name', () => {
  const text = syncText().replace('        connection: crm', '        connection: crmm # here');
  expect(complaints(text)).toEqual(['here: there is no connection `crmm` | Did you mean `crm`?']);
});

test('a connection that is declared wrongly is not also unknown', () => {
  const text = syncText().replace('system: postgres', 'system: postgre');
  expect(errorsOf(text)).toHaveLength(1);
});

test.each<[string, string]>([
  ['[]', 'this list is empty'],
  ['mail', 'there is no field `mail` | Did you mean `email`?'],
  ['[[email, nam]]', 'there is no field `nam` | Did you mean `name`?'],
  [
    '[name, city]',
    'expected a list of rules that are each a list of fields | Write [[name, city]] if all of them must agree, [[name], [city]] if one of them is enough.',
  ],
  ['[email]', 'expected a list of rules that are each a list of fields | Write [[email]].'],
  ['[[tags]]', '`tags` is of type set, which identifies nothing'],
  [
    '[[city]]',
    '`city` is not mapped at erp, so no record there can match by it | Map `city` at erp, or match by another field.',
  ],
  ['7', 'expected a field, or a list of rules that are each a list of fields, got the number 7'],
])('the match rule %s is refused', (match, complaint) => {
  const fields = ['name: text', 'city: text', 'tags: set'];
  const both = ['name: name', 'tags: tags'];
  const text = syncText({ fields, match: `${match} # here`, crm: [...both, 'city: city'], erp: both });
  expect(complaints(text)).toEqual([expect.stringContaining(`here: ${complaint}`)]);
});

test.each<[string, string]>([
  ['{mode: hold, from: [crn]}', 'there is no side `crn` | Did you mean `crm`?'],
  ['{mode: propgate}', 'the text `propgate` is not known here | Did you mean `propagate`?'],
  [
    '{mode: propagate}',
    'deletes are to be propagated, and no other side may delete | Give the side that shall follow `deletes: true`.',
  ],
  ['{against_edit: editWins}', 'the text `editWins` is not known here | Did you mean `edit_wins`?'],
])('the deletes %s are refused', (deletes, complaint) => {
  expect(complaints(syncText({ keys: [`deletes: ${deletes} # here`] }))).toEqual([`here: ${complaint}`]);
});

test('deletes that only come from the one side that may delete lead nowhere', () => {
  const parts = { crmKeys: ['deletes: true'] };
  expect(errorsOf(syncText({ ...parts, keys: ['deletes: {mode: propagate, from: [crm]}'] }))).toHaveLength(1);
  expect(errorsOf(syncText({ ...parts, keys: ['deletes: {mode: propagate, from: [erp]}'] }))).toEqual([]);
  expect(errorsOf(syncText({ ...parts, keys: ['deletes: {mode: propagate}'] }))).toEqual([]);
});

test.each<[string, string]>([
  [
    '{field: kind}',
    'the condition does not say what the field must hold | Give it one of is, is_not, in, not_in',
  ],
  ['{field: kind, is: a, in: [b]}', 'one condition cannot have both is and in'],
  ['{is: a}', '`field` is missing'],
  ['{field: kind, in: []}', 'this list is empty'],
  ['{field: kind, equals: a}', 'unknown key `equals`'],
])('the condition %s is refused', (condition, complaint) => {
  const text = syncText({ crmKeys: [`where: [${condition}] # here`] });
  expect(complaints(text)).toEqual([expect.stringContaining(`here: ${complaint}`)]);
});

test.each<[string, string]>([
  [
    'reconcile: {every: month} # here',
    'the text `month` is not known here | Known: 1h, 2h, 3h, 4h, 6h, 8h, 12h, day, week.',
  ],
  ['reconcile: {every: day, on: monday} # here', '`on` goes with every: week'],
  ['reconcile: {every: day, at: "24:00"} # here', 'expected a time of the day such as "02:30"'],
  ['reconcile: {every: day, budget: {share: 2}} # here', 'expected at most 1'],
  ['guard: {deletes_max: -1} # here', 'expected at least 0'],
  ['guard: {deletes_share_max: 5} # here', 'expected at most 1'],
  ['guard: {deletes_maximum: 5} # here', 'unknown key `deletes_maximum` | Did you mean `deletes_max`?'],
  ['default: {} # here', 'unknown key `default` | Did you mean `defaults`?'],
])('%s is refused', (line, complaint) => {
  expect(complaints(syncText({ keys: [line] }))).toEqual([`here: ${complaint}`]);
});

test('all mistakes of a file are said at once, in the order of the file', () => {
  const text = syncText({
    connections: ['list: {system: flies} # here'],
    fields: ['vat: {type: txt} # here', 'city: text'],
    match: 'mail # here',
    crmKeys: ['deletes: perhaps # here'],
    crm: ['vat: vat', 'ctiy: city # here'],
    erp: ['city: [] # here'],
    keys: ['guard: 7 # here'],
  });
  const found = complaints(text);
  expect(found).toHaveLength(7);
  expect(found.every((complaint) => complaint.startsWith('here: '))).toBe(true);
});
