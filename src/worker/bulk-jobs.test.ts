/** Bulk jobs that are taken up by another worker than the one which began them. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { Session } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import type { Try } from '../store/bulk-jobs.ts';
import { takeUpJob } from './bulk-jobs.ts';
import { observeAll } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

/** Says of every write that a job of it is asked about that it has happened. */
class Confirming extends MemorySystem {
  readonly asked: unknown[] = [];

  readonly takeUp: Session['takeUp'] = (_collection, _token, requests) => {
    this.asked.push(...requests.map(({ fields }) => fields.get('name')));
    return Promise.resolve(
      requests.map(({ key, recordId }) => ({
        kind: 'written',
        key,
        recordId: must(recordId, 'an update has a record'),
        version: null,
      })),
    );
  };
}

test('a job tells of its own writes, and of none that has been sent since in the place of one of them', async () => {
  const [crm, erp] = [new MemorySystem(), new Confirming()];
  const definition = simpleDefinition(['crm', 'erp'], { name: 'taken-up' });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const side = must(runtime.sides.get('erp'), 'a side of the sync');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
  await observeAll(runtime, signal);
  await captureAndDeliver(runtime, 2);
  const given = erp.write.bind(erp);
  /** Delivers a new name; with the try that it is at when the request has left. */
  const rename = async (name: string, whileSent: (sent: Try) => Promise<unknown>): Promise<void> => {
    erp.write = async (collection, requests) => {
      const { rows } = await store.raw.pool.query<{ identity_id: string; write_id: string; epoch: string }>(
        `select identity_id, write_id, lease_epoch as epoch from writes where sync_key = $1 and state = 'sent'`,
        [runtime.syncKey],
      );
      const { identity_id: identityId, write_id: writeId, epoch } = must(rows[0], 'a write is under way');
      await whileSent({ identityId, writeId, epoch: Number(epoch) });
      return given(collection, requests);
    };
    crm.edit(id, { name });
    await captureAndDeliver(runtime, 2);
  };
  const jobs = must(runtime.jobs, 'the runtime keeps jobs');
  /** Another worker takes up a job of these tries, which nobody holds any more. */
  const takeUp = async (tries: readonly Try[]): Promise<void> => {
    await jobs.note(runtime.ids.next(), 'erp', 'job', tries, -1_000);
    expect(await takeUpJob(runtime, side)).toBe(1);
  };
  const before: Try[] = [];
  await rename('Bea', (sent) => Promise.resolve(before.push(sent)));
  await rename('Cora', (sent) => {
    expect(before).toMatchObject([{ identityId: sent.identityId, epoch: sent.epoch }]);
    return takeUp(before);
  });
  expect(erp.asked).toEqual([]);
  await rename('Dora', (sent) => takeUp([sent]));
  expect(erp.asked).toEqual(['Dora']);
});
