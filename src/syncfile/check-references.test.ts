import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { complaints, parsed } from '../../test/support/sync-file.ts';
import type { CollectionDescription } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { draftReferences } from './draft-references.ts';
import { checkAgainst } from './sync-file.ts';

interface Parts {
  /** The `parent` field of accounts, and the `account` of contacts. */
  readonly parent?: string;
  readonly account?: string;
  /** What contacts are matched by, and how their reference is mapped at the two sides. */
  readonly match?: string;
  readonly crm?: string;
  readonly erp?: string;
  /** More sides and connections. */
  readonly sides?: readonly string[];
  readonly connections?: readonly string[];
}

function textWith({
  parent = '',
  account = '',
  match = 'email',
  crm = 'account_id',
  ...parts
}: Parts = {}): string {
  const erp = parts.erp ?? 'account: account';
  return [
    'version: 1',
    'connections:',
    '  crm: {system: postgres, url: "${secret:CRM_URL}"}',
    '  erp: {system: tryton, url: http://erp.example, password: "${secret:ERP_PASSWORD}"}',
    ...(parts.connections ?? []).map((line) => `  ${line}`),
    'syncs:',
    '  contacts:',
    '    entity: Contact',
    '    fields:',
    '      email: email',
    `      account: {type: reference, to: accounts${account}} # here`,
    `    match: ${match}`,
    '    sides:',
    '      crm: {connection: crm, collection: contact, fields: {email: email, account: ' + crm + '}}',
    `      erp: {connection: erp, collection: contact, fields: {email: email, ${erp}}}`,
    '  accounts:',
    '    entity: Account',
    '    fields:',
    '      name: text',
    `      parent: {type: reference, to: accounts${parent}} # here`,
    '    match: name',
    '    sides:',
    '      crm: {connection: crm, collection: account, fields: {name: name, parent: parent_id}}',
    '      erp: {connection: erp, collection: account, fields: {name: name, parent: parent}}',
    ...(parts.sides ?? []).map((line) => `      ${line}`),
    '',
  ].join('\n');
}

function typesOf(text: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    parsed(text).syncs.flatMap(({ name, fields }) =>
      fields.flatMap(({ name: field, type }) =>
        type.kind === 'reference' ? [[`${name}.${field}`, type]] : [],
      ),
    ),
  );
}

test('a reference leads to a sync, and at every side to the like-named side of it', () => {
  const text = textWith();
  expect(typesOf(text)).toEqual({
    'contacts.account': { kind: 'reference', to: 'accounts' },
    'accounts.parent': { kind: 'reference', to: 'accounts', late: true },
  });
  const [contacts] = parsed(text).syncs;
  expect(contacts?.sides.map(({ fields }) => fields[1])).toEqual([
    { field: 'account', native: 'account_id', direction: 'both', transforms: [], refersTo: 'crm' },
    { field: 'account', native: 'account', direction: 'both', transforms: [], refersTo: 'erp' },
  ]);
});

test('the only side on the connection needs no name, and one of several must be said', () => {
  const shop = ['shop: {system: postgres, url: "${secret:SHOP_URL}"}'];
  const more = ['leads: {connection: crm, collection: lead, fields: {name: name}}'];
  expect(complaints(textWith({ connections: shop, sides: more }))).toEqual([]);
  const given = textWith({ crm: '{field: lead_id, refers_to: leads}', sides: more });
  expect(parsed(given).syncs[0]?.sides[0]?.fields[1]?.refersTo).toBe('leads');
  const renamed = textWith({ sides: more }).replace(
    '      crm: {connection: crm, collection: account',
    '      customers: {connection: crm, collection: account',
  );
  expect(complaints(renamed)).toEqual([
    'line 13: customers, leads of `accounts` are all on the connection `crm`: which of them is named here? | Say it: {field: account_id, refers_to: customers}.',
  ]);
});

