import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { isStoreOutage, openDatabase, type Database } from './database.ts';

let raw: TestDatabase;
let database: Database;

beforeAll(async () => {
  raw = await createTestDatabase();
  database = await openDatabase({ url: raw.url, clock: systemClock, random: systemRandom });
});

afterAll(async () => {
  await database.close();
  await raw.drop();
});

async function cut(pid: number): Promise<void> {
  await raw.pool.query('select pg_terminate_backend($1, 10000)', [pid]);
}

test('a connection that is cut between two statements fails its transaction as an outage, and nothing else', async () => {
  const cutOff = database.transaction(0, async (tx) => {
    const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await cut(row?.pid ?? 0);
    await tx.query('select 1');
  });
  await expect(cutOff).rejects.toSatisfy(isStoreOutage);
  expect(await database.transaction(0, (tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
});
