import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  failureOf,
  salesforceWorkbench,
  type SalesforceWorkbench,
} from '../../../test/support/salesforce-workbench.ts';
import type { Session, SnapshotPage } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';
import { text } from '../../simulators/salesforce/fields.ts';

let bench: SalesforceWorkbench;
let session: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(8);
  session = await bench.open();
});

afterEach(() => bench.close());

function ann(): ReturnType<SalesforceWorkbench['simulator']['org']['person']> {
  return bench.simulator.org.person('Ann Admin');
}

async function readAll(fields: readonly string[], own = session): Promise<readonly SnapshotPage[]> {
  const { signal } = new AbortController();
  const request = { collection: 'Account', fields, resume: null, pageRecordsMax: 2_000, signal };
  const pages: SnapshotPage[] = [];
  for await (const page of own.readAll(request)) pages.push(page);
  return pages;
}

test('a record that is not shared is hidden, never absent; one in the bin or purged from it is absent', async () => {
  const [hidden = '', binned = '', purged = ''] = [1, 2, 3].map((index) =>
    ann().create('Account', { Name: String(index) }),
  );
  bench.simulator.org.access.hideRecord(hidden);
  ann().delete(binned);
  ann().delete(purged);
  ann().purge(purged);
  const lookups = await session.get('Account', [hidden, binned, purged], ['Name']);
  expect(lookups.map(({ kind }) => kind)).toEqual(['hidden', 'absent', 'absent']);
});

test.each(['no', 'yes'])(
  'a record that was merged is absent and names the one it went into (view_all: %s)',
  async (viewAll) => {
    const [loser = '', middle = '', master = '', binned = '', purged = ''] = [1, 2, 3, 4, 5].map((index) =>
      ann().create('Account', { Name: String(index) }),
    );
    ann().merge(middle, [loser]);
    ann().merge(master, [middle, purged]);
    ann().delete(binned);
    ann().purge(purged);
    const seeing = await bench.open({ view_all: viewAll });
    const asked = [loser, middle, master, binned, purged, loser.slice(0, 15)];
    const lookups = await seeing.get('Account', asked, ['Name']);
    expect(lookups).toMatchObject([
      { kind: 'absent', id: loser, mergedInto: middle },
      { kind: 'absent', id: middle, mergedInto: master },
      { kind: 'found' },
      { kind: 'absent', id: binned },
      { kind: 'absent', id: purged },
      { kind: 'absent', id: loser.slice(0, 15), mergedInto: middle },
    ]);
    expect(lookups.slice(3, 5).some((lookup) => 'mergedInto' in lookup)).toBe(false);
  },
);

test('an id of 15 characters finds its record, one of another object or none at all does not', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  const asked = [id.slice(0, 15), '003Sm00000ZZZZZIA5', 'nonsense', "'"];
  const lookups = await session.get('Account', asked, ['Name']);
  expect(lookups.map(({ kind }) => kind)).toEqual(['found', 'absent', 'absent', 'absent']);
});

test('more fields than fit into an address are read all the same', async () => {
  const names = Array.from({ length: 400 }, (_, index) => `A_rather_long_name_of_field_${String(index)}__c`);
  bench.simulator.org.setup.addFields(
    'Account',
    names.map((name) => text(name)),
  );
  const [last = ''] = names.slice(-1);
  const id = ann().create('Account', { Name: 'Blue', ERP_Key__c: 'E1', [last]: 'x' });
  const [page] = await readAll(['Name', ...names]);
  expect(page?.records[0]?.fields.get(last)).toBe('x');
  const [found] = await session.find('Account', 'ERP_Key__c', ['E1'], names, 10);
  expect([found?.id, found?.fields.get(last)]).toEqual([id, 'x']);
});

test('two thousand five hundred records take two requests', async () => {
  for (let index = 0; index < 2_500; index += 1) ann().create('Account', { Name: String(index) });
  await session.describe(['Account']);
  const before = bench.requests();
  const pages = await readAll(['Name']);
  expect(pages.flatMap(({ records }) => records)).toHaveLength(2_500);
  expect(bench.requests() - before).toBe(2);
});

test('find asks for a thousand values in parts, takes odd ones as they are, and knows no case', async () => {
  const odd = String.raw`O'Neil \ "x" %_`;
  for (let index = 0; index < 1_000; index += 1)
    ann().create('Account', { Name: 'N', ERP_Key__c: `K-${String(index)}` });
  ann().create('Account', { Name: 'Odd', ERP_Key__c: odd });
  const values = [
    odd.toUpperCase(),
    ...Array.from({ length: 1_000 }, (_, index) => `k-${String(index)}`),
    null,
  ];
  expect(await session.find('Account', 'ERP_Key__c', values, ['Name'], 5_000)).toHaveLength(1_001);
});

