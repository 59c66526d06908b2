import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { lookAgain } from './look-again.ts';
import { lookAt } from './look.ts';
import { deliverAll, observeAll } from './rounds.ts';
import { sweepSide } from './sweep.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

test('after a decision the hidden records of a thing are looked at too, and those that are gone are not', async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem(), shop: new MemorySystem() };
  const { crm, erp, shop } = systems;
  const deletes = { mode: 'ignore', from: [], againstEdit: 'hold' } as const;
  const definition = simpleDefinition(['crm', 'erp', 'shop'], { name: 'look-again', deletes });
  const runtime = await createTestRuntime(store, definition, systems);
  for (const name of ['Ann', 'Bob']) crm.create({ email: `${name}@x.test`, name, phone: null, city: null });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  const hidden = erp.find1('email', 'Ann@x.test').id;
  erp.hiddenIds.add(hidden);
  await lookAt(runtime, must(runtime.sides.get('erp'), 'a side'), [hidden], signal);
  const gone = shop.find1('email', 'Ann@x.test').id;
  shop.remove(gone);
  await lookAt(runtime, must(runtime.sides.get('shop'), 'a side'), [gone], signal);
  const bundle = await runtime.transaction(async (tx) => {
    const known = must((await tx.recordsOf('erp', [hidden])).get(hidden), 'a known record');
    const [found] = (await tx.lockBundles([must(known.identityId, 'a linked record')])).values();
    return must(found, 'a thing');
  });
  expect(new Map(bundle.links.map(({ side, status }) => [side, status]))).toEqual(
    new Map([
      ['crm', 'live'],
      ['erp', 'hidden'],
      ['shop', 'gone'],
    ]),
  );
  await store.raw.pool.query('delete from hints where sync_key = $1', [runtime.syncKey]);
  await runtime.transaction((tx) => lookAgain(tx, [bundle]));
  const { rows } = await store.raw.pool.query<{ side: string }>(
    'select side from hints where sync_key = $1 order by side',
    [runtime.syncKey],
  );
  expect(rows.map(({ side }) => side)).toEqual(['crm', 'erp']);
});

test.each(['log', 'none'] as const)(
  'what a sweep finds changed is looked at once more where a feed may have told the end of it already (feed: %s)',
  async (feed) => {
    const [crm, erp] = [new MemorySystem({ card: { feed } }), new MemorySystem()];
    const definition = simpleDefinition(['crm', 'erp'], { name: `swept-${feed}` });
    const runtime = await createTestRuntime(store, definition, { crm, erp });
    const side = must(runtime.sides.get('crm'), 'a side');
    const ids = ['Ann', 'Bob'].map((name) =>
      crm.create({ email: `${name}@x.test`, name, phone: null, city: null }),
    );
    await observeAll(runtime, signal);
    await deliverAll(runtime, signal);
    await store.raw.pool.query('delete from hints where sync_key = $1', [runtime.syncKey]);
    crm.edit(must(ids[0], 'a record'), { name: 'Anna' });
    await runtime.transaction((tx) => tx.wakeStream('crm', 'sweep'));
    expect(await sweepSide(runtime, side, signal)).toBe(true);
    const { rows } = await store.raw.pool.query<{ record_id: string }>(
      'select record_id from hints where sync_key = $1',
      [runtime.syncKey],
    );
    expect(rows.map((row) => row.record_id)).toEqual(feed === 'log' ? [ids[0]] : []);
  },
);
