import { expect, test } from 'vitest';

import { complaints, errorsOf, syncText } from '../../test/support/sync-file.ts';

const FIELDS = [
  'name: text',
  'code: {type: text, ignore_case: true}',
  'status: {type: choice, options: [active, blocked]}',
  'credit: {type: decimal, scale: 2}',
  'since: instant',
  'day: {type: instant, precision: s}',
  'born: date',
  'tags: set',
  'vip: boolean',
  'count: integer',
  'extra: json',
];
const NAMES = FIELDS.map((line) => line.split(':')[0] ?? '');

/** What is said when the ERP maps every field plainly and the CRM one of them like this. */
function said(mapping: string): readonly string[] {
  return complaints(
    syncText({ fields: FIELDS, crm: [`${mapping} # here`], erp: NAMES.map((name) => `${name}: ${name}`) }),
  );
}

test.each([
  'name: full_name',
  'name: {field: full_name, direction: in}',
  'code: {field: code, case: upper}',
  'code: {field: code, prefix: C-, when_missing: C-none}',
  'status: {field: state, values: {A: active, B: blocked}}',
  'status: {field: state, values: {1: active, 2: blocked}}',
  'status: {field: state, values: {A: active}, otherwise: blocked, direction: in}',
  'status: {field: state, values: {A: active, B: active}, direction: in}',
  'credit: {field: credit_cents, minor_units: 2}',
  'since: {field: since, unix: ms}',
  'day: {field: day, unix: s}',
  'born: {field: born, date_format: DD.MM.YYYY}',
  'born: {field: born, date_format: YYYYMMDD}',
  'tags: {field: labels, separator: ";"}',
  'vip: {field: vip, values: {Y: true, N: false}}',
  'vip: {field: vip, values: {true: false, false: true}}',
  'count: {field: count, prefix: "#"}',
])('the mapping %s is good', (mapping) => {
  expect(said(mapping)).toEqual([]);
});

test.each<[string, string]>([
  ['nam: full_name', 'there is no field `nam` | Did you mean `name`?'],
  ['name: 5', 'expected the name of a field of this side, or {field: NAME, …}, got the number 5'],
  ['name: {direction: in}', '`field` is missing'],
  ['name: {field: x, direction: inn}', 'the text `inn` is not known here | Did you mean `in`?'],
  ['name: {field: x, upper: true}', 'unknown key `upper`'],
  ['since: {field: x, unix: ns}', 'the text `ns` is not known here'],
  [
    'born: {field: x, date_format: DD.MM.YY}',
    'expected DD, MM and YYYY once each, with signs between, such as DD.MM.YYYY',
  ],
  ['born: {field: x, date_format: DD.MM.MM.YYYY}', 'expected DD, MM and YYYY once each'],
  ['credit: {field: x, minor_units: 2.5}', 'expected a whole number, got the number 2.5'],
  ['tags: {field: x, separator: ""}', 'this is empty'],
  ['name: {field: x, values: [A]}', 'expected a map, got a list'],
])('the mapping %s is refused for its shape', (mapping, complaint) => {
  expect(said(mapping)).toEqual([expect.stringContaining(`here: ${complaint}`)]);
});

test.each<[string, string]>([
  ['credit: {field: x, minor_units: 2, unix: s}', 'a mapping takes one of minor_units, unix, not both'],
  [
    'name: {field: x, minor_units: 2}',
    '`minor_units` gives integer, decimal, money, and `name` is of type text | Remove `minor_units`, or give the field another type.',
  ],
  ['born: {field: x, unix: s}', '`unix` gives instant, and `born` is of type date'],
  ['name: {field: x, separator: ";"}', '`separator` gives set, and `name` is of type text'],
  ['tags: {field: x, values: {a: b}}', '`values` gives text'],
  ['tags: {field: x, prefix: C-}', 'a prefix stands before text, and `tags` is of type set'],
  ['name: {field: x, otherwise: y}', '`otherwise` belongs to `values`'],
  [
    'status: {field: x, values: {A: active}, otherwise: blocked}',
    '`otherwise` cannot be written back: nothing tells which value it stood for',
  ],
  [
    'name: {field: x, direction: in, when_missing: y}',
    '`when_missing` is what is written, and nothing is written here (direction: in)',
  ],
  [
    'name: {field: x, case: lower}',
    '`case: lower` loses the case of `name`, where case counts | Give the field `ignore_case: true`',
  ],
  ['name: {field: x, case: upper}', '`case: upper` loses the case of `name`, where case counts'],
  [
    'status: {field: x, values: {A: actve, B: blocked}}',
    '`status` cannot be `actve`: not one of the options: active, blocked | Did you mean `active`?',
  ],
  ['vip: {field: x, values: {Y: perhaps}}', '`vip` cannot be `perhaps`'],
  [
    'born: {field: x, date_format: DD.MM.YYYY, when_missing: never}',
    'what is written when the value is missing could not be read back: expected a date written DD.MM.YYYY',
  ],
])('the mapping %s is refused for what it means', (mapping, complaint) => {
  expect(said(mapping)[0]).toContain(`here: ${complaint}`);
});

test('two native values for one golden value are refused by the second, naming both', () => {
  expect(said('status: {field: state, values: {A: active, C: active, B: blocked}}')).toEqual([
    'here: `A` and `C` both become active: written back, one of them would turn into the other' +
      ' | Give each a value of its own, or let this side only give it: `direction: in`.',
  ]);
});

test('true and "true" become the same flag, so they are not one-to-one', () => {
  expect(said('vip: {field: x, values: {Y: true, J: "true", N: false}}')[0]).toContain(
    '`Y` and `J` both become true',
  );
});

test('a mapping that cannot round-trip is refused with the value that shows it and the ways out', () => {
  expect(said('status: {field: state, values: {A: active}}')).toEqual([
    'here: crm `state`: the value blocked of `status` cannot be written: the value map has no entry that gives this value' +
      ' | Give `values` an entry for every value of the field.' +
      ' Or: Let this side only give the value: `direction: in`.' +
      ' Or: Let this side only receive the value: `direction: out`.',
  ]);
  expect(said('since: {field: x, unix: s}')[0]).toMatch(
    /^here: .*keeps whole seconds only \| Give the field `precision: s`/,
  );
  expect(said('name: {field: x, values: {A: active}}')[0]).toContain('Make the field a `choice`');
});

test('one native field written by two mappings is refused; read by two it is fine', () => {
  const fields = ['name: text', 'nick: text'];
  const erp = ['name: name', 'nick: nick'];
  const text = syncText({
    fields,
    erp,
    crm: ['name: full_name', 'nick: {field: full_name, direction: out} # here'],
  });
  expect(complaints(text)).toEqual([
    'here: `name` and `nick` are both written to `full_name` at crm' +
      ' | Map one of them elsewhere, or let it only be given: `direction: in`.',
  ]);
  expect(
    errorsOf(syncText({ fields, erp, crm: ['name: full_name', 'nick: {field: full_name, direction: in}'] })),
  ).toEqual([]);
});

test('a field that is wrong itself is not also tried with its mappings', () => {
  const text = syncText({ fields: ['name: {type: txt} # here'], crm: ['name: {field: x, case: upper}'] });
  expect(complaints(text)).toEqual(['here: there is no type `txt` | Did you mean `text`?']);
});
