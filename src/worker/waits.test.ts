import { expect, test } from 'vitest';

import { createSyncs, referring, type Syncs } from '../../test/support/references.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { countStates } from '../store/status.ts';

const store = sharedTestStore();

let made = 0;

/** Accounts that have a parent, and contacts of accounts; each test under names of its own. */
async function world(
  contact: { readonly required?: boolean; readonly late?: boolean } = {},
  change: Partial<SyncDefinition> = {},
): Promise<Syncs & { readonly accounts: string; readonly contacts: string }> {
  made += 1;
  const [accounts, contacts] = [`accounts${String(made)}`, `contacts${String(made)}`];
  const definitions = [
    referring(contacts, { account: { to: accounts, ...contact } }, change),
    referring(accounts, { parent: { to: accounts, late: true } }, change),
  ];
  return { ...(await createSyncs(store, definitions)), accounts, contacts };
}

/** Per e-mail address the address of what the field refers to. */
function referred(
  syncs: Syncs,
  sync: string,
  side: string,
  field: string,
  to: string,
): Record<string, string | null> {
  const parents = syncs.system(to, side).all();
  return Object.fromEntries(
    Object.values(syncs.system(sync, side).all()).map((fields) => {
      const id = fields[field] ?? null;
      const parent = id === null ? null : must(parents[id as string], 'a reference names a record')['email'];
      return [fields['email'] as string, parent as string | null];
    }),
  );
}

async function isInSync({ runtimes }: Syncs): Promise<void> {
  for (const { syncKey, sides } of runtimes.values()) {
    const counts = await store.database.transaction(store.workspaceNo, (tx) =>
      countStates(tx, syncKey, [...sides.keys()]),
    );
    for (const { records, inSync } of counts) expect(inSync).toBe(records);
  }
}

test('a record waits for what it refers to, and arrives with it, whichever of the two is met first', async () => {
  const syncs = await world();
  const { accounts, contacts } = syncs;
  const account = syncs.system(accounts, 'crm').create({ email: 'acme', name: 'Acme' });
  syncs.system(contacts, 'crm').create({ email: 'ann', account });
  await syncs.settle([contacts]);
  expect(await syncs.waits()).toEqual([`${contacts} crm account read`]);
  expect(syncs.system(contacts, 'erp').size).toBe(0);
  await syncs.settle();
  expect(referred(syncs, contacts, 'erp', 'account', accounts)).toEqual({ ann: 'acme' });
  expect(syncs.system(contacts, 'erp').log.map(({ kind }) => kind)).toEqual(['create']);
  expect(await syncs.waits()).toEqual([]);
  await isInSync(syncs);
});

test('a reference to something that does not exist at the other side yet keeps only itself back', async () => {
  const syncs = await world();
  const { accounts, contacts } = syncs;
  const crm = syncs.system(contacts, 'crm');
  const ann = crm.create({ email: 'ann', account: null });
  await syncs.settle();
  syncs.system(accounts, 'erp').faults.push({
    kind: 'refuse',
    failure: { kind: 'invalid', code: 'erp.no', message: 'no' },
  });
  const account = syncs.system(accounts, 'crm').create({ email: 'acme' });
  await syncs.settle();
  crm.edit(ann, { account, phone: '1' });
  await syncs.settle();
  expect(syncs.system(contacts, 'erp').find1('email', 'ann').fields).toMatchObject({
    phone: '1',
    account: null,
  });
  expect(await syncs.waits()).toEqual([`${contacts} erp account write`]);
  // Parked, it holds nothing else up.
  crm.edit(ann, { phone: '2' });
  await syncs.settle();
  expect(syncs.system(contacts, 'erp').find1('email', 'ann').fields).toMatchObject({
    phone: '2',
    account: null,
  });
  expect(await syncs.waits()).toEqual([`${contacts} erp account write`]);
  syncs.system(accounts, 'crm').edit(account, { name: 'Acme' });
  await syncs.settle();
  expect(referred(syncs, contacts, 'erp', 'account', accounts)).toEqual({ ann: 'acme' });
  expect(await syncs.waits()).toEqual([]);
  await isInSync(syncs);
});

