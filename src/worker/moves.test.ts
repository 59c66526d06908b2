/** References that go by names, and what becomes of references when the thing that they name is called otherwise. */
import { expect, test } from 'vitest';

import type { MemoryOptions, MemorySystem } from '../../test/support/memory-system.ts';
import { createSyncs, referring, type Syncs } from '../../test/support/references.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { allSyncs } from '../store/control.ts';
import { openHolds } from '../store/holds.ts';
import { standingJoins } from '../store/matches.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { toldWaits } from '../store/told-waits.ts';
import { captureChanges } from './capture.ts';
import { resolveHold } from './holds.ts';
import { joinPair, partIdentities } from './joins.ts';
import { deliverAll, settleRecords } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;

const store = sharedTestStore();

let made = 0;

interface World extends Syncs {
  readonly account: Readonly<Record<'crm' | 'erp', MemorySystem>>;
  readonly contact: Readonly<Record<'crm' | 'erp', MemorySystem>>;
  /** Why the contacts wait, by the kind of the reason. */
  readonly reasons: () => Promise<readonly string[]>;
}

/** Contacts of accounts: the CRM names an account by its record id, the ERP by its phone, which need not be its own. */
async function world(
  by?: { readonly everywhere?: boolean },
  change: Partial<SyncDefinition> = {},
  options: MemoryOptions = {},
): Promise<World> {
  made += 1;
  const [accounts, contacts] = [`accounts${String(made)}`, `contacts${String(made)}`];
  const named = by === undefined ? {} : { by: { field: 'phone', at: ['erp'], ...by } };
  const definitions = [
    referring(contacts, { account: { to: accounts, ...named } }, change),
    referring(accounts, {}, change),
  ];
  const syncs = await createSyncs(store, definitions, options);
  const at = (sync: string): World['account'] => ({
    crm: syncs.system(sync, 'crm'),
    erp: syncs.system(sync, 'erp'),
  });
  const reasons = async (): Promise<readonly string[]> => {
    const runtime = syncs.runtimes.get(contacts);
    const { syncKey = '', name = '' } = runtime ?? {};
    const told = await store.database.transaction(store.workspaceNo, (tx) =>
      toldWaits(tx, { syncKey, name }, null, 10),
    );
    return told.map(({ reason }) => reason.kind);
  };
  return { ...syncs, account: at(accounts), contact: at(contacts), reasons };
}

function accountOf(system: MemorySystem, email: string): unknown {
  return system.find1('email', email).fields['account'];
}

test('a side that names things by a field of theirs is read, and written to, by it', async () => {
  const { account, contact, settle, waits } = await world({});
  const acme = account.crm.create({ email: 'acme', phone: 'A-1' });
  contact.crm.create({ email: 'ann', account: acme });
  await settle();
  expect(accountOf(contact.erp, 'ann')).toBe('A-1');
  contact.erp.create({ email: 'bob', account: ' a-1 ' });
  await settle();
  expect(accountOf(contact.crm, 'bob')).toBe(acme);
  expect(accountOf(contact.erp, 'bob')).toBe(' a-1 ');
  expect(await waits()).toEqual([]);
});

test('a name that nothing has, or several things, waits with its reason, and is followed once it names one', async () => {
  const { account, contact, settle, reasons } = await world({});
  contact.erp.create({ email: 'ann', account: 'A-1' });
  await settle();
  expect(await reasons()).toEqual(['noSuchName']);
  const [acme, other] = ['acme', 'other'].map((email) => account.crm.create({ email, phone: 'A-1' }));
  await settle();
  expect(await reasons()).toEqual(['sharedName']);
  expect(contact.crm.size).toBe(0);
  account.crm.edit(other ?? '', { phone: 'A-2' });
  await settle();
  expect(accountOf(contact.crm, 'ann')).toBe(acme);
  expect(await reasons()).toEqual([]);
});

test('what is to be named and has no name yet waits for it', async () => {
  const { account, contact, settle, reasons } = await world({});
  const acme = account.crm.create({ email: 'acme', phone: null });
  contact.crm.create({ email: 'ann', account: acme });
  await settle();
  expect(await reasons()).toEqual(['nameless']);
  account.crm.edit(acme, { phone: 'A-1' });
  await settle();
  expect(accountOf(contact.erp, 'ann')).toBe('A-1');
  expect(await reasons()).toEqual([]);
});