test('records are matched by what they refer to, unless that is matched by them', () => {
  expect(parsed(textWith({ match: '[[account, email]]' })).syncs[0]?.match).toEqual([['account', 'email']]);
  const round = textWith({ match: '[[account, email]]' }).replace('match: name', 'match: [[name, parent]]');
  expect(complaints(round)).toEqual([
    'line 20: none can be matched first, they all wait for each other: accounts.parent → accounts | Add a rule to one of them that goes by no reference.',
  ]);
  expect(complaints(round.replace('[[name, parent]]', '[[name, parent], [name]]'))).toEqual([]);
});

test.each<[string, Parts, string]>([
  ['a key it does not know', { account: ', tow: 2' }, 'here: unknown key `tow` | Did you mean `to`?'],
  [
    'what is required in a second step',
    { account: ', required: true, in_two_steps: true' },
    'here: `account` is required, so no record can be made without it | Remove one of the two.',
  ],
  [
    'a reference to several things as match key',
    { account: ', many: true', match: '[[account, email]]' },
    'line 11: `account` names several things, which identify nothing | Match by a field with one value.',
  ],
  [
    'a side that the other sync does not have',
    { crm: '{field: a, refers_to: cmr}' },
    'line 13: `accounts` has no side `cmr` | Did you mean `crm`?',
  ],
  [
    'a side on another connection',
    { crm: '{field: a, refers_to: erp}' },
    'line 13: `erp` of `accounts` is on the connection `erp`, and ids of that mean nothing on `crm` | Name one of its sides on crm: crm.',
  ],
  [
    'something that stands in for it',
    { crm: '{field: a, when_missing: "1"}' },
    'line 13: a reference has nothing that stands in for it | Remove this: a record without a reference is made without it.',
  ],
  [
    'a circle that nothing can begin',
    { parent: ', required: true' },
    'here: none can be made first, they all wait for each other: accounts.parent → accounts | Let one of these fields be neither `required` nor `in_two_steps: false`: it is then given in a second step.',
  ],
])('%s is refused where it stands', (_what, parts, complaint) => {
  expect(complaints(textWith(parts))).toEqual([complaint]);
});

test('a sync that is not there, or has no side on the connection, is refused with the nearest', () => {
  expect(complaints(textWith().replace('to: accounts} # here', 'to: acounts} # here'))).toEqual([
    'here: there is no sync `acounts` | Did you mean `accounts`?',
  ]);
  const elsewhere = textWith({
    connections: ['shop: {system: postgres, url: "${secret:SHOP_URL}"}'],
  }).replace(
    '      crm: {connection: crm, collection: account',
    '      crm: {connection: shop, collection: account',
  );
  expect(complaints(elsewhere)).toEqual([
    'line 14: no side of `accounts` is on the connection `crm`, so no record there can be named here | Give accounts a side on crm, or remove `account` from crm.',
  ]);
});

/** Accounts that refer back to the contacts that refer to them. */
function inCircle(keys = ''): string {
  return textWith({ account: ', required: true' })
    .replace('parent: {type: reference, to: accounts}', `parent: {type: reference, to: contacts${keys}}`)
    .replace('parent: parent_id', 'parent: contact_id');
}

test('on a circle of several syncs what is not required comes late, and what may not be late must not close it', () => {
  expect(typesOf(inCircle())).toEqual({
    'contacts.account': { kind: 'reference', to: 'accounts' },
    'accounts.parent': { kind: 'reference', to: 'contacts', late: true },
  });
  expect(complaints(inCircle(', in_two_steps: false'))).toEqual([
    expect.stringContaining('contacts.account → accounts.parent → contacts'),
  ]);
});

function description(refersTo?: readonly string[]): CollectionDescription {
  return {
    name: 'public.contact',
    fields: ['email', 'account_id'].map((name) => ({
      name,
      type: name === 'email' ? { kind: 'text' } : { kind: 'integer' },
      required: false,
      readOnly: false,
      unique: false,
      ...(name === 'email' || refersTo === undefined ? {} : { refersTo }),
    })),
    card: {
      version: 'opaque',
      conditionalWrite: true,
      createIdentity: 'uniqueKey',
      readLagMs: 0,
      deletes: 'feed',
      feed: 'log',
      executionMaxMs: 0,
      writeBatchMax: 1,
      getBatchMax: 1,
      can: { create: true, update: true, delete: true },
    },
    recordsEstimate: null,
  };
}

