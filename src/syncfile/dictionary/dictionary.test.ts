import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { complaints, parsed, syncText } from '../../../test/support/sync-file.ts';
import type { CollectionDescription } from '../../connector/contract.ts';
import { compileRules, violationOf } from '../../engine/rules.ts';
import type { Values } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { withDictionary } from './agreement.ts';
import { dictionaryJsonSchema, parseDictionary, type Dictionary } from './dictionary.ts';
import { draftDictionary } from './draft.ts';
import { entitySchema } from './entity-schema.ts';
import { fieldRules, recordRules } from './entry.ts';
import { dictionaryPage } from './html.ts';
import { markdownPage } from './markdown.ts';
import { entityPages } from './page.ts';

function text(...fields: readonly string[]): string {
  return [
    'version: 1',
    'entities:',
    '  Customer:',
    '    fields:',
    ...fields.map((line) => `      ${line}`),
    '',
  ].join('\n');
}

function wrong(source: string): readonly string[] {
  const result = parseDictionary(source, 'dictionary.yaml');
  return result.kind === 'errors' ? complaints(source, result.errors) : [];
}

function good(source: string): Dictionary {
  const result = parseDictionary(source, 'dictionary.yaml');
  if (result.kind === 'errors') throw new Error(JSON.stringify(result.errors));
  return result.dictionary;
}

describe('a dictionary is refused where it stands, with what to do', () => {
  test.each([
    [
      'a type nobody knows',
      ['email: {type: emial} # here'],
      'here: the text `emial` is not known here | Did you mean `email`?',
    ],
    [
      'a choice without values',
      ['status: {type: choice} # here'],
      'here: `values` is missing | List the values and what each means.',
    ],
    [
      'a rule that cannot be read',
      ['n:', '  type: integer', '  rules:', '    - {must: "value >", says: more} # here'],
      'here: the expression cannot go on with `>` here | Write it in CEL: https://cel.dev',
    ],
    [
      'a rule on a field that is not there',
      ['n:', '  type: integer', '  rules:', '    - {must: "value > least", says: more} # here'],
      'here: the entity has no field `least` | Known: n, value.',
    ],
    [
      'an example of another type',
      ['n: {type: integer, examples: [1, x]} # here'],
      'here: this is no value of the field: expected a number written with a decimal point, such as 1234.50 | Write one that is.',
    ],
    [
      'an example that breaks a rule',
      ['code: {type: text, format: "C-###", examples: [C-12]} # here'],
      'here: the example breaks a rule: it must look like C-### | Correct the example or the rule.',
    ],
    [
      'a bound without an order',
      ['name: {type: text, min: a} # here'],
      'here: values of type text have no order | Remove `min`.',
    ],
    [
      'a bound of another type',
      ['n: {type: integer, max: many} # here'],
      'here: this is no value of type integer | Write one that is.',
    ],
    [
      'an unknown key',
      ['n: {type: integer, owned_by: crm} # here'],
      'here: unknown key `owned_by` | Known: title, meaning, type, owner, required, sensitivity, max_length, min, max, scale, country, currency and 7 more.',
    ],
  ])('%s', (_title, fields, said) => {
    expect(wrong(text(...fields))).toEqual([said]);
  });

  test('an empty file', () => {
    expect(wrong('')).toEqual(['line 1: the file is empty | Draft one with: trueup dictionary draft']);
  });

  test('whatever the text, it is an answer', () => {
    for (const source of ['[]', 'version: 2', '{', 'entities: 3', 'version: 1\nentities: {A: null}'])
      expect(parseDictionary(source, 'd.yaml').kind).toBe('errors');
  });
});

const FIELDS = [
  'status: {type: choice, options: [active, blocked], owner: crm}',
  'name: {type: text, max_length: 40}',
];
const MAPPED = ['status: state', 'name: name'];
const ERP = ['status: {field: st, values: {A: active, B: blocked}}', 'name: name'];
const STATUS =
  'status: {type: choice, owner: crm, values: {active: buys from us, blocked: {meaning: must not buy, at: {erp: B}}}}';

function against(
  fields: readonly string[],
  erp: readonly string[],
  ...entries: readonly string[]
): readonly string[] {
  const source = syncText({ fields, crm: MAPPED, erp });
  const result = withDictionary(parsed(source), good(text('email: {type: email}', ...entries)));
  return result.kind === 'errors' ? complaints(source, result.errors) : [];
}