test.each([{}, { everywhere: true }])(
  'a changed name is written to whoever is named by it, and is nobody’s edit',
  async (by) => {
    const { account, contact, settle, waits } = await world(by);
    const acme = account.crm.create({ email: 'acme', phone: 'A-1' });
    contact.crm.create({ email: 'ann', account: acme });
    await settle();
    account.crm.edit(acme, { phone: 'A-2' });
    // Who edits the contact meanwhile still calls the account by its old name.
    contact.erp.edit(contact.erp.find1('email', 'ann').id, { city: 'Ulm' });
    await settle();
    expect(accountOf(contact.erp, 'ann')).toBe('A-2');
    expect(contact.crm.find1('email', 'ann').fields).toMatchObject({ account: acme, city: 'Ulm' });
    const other = account.crm.create({ email: 'other', phone: 'A-1' });
    await settle();
    contact.erp.edit(contact.erp.find1('email', 'ann').id, { account: 'A-1' });
    await settle();
    expect(accountOf(contact.crm, 'ann')).toBe(other);
    expect(await waits()).toEqual([]);
  },
);

test('a thing that was deleted at a side and made there again is referred to by its new record', async () => {
  const { account, contact, settle, waits } = await world(undefined, {
    deletes: { mode: 'propagate', from: ['crm', 'erp'], againstEdit: 'editWins' },
  });
  const acme = account.crm.create({ email: 'acme' });
  contact.crm.create({ email: 'ann', account: acme });
  await settle();
  const first = account.erp.find1('email', 'acme').id;
  expect(accountOf(contact.erp, 'ann')).toBe(first);
  account.erp.remove(first);
  account.crm.edit(acme, { name: 'Acme' });
  await settle();
  const second = account.erp.find1('email', 'acme').id;
  expect(second).not.toBe(first);
  expect(accountOf(contact.erp, 'ann')).toBe(second);
  expect(accountOf(contact.crm, 'ann')).toBe(acme);
  expect(await waits()).toEqual([]);
});

test.each(['loseAnswer', 'loseRequest'] as const)(
  'who refers to what was made again refers to the new record, written once, though a write is lost (%s)',
  async (kind) => {
    const { account, contact, settle, waits } = await world(undefined, {
      deletes: { mode: 'propagate', from: ['crm', 'erp'], againstEdit: 'editWins' },
    });
    const acme = account.crm.create({ email: 'acme' });
    contact.crm.create({ email: 'ann', account: acme });
    await settle();
    account.erp.remove(account.erp.find1('email', 'acme').id);
    account.crm.edit(acme, { name: 'Acme' });
    contact.erp.faults.push({ kind });
    await settle();
    expect(contact.erp.faults).toEqual([]);
    expect(accountOf(contact.erp, 'ann')).toBe(account.erp.find1('email', 'acme').id);
    expect(contact.erp.log.filter((event) => event.kind === 'update')).toHaveLength(1);
    expect(await waits()).toEqual([]);
  },
);

/** A person answers what is asked about a thing of the sync. */
async function answer(runtime: SyncRuntime | undefined, kind: 'delete' | 'revive'): Promise<void> {
  const asked = must(runtime, 'the sync runs');
  const [hold] = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, asked.syncKey, null, 1),
  );
  await resolveHold(asked, must(hold, 'a person is asked'), { kind }, 'somebody');
}

/** Whoever deletes anything, a person is asked. */
const ASKED: Partial<SyncDefinition> = {
  deletes: { mode: 'hold', from: ['crm', 'erp'], againstEdit: 'hold' },
};

const AWAY = [false, true].flatMap((isDeleted) =>
  [false, true].map((isBackFirst) => ({ isDeleted, isBackFirst })),
);

test.each(AWAY)(
  'what a person lets live refers to the new record of what was made again meanwhile (%o)',
  async ({ isDeleted, isBackFirst }) => {
    const { account, contact, settle, waits, runtimes } = await world(undefined, ASKED);
    const [contacts, accounts] = runtimes.values();
    contact.crm.create({ email: 'ann', account: account.crm.create({ email: 'acme' }) });
    await settle();
    const ann = contact.erp.find1('email', 'ann');
    contact.erp.remove(ann.id);
    await settle();
    if (isDeleted) {
      await answer(contacts, 'delete');
      await settle();
    }
    if (isBackFirst) contact.erp.restore(ann.id, ann.fields);
    await settle();
    account.erp.remove(account.erp.find1('email', 'acme').id);
    await settle();
    await answer(accounts, 'revive');
    await settle();
    const acme = account.erp.find1('email', 'acme').id;
    expect(acme).not.toBe(ann.fields['account']);
    if (!isBackFirst) contact.erp.restore(ann.id, ann.fields);
    await settle();
    await answer(contacts, 'revive');
    await settle();
    expect(contact.erp.all()).toEqual({ [ann.id]: { ...ann.fields, account: acme } });
    expect(accountOf(contact.crm, 'ann')).toBe(account.crm.find1('email', 'acme').id);
    expect(await waits()).toEqual([]);
  },
);