describe('beside what the systems say', () => {
  test.each<[string, readonly string[] | undefined, readonly string[]]>([
    ['a foreign key to the same collection', ['public.account'], []],
    ['no foreign key', undefined, []],
    [
      'a foreign key to another collection',
      ['public.lead'],
      [
        'line 13: `account_id` names records of public.lead, and `account` those of account (accounts at crm) | Let `account` refer to a sync of public.lead, or map another field.',
      ],
    ],
  ])('%s is told', (_what, refersTo, said) => {
    const text = textWith();
    const file = parsed(text);
    const contacts = must(file.syncs[0], 'contacts come first');
    const errors = checkAgainst(file, contacts, new Map([['crm', description(refersTo)]]));
    expect(complaints(text, errors)).toEqual(said);
  });
});

test.each<[string, readonly string[], string, string | null]>([
  ['account_id', ['public.account'], 'account', 'accounts'],
  ['AccountId', ['account'], 'account', 'accounts'],
  ['Owner__c', ['User'], 'owner_c', null],
])('what a system says of %s is drafted as a reference', (native, refersTo, field, to) => {
  const { syncs } = parsed(textWith());
  const named = {
    name: native,
    type: { kind: 'integer' as const },
    required: false,
    readOnly: false,
    unique: false,
  };
  const plain = { ...named, name: 'plain' };
  const described = { name: 'contact', fields: [{ ...named, refersTo }, plain] };
  expect(draftReferences(syncs, 'crm', described)).toEqual([{ native, collections: refersTo, field, to }]);
  expect(draftReferences(syncs, 'shop', described)).toEqual([
    { native, collections: refersTo, field, to: null },
  ]);
});

test('the example of the page about references is a good sync file', () => {
  const page = readFileSync(new URL('../../docs/references.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  expect(complaints(example)).toEqual([]);
  expect(typesOf(example)).toMatchObject({ 'accounts.parent': { late: true } });
});

describe('a reference that goes by a field of the other entity', () => {
  const byName = '{field: account_name, refers_by: name}';

  test('is read as values of that field are, at the side that it would name records of', () => {
    const [contacts] = parsed(textWith({ crm: byName })).syncs;
    expect(contacts?.sides[0]?.fields[1]).toMatchObject({
      native: 'account_name',
      refersTo: 'crm',
      refersBy: { field: 'name', type: { kind: 'text' } },
    });
  });

  test('may be at a connection that keeps no such things: they are named there as everywhere', () => {
    const sheet =
      'sheet: {connection: sheet, collection: c.csv, fields: {email: mail, account: {field: company, refers_by: name, case: upper, direction: out}}}';
    const lines = textWith({ connections: ['sheet: {system: files, directory: ./sheet}'] }).split('\n');
    const place = lines.findIndex((line) =>
      line.trim().startsWith('erp: {connection: erp, collection: contact'),
    );
    const text = lines.toSpliced(place + 1, 0, `      ${sheet}`).join('\n');
    const [contacts] = parsed(text).syncs;
    expect(contacts?.sides[2]?.fields[1]).toMatchObject({
      refersTo: '',
      transforms: [{ kind: 'case', to: 'upper' }],
    });
  });

  test.each([
    ['{field: a, refers_by: nmae}', '`accounts` has no field `nmae`'],
    ['{field: a, refers_by: parent}', '`parent` of `accounts` is of type reference, which names nothing'],
    ['{field: a, refers_by: name, unix: s}', '`unix` gives instant, and `account` is of type text'],
  ])('%s is refused', (crm, message) => {
    expect(complaints(textWith({ crm })).join('\n')).toContain(message);
  });

  test('names one thing, and only references have it', () => {
    expect(complaints(textWith({ account: ', many: true', crm: byName })).join()).toContain(
      'named by record ids only',
    );
    const text = textWith().replace(
      'fields: {email: email, account: account_id}',
      'fields: {email: {field: e, refers_by: name}, account: account_id}',
    );
    expect(complaints(text).join()).toContain('refers to nothing');
  });
});
