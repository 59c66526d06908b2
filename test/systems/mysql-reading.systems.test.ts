import { expect, test } from 'vitest';

import type { NativeValue } from '../../src/engine/value.ts';
import {
  changesSince,
  CUSTOMER,
  DATABASE,
  failureOf,
  fieldsOf,
  mysqlWorkbench,
  outcomesOf,
  requestsOf,
} from './mysql-workbench.ts';

const bench = mysqlWorkbench();

test('thousands of records with one stamp are paged through completely', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    await bench.sql(`insert into ${table} (email) select concat('p', seq, '@x.test') from seq_1_to_2500`);
    const pages = await changesSince(session, table, start?.cursor ?? null);
    const ids = pages.flatMap(({ records }) => records.map(({ id }) => id));
    expect(new Set(ids).size).toBe(2_500);
    expect(ids).toHaveLength(2_500);
  });
});

test('a record whose transaction commits late, below what was already read, is seen within the lookback', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    const late = await bench.system.pool.getConnection();
    await late.query(`use ${DATABASE}`);
    await late.query('begin');
    await late.query(
      `insert into ${table} (email, updated_at) values ('late@x.test', now() - interval 5 second)`,
    );
    await bench.sql(`insert into ${table} (email) values ('early@x.test')`);
    const first = await changesSince(session, table, start?.cursor ?? null);
    expect(first.flatMap(({ records }) => records.map(({ id }) => id))).toEqual(['2']);
    await late.query('commit');
    late.release();
    const second = await changesSince(session, table, first.at(-1)?.cursor ?? null);
    expect(second.flatMap(({ records }) => records.map(({ id }) => id))).toContain('1');
  });
});

test('a stamp in the future does not drag the feed along', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.sql(`insert into ${table} (email, updated_at) values ('f@x.test', '2037-01-01 00:00:00')`);
  await bench.withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    await bench.sql(`insert into ${table} (email) values ('now@x.test')`);
    const pages = await changesSince(session, table, start?.cursor ?? null);
    expect(pages.flatMap(({ records }) => records.map(({ id }) => id))).toContain('2');
  });
});

test('a table without a stamp has no feed; the setting names one, which must be a time', async () => {
  const table = await bench.tableWith('id int primary key, name text, touched datetime, count int');
  await bench.withSession(async (session) => {
    expect((await session.describe([table]))[0]?.card.feed).toBe('none');
    expect(await failureOf(changesSince(session, table, null))).toMatchObject({
      kind: 'config',
      code: 'mysql.no_cursor_column',
    });
  });
  await bench.withSession(
    async (session) => {
      expect((await session.describe([table]))[0]?.card.feed).toBe('cursor');
    },
    { cursor_column: 'touched' },
  );
  await bench.withSession(
    async (session) => {
      expect(await failureOf(session.describe([table]))).toMatchObject({
        kind: 'config',
        field: 'cursor_column',
      });
    },
    { cursor_column: 'count' },
  );
});

test('columns are described with what the database knows of them', async () => {
  const table = await bench.tableWith(
    `id bigint unsigned auto_increment primary key, code varchar(12) not null unique comment 'Customer number', flag tinyint(1) not null default 0,
     kind enum('it''s','b') not null, tags set('x','y'), amount decimal(12,3), at timestamp(3) null, local datetime, doc json,
     raw varbinary(10), half int generated always as (flag / 2) stored, place point, day date, clock time, big int, ratio double`,
  );
  await bench.withSession(async (session) => {
    const [description] = await session.describe([table]);
    const told = description?.fields.map(({ name, type, required, readOnly, unique }) => [
      name,
      type,
      [required && 'required', readOnly && 'readOnly', unique && 'unique'].filter(Boolean).join(' '),
    ]);
    expect(told).toEqual([
      ['id', { kind: 'integer' }, 'readOnly unique'],
      ['code', { kind: 'text', lengthMax: 12 }, 'required unique'],
      ['flag', { kind: 'boolean' }, ''],
      ['kind', { kind: 'choice', options: ["it's", 'b'] }, 'required'],
      ['tags', { kind: 'set', options: ['x', 'y'] }, ''],
      ['amount', { kind: 'decimal', scaleMax: 3 }, ''],
      ['at', { kind: 'instant', grainMs: 1 }, ''],
      ['local', { kind: 'text' }, ''],
      ['doc', { kind: 'json' }, ''],
      ['raw', { kind: 'text' }, ''],
      ['half', { kind: 'integer' }, 'readOnly'],
      ['place', { kind: 'text' }, 'readOnly'],
      ['day', { kind: 'date' }, ''],
      ['clock', { kind: 'time' }, ''],
      ['big', { kind: 'integer' }, ''],
      ['ratio', { kind: 'decimal' }, ''],
    ]);
    expect(description?.fields[1]?.title).toBe('Customer number');
    expect(description?.card).toMatchObject({
      conditionalWrite: true,
      createIdentity: 'uniqueKey',
      feed: 'none',
    });
  });
});

test('values of every type come back as they were written, to the last digit', async () => {
  const table = await bench.tableWith(
    `id bigint unsigned primary key, flag tinyint(1), bit1 bit(1), bits bit(40), kind enum('1','b'), tags set('x','y'), amount decimal(30,10),
     at timestamp(3) null, local datetime(6), doc json, raw varbinary(10), day date, clock time(2), ratio double, latin varchar(9) character set latin1`,
  );
  const values: Readonly<Record<string, NativeValue>> = {
    flag: true,
    bit1: false,
    bits: '1099511627775',
    kind: 'b',
    tags: ['x', 'y'],
    amount: '12345678901234567890.0123456789',
    at: '2026-03-31T14:05:06.789Z',
    local: '2026-03-31T14:05:06.123456',
    doc: { a: [1, null, "it's"], b: '12345678901234567890' },
    raw: 'AP8n',
    day: '2026-02-28',
    clock: '23:59:59.50',
    ratio: 0.1,
    latin: 'Müller',
  };
  await bench.withSession(async (session) => {
    const id = '18446744073709551615';
    const others = Object.fromEntries(Object.keys(values).map((name) => [name, null]));
    const results = await session.write(
      table,
      requestsOf([
        ['create', null, { id, ...values }],
        ['create', null, { id: '1', ...others }],
      ]),
    );
    expect(outcomesOf(results)).toEqual(['written', 'written']);
    expect(results[0]).toMatchObject({ recordId: id });
    const names = Object.keys(values);
    const [full, empty] = await session.get(table, [id, '1'], names);
    expect(fieldsOf(full)).toEqual(values);
    expect(fieldsOf(empty)).toEqual(others);
    await session.write(
      table,
      requestsOf([
        ['update', '1', values],
        ['update', id, others],
      ]),
    );
    const [emptied, filled] = await session.get(table, [id, '1'], names);
    expect([fieldsOf(filled), fieldsOf(emptied)]).toEqual([values, others]);
  });
});

test('a column that is added while we run can be written at once; one that went away is told', async () => {
  const table = await bench.tableWith('id int primary key, name text');
  await bench.withSession(async (session) => {
    await session.write(table, requestsOf([['create', null, { id: 1, name: 'Ann' }]]));
    await bench.sql(`alter table ${table} drop column name, add column label text`);
    expect(fieldsOf((await session.get(table, ['1'], ['label']))[0])).toEqual({ label: null });
    expect(await failureOf(session.get(table, ['1'], ['name']))).toMatchObject({
      kind: 'config',
      code: 'mysql.unknown_field',
      field: 'name',
    });
  });
});