test('what comes back means what it meant, though another thing has got the name that it says meanwhile', async () => {
  const { account, contact, settle, waits, runtimes } = await world({}, ASKED);
  const acme = account.crm.create({ email: 'acme', phone: 'A-1' });
  contact.crm.create({ email: 'ann', account: acme });
  await settle();
  const ann = contact.erp.find1('email', 'ann');
  contact.erp.remove(ann.id);
  await settle();
  account.crm.edit(acme, { phone: 'A-2' });
  await settle();
  account.crm.create({ email: 'other', phone: 'A-1' });
  await settle();
  contact.erp.restore(ann.id, ann.fields);
  await settle();
  await answer([...runtimes.values()][0], 'revive');
  await settle();
  expect(accountOf(contact.erp, 'ann')).toBe('A-2');
  expect(accountOf(contact.crm, 'ann')).toBe(acme);
  expect(await waits()).toEqual([]);
});

test.each([true, false])(
  'what a person has pointed meanwhile is not written to (to what was made again: %s)',
  async (isSame) => {
    const { account, contact, settle, waits, runtimes } = await world(
      undefined,
      { deletes: { mode: 'propagate', from: ['crm', 'erp'], againstEdit: 'editWins' } },
      { card: { version: 'none', conditionalWrite: false } },
    );
    const [contacts, accounts] = [...runtimes.values()];
    const acme = account.crm.create({ email: 'acme' });
    contact.crm.create({ email: 'ann', account: acme });
    await settle();
    account.erp.remove(account.erp.find1('email', 'acme').id);
    account.crm.edit(acme, { name: 'Acme' });
    await settle([must(accounts, 'there are accounts').name]);
    const chosen = isSame ? account.erp.find1('email', 'acme').id : account.erp.create({ email: 'other' });
    contact.erp.edit(contact.erp.find1('email', 'ann').id, { account: chosen });
    await settleRecords(must(contacts, 'there are contacts'), signal);
    await deliverAll(must(contacts, 'there are contacts'), signal);
    await settle();
    expect(contact.erp.log.filter(({ actor, kind }) => actor === 'trueup' && kind === 'update')).toEqual([]);
    expect(accountOf(contact.erp, 'ann')).toBe(chosen);
    expect(accountOf(contact.crm, 'ann')).toBe(isSame ? acme : account.crm.find1('email', 'other').id);
    expect(await waits()).toEqual([]);
  },
);

/** Reads what is new everywhere, and writes nothing. */
async function observe(runtimes: Syncs['runtimes']): Promise<void> {
  for (const runtime of [...runtimes.values()].toReversed()) {
    for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
    await settleRecords(runtime, signal);
  }
}

function identityOf(runtime: SyncRuntime, side: string, recordId: string): Promise<string> {
  return runtime.transaction(async (tx) =>
    must((await tx.recordsOf(side, [recordId])).get(recordId)?.identityId, 'it is linked'),
  );
}

test('two things that both are referred to become one, and those that refer to either refer to it, at every side', async () => {
  const { account, contact, settle, waits, runtimes } = await world();
  const [left, right] = [
    account.crm.create({ email: 'acme' }),
    account.erp.create({ email: 'acme.example' }),
  ];
  const runtime = must([...runtimes.values()][1], 'the accounts run');
  const all = await store.database.transaction(store.workspaceNo, (tx) => allSyncs(tx));
  const sync = must(
    all.find(({ name }) => name === runtime.name),
    'it is stored',
  );
  // They are met before either is made at the other side.
  await observe(runtimes);
  contact.crm.create({ email: 'ann', account: left });
  contact.erp.create({ email: 'bob', account: right });
  await observe(runtimes);
  const [crmId, erpId] = [await identityOf(runtime, 'crm', left), await identityOf(runtime, 'erp', right)];
  const joinId = await store.database.transaction(store.workspaceNo, (tx) =>
    joinPair(tx, { runtime, sync, all, by: 'somebody' }, [crmId, erpId]),
  );
  await settle();
  expect(accountOf(contact.erp, 'ann')).toBe(right);
  expect(accountOf(contact.crm, 'bob')).toBe(left);
  expect([account.crm.size, account.erp.size]).toEqual([1, 1]);
  expect(await waits()).toEqual([]);
  await store.database.transaction(store.workspaceNo, async (tx) => {
    const [join] = await standingJoins(tx, runtime.syncKey, joinId, 1);
    const { memory } = must(join, 'it is remembered');
    await partIdentities(runtime, syncTransaction(tx, sync, runtime.ids), memory, 'somebody');
  });
  await settle();
  expect([account.crm.size, account.erp.size]).toEqual([2, 2]);
  expect(accountOf(contact.crm, 'ann')).toBe(left);
  expect(account.erp.all()[String(accountOf(contact.erp, 'ann'))]).toMatchObject({ email: 'acme' });
  expect(accountOf(contact.erp, 'bob')).toBe(right);
  expect(account.crm.all()[String(accountOf(contact.crm, 'bob'))]).toMatchObject({ email: 'acme.example' });
  expect(await waits()).toEqual([]);
});