describe('a sync file that says otherwise is told where it does', () => {
  const [status = '', name = ''] = FIELDS;

  test('and one that agrees is good', () => {
    expect(against(FIELDS, ERP, STATUS, 'name: {type: text, max_length: 40}')).toEqual([]);
  });

  test.each([
    [
      'another type',
      [status, `${name} # here`],
      ERP,
      [STATUS, 'name: {type: html}'],
      'here: `name` is of type text here and html in dictionary.yaml:7 | Let the two say the same.',
    ],
    [
      'another length',
      [status, `${name} # here`],
      ERP,
      [STATUS, 'name: {type: text, max_length: 30}'],
      'here: `name` may have 40 characters here and 30 in dictionary.yaml:7 | Write `max_length: 30`, or correct the dictionary.',
    ],
    [
      'a field it does not have',
      [status, `${name} # here`],
      ERP,
      [STATUS, 'nome: {type: text}'],
      'here: dictionary.yaml has no field `name` of Customer | Did you mean `nome`?',
    ],
    [
      'another owner',
      [`${status} # here`, name],
      ERP,
      [STATUS.replace('crm', 'erp'), 'name: {type: text}'],
      'here: crm owns `status` here, and dictionary.yaml:6 says that erp does | Let the two say the same.',
    ],
    [
      'no owner',
      [status, `${name} # here`],
      ERP,
      [STATUS, 'name: {type: text, owner: erp}'],
      'here: dictionary.yaml:7 says that erp owns `name`, and here every side may change it | Write `owner: erp`, or remove the owner from the dictionary.',
    ],
    [
      'not required',
      [status, 'name: {type: text, required: false} # here'],
      ERP,
      [STATUS, 'name: {type: text, required: true}'],
      'here: `name` is not required here and it is in dictionary.yaml:7 | Let the two say the same.',
    ],
    [
      'other values',
      [`${status} # here`, name],
      ERP,
      [STATUS.replace('active: buys from us, ', ''), 'name: {type: text}'],
      'here: dictionary.yaml:6 does not allow active for `status` | Add what it means to the dictionary, or remove it here.',
    ],
    [
      'another spelling',
      FIELDS,
      ['status: {field: st, values: {A: active, X: blocked}} # here', 'name: name'],
      [STATUS, 'name: {type: text}'],
      'here: blocked of `status` is spelled X at erp here and B in dictionary.yaml:6 | Write it in `values`: {B: blocked}, or correct the dictionary.',
    ],
  ] as const)('%s', (_title, fields, erp, entries, said) => {
    expect(against(fields, erp, ...entries)).toEqual([said]);
  });

  test('an entity that is not described', () => {
    const source = syncText().replace('entity: Customer', 'entity: Custmer # here');
    const result = withDictionary(parsed(source), good(text('email: {type: email}')));
    expect(result.kind === 'errors' ? complaints(source, result.errors) : []).toEqual([
      'here: dictionary.yaml does not describe `Custmer` | Did you mean `Customer`? Or describe it there: trueup dictionary draft',
    ]);
  });
});

test('the rules of a field and of the record become part of the definition, those on fields elsewhere do not', () => {
  const source = `${text('email: {type: email, required: true, on_violation: flag}', 'vat: {type: text}')}    rules:
      - {must: 'email != null', says: an e-mail is there}
      - {must: 'vat != null || email != null', says: never asked here}
`;
  const result = withDictionary(parsed(syncText()), good(source));
  expect(result.kind === 'ok' ? result.file.syncs[0]?.rules : null).toEqual([
    { field: 'email', onViolation: 'flag', kind: 'required' },
    {
      field: 'email',
      onViolation: 'hold',
      kind: 'expression',
      text: 'email != null',
      says: 'an e-mail is there',
      ofRecord: true,
    },
  ]);
});

const RICH = text(
  'email: {type: email, meaning: "Where invoices | <go>", owner: crm, required: true, sensitivity: personal}',
  STATUS,
  'name: {type: text, format: "@*", examples: [Ann]}',
);