test('records that refer to each other in a circle are made first and given what they refer to afterwards', async () => {
  const syncs = await world();
  const { accounts } = syncs;
  const crm = syncs.system(accounts, 'crm');
  const [one, other] = [crm.create({ email: 'one' }), crm.create({ email: 'other' })];
  crm.edit(one, { parent: other });
  crm.edit(other, { parent: one });
  const self = crm.create({ email: 'self' });
  crm.edit(self, { parent: self });
  await syncs.settle();
  const parents = { one: 'other', other: 'one', self: 'self' };
  expect(referred(syncs, accounts, 'erp', 'parent', accounts)).toEqual(parents);
  expect(referred(syncs, accounts, 'crm', 'parent', accounts)).toEqual(parents);
  expect(await syncs.waits()).toEqual([]);
  await isInSync(syncs);
});

test('what both sides refer to before anybody knows that it is one thing is no conflict', async () => {
  const syncs = await world();
  const { accounts, contacts } = syncs;
  for (const side of ['crm', 'erp']) {
    const account = syncs.system(accounts, side).create({ email: 'acme' });
    syncs.system(contacts, side).create({ email: 'ann', account });
  }
  await syncs.settle([contacts]);
  expect(await syncs.waits()).toEqual([`${contacts} crm account read`, `${contacts} erp account read`]);
  await syncs.settle();
  for (const side of ['crm', 'erp']) {
    expect(referred(syncs, contacts, side, 'account', accounts)).toEqual({ ann: 'acme' });
    expect(syncs.system(contacts, side).log).toHaveLength(1);
  }
  expect(await syncs.waits()).toEqual([]);
  await isInSync(syncs);
});

test('a delete waits for those that refer to the record, and follows the last of them', async () => {
  const syncs = await world();
  const { accounts, contacts } = syncs;
  const account = syncs.system(accounts, 'crm').create({ email: 'acme' });
  const [ann, bob] = ['ann', 'bob'].map((email) => syncs.system(contacts, 'crm').create({ email, account }));
  await syncs.settle();
  syncs.system(accounts, 'crm').remove(account);
  await syncs.settle();
  expect(syncs.system(accounts, 'erp').size).toBe(1);
  expect(await syncs.waits()).toEqual([`${accounts} erp  delete`]);
  syncs.system(contacts, 'crm').remove(must(ann, 'Ann is there'));
  await syncs.settle();
  expect(syncs.system(accounts, 'erp').size).toBe(1);
  syncs.system(contacts, 'crm').edit(must(bob, 'Bob is there'), { account: null });
  await syncs.settle();
  expect(syncs.system(accounts, 'erp').size).toBe(0);
  expect(await syncs.waits()).toEqual([]);
});

test('a list of references goes whole, once all of it is there, and both sides may add to it', async () => {
  made += 1;
  const [groups, people] = [`groups${String(made)}`, `people${String(made)}`];
  const list = referring(people, { groups: { to: groups, many: true } });
  const fields = list.fields.map((field) =>
    field.name === 'groups'
      ? { ...field, policy: { owners: [], resolve: [{ kind: 'set' as const }] } }
      : field,
  );
  const syncs = await createSyncs(store, [{ ...list, fields }, referring(groups, {})]);
  const [crm, erp] = [syncs.system(people, 'crm'), syncs.system(people, 'erp')];
  const [golf, chess] = ['golf', 'chess'].map((email) => syncs.system(groups, 'crm').create({ email }));
  const ann = crm.create({ email: 'ann', groups: [chess ?? '', golf ?? ''] });
  await syncs.settle();
  const named = (side: string): readonly string[] => {
    const names = syncs.system(groups, side).all();
    const { groups: ids } = syncs.system(people, side).find1('email', 'ann').fields;
    return (ids as readonly string[]).map((id) => must(names[id], 'a group')['email'] as string).toSorted();
  };
  expect(named('erp')).toEqual(['chess', 'golf']);
  const sail = syncs.system(groups, 'erp').create({ email: 'sail' });
  const record = erp.find1('email', 'ann');
  erp.edit(record.id, { groups: [...(record.fields['groups'] as readonly string[]), sail] });
  crm.edit(ann, { groups: [golf ?? ''] });
  await syncs.settle();
  expect(named('crm')).toEqual(['golf', 'sail']);
  expect(named('erp')).toEqual(['golf', 'sail']);
  expect(await syncs.waits()).toEqual([]);
  await isInSync(syncs);
});
