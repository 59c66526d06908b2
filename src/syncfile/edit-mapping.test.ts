import fc from 'fast-check';
import { expect, test } from 'vitest';

import { editMapping, mappingSaid } from './edit-mapping.ts';

const TEXT = `# what is kept in step
syncs:
  customers:
    sides:
      crm:
        connection: crm # ours
        fields: {email: email, phone: {field: tel, as: national}} # the CRM's own names
      erp:
        fields:
          email: mail   # where invoices go
          # on the invoice
          name:
            field: company_name
            max_length: 40
          phone: phone
`;

const at = (side: string, field: string) => ({ sync: 'customers', side, field });

test.each([
  ['crm', 'email', { field: 'e-mail' }, 'email: email, phone', 'email: e-mail, phone'],
  ['crm', 'phone', { field: 'tel' }, 'phone: {field: tel, as: national}', 'phone: tel'],
  ['crm', 'phone', { field: 'a, b' }, '{field: tel, as: national}', '"a, b"'],
  ['erp', 'email', { field: 'mail', case: 'lower' }, 'email: mail  ', 'email: {field: mail, case: lower}  '],
  [
    'erp',
    'name',
    { field: 'firm' },
    'name:\n            field: company_name\n            max_length: 40',
    'name: firm',
  ],
  ['erp', 'phone', null, '          phone: phone\n', ''],
  ['erp', 'email', null, '          email: mail   # where invoices go\n', ''],
  ['crm', 'email', null, 'email: email, ', ''],
  ['crm', 'phone', null, ', phone: {field: tel, as: national}', ''],
  ['crm', 'name', { field: 'Name' }, 'national}}', 'national}, name: Name}'],
  ['erp', 'vat', { field: 'vat' }, 'phone: phone\n', 'phone: phone\n          vat: vat\n'],
])('%s.%s becomes %j, and nothing else changes', (side, field, mapping, from, to) => {
  const edited = editMapping(TEXT, at(side, field), mapping);
  expect(edited).toBe(TEXT.replace(from, to));
  expect(mappingSaid(edited ?? '', at(side, field))).toEqual(mapping ?? undefined);
});

test.each([
  ['a side that is not there', TEXT, at('shop', 'email'), { field: 'x' }],
  ['the only field of a side', 'syncs: {customers: {sides: {crm: {fields: {a: b}}}}}', at('crm', 'a'), null],
  [
    'a map that an anchor shares',
    'syncs: {customers: {sides: {crm: {fields: &f {a: b}}, erp: {fields: *f}}}}',
    at('erp', 'a'),
    { field: 'x' },
  ],
  [
    'an anchor that others name',
    'syncs: {customers: {sides: {crm: {fields: {a: {field: b, values: &v {x: y}}, c: {field: d, values: *v}}}}}}',
    at('crm', 'a'),
    { field: 'b' },
  ],
  ['a file that is none', '{', at('crm', 'a'), { field: 'x' }],
])('what cannot be said in its place is left alone: %s', (_, text, place, mapping) => {
  expect(editMapping(text, place, mapping)).toBeNull();
});

test('whatever a mapping says, it is what is read afterwards', () => {
  const word = fc.string({ minLength: 1, unit: 'grapheme' });
  const mapping = fc.record(
    {
      field: word,
      prefix: word,
      values: fc.dictionary(
        word.filter((key) => key !== '__proto__'),
        word,
        { minKeys: 1 },
      ),
    },
    { requiredKeys: ['field'] },
  );
  fc.assert(
    fc.property(
      mapping,
      fc.constantFrom(at('crm', 'phone'), at('erp', 'name'), at('erp', 'fax')),
      (said, place) => {
        const plain = structuredClone(said);
        expect(mappingSaid(editMapping(TEXT, place, plain) ?? '', place)).toEqual(plain);
      },
    ),
  );
});
