/** Things that have got each other's keys: each is held as long as it is looked at alone, and both fit once they are looked at together. */
import { expect, test } from 'vitest';

import { MemorySystem, type Fields, type MemoryOptions } from '../../test/support/memory-system.ts';
import { captureAndDeliver, settleRounds, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { applyPage } from './apply.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { Sighting } from './sighting.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

interface Setup {
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
  readonly side: SideRuntime;
  /** Records of the CRM, each named after the key that it had first. */
  readonly ids: readonly [ann: string, bob: string, cid: string];
}

async function start(name: string, options: MemoryOptions = {}): Promise<Setup> {
  const [crm, erp] = [new MemorySystem(options), new MemorySystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name }), { crm, erp });
  const [ann = '', bob = '', cid = ''] = ['ann', 'bob', 'cid'].map((who) =>
    crm.create({ email: who, name: who, phone: null, city: null }),
  );
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 6);
  return { crm, erp, runtime, side: must(runtime.sides.get('crm'), 'crm is a side'), ids: [ann, bob, cid] };
}

async function editAndLook({ crm, runtime, side }: Setup, id: string, fields: Fields): Promise<void> {
  crm.edit(id, fields);
  await captureChanges(runtime, side, false, signal);
  await settleHints(runtime, side, signal);
}

/** At the other side, in the order of their names: Ann's, Bob's and Cid's. */
function keysAt({ erp }: Setup): readonly unknown[] {
  return ['ann', 'bob', 'cid'].map((name) => erp.find1('name', name).fields['email']);
}

async function countHeld({ runtime }: Setup): Promise<number> {
  const { rows } = await store.raw.pool.query(
    `select from holds where closed_at is null and sync_key = $1 and reason = 'ambiguousMatch'`,
    [runtime.syncKey],
  );
  return rows.length;
}

test('two of which one could not be looked up just then are looked at together when it can be', async () => {
  const setup = await start('not-looked-up');
  const { crm, runtime, side, ids } = setup;
  const [ann, bob] = ids;
  await editAndLook(setup, ann, { email: 'bob' });
  await captureAndDeliver(runtime, 2);
  await editAndLook(setup, bob, { email: 'ann' });
  const given = crm.get.bind(crm);
  crm.get = async (collection, asked) =>
    (await given(collection, asked)).map((lookup) =>
      lookup.kind === 'found' && lookup.record.id === bob
        ? { kind: 'failed', id: bob, failure: { kind: 'transient', code: 'test.busy', message: 'busy' } }
        : lookup,
    );
  await settleHints(runtime, side, signal);
  expect(await countHeld(setup)).toBe(2);
  crm.get = given;
  await settleRounds(store, runtime, 3);
  expect(keysAt(setup)).toEqual(['bob', 'ann', 'cid']);
  expect(await countHeld(setup)).toBe(0);
});

test('one that is held and gets another key is looked at together with whom it clashes with now', async () => {
  const setup = await start('later-key');
  const [ann, bob] = setup.ids;
  await editAndLook(setup, ann, { email: 'cid' });
  await editAndLook(setup, bob, { email: 'ann' });
  await captureAndDeliver(setup.runtime, 3);
  expect(await countHeld(setup)).toBe(2);
  await editAndLook(setup, ann, { email: 'bob' });
  await captureAndDeliver(setup.runtime, 3);
  expect(keysAt(setup)).toEqual(['bob', 'ann', 'cid']);
  expect(await countHeld(setup)).toBe(0);
});

test('three that have changed places in a ring fit together, at a system that shows one record at a time', async () => {
  const setup = await start('ring', { card: { getBatchMax: 1 } });
  const [ann, bob, cid] = setup.ids;
  await editAndLook(setup, ann, { email: 'bob' });
  await editAndLook(setup, bob, { email: 'cid' });
  await captureAndDeliver(setup.runtime, 2);
  expect(await countHeld(setup)).toBe(2);
  await editAndLook(setup, cid, { email: 'ann' });
  await captureAndDeliver(setup.runtime, 3);
  expect(keysAt(setup)).toEqual(['bob', 'cid', 'ann']);
  expect(await countHeld(setup)).toBe(0);
});

test('those that do not fit together either are not looked at again before one of them changes', async () => {
  const setup = await start('unfit');
  const [ann, bob] = setup.ids;
  await editAndLook(setup, ann, { email: 'bob' });
  await editAndLook(setup, bob, { email: 'cid' });
  await captureAndDeliver(setup.runtime, 4);
  expect(await countHeld(setup)).toBe(2);
  expect(await waitingIn(store, setup.runtime)).toEqual([]);
});

test('those that do not fit together are held in one page, as what is held gives no key away', async () => {
  const setup = await start('held-together');
  const { crm, runtime, side, ids } = setup;
  const [ann, bob, cid] = ids;
  crm.edit(ann, { email: 'bob' });
  crm.edit(bob, { email: 'cid' });
  const readBeganMs = await runtime.nowMs();
  const lookups = await side.session.get('things', [ann, bob, cid], side.model.natives);
  const sightings = lookups.flatMap((lookup): Sighting[] =>
    lookup.kind === 'found' ? [{ kind: 'record', recordId: lookup.record.id, record: lookup.record }] : [],
  );
  const page = { side: 'crm', sightings, readBeganMs, followed: null };
  await runtime.transaction((tx) => applyPage(runtime, tx, page));
  expect(await countHeld(setup)).toBe(2);
  expect(keysAt(setup)).toEqual(['ann', 'bob', 'cid']);
});

test.each(['unreadable', 'hidden'] as const)(
  'one that was %s is looked at together with the other when a feed shows it again as it had been',
  async (outOfSight) => {
    const setup = await start(outOfSight);
    const { crm, runtime, side, ids } = setup;
    const [ann, bob] = ids;
    const show = async (sighting: Sighting, readBeganMs: number): Promise<void> => {
      const page = { side: 'crm', sightings: [sighting], readBeganMs, followed: null };
      await runtime.transaction((tx) => applyPage(runtime, tx, page));
    };
    await editAndLook(setup, ann, { email: 'bob' });
    await captureAndDeliver(runtime, 2);
    const unreadable = {
      id: ann,
      failure: { kind: 'invalid', code: 'test.damaged', message: 'damaged' },
    } as const;
    const damaged: Sighting = { kind: 'unreadable', recordId: ann, unreadable };
    if (outOfSight === 'hidden') crm.hiddenIds.add(ann);
    else await show(damaged, await runtime.nowMs());
    await editAndLook(setup, bob, { email: 'ann' });
    await captureAndDeliver(runtime, 3);
    expect(await countHeld(setup)).toBe(2);
    crm.hiddenIds.delete(ann);
    const readBeganMs = await runtime.nowMs();
    const [seen] = await side.session.get('things', [ann], side.model.natives);
    if (seen?.kind !== 'found') throw new Error('the record is there');
    await show({ kind: 'record', recordId: ann, record: seen.record }, readBeganMs);
    await captureAndDeliver(runtime, 3);
    expect(keysAt(setup)).toEqual(['bob', 'ann', 'cid']);
    expect(await countHeld(setup)).toBe(0);
  },
);
