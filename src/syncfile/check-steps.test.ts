import { expect, test } from 'vitest';

import { complaints, syncText } from '../../test/support/sync-file.ts';

const FIELDS = [
  'name: text',
  'plain: {type: text, trim: true, empty_is_null: true, max_length: 40}',
  'credit: {type: decimal, scale: 2}',
  'price: {type: money, currency: EUR}',
  'total: money',
  'since: instant',
  'day: {type: instant, precision: s}',
  'born: date',
  'vip: boolean',
  'tags: set',
  'phone: {type: phone, region: DE}',
  'country: {type: country, languages: [en, de]}',
  'state: {type: subdivision, country: US}',
  'money_code: currency',
  'zone: time_zone',
  'site: {type: url, scheme: https}',
  'note: html',
  'account: salesforce_id',
  'status: {type: choice, options: [active, blocked]}',
];
const NAMES = FIELDS.map((line) => line.split(':')[0] ?? '');

/** What is said when the ERP maps every field plainly and the CRM one of them like this. */
function said(mapping: string): readonly string[] {
  return complaints(
    syncText({ fields: FIELDS, crm: [`${mapping} # here`], erp: NAMES.map((name) => `${name}: ${name}`) }),
  );
}

test.each([
  'name: {field: x, max_length: 80, too_long: refuse, count: utf16}',
  'name: {field: x, max_length: 80, too_long: cut, direction: out}',
  'name: {field: x, null_as: n/a}',
  'name: {field: x, default: none, direction: in}',
  'name: {field: x, part: {separator: " ", take: first}, direction: in}',
  'name: {template: "{First Name} {Last}", direction: in}',
  'name: {expression: \'record["First Name"] + " " + Last\', direction: in}',
  'name: {field: x, expression: "value.upperAscii()", direction: out}',
  'name: {field: x, template: "Dear {value}", direction: out}',
  'name: {field: x, write: never}',
  'name: {field: x, write: always}',
  'plain: {field: x, trim: true}',
  'plain: {field: x, null_as: ""}',
  'credit: {field: x, number_format: "1.234,56 €"}',
  'credit: {field: x, percent: fraction}',
  'credit: {field: x, round: 0, direction: out}',
  'price: {field: x, number_format: "$1,234.56"}',
  'price: {field: x, minor_units: 2}',
  'since: {field: x, local_time: {zone: Europe/Berlin, format: YYYY-MM-DDTHH:mm:ss.SSS}}',
  'day: {field: x, local_time: {zone: Europe/Berlin, twice: later}}',
  'born: {field: x, date_format: M/D/YYYY}',
  'phone: {field: x, as: national}',
  'country: {field: x, as: alpha3}',
  'country: {field: x, as: "name:de"}',
  'country: {field: x, values: {1: DE, 2: FR}, direction: in}',
  'state: {field: x, as: name}',
  'account: {field: x, as: id15}',
  'status: {field: x, values: {A: active}, otherwise: X, direction: out}',
])('the mapping %s is good', (mapping) => {
  expect(said(mapping)).toEqual([]);
});

