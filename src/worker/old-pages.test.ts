/** A system whose own job reads a side as a whole: what the job found is as old as the job, whenever it is handed out. */
import { expect, test } from 'vitest';

import { MemorySystem, type Fields } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { SnapshotPage, SnapshotRequest } from '../connector/contract.ts';
import { deliverAll, observeAll } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();
const EMPTY: SnapshotPage = { records: [], unreadable: [], resume: null, complete: false, isOld: true };

/** Finds everything at once, and hands it out late. */
class Gathering extends MemorySystem {
  whileGathering: () => Promise<void> = () => Promise.resolve();
  onceTaken: () => Promise<unknown> = () => Promise.resolve();

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    const found: SnapshotPage[] = [];
    for await (const page of super.readAll(request)) found.push({ ...page, isOld: true });
    yield EMPTY;
    await this.whileGathering();
    // So many that the request for the last page is younger than what happened meanwhile.
    for (let look = 0; look < 3; look += 1) yield EMPTY;
    for (const page of found) yield { ...page, complete: false };
    await this.onceTaken();
    yield { ...EMPTY, complete: true };
  }
}

function person(name: string): Fields {
  return { email: `${name}@x.test`, name, phone: null, city: null };
}

/** Names with cities, in their order. */
function cities(system: MemorySystem): readonly string[] {
  return Object.values(system.all())
    .map(({ name, city }) => JSON.stringify([name, city]))
    .toSorted();
}

test('what a job found takes back nothing that happened while it ran, and brings back nothing that went', async () => {
  const crm = new Gathering();
  const erp = new MemorySystem();
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp'], { name: 'gathered' }), {
    crm,
    erp,
  });
  const [ann, , cyd] = [
    crm.create(person('ann')),
    crm.create(person('bob')),
    crm.create(person('cyd')),
  ] as const;
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  expect(erp.size).toBe(3);
  crm.whileGathering = async () => {
    crm.edit(ann, { city: 'Lyon' });
    erp.edit(erp.find1('name', 'bob').id, { city: 'Bern' });
    crm.remove(cyd);
    crm.create(person('dan'));
    await settleRounds(store, runtime, 3);
    expect([crm.find1('name', 'bob').fields['city'], erp.find1('name', 'ann').fields['city']]).toEqual([
      'Bern',
      'Lyon',
    ]);
  };
  crm.onceTaken = () => deliverAll(runtime, signal);
  crm.log.length = 0;
  erp.log.length = 0;
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 3);
  expect(cities(crm)).toEqual(['["ann","Lyon"]', '["bob","Bern"]', '["dan",null]']);
  expect(cities(erp)).toEqual(['["ann","Lyon"]', '["bob","Bern"]', '["dan",null]']);
  const byUs = [...crm.log, ...erp.log].filter(({ actor }) => actor === 'trueup');
  expect(byUs.map(({ kind }) => kind).toSorted()).toEqual(['create', 'delete', 'update', 'update']);
});
