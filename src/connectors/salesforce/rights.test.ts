import { afterEach, beforeEach, expect, test } from 'vitest';

import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import type { CollectionUse } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';

let bench: SalesforceWorkbench;

beforeEach(async () => {
  bench = await salesforceWorkbench(5);
});

afterEach(() => bench.close());

const ALL: CollectionUse = { collection: 'Account', create: true, update: true, delete: true };

async function rightsBeyond(...uses: readonly CollectionUse[]): Promise<readonly string[]> {
  const session = await bench.open();
  const found = must(await session.excessiveRights?.(uses), 'Salesforce tells of its rights');
  return found.map(({ right }) => right);
}

test('a user who may do what the sync does is not told of', async () => {
  expect(await rightsBeyond(ALL)).toEqual([]);
});

test('each right over the whole org is told, the smaller one only without the larger', async () => {
  bench.simulator.org.setup.permit('ViewAllData');
  bench.simulator.org.setup.permit('AuthorApex');
  expect(await rightsBeyond(ALL)).toEqual(['View All Data', 'Author Apex']);
  bench.simulator.org.setup.permit('ModifyAllData');
  expect(await rightsBeyond(ALL)).toEqual(['Modify All Data', 'Author Apex']);
});

test('a right to delete is told where no sync deletes', async () => {
  const contact = { ...ALL, collection: 'Contact', delete: false };
  expect(await rightsBeyond(ALL, contact)).toEqual(['Delete on Contact']);
  bench.simulator.org.access.setObject('Contact', 'read');
  expect(await rightsBeyond(ALL, contact)).toEqual([]);
});

test('the way out names the right and the objects', async () => {
  bench.simulator.org.setup.permit('ModifyAllData');
  const session = await bench.open();
  const [found] = (await session.excessiveRights?.([ALL])) ?? [];
  expect(found?.remedy).toContain('give Modify All Data');
  expect(found?.remedy).toContain('View All Records on Account');
});
