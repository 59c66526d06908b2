/**
 * What goes wrong between systems, as the guides for their operators name it: each row is read at the CRM as it stands
 * there and written to the ERP, through a sync file as a user writes it.
 */
import { expect, test } from 'vitest';

import { complaints, parsed, syncText } from '../../test/support/sync-file.ts';
import { readRecord, renderBody } from '../engine/mapping.ts';
import { matchKeys } from '../engine/match.ts';
import { mergeObservation, newIdentity, newLink } from '../engine/merge.ts';
import { compileSync, type SyncModel } from '../engine/model.ts';
import { planIdentity } from '../engine/plan.ts';
import type { Bundle, Observation } from '../engine/state.ts';
import type { NativeValue, Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';

function modelOf(field: string, crm: string, erp: string): SyncModel {
  const text = syncText({ fields: [`x: ${field}`], crm: [`x: ${crm}`], erp: [`x: ${erp}`] });
  return compileSync(must(parsed(text).syncs[0], 'the file has a sync'));
}

/** What the ERP is given for what the CRM holds; nothing for a field it is not given, a reason where it cannot be. */
function carried(
  model: SyncModel,
  natives: Readonly<Record<string, NativeValue>>,
  isCreate = false,
): unknown {
  const [crm, erp] = [must(model.sideOf.get('crm'), 'crm'), must(model.sideOf.get('erp'), 'erp')];
  const reading = readRecord(crm, new Map(Object.entries({ e_mail: 'a@b.co', ...natives })));
  if (reading.kind !== 'values')
    return reading.kind === 'invalid'
      ? reading.problems.map(({ reason }) => `!${reason}`).join()
      : 'excluded';
  const rendering = renderBody(erp, reading.values, isCreate);
  if (rendering.kind === 'invalid') return rendering.problems.map(({ reason }) => `!${reason}`).join();
  return rendering.natives.has('y') ? rendering.natives.get('y') : 'nothing';
}

/** Of a reason, as much as the row gives: reasons are whole sentences. */
function asLong(actual: unknown, expected: unknown): unknown {
  const isReason = typeof expected === 'string' && expected.startsWith('!');
  return isReason && typeof actual === 'string' ? actual.slice(0, expected.length) : actual;
}

/** Field, mapping at the CRM, mapping at the ERP, what the CRM holds, what the ERP is given. */
type Row = readonly [field: string, crm: string, erp: string, given: NativeValue, written: unknown];

function carries(title: string, rows: readonly Row[]): void {
  test.each(rows)(`${title}. %s: %s → %s carries %j as %j`, (field, crm, erp, given, written) => {
    expect(asLong(carried(modelOf(field, crm, erp), { x: given }), written)).toEqual(written);
  });
}

const ISO = '2025-05-06T14:30:00.000Z';
const LOCAL = '{field: x, local_time: {zone: America/New_York, format: M/D/YYYY h:mm A}}';
const MINUTES = '{type: instant, precision: min}';

carries('dates and times come as Unix stamps or as people of one country write them', [
  ['{type: instant, precision: s}', '{field: x, unix: s}', 'y', 1_746_541_800, ISO],
  ['instant', '{field: x, unix: ms}', 'y', 1_746_541_800_000, ISO],
  [MINUTES, LOCAL, 'y', '5/6/2025 10:30 AM', ISO],
  ['date', '{field: x, date_format: MM/DD/YYYY}', 'y', '03/04/2026', '2026-03-04'],
  ['date', '{field: x, date_format: DD/MM/YYYY}', 'y', '03/04/2026', '2026-04-03'],
  [
    'date',
    '{field: x, date_format: DD/MM/YYYY}',
    '{field: y, date_format: YYYYMMDD}',
    '29/02/2024',
    '20240229',
  ],
]);

carries('a date that could be two days is nobody\u2019s to guess', [
  ['date', 'x', 'y', '03/04/2026', '!nothing says which number is the day'],
  ['date', '{field: x, date_format: MM/DD/YYYY}', 'y', '31/12/2026', '!expected a date written MM/DD/YYYY'],
]);

carries('times must not slip by the offset, nor days by one', [
  [MINUTES, LOCAL, 'y', '3/8/2026 2:30 AM', '!clocks in America/New_York never show'],
  [MINUTES, LOCAL, 'y', '11/1/2026 1:30 AM', '!clocks in America/New_York show this time twice'],
  ['date', 'x', 'y', '2026-03-29', '2026-03-29'],
  ['instant', 'x', 'y', '2025-05-06 14:30', '!expected an instant with its zone'],
]);

const STATUS = '{type: choice, options: [active, blocked]}';
const CODES = '{field: x, values: {A: active, B: blocked}}';

carries('picklist values are translated, and a new option stops by name instead of becoming blank', [
  [STATUS, CODES, 'y', 'A', 'active'],
  [STATUS, CODES, '{field: y, values: {1: active, 2: blocked}}', 'B', 2],
  [STATUS, CODES, 'y', 'C', '!the value map has no entry'],
  [STATUS, '{field: x, values: {A: active}, otherwise: blocked, direction: in}', 'y', 'new', 'blocked'],
  ['{type: set, options: [a, b]}', '{field: x, separator: ";"}', 'y', 'b;a', ['a', 'b']],
  [
    '{type: set, options: [a, b]}',
    '{field: x, separator: ";"}',
    'y',
    'b;c',
    '!the list holds an unknown option',
  ],
]);

carries('telephone numbers keep nothing but what is dialled', [
  ['{type: phone, region: US}', 'x', '{field: y, as: digits}', '(212) 555-0123', '12125550123'],
  ['{type: phone, region: US}', 'x', 'y', '+1 212.555.0123', '+12125550123'],
  ['{type: phone, region: US}', 'x', '{field: y, as: national}', '2125550123 x89', '(212) 555-0123 ext. 89'],
  ['phone', 'x', 'y', '555-0123', '!expected a telephone number with its country'],
]);

carries('amounts come with symbols and signs of their country', [
  ['decimal', '{field: x, number_format: "$1,234.56"}', 'y', '$1,234.50', '1234.5'],
  [
    '{type: money, currency: EUR}',
    '{field: x, number_format: "1.234,56 \u20ac"}',
    'y',
    '1.234,50 \u20ac',
    '1234.5',
  ],
  ['decimal', 'x', 'y', '$12', '!expected a number'],
  ['{type: money, currency: EUR}', '{field: x, number_format: "1.234,56 \u20ac"}', 'y', '$5', '!'],
  ['{type: money, currency: JPY}', 'x', 'y', '12.5', '!1 decimals, at most 0 fit'],
  ['decimal', 'x', 'y', '12345678901234567890.123', '12345678901234567890.123'],
]);

carries('checkboxes are "true" here and 1 there', [
  ['boolean', 'x', 'y', 'true', true],
  ['boolean', 'x', 'y', 1, true],
  ['boolean', 'x', 'y', '0', false],
  ['boolean', 'x', '{field: y, values: {"true": true, "false": false}}', true, 'true'],
  ['boolean', 'x', '{field: y, values: {1: true, 0: false}}', 'No', 0],
  ['boolean', 'x', 'y', 'maybe', '!expected true/false'],
]);

carries(
  'text that is too long is cut where that is allowed, and flagged before the system is asked otherwise',
  [
    ['text', 'x', '{field: y, max_length: 5, too_long: cut, direction: out}', 'caf\u00e9 noir', 'caf\u00e9 '],
    [
      'text',
      'x',
      '{field: y, max_length: 5, count: bytes, too_long: cut, direction: out}',
      'caf\u00e9!',
      'caf\u00e9',
    ],
    ['text', 'x', '{field: y, max_length: 5}', 'longer', '!6 characters, and the side keeps 5'],
    ['{type: text, max_length: 5}', 'x', 'y', 'longer', '!6 characters, at most 5 fit'],
  ],
);

carries('a state is California here and CA there, a country a name here and two letters there', [
  ['{type: subdivision, country: US}', 'x', 'y', 'California', 'CA'],
  ['{type: subdivision, country: US}', 'x', '{field: y, as: name}', 'CA', 'California'],
  ['{type: subdivision, country: US}', 'x', 'y', 'Kalifornien', '!expected a part of US'],
  ['country', 'x', 'y', 'United Kingdom', 'GB'],
  ['country', 'x', '{field: y, as: alpha3}', 'gb', 'GBR'],
  ['country', 'x', 'y', 'Untied Kingdom', '!expected a country'],
]);

carries('a date field holds n/a', [
  ['date', '{field: x, null_as: n/a}', 'y', 'n/a', null],
  ['date', '{field: x, null_as: n/a}', '{field: y, null_as: "#N/A"}', 'n/a', '#N/A'],
  ['date', 'x', 'y', 'n/a', '!expected a date such as 2026-03-31'],
]);

carries('what is blank, what is missing and what is empty are three things', [
  ['text', 'x', 'y', null, null],
  ['text', 'x', 'y', '', ''],
  ['{type: text, empty_is_null: true}', 'x', 'y', '', null],
  ['text', '{field: x, default: none, direction: in}', 'y', null, 'none'],
]);

test('a field that the record does not have is not written, so it cannot wipe a good value', () => {
  expect(carried(modelOf('text', 'x', 'y'), {})).toBe('nothing');
});

test('a field that the other system requires and this one left blank takes its stand-in', () => {
  const model = modelOf('text', 'x', '{field: y, when_missing: unknown}');
  expect(carried(model, { x: null }, true)).toBe('unknown');
  expect(carried(model, { x: null }, false)).toBe(null);
});

test('a field that somebody added in the system and did not map stops nothing', () => {
  expect(carried(modelOf('text', 'x', 'y'), { x: 'kept', Customer_Tier__c: 'gold' })).toBe('kept');
});

/** A record of the one thing there is, read whole. */
function seenAt(side: 'crm' | 'erp', values: Values, atMs: number): Observation {
  const recordId = side === 'crm' ? '7' : '8';
  return { side, recordId, version: null, values, readBeganMs: atMs, readEndedMs: atMs };
}

test('a unique identifier that changes in one system is an edit of the record it was, never a second one', () => {
  const model = modelOf('text', 'x', 'y');
  const email = 'a@b.co';
  const bundle: Bundle = {
    identity: newIdentity('1'),
    writes: [],
    holds: [],
    links: [newLink('crm', '7'), newLink('erp', '8')],
  };
  const known = (['crm', 'erp'] as const).reduce(
    (so, side) => mergeObservation(model, so, seenAt(side, { email, x: 'Ann' }, 1)).bundle,
    bundle,
  );
  const { bundle: changed } = mergeObservation(
    model,
    known,
    seenAt('crm', { email: 'new@b.co', x: 'Ann' }, 2),
  );
  expect(changed.identity.id).toBe('1');
  expect(planIdentity(model, changed)).toMatchObject([{ kind: 'open', side: 'erp', write: 'update' }]);
  expect(matchKeys(model, changed.identity.golden)).not.toEqual(matchKeys(model, known.identity.golden));
});

test('one name here is two there: the parts are read, and joined where both are known', () => {
  const joined = modelOf('text', '{template: "{First} {Last}", direction: in}', '{field: y, direction: out}');
  expect(carried(joined, { First: 'Ann', Last: 'Lee' })).toBe('Ann Lee');
  const first = modelOf('text', '{field: Name, part: {separator: " ", take: first}, direction: in}', 'y');
  expect(carried(first, { Name: 'Ann Lee' })).toBe('Ann');
  // Nobody can tell where a name is to be split, so no mapping may write it back.
  const both = syncText({
    fields: ['x: text'],
    crm: ['x: {field: Name, part: {separator: " ", take: first}}'],
    erp: ['x: y'],
  });
  expect(complaints(both)[0]).toContain('`part` cannot be written back');
});

test('an id of Salesforce is one id in both of its lengths', () => {
  const model = modelOf('salesforce_id', 'x', '{field: y, as: id15}');
  expect(carried(model, { x: '001A000001LZ6CIIA1' })).toBe('001A000001LZ6CI');
  expect(carried(modelOf('salesforce_id', 'x', 'y'), { x: '001A000001LZ6CI' })).toBe('001A000001LZ6CIIA1');
});
