import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { isStoreOutage, isTooSlow, type Database } from './database.ts';
import { openDatabase } from './open.ts';

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

/** Takes a connection of the pool, and keeps it until it is given back. */
async function hold(pool: Database): Promise<{ readonly giveBack: () => Promise<void> }> {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = pool.transaction(0, () => {
    begun.resolve();
    return over.promise;
  });
  // Whoever gets none learns why.
  await Promise.race([begun.promise, holding]);
  return {
    giveBack: () => {
      over.resolve();
      return holding;
    },
  };
}

const neverRun = (): Promise<never> => Promise.reject(new Error('this runs without a connection'));

test('who gets no connection within the time that the pool allows meets an outage, and none any more once one is free', async () => {
  // As long may the opening of the connection take.
  const pool = database.apart({ connectionsMax: 1, waitMsMax: 2_000 });
  const held = await hold(pool);
  await Promise.all([
    expect(pool.transaction(0, neverRun)).rejects.toSatisfy(isStoreOutage),
    expect(pool.nowMs()).rejects.toSatisfy(isStoreOutage),
  ]);
  // Those who use another pool have connections of their own.
  expect(await database.transaction(0, (tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  await held.giveBack();
  expect(await pool.transaction(0, (tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  await pool.close();
});

test('in a pool that names no time everybody waits, and gets a turn', async () => {
  const pool = database.apart({ connectionsMax: 1 });
  const held = await hold(pool);
  const waiting = Promise.all(
    [1, 2, 3].map((turn) => pool.transaction(0, (tx) => tx.query('select $1::int as turn', [turn]))),
  );
  await held.giveBack();
  expect(await waiting).toEqual([[{ turn: 1 }], [{ turn: 2 }], [{ turn: 3 }]]);
  await pool.close();
});

test('a statement that takes longer than the pool allows fails its transaction as an outage, and nothing else', async () => {
  const pool = database.apart({ connectionsMax: 1, statementMsMax: 100 });
  const tooSlow = pool.transaction(0, (tx) => tx.query('select pg_sleep(3600)'));
  await expect(tooSlow).rejects.toSatisfy((error) => isTooSlow(error) && isStoreOutage(error));
  // The one connection of the pool was given back, and works.
  expect(await pool.transaction(0, (tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  await pool.close();
});

test('a process that has stood still in a transaction for longer than it may meets an outage', async () => {
  const left = database.transaction(0, async (tx) => {
    await tx.query(`select set_config('idle_in_transaction_session_timeout', '10', true)`);
    // Nobody listens while the connection ends, so that its end is read as the answer to the next statement.
    for (;;) {
      standStill(50);
      await tx.query('select 1');
    }
  });
  await expect(left).rejects.toSatisfy(isStoreOutage);
});

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
