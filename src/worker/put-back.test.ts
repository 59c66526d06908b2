/** A record that has again the version that is known of it, though something has happened to it meanwhile. */
import { expect, test } from 'vitest';

import { MemorySystem, type Fields } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { Lookup, SystemRecord, WriteRequest, WriteResult } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { captureChanges } from './capture.ts';
import { deliverBatch } from './deliver.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

/** A system whose versions are made of what its records hold, so that they come back with it. */
class DigestingSystem extends MemorySystem {
  /** What somebody does there while the answer to a write is on its way. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  constructor() {
    super({ card: { conditionalWrite: false } });
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    const lookups = await super.get(collection, ids);
    return lookups.map((lookup) =>
      lookup.kind === 'found' ? { ...lookup, record: withDigest(lookup.record) } : lookup,
    );
  }

  override async write(
    collection: string,
    requests: readonly WriteRequest[],
  ): Promise<readonly WriteResult[]> {
    const results = await super.write(collection, requests);
    await this.beforeAnswer();
    return results.map((result) =>
      result.kind === 'failed'
        ? result
        : { ...result, version: digestOf(must(result.fields, 'it tells all')) },
    );
  }
}

function withDigest(record: SystemRecord): SystemRecord {
  return { ...record, version: digestOf(record.fields) };
}

function digestOf(fields: SystemRecord['fields']): string {
  return JSON.stringify([...fields].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

test('what is put back to what it was before the answer to its write has come is read once that has come', async () => {
  const [crm, erp] = [new MemorySystem(), new DigestingSystem()];
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp });
  const ann: Fields = { email: 'ann@x.test', name: 'Ann', phone: null, city: null };
  const id = crm.create(ann);
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 3);
  const [side, other] = ['erp', 'crm'].map((name) => must(runtime.sides.get(name), 'a side of the sync'));
  if (side === undefined || other === undefined) throw new Error('there are two sides');
  crm.edit(id, { name: 'Anna' });
  await captureChanges(runtime, other, false, signal);
  await settleHints(runtime, other, signal);
  erp.beforeAnswer = async () => {
    erp.beforeAnswer = () => Promise.resolve();
    erp.edit(erp.find1('email', 'ann@x.test').id, { name: 'Ann' });
    await captureChanges(runtime, side, false, signal);
    await settleHints(runtime, side, signal);
  };
  await deliverBatch(runtime, side);
  await settleRounds(store, runtime, 3);
  expect(erp.find1('email', 'ann@x.test').fields['name']).toBe('Ann');
  expect(crm.find1('email', 'ann@x.test').fields['name']).toBe('Ann');
});