test.each<[string, string]>([
  [
    'credit: {field: x, number_format: "12"}',
    'expected the number 1234 as the side spells it, such as 1.234,56 €',
  ],
  [
    'day: {field: x, local_time: {zone: Europe/Berlin, format: YYYY-MM-DD}}',
    'expected YYYY, MM, DD, HH and mm once each',
  ],
  [
    'day: {field: x, local_time: {zone: Mars/Olympus}}',
    'there is no time zone `Mars/Olympus` | Name one of the IANA database',
  ],
  ['day: {field: x, local_time: {format: YYYY-MM-DD HH:mm}}', '`zone` is missing'],
  [
    'since: {field: x, local_time: {zone: Europe/Berlin}}',
    'Give the field `precision: s` or `precision: min`',
  ],
  [
    'name: {field: x, number_format: "1,234"}',
    '`number_format` gives integer, decimal, money, and `name` is of type text',
  ],
  [
    'total: {field: x, minor_units: 2}',
    '`minor_units` spells an amount, and `total` holds amounts with their currencies',
  ],
  [
    'name: {field: x, as: national}',
    '`as` gives phone, country, subdivision, salesforce_id, and `name` is of type text',
  ],
  ['phone: {field: x, as: nationl}', '`phone` cannot be spelled `nationl` | Did you mean `national`?'],
  ['country: {field: x, as: "name:xx"}', 'the names of countries are not known in `xx`'],
  ['name: {field: x, count: bytes}', '`count` belongs to `max_length`'],
  ['name: {field: x, max_length: 5, too_long: cut}', '`too_long: cut` loses the rest'],
  ['credit: {field: x, round: 1}', '`round` loses digits'],
  ['name: {field: x, default: none}', '`default` cannot be written back'],
  ['born: {field: x, default: soon, direction: in}', '`born` cannot be `soon`: expected a date'],
  ['name: {field: x, part: {separator: " ", take: first}}', '`part` cannot be written back'],
  ['tags: {field: x, trim: true}', '`trim` gives text, and `tags` is of type set'],
  ['name: {field: x, trim: true}', 'is read back as | Give the field `trim: true`'],
  ['name: {field: x, null_as: ""}', 'Give the field `empty_is_null: true`'],
  [
    'status: {field: x, null_as: active}',
    'the value active of `status` cannot be written: at this side the value would mean',
  ],
  ['name: {field: x, write: never, direction: out}', '`write: never` contradicts `direction: out`'],
  ['name: {field: x, write: always, direction: in}', '`write: always` contradicts `direction: in`'],
  ['name: {template: "{First}{Last}"}', 'two fields touch, and nothing tells where one ends'],
  ['name: {template: "{First} {First}"}', '`First` is named twice'],
  ['name: {template: "{First}"}', 'a template that goes both ways names two fields or more'],
  ['name: {template: "{First} {Last}", rest: Frist}', 'the template has no field `Frist` | Did you mean'],
  ['name: {template: "{First} {Last}"}', '| Give the field `empty_is_null: true`'],
  ['name: {field: x, rest: First}', '`rest` belongs to a `template` that goes both ways'],
  ['credit: {template: "{Euro} {Cent}"}', '`template` gives text'],
  [
    'name: {template: "{First} {Last}", prefix: C-}',
    '`prefix` is about one field, and the template is of several',
  ],
  [
    'name: {field: x, template: "{First}"}',
    '`template` names the fields it reads, and `field` names another',
  ],
  [
    'name: {field: x, template: "{First}", direction: in}',
    '`template` names the fields it reads, and `field` names another',
  ],
  ['name: {template: "First", direction: in}', 'the template names no field of this side'],
  [
    'name: {field: x, template: "{First}", direction: out}',
    'a template that is written knows only `value`, and this one names First',
  ],
  ['name: {field: x, expression: "1 + 1", direction: out}', 'the expression does not name `value`'],
  [
    'name: {field: x, expression: value, template: "{value}", direction: out}',
    'a mapping takes one of template, expression',
  ],
])('the mapping %s is refused', (mapping, complaint) => {
  const [first = ''] = said(mapping);
  const [message = '', fix] = complaint.split(' | ');
  expect(first).toContain(message);
  expect(first).toContain(fix ?? '');
});

test.each<[string, string]>([
  ['phone: {type: phone, region: XX}', '`XX` is no country with telephones'],
  ['phone: {type: phone, region: de}', 'expected two capitals of ISO 3166'],
  ['state: subdivision', '`country` is missing'],
  ['state: {type: subdivision}', '`country` is missing'],
  ['state: {type: subdivision, country: XX}', 'no subdivisions are known of `XX`'],
  ['price: {type: money, currency: ABC}', 'there is no currency `ABC`'],
  ['land: {type: country, languages: [en, xx]}', 'the names of countries are not known in `xx`'],
  ['site: {type: url, scheme: gopher}', 'the text `gopher` is not known here'],
])('the field %s is refused', (field, complaint) => {
  const name = field.split(':')[0] ?? '';
  const [first] = complaints(syncText({ fields: [field], crm: [`${name}: x`], erp: [`${name}: y`] }));
  expect(first).toContain(complaint);
});

test('a filter and what it names are read with the side', () => {
  expect(
    complaints(syncText({ crmKeys: [`        filter: Status == "Active" && Amount > 100.0`.trim()] })),
  ).toEqual([]);
  const [first] = complaints(syncText({ crmKeys: ['filter: 1 == 1 # here'] }));
  expect(first).toContain('the filter names no field of this side');
});
