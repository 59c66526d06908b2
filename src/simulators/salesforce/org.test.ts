import { expect, test } from 'vitest';

import type { Clock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { SalesforceError } from './failure.ts';
import { Org } from './org.ts';

function createOrg(): { org: Org; clock: Clock & { pass(ms: number): void } } {
  let nowMs = Date.UTC(2026, 0, 31, 9, 0, 0, 300);
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => Promise.resolve(),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
  return { org: new Org(clock, seededRandom(1)), clock };
}

function refusal(work: () => unknown): SalesforceError {
  try {
    work();
  } catch (error) {
    if (error instanceof SalesforceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('values are changed silently on the way in', () => {
  const { org } = createOrg();
  const id = org.person('Ann').create('Account', {
    Name: '  Blue ',
    Phone: '',
    Description: 'a\r\nb',
    Credit_Limit__c: 10.006,
    Regions__c: 'South;North;South',
    Last_Order__c: '2026-01-31T10:00:00+01:00',
  });
  expect(org.record(id)).toMatchObject({
    Name: 'Blue',
    Phone: null,
    Description: 'a\nb',
    Credit_Limit__c: 10.01,
    Regions__c: 'North;South',
    Last_Order__c: '2026-01-31T09:00:00.000Z',
  });
});

test('each thing that stands in the way is refused in its own words', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const id = ann.create('Account', { Name: 'Blue', ERP_Key__c: 'E1' });
  expect(refusal(() => ann.create('Account', { Name: 'x', ERP_Key__c: 'e1' }))).toMatchObject({
    code: 'DUPLICATE_VALUE',
    message: `duplicate value found: ERP_Key__c duplicates value on record with id: ${id}`,
  });
  expect(refusal(() => ann.create('Account', { Name: 'x'.repeat(256) })).code).toBe('STRING_TOO_LONG');
  expect(refusal(() => ann.edit(id, { Tier__c: 'Lead' })).code).toBe(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
  );
  expect(refusal(() => ann.edit(id, { Name: null })).code).toBe('REQUIRED_FIELD_MISSING');
  expect(refusal(() => ann.edit(id, { Active__c: null })).code).toBe('INVALID_TYPE_ON_FIELD_IN_RECORD');
  expect(refusal(() => ann.edit(id, { Display__c: 'x' })).code).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
  expect(refusal(() => ann.edit(id, { ParentId: '001Sm0000000999' })).code).toBe(
    'INVALID_CROSS_REFERENCE_KEY',
  );
  expect(refusal(() => ann.create('Contact', { LastName: 'x', Email: 'nope' })).code).toBe(
    'INVALID_EMAIL_ADDRESS',
  );
  org.locks.lock(id, 1);
  expect(refusal(() => ann.create('Contact', { LastName: 'Child', AccountId: id })).code).toBe(
    'UNABLE_TO_LOCK_ROW',
  );
  org.locks.lock(id, 1);
  expect(refusal(() => ann.edit(id, { Rating: 'Hot' })).code).toBe('UNABLE_TO_LOCK_ROW');
  ann.edit(id, { Rating: 'Hot' });
  ann.delete(id);
  expect(refusal(() => ann.edit(id, { Rating: 'Hot' })).code).toBe('ENTITY_IS_DELETED');
});

test('a record type narrows a restricted picklist further', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const partner =
    org.records('RecordType').find(({ DeveloperName }) => DeveloperName === 'Partner')?.['Id'] ?? null;
  expect(
    refusal(() => ann.create('Account', { Name: 'P', RecordTypeId: partner, Tier__c: 'Bronze' })).code,
  ).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
  org.setup.restrictForRecordType('Account', 'Partner', 'Tier__c', ['Bronze']);
  ann.create('Account', { Name: 'P', RecordTypeId: partner, Tier__c: 'Bronze' });
});

test('a trigger changes what was written, and the log tells it from the person', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const remove = org.rules.trigger({
    object: 'Account',
    name: 'Shout',
    on: ['create', 'update'],
    run: (record) => ({ set: { Name: String(record['Name']).toUpperCase() } }),
  });
  const id = ann.create('Account', { Name: 'blue' });
  expect(org.record(id)?.['Name']).toBe('BLUE');
  expect(
    org.log
      .of(id)
      .map(({ operation, actor, cause, fields }) => [
        operation,
        actor.kind,
        cause.kind,
        fields.includes('Name'),
      ]),
  ).toEqual([
    ['create', 'person', 'screen', true],
    ['update', 'automation', 'trigger', true],
  ]);
  remove();
  org.rules.trigger({
    object: 'Account',
    name: 'No',
    on: ['update'],
    run: () => {
      throw new Error('never');
    },
  });
  expect(refusal(() => ann.edit(id, { Rating: 'Hot' }))).toMatchObject({
    code: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
  });
});

test('what a trigger does to other records is undone with the write that set it off', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const parent = ann.create('Account', { Name: 'Parent' });
  org.rules.trigger({
    object: 'Contact',
    name: 'Count',
    on: ['create'],
    run: () => ({ others: [{ id: parent, set: { NumberOfEmployees: 1 } }] }),
  });
  org.rules.validation({
    object: 'Account',
    name: 'Max',
    message: 'too many',
    refuses: (record) => record['NumberOfEmployees'] === 1,
  });
  expect(refusal(() => ann.create('Contact', { LastName: 'x', AccountId: parent })).message).toBe('too many');
  expect(org.records('Contact')).toEqual([]);
  expect(org.log.of(parent)).toHaveLength(1);
});

