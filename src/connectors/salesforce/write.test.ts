import { afterEach, beforeEach, expect, test } from 'vitest';

import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import type { Session, WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';

let bench: SalesforceWorkbench;
let session: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(3);
  session = await bench.open();
});

afterEach(() => bench.close());

type Fields = Readonly<Record<string, NativeValue>>;

function create(key: string, fields: Fields): WriteRequest {
  return { key, kind: 'create', recordId: null, ifVersion: null, fields: new Map(Object.entries(fields)) };
}

function update(key: string, recordId: string, fields: Fields): WriteRequest {
  return { key, kind: 'update', recordId, ifVersion: null, fields: new Map(Object.entries(fields)) };
}

function remove(key: string, recordId: string): WriteRequest {
  return { key, kind: 'delete', recordId, ifVersion: null, fields: new Map() };
}

function said(result: WriteResult | undefined): string {
  return result?.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : String(result?.kind);
}

function accounts(count: number): readonly string[] {
  const ann = bench.simulator.org.person('Ann Admin');
  return Array.from({ length: count }, (_, index) =>
    ann.create('Account', { Name: `Old ${String(index)}`, ERP_Key__c: `K${String(index)}` }),
  );
}

async function one(collection: string, request: WriteRequest): Promise<WriteResult | undefined> {
  return (await session.write(collection, [request]))[0];
}

test('a thousand updates are one request, with one look and one reading back three', async () => {
  const ids = accounts(1_000);
  await session.get('Account', ids.slice(0, 1), ['Name']);
  const before = bench.requests();
  const results = await session.write(
    'Account',
    ids.map((id, index) => update(String(index), id, { Name: `New ${String(index)}` })),
  );
  expect(results.every(({ kind }) => kind === 'written')).toBe(true);
  expect(bench.requests() - before).toBe(2);
  expect(bench.simulator.org.record(ids[999] ?? '')?.['Name']).toBe('New 999');
});

test('of a mixed batch of more than 200 every record has its own outcome, in the order asked', async () => {
  const ids = accounts(260);
  bench.simulator.org.rules.validation({
    object: 'Account',
    name: 'No_Bad_Names',
    message: 'Names must be good.',
    refuses: (record) => record['Name'] === 'bad',
  });
  const requests = ids.map((id, index) => {
    if (index % 7 === 0) return remove(String(index), id);
    return update(String(index), id, { Name: index % 5 === 0 ? 'bad' : 'good' });
  });
  const mixed = requests.flatMap((request, index) =>
    index % 20 === 0 ? [request, create(`c${String(index)}`, { Name: 'made' })] : [request],
  );
  const results = await session.write('Account', mixed);
  expect(results.map(({ key }) => key)).toEqual(mixed.map(({ key }) => key));
  for (const [index, request] of mixed.entries()) {
    const isBad = request.fields.get('Name') === 'bad';
    expect(said(results[index])).toBe(
      isBad ? 'invalid salesforce.field_custom_validation_exception' : 'written',
    );
  }
});

test('a create whose answer was lost is done already when it is sent again', async () => {
  const request = create('k', { Name: 'Blue ', ERP_Key__c: 'ERP-1', Credit_Limit__c: '12.50' });
  bench.simulator.fault({ match: { method: 'POST', path: '/composite/sobjects' }, kind: 'cutAfterExecute' });
  const lost = await one('Account', request);
  expect(said(lost)).toBe('unknownOutcome salesforce.outcome_unknown');
  const again = await one('Account', request);
  expect(said(again)).toBe('written');
  expect(bench.simulator.org.records('Account')).toHaveLength(1);
});

test('a create never writes over a record that has its key already, whoever made it', async () => {
  const ann = bench.simulator.org.person('Ann Admin');
  const id = ann.create('Account', { Name: 'Hers', ERP_Key__c: 'ERP-1' });
  const result = await one('Account', create('k', { Name: 'Ours', ERP_Key__c: 'erp-1' }));
  expect(said(result)).toBe('precondition salesforce.key_taken');
  expect(bench.simulator.org.record(id)?.['Name']).toBe('Hers');
});