test('a long text cannot be searched by, and that is said before anything is asked', async () => {
  const failure = await failureOf(session.find('Account', 'Description', ['x'], ['Name'], 1));
  expect(failure).toMatchObject({ kind: 'config', code: 'salesforce.not_searchable', field: 'Description' });
});

test('describe tells types, choices, keys, what is derived, and the keys of parents', async () => {
  const [account] = await session.describe(['Account']);
  const [contact] = await session.describe(['Contact']);
  const field = (name: string): unknown => account?.fields.find((one) => one.name === name);
  expect(field('Name')).toMatchObject({
    required: true,
    readOnly: false,
    type: { kind: 'text', lengthMax: 255 },
  });
  expect(field('Tier__c')).toMatchObject({ type: { kind: 'choice', options: ['Gold', 'Silver', 'Bronze'] } });
  expect(field('Rating')).toMatchObject({ type: { kind: 'text' } });
  expect(field('Regions__c')).toMatchObject({ type: { kind: 'set' } });
  expect(field('ERP_Key__c')).toMatchObject({ unique: true });
  expect(field('Display__c')).toMatchObject({ readOnly: true });
  expect(field('SystemModstamp')).toMatchObject({ readOnly: true, type: { kind: 'instant' } });
  expect(field('Credit_Limit__c')).toMatchObject({ type: { kind: 'decimal', scaleMax: 2 } });
  expect(field('OwnerId')).toMatchObject({ type: { kind: 'salesforceId' } });
  expect(contact?.fields.map(({ name }) => name)).toContain('Account.ERP_Key__c');
  const refers = contact?.fields.map(({ name, refersTo }) => [name, refersTo] as const) ?? [];
  expect(refers.find(([name]) => name === 'AccountId')).toEqual(['AccountId', ['Account']]);
  expect(refers.find(([name]) => name === 'Account.ERP_Key__c')).toEqual(['Account.ERP_Key__c', undefined]);
  expect(account?.card).toMatchObject({
    conditionalWrite: false,
    createIdentity: 'uniqueKey',
    feed: 'cursor',
  });
  const [user] = await session.describe(['User']);
  expect(user?.card).toMatchObject({ createIdentity: 'search', can: { create: false } });
});

test('rights that are missing show: an object that may only be read, a field that may not be written or seen', async () => {
  const { access } = bench.simulator.org;
  access.setObject('Account', 'read');
  access.setField('Account', 'Phone', 'read');
  access.setField('Account', 'Fax', 'none');
  const [account] = await session.describe(['Account']);
  expect(account?.card.can).toEqual({ create: false, update: false, delete: false });
  expect(account?.fields.find(({ name }) => name === 'Phone')?.readOnly).toBe(true);
  expect(account?.fields.some(({ name }) => name === 'Fax')).toBe(false);
  expect(await failureOf(session.get('Account', ['x'], ['Fax']))).toMatchObject({
    kind: 'config',
    field: 'Fax',
  });
});

test('a day whose requests are used up is waited for, and reading stops before writing does', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  await session.get('Account', [id], ['Name']);
  bench.simulator.limits.spend(85_000);
  bench.clock.shift(2_000);
  await session.get('Account', [id], ['Name']);
  expect(await failureOf(readAll(['Name']))).toMatchObject({
    kind: 'rateLimited',
    code: 'salesforce.budget_ceiling',
  });
  const update = {
    key: 'k',
    kind: 'update' as const,
    recordId: id,
    ifVersion: null,
    fields: new Map([['Name', 'B']]),
  };
  expect((await session.write('Account', [update]))[0]?.kind).toBe('written');
  bench.simulator.limits.dailyRequestsMax = 10;
  const refused = (await session.write('Account', [update]))[0];
  expect(refused?.kind === 'failed' && refused.failure).toMatchObject({
    kind: 'rateLimited',
    code: 'salesforce.request_limit_exceeded',
    retryAfterMs: 300_000,
  });
});

test('an org that is busy or in maintenance costs a read a moment, not its answer', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  await session.describe(['Account']);
  bench.simulator.fault({ match: { path: '/composite/sobjects' }, kind: 'status', status: 503, times: 2 });
  const [lookup] = await session.get('Account', [id], ['Name']);
  expect(must(lookup, 'one id, one lookup').kind).toBe('found');
});