test('a merge moves the children, bins the losers and says who won', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const [master, loser] = [
    ann.create('Account', { Name: 'A' }),
    ann.create('Account', { Name: 'B', ERP_Key__c: 'K' }),
  ];
  const child = ann.create('Contact', { LastName: 'C', AccountId: loser });
  ann.merge(master, [loser], { ERP_Key__c: 'K' });
  expect(org.record(loser)).toMatchObject({ IsDeleted: true, MasterRecordId: master });
  expect(org.record(child)?.['AccountId']).toBe(master);
  expect(org.record(master)?.['ERP_Key__c']).toBe('K');
  expect(org.log.of(loser).at(-1)).toMatchObject({
    operation: 'delete',
    actor: { kind: 'person' },
    cause: { kind: 'merge' },
  });
});

test('deleting an account takes its contacts along, and the log says why', () => {
  const { org } = createOrg();
  const ann = org.person('Ann');
  const account = ann.create('Account', { Name: 'A' });
  const contact = ann.create('Contact', { LastName: 'C', AccountId: account });
  ann.delete(account);
  expect(org.log.of(contact).at(-1)).toMatchObject({
    operation: 'delete',
    cause: { kind: 'cascade', parentId: account },
  });
  ann.undelete(account);
  expect(org.record(account)?.['IsDeleted']).toBe(false);
  ann.delete(account);
  ann.purge(account);
  expect(org.record(account)).toBeNull();
  expect(org.deleted('Account').map(({ id }) => id)).toEqual([account]);
});

test('stamps know seconds only, so changes tie, and a long transaction is stamped before those it is seen after', () => {
  const { org, clock } = createOrg();
  const ann = org.person('Ann');
  const [one, two] = [ann.create('Account', { Name: '1' }), ann.create('Account', { Name: '2' })];
  expect(org.record(one)?.['SystemModstamp']).toBe(org.record(two)?.['SystemModstamp']);
  clock.pass(10_000);
  ann.edit(one, { Rating: 'Hot' });
  ann.edit(two, { Rating: 'Hot' }, { openMs: 5_000 });
  expect(String(org.record(two)?.['SystemModstamp']) < String(org.record(one)?.['SystemModstamp'])).toBe(
    true,
  );
  expect(org.log.entries().at(-1)?.id).toBe(two);
  const before = org.record(one)?.['LastModifiedDate'];
  clock.pass(10_000);
  org.setup.touchAll('Account');
  expect(org.record(one)).toMatchObject({
    LastModifiedDate: before,
    SystemModstamp: '2026-01-31T09:00:20.000Z',
  });
});