test('a duplicate of a unique field that is no key is the record’s own mistake', async () => {
  bench.simulator.org.setup.changeField('Account', 'AccountNumber', { unique: true });
  const ann = bench.simulator.org.person('Ann Admin');
  ann.create('Account', { Name: 'First', AccountNumber: '1' });
  const result = await one('Account', create('k', { Name: 'Second', AccountNumber: '1', ERP_Key__c: 'E2' }));
  expect(said(result)).toBe('invalid salesforce.duplicate_value');
});

test('null and empty text empty a field, and what is not named stays', async () => {
  const ann = bench.simulator.org.person('Ann Admin');
  const id = ann.create('Account', { Name: 'Blue', Phone: '1', Fax: '2', Regions__c: 'North;South' });
  const result = await one('Account', update('k', id, { Phone: null, Fax: '', Regions__c: [] }));
  expect(said(result)).toBe('written');
  expect(bench.simulator.org.record(id)).toMatchObject({
    Name: 'Blue',
    Phone: null,
    Fax: null,
    Regions__c: null,
  });
});

test('a parent is named by its own key, and taken away by null', async () => {
  const [account = ''] = accounts(1);
  const fields = { LastName: 'Lee', 'Account.ERP_Key__c': 'K0' };
  const made = await one('Contact', create('k', fields));
  const id = made?.kind === 'written' ? made.recordId : '';
  expect(bench.simulator.org.record(id)?.['AccountId']).toBe(account);
  const [lookup] = await session.get('Contact', [id], ['LastName', 'Account.ERP_Key__c']);
  expect(lookup?.kind === 'found' && Object.fromEntries(lookup.record.fields)).toEqual(fields);
  await one('Contact', update('k2', id, { 'Account.ERP_Key__c': null }));
  expect(bench.simulator.org.record(id)?.['AccountId']).toBe(null);
});

test('a parent that is not there is said so, without its key', async () => {
  const result = await one('Contact', create('k', { LastName: 'Lee', 'Account.ERP_Key__c': 'nobody' }));
  expect(said(result)).toBe('invalid salesforce.parent_missing');
  expect(JSON.stringify(result)).not.toContain('nobody');
});

test('a lost lock is tried again with its record, and passes when the lock is gone', async () => {
  const [id = '', other = ''] = accounts(2);
  bench.simulator.org.locks.lock(id, 2);
  const results = await session.write('Account', [
    update('1', id, { Name: 'A' }),
    update('2', other, { Name: 'B' }),
  ]);
  expect(results.map(said)).toEqual(['written', 'written']);
});

test('a lock that stays is transient, and costs the others nothing', async () => {
  const [id = '', other = ''] = accounts(2);
  bench.simulator.org.locks.lock(id);
  const results = await session.write('Account', [
    update('1', id, { Name: 'A' }),
    update('2', other, { Name: 'B' }),
  ]);
  expect(results.map(said)).toEqual(['transient salesforce.unable_to_lock_row', 'written']);
});

test('a trigger that cannot bear many records at once gets them by fifty', async () => {
  const ids = accounts(200);
  let transaction: number[] = [];
  const sizes: number[] = [];
  bench.simulator.org.onCommit(() => {
    sizes.push(transaction.length);
    transaction = [];
  });
  bench.simulator.org.rules.trigger({
    object: 'Account',
    name: 'Heavy',
    on: ['update'],
    run: () => {
      transaction.push(1);
      if (transaction.length > 60) throw new Error('System.LimitException: Apex CPU time limit exceeded');
      return null;
    },
  });
  const results = await session.write(
    'Account',
    ids.map((id, index) => update(String(index), id, { Phone: '1' })),
  );
  expect(new Set(results.map(said))).toEqual(new Set(['written']));
  expect(sizes[0]).toBeGreaterThan(60);
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(50);
});

