/** A session that is closed leaves nobody waiting, whatever it was about to do. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startBreaker, type Breaker } from '../../../test/support/breaker.ts';
import { changesOf, failureOf, postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import type { Cursor, Session } from '../../connector/contract.ts';

const bench = postgresWorkbench('log', { replication: 'logical' });
let breaker: Breaker;

beforeAll(async () => {
  breaker = await startBreaker(Number(new URL(bench.url).port));
});

afterAll(() => breaker.stop());

/** A session whose way to the server the breaker is on. */
function openThrough(): Promise<Session> {
  const url = new URL(bench.url);
  url.port = String(breaker.port);
  return bench.open({ url: url.href });
}

async function readOf(session: Session, table: string, since: Cursor, follow: boolean): Promise<Cursor> {
  let cursor = since;
  for await (const page of changesOf(session, table, since, { follow })) ({ cursor } = page);
  return cursor;
}

// Left to the driver, the first of them never ends: it forgets a connection that it gives up while making it.
test.each([
  ['the connection for the log is being made', 'begun', /replication\0database/],
  ['the log is being asked for', 'asked', /START_REPLICATION/],
  ['the feed is being checked', 'checked', /pg_replication_slots/],
])('a feed ends with its session while %s', async (_when, table, words) => {
  await bench.pool.query(`create table ${table} (id int primary key)`);
  const cursor = await readOf(bench.session, table, null, false);
  const session = await openThrough();
  await session.describe([table]);
  const came = breaker.holdBack(words);
  const reading = readOf(session, table, cursor, true);
  await came;
  await session.close();
  expect(await reading).toEqual(cursor);
  await bench.pool.query(`insert into ${table} values (1)`);
  expect(await readOf(bench.session, table, cursor, false)).not.toEqual(cursor);
});

test('a look that waits for a lock ends with its session', async () => {
  await bench.pool.query('create table guarded (id int primary key); insert into guarded values (1)');
  const session = await bench.open();
  await session.describe(['guarded']);
  const client = await bench.pool.connect();
  await client.query('begin; lock table guarded in access exclusive mode');
  const looking = failureOf(session.get('guarded', ['1'], []));
  const isWaiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await bench.pool.query(isWaiting)).rowCount).toBe(1);
  await session.close();
  // Whoever waits for the lock to the end is told that the record is locked.
  expect((await looking).code).not.toBe('postgres.locked');
  await client.query('rollback');
  client.release();
});
