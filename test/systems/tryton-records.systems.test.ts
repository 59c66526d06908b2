import { describe, expect, test } from 'vitest';

import { must } from '../../src/lib/assert.ts';
import {
  BAD_VAT,
  createOf,
  failureOf,
  GOOD_VAT,
  OTHER_VAT,
  PARTY,
  trytonWorkbench,
  updateOf,
} from './tryton-workbench.ts';

const ALL_FIELDS = {
  name: 'Acme GmbH',
  code: 'ACME',
  lang: 'de',
  active: true,
  vat: GOOD_VAT,
  email: 'post@acme.test',
  phone: '+493012345678',
  website: 'https://acme.test',
  'address.street': 'Hauptstr. 1\n2. Hof',
  'address.postal_code': '10115',
  'address.city': 'Berlin',
  'address.country': 'DE',
  'address.subdivision': 'DE-BE',
};

const bench = trytonWorkbench();

describe('a party as one flat record', () => {
  test('every field that is written is read back, and Tryton spaces the telephone number', async () => {
    const record = await bench.create(ALL_FIELDS);
    expect(Object.fromEntries(record.fields)).toEqual({ ...ALL_FIELDS, phone: '+49 30 12345678' });
    expect((await bench.read(record.id, ['tax_identifier'])).fields.get('tax_identifier')).toBe(GOOD_VAT);
    const found = await bench.session.find(PARTY, 'phone', ['+493012345678'], ['name'], 5);
    expect(found.map(({ id }) => id)).toEqual([record.id]);
  });

  test('an update writes to the rows that are there and adds those that are not', async () => {
    const record = await bench.create({ name: 'Rows', email: 'old@rows.test' });
    const fields = { email: 'new@rows.test', mobile: '+32470123456', vat: GOOD_VAT, 'address.city': 'Gent' };
    const result = await bench.update(updateOf(record, fields));
    expect(result).toMatchObject({ kind: 'written', recordId: record.id });
    const mechanisms = await bench.person('party.contact_mechanism.search_count', [
      ['party', '=', Number(record.id)],
    ]);
    expect(mechanisms).toBe(2);
    const after = await bench.read(record.id, [...Object.keys(fields), 'name']);
    expect(Object.fromEntries(after.fields)).toEqual({ ...fields, mobile: '+32 470 12 34 56', name: 'Rows' });
    expect(result).toMatchObject({ version: after.version });
  });

  test('null takes an e-mail address, a VAT number and a country away', async () => {
    const record = await bench.create({
      name: 'Less',
      email: 'x@less.test',
      vat: GOOD_VAT,
      'address.country': 'BE',
    });
    const fields = { email: null, vat: null, 'address.country': null };
    await bench.update(updateOf(record, fields));
    expect(Object.fromEntries((await bench.read(record.id, Object.keys(fields))).fields)).toEqual(fields);
  });

  test('taking away what is not there does not touch the record', async () => {
    const record = await bench.create({ name: 'Nothing to do' });
    const result = await bench.update(updateOf(record, { email: null }));
    expect(result).toMatchObject({ kind: 'written', version: record.version });
  });

  test('inactive parties are read, inactive rows are not', async () => {
    const [id] = (await bench.person('party.party.create', [
      {
        name: 'Asleep',
        active: false,
        contact_mechanisms: [
          [
            'create',
            [
              { type: 'email', value: 'off@asleep.test', active: false },
              { type: 'email', value: 'on@asleep.test' },
            ],
          ],
        ],
      },
    ])) as readonly number[];
    const record = await bench.read(String(id), ['active', 'email']);
    expect(Object.fromEntries(record.fields)).toEqual({ active: false, email: 'on@asleep.test' });
  });

  test('a country that Tryton does not know is refused before anything is sent, with its field', async () => {
    const [result] = await bench.session.write(PARTY, [
      createOf('c', { name: 'Nowhere', 'address.country': 'XX' }),
    ]);
    const failure = { kind: 'invalid', code: 'tryton.unknown_reference', field: 'address.country' };
    expect(result).toMatchObject({ kind: 'failed', failure });
  });
});