test('a trigger that throws is the record’s refusal, in the trigger’s words', async () => {
  const [id = ''] = accounts(1);
  bench.simulator.org.rules.trigger({
    object: 'Account',
    name: 'Stubborn',
    on: ['update'],
    run: () => {
      throw new Error('not on Sundays');
    },
  });
  const result = await one('Account', update('k', id, { Phone: '1' }));
  expect(said(result)).toBe('invalid salesforce.cannot_insert_update_activate_entity');
  expect(JSON.stringify(result)).toContain('not on Sundays');
});

test('what a trigger makes of our values is answered with the write, so that it does not pass for somebody’s edit', async () => {
  const [id = ''] = accounts(1);
  await session.get('Account', [id], ['Name', 'Phone']);
  bench.simulator.org.rules.trigger({
    object: 'Account',
    name: 'Formats',
    on: ['update'],
    run: (record) => ({ set: { Phone: `+49 ${String(record['Phone'])}` } }),
  });
  const result = await one('Account', update('k', id, { Phone: '30' }));
  const [lookup] = await session.get('Account', [id], ['Name', 'Phone']);
  expect(result).toMatchObject({ version: lookup?.kind === 'found' ? lookup.record.version : 'none' });
  expect(result?.kind === 'written' && result.fields?.get('Phone')).toBe('+49 30');
});

test('a record that a person edits right after our write is not answered as ours', async () => {
  const [id = ''] = accounts(1);
  await session.get('Account', [id], ['Name', 'Phone']);
  const ann = bench.simulator.org.person('Ann Admin');
  const forget = bench.simulator.org.onCommit(({ context }) => {
    if (context.actor.kind !== 'integration') return;
    forget();
    ann.edit(id, { Phone: 'hers' });
  });
  const result = await one('Account', update('k', id, { Phone: 'ours' }));
  expect(result).toEqual({ kind: 'written', key: 'k', recordId: id, version: null });
});

test('a duplicate rule that alerts stops a record, unless the connection lets it pass', async () => {
  bench.simulator.org.rules.duplicate({
    object: 'Account',
    name: 'Same_Name',
    fields: ['Name'],
    action: 'alert',
  });
  accounts(1);
  const request = create('k', { Name: 'Old 0' });
  expect(said(await one('Account', request))).toBe('invalid salesforce.duplicates_detected');
  const allowed = await bench.open({ duplicate_rules: 'allow' });
  const [result] = await allowed.write('Account', [request]);
  expect(said(result)).toBe('written');
});

test('two writes to one record in a batch both happen, one after the other', async () => {
  const [id = ''] = accounts(1);
  const results = await session.write('Account', [
    update('1', id, { Name: 'A', Phone: '1' }),
    update('2', id, { Name: 'B' }),
  ]);
  expect(results.map(said)).toEqual(['written', 'written']);
  expect(bench.simulator.org.record(id)).toMatchObject({ Name: 'B', Phone: '1' });
});

test('a batch whose answer is lost is unknown, and what was not sent after it is not', async () => {
  const ids = accounts(1_200);
  bench.simulator.fault({ match: { method: 'POST', path: '/composite' }, kind: 'cutAfterExecute' });
  const results = await session.write(
    'Account',
    ids.map((id, index) => update(String(index), id, { Phone: '1' })),
  );
  expect(said(results[0])).toBe('unknownOutcome salesforce.outcome_unknown');
  expect(said(results[999])).toBe('unknownOutcome salesforce.outcome_unknown');
  expect(results[1_000]).toMatchObject({ kind: 'failed', failure: { kind: 'transient' } });
});

test('an error of the server leaves a write unknown, whatever code comes with it', async () => {
  const [id = ''] = accounts(1);
  const body = JSON.stringify([{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }]);
  bench.simulator.fault({ match: { method: 'PATCH' }, kind: 'status', status: 500, body });
  expect(said(await one('Account', update('k', id, { Phone: '1' })))).toMatch(/^unknownOutcome /);
});

test('numbers beyond a double arrive digit by digit', async () => {
  const [id = ''] = accounts(1);
  await one('Account', update('k', id, { AnnualRevenue: '1234567890123456.78' }));
  const sent = bench.simulator.org.record(id)?.['AnnualRevenue'];
  expect(sent).toBe(Number('1234567890123456.78'));
});
