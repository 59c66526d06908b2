import { expect, test } from 'vitest';

import { complaints, parsed, syncText } from '../../test/support/sync-file.ts';
import type { CollectionDescription, FieldDescription } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { checkAgainst } from './sync-file.ts';

const GOOD = ['Key__c: email', 'Message__c: id'];

/** A sync of customers whose changes are announced with these lines. */
function announcing(fields: readonly string[], about: readonly string[], more = ''): string {
  return syncText({
    fields: ['name: text', 'boss: {type: reference, to: customers}'],
    crm: ['name: name', 'boss: boss'],
    erp: ['name: name', 'boss: boss'],
    keys: [
      'announce:',
      `  changed: ${more}`,
      '    connection: crm',
      '    collection: Changed__e',
      '    fields:',
      ...fields.map((line) => `      ${line}`),
      '    about:',
      ...about.map((line) => `      ${line}`),
    ],
  });
}

function field(name: string, rest: Partial<FieldDescription> = {}): FieldDescription {
  return { name, type: { kind: 'text' }, required: false, readOnly: false, unique: false, ...rest };
}

function messages(
  fields: readonly FieldDescription[],
  can: Partial<CollectionDescription['card']['can']> = {},
): CollectionDescription {
  return {
    name: 'Changed__e',
    fields,
    card: {
      version: 'none',
      conditionalWrite: false,
      createIdentity: 'none',
      readLagMs: 0,
      deletes: 'lookup',
      feed: 'none',
      executionMaxMs: 0,
      writeBatchMax: 200,
      getBatchMax: 1,
      can: { create: true, update: false, delete: false, ...can },
    },
    recordsEstimate: null,
  };
}

function saidOf(description: CollectionDescription, more = ''): readonly string[] {
  const text = announcing([GOOD[0] ?? ''], [GOOD[1] ?? ''], more);
  const file = parsed(text);
  const sync = must(file.syncs[0], 'the file has a sync');
  const errors = checkAgainst(file, sync, new Map(), new Map(), new Map([['changed', description]]));
  return complaints(text, errors);
}

test('what is announced becomes part of the definition, and a file without it keeps the definition it had', () => {
  const [sync] = parsed(announcing(['Key__c: email'], ['Message__c: id', 'What__c: change'])).syncs;
  expect(sync?.announce).toEqual([
    {
      name: 'changed',
      connection: 'crm',
      collection: 'Changed__e',
      fields: [{ native: 'Key__c', field: 'email' }],
      about: [
        { native: 'Message__c', tells: 'id' },
        { native: 'What__c', tells: 'change' },
      ],
    },
  ]);
  expect(parsed(syncText()).syncs[0]).not.toHaveProperty('announce');
});

test('a message that nothing tells from its repetition is refused', () => {
  expect(complaints(announcing(['Key__c: email'], ['What__c: change'], '# here'))).toEqual([
    'here: nothing tells a message from its repetition, and after a lost answer it is sent again | Give the message a text field for it, and name it: about: {FIELD: id}.',
  ]);
});

test('unknown fields, references, unknown words and a field given twice are told at their places', () => {
  expect(complaints(announcing(['Key__c: mail # here'], ['Message__c: id']))).toEqual([
    'here: there is no field `mail` | Did you mean `email`?',
  ]);
  expect(complaints(announcing(['Key__c: boss # here'], ['Message__c: id']))).toEqual([
    'here: `boss` is a reference, which means nothing outside Trueup | Announce a field that others know, such as a key.',
  ]);
  expect(complaints(announcing(['Key__c: email'], ['Key__c: id # here']))).toEqual([
    'here: `Key__c` is given twice | Keep it under `fields` or under `about`.',
  ]);
  expect(complaints(announcing(['Key__c: email'], ['Message__c: id', 'X__c: when # here']))[0]).toContain(
    'here:',
  );
  const unknown = announcing(['Key__c: email'], ['Message__c: id']).replace(
    '        connection: crm\n        collection: Changed__e',
    '        connection: crmm # here\n        collection: Changed__e',
  );
  expect(complaints(unknown)).toEqual(['here: there is no connection `crmm` | Did you mean `crm`?']);
});

test('the collection must take messages, have the fields and demand no others', () => {
  expect(saidOf(messages([field('Key__c'), field('Message__c')]))).toEqual([]);
  expect(saidOf(messages([field('Message__c', { readOnly: true }), field('Key__c')]))).toEqual([
    expect.stringContaining('`Message__c` is set by the system | Leave it out.'),
  ]);
  expect(saidOf(messages([field('Key'), field('Message__c')]))).toEqual([
    expect.stringContaining('Changed__e has no field `Key__c`'),
  ]);
  const demanding = messages([field('Key__c'), field('Message__c'), field('Region__c', { required: true })]);
  expect(saidOf(demanding, '# here')).toEqual([
    'here: Changed__e demands Region__c of every message | Give it under `fields` or `about`, or let the system demand it no more.',
  ]);
  expect(saidOf(messages([field('Key__c'), field('Message__c')], { update: true }))).toEqual([
    expect.stringContaining('Changed__e holds records, which are kept in step and not announced'),
  ]);
  expect(saidOf(messages([field('Key__c'), field('Message__c')], { create: false }))).toEqual([
    expect.stringContaining('nothing can be created in Changed__e'),
  ]);
});
