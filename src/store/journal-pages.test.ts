import { expect, test } from 'vitest';

import { failingStand, thing } from '../../test/support/failing.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { journalBegin, journalPage, type JournalPlace } from './journal-pages.ts';

const store = sharedTestStore();

test('pages of any size give every entry once, each identity’s together, though several are of one moment', async () => {
  const stand = await failingStand(store, 'paged', ['ann', 'bob', 'cat']);
  stand.crm.create(thing('dan'));
  await stand.settle();
  const { transaction } = stand;
  const { syncKey } = stand.sync;
  const read = async (countMax: number): Promise<readonly string[]> => {
    const keys: string[] = [];
    let place: JournalPlace | null = null;
    do {
      const from: JournalPlace | null = place;
      const page: Awaited<ReturnType<typeof journalPage>> = await transaction((tx) =>
        journalPage(tx, syncKey, 0, from, countMax),
      );
      keys.push(...page.entries.map((entry) => JSON.stringify(entry)));
      place = page.next;
    } while (place !== null);
    return keys;
  };
  await transaction((tx) =>
    tx.execute(
      `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
       select $1, (select max(at) from journal where sync_key = $1), identity_id, 'crm', number::text, 'changed', '{}'
         from (select identity_id from identities where sync_key = $1 limit 1) as one, generate_series(1, 7) as number`,
      [syncKey],
    ),
  );
  const whole = await read(1_000);
  expect(new Set(whole).size).toBe(whole.length);
  expect(whole.length).toBeGreaterThan(10);
  const identities = whole.map((entry) => (JSON.parse(entry) as { readonly identityId: string }).identityId);
  expect(identities).toEqual(identities.toSorted());
  for (const countMax of [1, 2, 3, 5]) expect(await read(countMax)).toEqual(whole);
});

test('a journal begins with its first entry, and an empty one nowhere', async () => {
  const { runtime, sync, transaction } = await failingStand(store, 'begun', ['ann']);
  const begin = await transaction((tx) => journalBegin(tx, sync.syncKey));
  expect(begin).toBeLessThan(await runtime.nowMs());
  expect(await transaction((tx) => journalBegin(tx, '999999'))).toBeNull();
});
