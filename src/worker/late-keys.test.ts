/** Records that are matched by what they refer to, which may become known only after they were read. */
import { expect, test } from 'vitest';

import type { MemorySystem } from '../../test/support/memory-system.ts';
import { createSyncs, referring, SIDES } from '../../test/support/references.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { waitSentence } from '../api/words/wait.ts';
import { must } from '../lib/assert.ts';
import { findSync } from '../store/control.ts';
import { openHolds } from '../store/holds.ts';
import { toldWaits } from '../store/told-waits.ts';
import { captureChanges } from './capture.ts';
import { settleRecords } from './rounds.ts';

const signal = new AbortController().signal;

const store = sharedTestStore();

interface World {
  readonly account: Readonly<Record<(typeof SIDES)[number], MemorySystem>>;
  readonly contact: Readonly<Record<(typeof SIDES)[number], MemorySystem>>;
  readonly settle: () => Promise<void>;
  /** Reads what is new of one of the two, and writes nothing. */
  readonly read: (what: 'accounts' | 'contacts', sides?: readonly string[]) => Promise<void>;
  readonly sentences: () => Promise<readonly string[]>;
  readonly reasons: () => Promise<readonly string[]>;
}

let made = 0;

/** Contacts that are one where they have one e-mail address within one account. */
async function world(): Promise<World> {
  made += 1;
  const names = { accounts: `accounts${String(made)}`, contacts: `contacts${String(made)}` };
  const syncs = await createSyncs(store, [
    referring(names.contacts, { account: { to: names.accounts } }, { match: [['email', 'account']] }),
    referring(names.accounts, {}),
  ]);
  const at = (sync: string): World['account'] => ({
    crm: syncs.system(sync, 'crm'),
    erp: syncs.system(sync, 'erp'),
  });
  const told = async <T>(action: Parameters<typeof store.database.transaction<T>>[1]): Promise<T> =>
    store.database.transaction(store.workspaceNo, action);
  const contacts = must(syncs.runtimes.get(names.contacts), 'it runs');
  return {
    account: at(names.accounts),
    contact: at(names.contacts),
    settle: () => syncs.settle([names.accounts, names.contacts]),
    read: async (what, sides = SIDES) => {
      const runtime = must(syncs.runtimes.get(names[what]), 'it runs');
      for (const side of sides)
        await captureChanges(runtime, must(runtime.sides.get(side), 'a side'), false, signal);
      await settleRecords(runtime, signal);
    },
    sentences: () =>
      told(async (tx) => {
        const sync = must(await findSync(tx, names.contacts), 'it is stored');
        return (await toldWaits(tx, sync, null, 10)).map((wait) =>
          waitSentence(wait).replaceAll(names.contacts, 'contacts').replaceAll(names.accounts, 'accounts'),
        );
      }),
    reasons: () =>
      told(async (tx) => (await openHolds(tx, contacts.syncKey, null, 10)).map(({ reason }) => reason)),
  };
}

/** Two accounts that both sides have, each with a contact of the same address at the CRM. */
function twoAccounts({ account, contact }: World): {
  readonly crm: readonly string[];
  readonly erp: readonly string[];
  readonly anns: readonly string[];
} {
  const crm = ['acme', 'beta'].map((email) => account.crm.create({ email }));
  const erp = ['acme', 'beta'].map((email) => account.erp.create({ email }));
  const anns = crm.map((id) => contact.crm.create({ email: 'ann', account: id }));
  return { crm, erp, anns };
}

test('one address in two accounts is two contacts, each found where its account is', async () => {
  const own = await world();
  const { erp } = twoAccounts(own);
  await own.read('accounts');
  const there = erp.map((id, index) =>
    own.contact.erp.create({ email: 'ann', account: id, city: `city ${String(index)}` }),
  );
  await own.settle();
  expect([own.contact.crm.size, own.contact.erp.size]).toEqual([2, 2]);
  expect(there.map((id) => own.contact.erp.all()[id]?.['account'])).toEqual(erp);
  expect(Object.values(own.contact.crm.all()).map(({ city }) => city)).toEqual(['city 0', 'city 1']);
  expect(await own.reasons()).toEqual([]);
});

test('a contact whose account nobody knows yet waits, says so, and is made nowhere', async () => {
  const own = await world();
  twoAccounts(own);
  await own.read('contacts');
  expect(await own.sentences()).toEqual(
    ['1', '2'].map(
      (no) =>
        `account of contacts crm contacts-crm-${no} names accounts crm accounts-crm-${no}, which has not been read yet; it is matched by that, and waits for it to be known`,
    ),
  );
  await own.settle();
  expect(own.contact.erp.size).toBe(2);
  expect(await own.sentences()).toEqual([]);
});

test.each([
  ['crm', 'erp'],
  ['erp', 'crm'],
])(
  'contacts that were read before their accounts find each other once those are known (%s first)',
  async (...order) => {
    const own = await world();
    const { erp } = twoAccounts(own);
    for (const id of erp) own.contact.erp.create({ email: 'ann', account: id, city: id });
    await own.read('contacts', order);
    await own.settle();
    expect([own.contact.crm.size, own.contact.erp.size]).toEqual([2, 2]);
    const cities = Object.values(own.contact.crm.all()).map(({ city }) => JSON.stringify(city));
    expect(cities.toSorted()).toEqual(erp.map((id) => JSON.stringify(id)).toSorted());
    expect(await own.reasons()).toEqual([]);
  },
);

test('a contact without an account has no such key, and stands for itself', async () => {
  const own = await world();
  own.contact.crm.create({ email: 'ann', account: null });
  own.contact.erp.create({ email: 'ann', account: null });
  await own.settle();
  expect([own.contact.crm.size, own.contact.erp.size]).toEqual([2, 2]);
});

test('two contacts that come to be of one account, because their accounts became one, are a question', async () => {
  const own = await world();
  const { crm, anns } = twoAccounts(own);
  await own.settle();
  own.account.crm.merge(crm[0] ?? '', crm[1] ?? '');
  own.contact.crm.edit(anns[0] ?? '', { account: crm[1] ?? '' });
  await own.settle();
  expect(await own.reasons()).toEqual(['ambiguousMatch']);
  expect([own.contact.crm.size, own.contact.erp.size]).toEqual([2, 2]);
});
