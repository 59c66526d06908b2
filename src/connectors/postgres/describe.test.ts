import { describe, expect, test } from 'vitest';

import { failureOf, postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import type { CollectionDescription, FieldDescription } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';
import { nearestOf } from './nearest.ts';

const bench = postgresWorkbench('describe', {}, async (pool) => {
  await pool.query(`
    create schema shop;
    create table customer (id serial primary key, email text not null unique, name text not null default '', nick text,
      full_name text generated always as (name || email) stored, updated_at timestamptz);
    create table shop."order" (number bigint generated always as identity primary key, total numeric(10, 2) not null, note text);
    create unique index only_open on shop."order" (note) where total > 0;
    create table shop.line ("order" bigint, place int, sku text, "Modified_At" timestamp, primary key ("order", place));
    create table keyless (a int);
    create table numbers (id bigint primary key, name text);
    create table hidden (id int primary key, customer int references customer, twice int references customer references numbers,
      mail text references customer (email), "order" bigint, place int, foreign key ("order", place) references shop.line);
    create view shown as select * from customer;
    create table parts (id int primary key) partition by range (id);
    create table parts_1 partition of parts for values from (0) to (10);
    insert into numbers select i, 'n' from generate_series(1, 500) i;
    insert into parts select i from generate_series(0, 9) i;
    analyze numbers; analyze parts`);
});

async function one(name: string, from = bench.session): Promise<CollectionDescription> {
  const [description] = await from.describe([name]);
  return must(description, 'the collection asked for');
}

function field({ fields }: CollectionDescription, name: string): Partial<FieldDescription> {
  const { required, readOnly, unique } = must(
    fields.find((each) => each.name === name),
    `there is ${name}`,
  );
  return { required, readOnly, unique };
}

test('all tables with a primary key are collections; views, partitions and keyless tables are not', async () => {
  const names = (await bench.session.describe()).map(({ name }) => name);
  expect(names).toEqual([
    'public.customer',
    'public.hidden',
    'public.numbers',
    'public.parts',
    'shop.line',
    'shop.order',
  ]);
});

test('a foreign key of one column to a primary key of one says whose records the column names', async () => {
  const { fields } = await one('hidden');
  expect(Object.fromEntries(fields.map(({ name, refersTo }) => [name, refersTo]))).toEqual({
    id: undefined,
    customer: ['public.customer'],
    twice: ['public.customer', 'public.numbers'],
    mail: undefined,
    order: undefined,
    place: undefined,
  });
});

test('a table is known with its schema, and without where that is public', async () => {
  expect((await one('customer')).name).toBe('customer');
  expect((await one('public.customer')).name).toBe('public.customer');
  expect((await one('shop.order')).name).toBe('shop.order');
  expect(await failureOf(bench.session.describe(['order']))).toMatchObject({
    code: 'postgres.unknown_collection',
  });
  expect((await failureOf(bench.session.describe(['custommer']))).message).toMatch(/There is "customer"/);
  expect((await failureOf(bench.session.describe(['shop.oder']))).message).toMatch(/There is "shop.order"/);
});

test('a table without a primary key is refused with what to do', async () => {
  expect(await failureOf(bench.session.describe(['keyless']))).toMatchObject({
    kind: 'config',
    code: 'postgres.no_primary_key',
    advice: expect.stringContaining('primary key') as string,
  });
});

test('fields say whether they are required, set by the database, and unique', async () => {
  const customer = await one('customer');
  expect(field(customer, 'id')).toEqual({ required: false, readOnly: false, unique: true });
  expect(field(customer, 'email')).toEqual({ required: true, readOnly: false, unique: true });
  expect(field(customer, 'name')).toEqual({ required: false, readOnly: false, unique: false });
  expect(field(customer, 'full_name')).toEqual({ required: false, readOnly: true, unique: false });
  const order = await one('shop.order');
  expect(field(order, 'number')).toEqual({ required: false, readOnly: true, unique: true });
  expect(field(order, 'total')).toEqual({ required: true, readOnly: false, unique: false });
  expect(field(order, 'note')).toEqual({ required: false, readOnly: false, unique: false });
  expect(field(await one('shop.line'), 'place')).toEqual({ required: true, readOnly: false, unique: false });
});

test('the estimate comes from the server’s statistics, and is unknown before there are any', async () => {
  expect((await one('numbers')).recordsEstimate).toBe(500);
  expect((await one('parts')).recordsEstimate).toBe(10);
  expect((await one('customer')).recordsEstimate).toBeNull();
});

describe('the card', () => {
  test('knows a feed where a column says when a record was changed', async () => {
    expect((await one('customer')).card).toMatchObject({ feed: 'cursor', deletes: 'lookup' });
    expect((await one('shop.line')).card.feed).toBe('cursor');
    expect((await one('numbers')).card.feed).toBe('none');
    const other = await bench.open({ cursor_column: 'updated_at' });
    expect((await one('shop.line', other)).card.feed).toBe('none');
    await other.close();
  });

  test('knows the log where replication is set', async () => {
    const logged = await bench.open({ replication: 'logical' });
    expect((await one('numbers', logged)).card).toMatchObject({ feed: 'log', deletes: 'feed' });
    await logged.close();
  });

  test('knows whether a lost create can be found by a unique key of our choice', async () => {
    expect((await one('customer')).card.createIdentity).toBe('uniqueKey');
    expect((await one('numbers')).card.createIdentity).toBe('uniqueKey');
    expect((await one('shop.order')).card.createIdentity).toBe('search');
  });
});

test('rights decide what can be read and written, and row security hides instead of deleting', async () => {
  const role = `reader_${bench.url.split('/').at(-1) ?? ''}`;
  await bench.pool.query(`
    create role ${role} login password 'reader';
    grant select, insert (email) on customer to ${role};
    grant select, delete on numbers to ${role};
    alter table numbers enable row level security;
    create policy few on numbers to ${role} using (id < 10)`);
  const url = new URL(bench.url);
  const settings = {
    host: url.hostname,
    port: url.port,
    database: url.pathname.slice(1),
    user: role,
    password: 'reader',
  };
  const reader = await bench.open(settings);
  try {
    expect((await reader.describe()).map(({ name }) => name)).toEqual(['public.customer', 'public.numbers']);
    const customer = await one('customer', reader);
    expect(customer.card.can).toEqual({ create: true, update: false, delete: false });
    expect(field(customer, 'name').readOnly).toBe(true);
    expect(await failureOf(reader.describe(['hidden']))).toMatchObject({
      kind: 'config',
      code: 'postgres.permission_denied',
      advice: expect.stringContaining('grant select') as string,
    });
    expect(await reader.get('numbers', ['5', '50'], [])).toMatchObject([
      { kind: 'found' },
      { kind: 'hidden', id: '50' },
    ]);
  } finally {
    await reader.close();
    await bench.pool.query(`drop owned by ${role}; drop role ${role}`);
  }
});

test('names and values are never taken for SQL', async () => {
  await bench.pool.query(
    `create table """; drop" ("a""b" int primary key, "$1" text, "__proto__" text, "c'; --" text)`,
  );
  const name = 'public."; drop';
  const [description] = await bench.session.describe([name]);
  expect(description?.fields.map((each) => each.name)).toEqual(['a"b', '$1', '__proto__', `c'; --`]);
  const fields = new Map([
    ['a"b', '1'],
    ['$1', `'); drop table customer; --`],
    ['__proto__', '{{1}}'],
    [`c'; --`, '$2'],
  ]);
  const written = await bench.session.write(name, [
    { key: 'k', kind: 'create', recordId: null, ifVersion: null, fields },
  ]);
  expect(written).toMatchObject([{ kind: 'written', recordId: '1' }]);
  const names = [...fields.keys()].slice(1);
  const [lookup] = await bench.session.get(name, ['1'], names);
  expect(lookup).toMatchObject({ record: { fields: new Map([...fields].slice(1)) } });
  expect(await bench.session.get(name, [`1 or 1=1`, `'`], names)).toMatchObject([
    { kind: 'absent' },
    { kind: 'absent' },
  ]);
  expect(await bench.session.find(name, '$1', [`'); drop table customer; --`], names, 5)).toHaveLength(1);
  expect(await failureOf(bench.session.find(name, 'x" or "a', ['1'], [], 5))).toMatchObject({
    code: 'postgres.unknown_field',
  });
  expect((await bench.session.describe(['customer'])).length).toBe(1);
});

test('a value that the searched column cannot hold is simply not found', async () => {
  expect(await bench.session.find('numbers', 'id', ['7', 'seven', null, '9'], ['id'], 10)).toHaveLength(2);
  expect(await bench.session.get('numbers', ['8', 'eight'], [])).toMatchObject([
    { kind: 'found' },
    { kind: 'absent' },
  ]);
});

test('a record whose key is only equal to the id asked for is another one', async () => {
  await bench.pool.query(`create table steps (step numeric primary key); insert into steps values (1.50)`);
  expect(await bench.session.get('steps', ['1.50', '1.5'], [])).toMatchObject([
    { kind: 'found', record: { id: '1.50' } },
    { kind: 'absent', id: '1.5' },
  ]);
});

test('the nearest names are suggested, best first', () => {
  expect(nearestOf('costumer', ['order', 'customer', 'customers', 'consumer'])).toMatch(
    /^There is "(customer|consumer)"/,
  );
  expect(nearestOf('x', [])).toBe('There is none.');
});