describe('refused records', () => {
  test('a bad VAT number fails alone, in Tryton’s own words, and names its field', async () => {
    const requests = Array.from({ length: 20 }, (_, index) =>
      createOf(`k${String(index)}`, {
        name: `Batch ${String(index)}`,
        vat: index === 7 ? BAD_VAT : GOOD_VAT,
      }),
    );
    const results = await bench.session.write(PARTY, requests);
    expect(results.map(({ key }) => key)).toEqual(requests.map(({ key }) => key));
    expect(results.filter(({ kind }) => kind === 'failed')).toEqual([
      {
        kind: 'failed',
        key: 'k7',
        failure: {
          kind: 'invalid',
          code: 'tryton.validation',
          message: `The European VAT Number "${BAD_VAT}" for party "Batch 7" is not valid.`,
          field: 'vat',
          advice: expect.any(String) as string,
        },
      },
    ]);
    const kept = await bench.session.find(PARTY, 'name', ['Batch 6', 'Batch 7', 'Batch 8'], ['name'], 9);
    expect(kept.map(({ fields }) => fields.get('name'))).toEqual(['Batch 6', 'Batch 8']);
  });

  test('of updates in one batch, the bad one fails and the others stand', async () => {
    const records = await Promise.all(['a', 'b', 'c'].map((name) => bench.create({ name })));
    const requests = records.map((record, index) =>
      updateOf(record, { vat: index === 1 ? BAD_VAT : OTHER_VAT }),
    );
    const results = await bench.session.write(PARTY, requests);
    expect(results.map(({ kind }) => kind)).toEqual(['written', 'failed', 'written']);
  });

  test.each([
    [
      'a bad telephone number',
      { name: 'Phone', phone: 'abc' },
      { code: 'tryton.validation', field: 'phone' },
    ],
    ['a code that is taken', { name: 'Twin', code: 'TAKEN' }, { code: 'tryton.duplicate' }],
    ['a number as a name', { name: 4 }, { code: 'tryton.wrong_type', field: 'name' }],
    ['a zero character', { name: 'a\0b' }, { code: 'tryton.database_refused' }],
  ])('%s is refused as invalid', async (_what, fields, expected) => {
    if (expected.code === 'tryton.duplicate') await bench.create(fields);
    const [result] = await bench.session.write(PARTY, [createOf('c', fields)]);
    expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'invalid', ...expected } });
  });

  test('deleting what others refer to is refused for good', async () => {
    const subdivisions = [['create', [{ code: 'LU-L', name: 'Luxembourg', type: 'canton' }]]];
    await bench.person('country.country.create', [{ name: 'Luxembourg', code: 'LU', subdivisions }]);
    const [country] = await bench.session.find('country.country', 'code', ['LU'], ['code'], 1);
    const request = { ...updateOf(must(country, 'the country was created'), {}), kind: 'delete' as const };
    const [result] = await bench.session.write('country.country', [request]);
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { kind: 'permanent', code: 'tryton.referenced' },
    });
  });

  test('a field that Tryton does not have is a config failure that names the nearest', async () => {
    const failure = await failureOf(bench.session.get(PARTY, ['1'], ['adress.city']));
    expect(failure).toMatchObject({ kind: 'config', code: 'tryton.unknown_field', field: 'adress.city' });
    expect(failure.message).toContain('address.city');
  });
});

describe('many writes at once', () => {
  test('more than a batch are written, in order', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `Many ${String(index)}`);
    const results = await bench.session.write(
      PARTY,
      names.map((name) => createOf(name, { name })),
    );
    expect(results.map(({ key }) => key)).toEqual(names);
    const ids = results.map((result) => (result.kind === 'written' ? result.recordId : ''));
    const lookups = await bench.session.get(PARTY, ids, ['name']);
    const read = lookups.map((lookup) => (lookup.kind === 'found' ? lookup.record.fields.get('name') : null));
    expect(read).toEqual(names);
  });

  test('two writes to one record take effect one after the other', async () => {
    const { id } = await bench.create({ name: 'Twice', email: 'one@twice.test' });
    const requests = ['two@twice.test', 'three@twice.test'].map((email) =>
      updateOf({ id, version: null }, { email }),
    );
    const [first, second] = await bench.session.write(PARTY, requests);
    expect([first?.kind, second?.kind]).toEqual(['written', 'written']);
    expect((await bench.read(id, ['email'])).fields.get('email')).toBe('three@twice.test');
  });
});

describe('other models', () => {
  test('decimals, dates and references are read and written without loss', async () => {
    const fields = { name: 'Euro', code: 'EUR', symbol: '€', rounding: '0.01', digits: 2 };
    const [currency] = await bench.session.write('currency.currency', [createOf('c', fields)]);
    if (currency?.kind !== 'written') throw new Error(JSON.stringify(currency));
    const euro = await bench.read(currency.recordId, Object.keys(fields), 'currency.currency');
    expect(Object.fromEntries(euro.fields)).toEqual(fields);
    const rate = { currency: Number(currency.recordId), date: '2026-11-21', rate: '1.234567' };
    const [written] = await bench.session.write('currency.currency.rate', [createOf('r', rate)]);
    expect(written?.kind === 'written' && Object.fromEntries(written.fields ?? [])).toEqual(rate);
  });

  test('describe tells types, limits and what must be given', async () => {
    const [currency] = await bench.session.describe(['currency.currency']);
    const fields = new Map(currency?.fields.map((field) => [field.name, field]));
    expect(fields.get('code')).toMatchObject({ type: { kind: 'text', lengthMax: 3 }, required: true });
    expect(fields.get('rate')).toMatchObject({ type: { kind: 'decimal', scaleMax: 6 }, readOnly: true });
    expect(fields.get('digits')).toMatchObject({ type: { kind: 'integer' }, required: false });
    expect(currency).toMatchObject({ title: 'Currency', recordsEstimate: expect.any(Number) as number });
  });
});
