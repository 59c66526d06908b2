/** An answer belongs to one try of one write, however late it comes; what was seen before it came counts all the same. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import type { Json } from '../lib/json.ts';
import { openHolds } from '../store/holds.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { settleHints } from './look.ts';
import { resolveUnknown } from './resolve.ts';
import { observeAll, settleRecords } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

test('the late answer to a write that was given up leaves alone the one that is under way by then', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'late-answer' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const [there, here] = ['crm', 'erp'].map((name) => must(runtime.sides.get(name), 'a side'));
  if (there === undefined || here === undefined) throw new Error('there are two sides');
  const id = crm.create({ email: 'ann', name: 'Ann', phone: null, city: null });
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 4);
  const rename = async (name: string): Promise<void> => {
    crm.edit(id, { name });
    await captureChanges(runtime, there, false, signal);
    await settleHints(runtime, there, signal);
  };
  const [secondLeft, firstRecorded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const given = erp.write.bind(erp);
  let second: Promise<number> | undefined;
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    if (second === undefined) {
      // The worker stands still. Its write is found to have landed, and another one sends the next.
      await store.raw.pool.query(`update writes set lease_until = '-infinity' where sync_key = $1`, [
        runtime.syncKey,
      ]);
      await runtime.transaction((tx) => tx.reapSent(0));
      await resolveUnknown(runtime, here);
      await rename('Anna');
      second = deliverBatch(runtime, here);
      await secondLeft.promise;
    } else {
      secondLeft.resolve();
      await firstRecorded.promise;
    }
    return results;
  };
  await rename('Anne');
  await deliverBatch(runtime, here);
  firstRecorded.resolve();
  await second;
  const { rows } = await store.raw.pool.query<{ kind: string; name: Json }>(
    `select kind, body -> 'values' -> 'name' as name from journal
      where sync_key = $1 and side = 'erp' and kind in ('written', 'late') order by at`,
    [runtime.syncKey],
  );
  expect(rows).toEqual([
    { kind: 'written', name: 'Ann' },
    { kind: 'written', name: 'Anne' },
    { kind: 'late', name: 'Anne' },
    { kind: 'written', name: 'Anna' },
  ]);
});

test('what was edited before the answer to its create came is read, though it waited with the key of another thing', async () => {
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'met-before-its-answer' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const here = must(runtime.sides.get('erp'), 'a side');
  crm.create({ email: 'bob', name: 'Bob', phone: null, city: null });
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 4);
  crm.create({ email: 'ann', name: 'Ann', phone: '1', city: 'Aachen' });
  await observeAll(runtime, signal);
  const given = erp.write.bind(erp);
  erp.write = async (collection, requests) => {
    const results = await given(collection, requests);
    erp.write = given;
    erp.edit(erp.find1('email', 'ann').id, { email: 'bob', name: 'Anna' });
    await captureChanges(runtime, here, false, signal);
    await settleHints(runtime, here, signal);
    return results;
  };
  await deliverBatch(runtime, here);
  await settleRecords(runtime, signal);
  const asked = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  expect(asked).toMatchObject([{ reason: 'ambiguousMatch', seen: { erp: { email: 'bob', name: 'Anna' } } }]);
});