describe('the pages', () => {
  const syncs = parsed(syncText({ fields: FIELDS, crm: MAPPED, erp: ERP })).syncs;
  const pages = entityPages(good(RICH), syncs);

  test('Markdown tells who owns what and where it lives, and no text breaks the table', () => {
    const page = markdownPage(pages);
    expect(page).toContain('| status | crm | ⇄ state | ⇄ st (A = active, B = blocked) |');
    expect(page).toContain(String.raw`Where invoices \| &lt;go>`);
    expect(page).toContain('| blocked | must not buy | erp: B |');
    expect(page).toContain(String.raw`looks like @\*`);
  });

  test('HTML is one file in which texts are only texts', () => {
    const page = dictionaryPage(pages);
    expect(page).toContain('<td>Where invoices | &lt;go&gt;</td>');
    expect(page).not.toContain('<go>');
    expect(page).toContain('<tr><th scope="row">status</th><td>crm</td><td>⇄ state</td>');
  });

  test('JSON Schema says types, values and what may be missing', () => {
    const schema = entitySchema(good(RICH)) as { readonly $defs: Readonly<Record<string, unknown>> };
    expect(schema.$defs['Customer']).toMatchObject({
      required: ['email'],
      properties: {
        email: { type: 'string', format: 'email', 'x-sensitivity': 'personal' },
        status: { type: ['string', 'null'], enum: ['active', 'blocked', null], 'x-owner': 'crm' },
        name: { type: ['string', 'null'], pattern: String.raw`^\p{L}.*$` },
      },
    });
  });
});

test('the file has a JSON Schema for editors', () => {
  expect(dictionaryJsonSchema()).toMatchObject({ title: 'Trueup data dictionary', type: 'object' });
});

describe('a draft', () => {
  const sync = must(parsed(syncText({ fields: FIELDS, crm: MAPPED, erp: ERP })).syncs[0], 'one sync');
  const field = { required: false, readOnly: false, unique: false };
  const description = {
    name: 'public.customer',
    fields: [
      { ...field, name: 'e_mail', title: 'E-mail', type: { kind: 'text', lengthMax: 80 }, required: true },
      { ...field, name: 'name', type: { kind: 'text', lengthMax: 30 } },
    ],
  } as unknown as CollectionDescription;
  const records = ['Ann', 'Bob'].map((name, index) => ({
    id: String(index),
    version: null,
    fields: new Map([
      ['name', name],
      ['e_mail', `${name}@x.example`],
      ['state', 'active'],
    ]),
  }));
  const drafted = draftDictionary(
    [sync],
    new Map([
      ['customers', { descriptions: new Map([['crm', description]]), samples: new Map([['crm', records]]) }],
    ]),
  );

  test('is good, and the sync file that it was made from agrees with it', () => {
    const dictionary = good(drafted);
    expect(withDictionary(parsed(syncText({ fields: FIELDS, crm: MAPPED, erp: ERP })), dictionary).kind).toBe(
      'ok',
    );
    expect(dictionary.entities.get('Customer')?.fields['status']).toMatchObject({
      owner: 'crm',
      examples: ['active'],
    });
    expect(dictionary.entities.get('Customer')?.fields['email']).toMatchObject({
      title: 'E-mail',
      required: true,
    });
  });

  test('of a reference says what it names, and quotes no id', () => {
    const account = {
      ...must(sync.fields[0], 'a field'),
      name: 'account',
      type: { kind: 'reference', to: 'accounts', many: true } as const,
    };
    const referring = draftDictionary([{ ...sync, fields: [...sync.fields, account] }], new Map());
    expect(good(referring).entities.get('Customer')?.fields['account']).toMatchObject({
      type: 'reference',
      to: 'accounts',
      many: true,
    });
  });

  test('quotes nothing of what may be personal', () => {
    expect(drafted).not.toMatch(/Ann|Bob/);
    expect(drafted).toContain('# filled in 2 of 2 records that were looked at');
  });
});

test('the example of the manual is good, and its rules do what it says', async () => {
  const manual = await readFile(new URL('../../../docs/data-dictionary.md', import.meta.url), 'utf8');
  const source = must(manual.split('```yaml')[2]?.split('```')[0], 'the manual shows a dictionary');
  const entity = must(good(source).entities.get('Customer'), 'of customers');
  const types = new Map([['discount', { kind: 'decimal' as const }]]);
  const rules = compileRules(
    [
      ...fieldRules('discount', must(entity.fields['discount'], 'a discount'), { kind: 'decimal' }, entity),
      ...recordRules(entity),
    ],
    types,
  );
  const says = (values: Values): string | undefined => violationOf(rules, 'discount', values)?.says;
  expect(says({ discount: '20', status: 'blocked' })).toBeUndefined();
  expect(says({ discount: '20.5', status: 'blocked' })).toBe('more than 20 % is for active customers only');
  expect(says({ discount: '41', status: 'active' })).toBe('it must be between 0 and 40');
  expect(violationOf(rules, 'email', { email: null, status: 'active' })?.says).toBe(
    'active customers have an e-mail address',
  );
});
