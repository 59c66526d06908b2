import { expect, test } from 'vitest';

import { postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import type { CollectionUse, ExcessiveRight } from '../../connector/contract.ts';

const PASSWORD = 'narrow-pw';
const ROLE = `narrow_${String(process.pid)}`;
const USE: CollectionUse = { collection: 'public.customer', create: true, update: true, delete: false };

const bench = postgresWorkbench('rights', {}, async (pool) => {
  await pool.query(`
    create table customer (id int primary key, name text);
    create table stock (id int primary key);
    drop role if exists ${ROLE};
    create role ${ROLE} login password '${PASSWORD}';
    revoke create on schema public from public;
    grant select, insert, update on customer to ${ROLE}`);
});

async function beyond(settings: Readonly<Record<string, string>> = {}): Promise<readonly ExcessiveRight[]> {
  const url = new URL(bench.url);
  url.username = ROLE;
  url.password = PASSWORD;
  const session = await bench.open({ url: url.href, ...settings });
  try {
    return (await session.excessiveRights?.([USE])) ?? [];
  } finally {
    await session.close();
  }
}

/** What is told, and that the statements given for it take it away. */
async function toldAndTakenAway(
  grant: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  await bench.pool.query(grant);
  const found = await beyond(settings);
  for (const { remedy } of found)
    await bench.pool.query(remedy.replace('<the role that looks after the tables>', 'current_user'));
  expect(await beyond(settings)).toEqual([]);
  return found.map(({ right }) => right);
}

test('a role that may do what the sync does is not told of', async () => {
  expect(await beyond()).toEqual([]);
});

test('a superuser is told, with the statements for a role of its own', async () => {
  const [found, ...others] = (await bench.session.excessiveRights?.([USE])) ?? [];
  expect(found?.right).toMatch(/^superuser/);
  expect(others).toEqual([]);
  expect(found?.remedy).toContain('grant select, insert, update on public.customer to trueup;');
});

test('what the role itself may do is told and taken away', async () => {
  const told = await toldAndTakenAway(`alter role ${ROLE} createrole createdb replication`);
  expect(told).toEqual(['createrole', 'createdb', 'replication']);
});

test('whoever reads the log may replicate', async () => {
  await bench.pool.query(`alter role ${ROLE} replication`);
  expect(await beyond({ replication: 'logical' })).toEqual([]);
  await bench.pool.query(`alter role ${ROLE} noreplication`);
});

test('privileges that no sync needs are told and taken away, through whomever they were given', async () => {
  const told = await toldAndTakenAway(
    `grant delete on customer to public; grant truncate on customer to ${ROLE}; grant create on schema public to public`,
  );
  expect(told).toEqual(['delete, truncate on public.customer', 'create on schema public']);
});

test('tables of no sync that may be changed are told and taken away', async () => {
  expect(await toldAndTakenAway(`grant update (id) on stock to ${ROLE}`)).toEqual([
    'writing to 1 table of no sync',
  ]);
});

test('an owner is told, unless the table is read from the log', async () => {
  await bench.pool.query(`alter table customer owner to ${ROLE}`);
  expect((await beyond({ replication: 'logical' })).map(({ right }) => right)).toEqual([]);
  expect(await toldAndTakenAway('select 1')).toEqual(['owner of public.customer']);
});
