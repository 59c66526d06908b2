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
  type Wanted,
} from './mysql-workbench.ts';

const bench = mysqlWorkbench();

test('upper case does not make an address another one: the duplicate is refused, named, and can be found', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.withSession(async (session) => {
    const results = await session.write(
      table,
      requestsOf([
        ['create', null, { email: 'a@x.test' }],
        ['create', null, { email: 'A@X.test' }],
      ]),
    );
    expect(outcomesOf(results)).toEqual(['written', 'invalid mysql.duplicate']);
    expect(results[1]).toMatchObject({ failure: { field: 'email' } });
    const found = await session.find(table, 'email', ['A@X.TEST'], ['email'], 10);
    expect(found.map(({ fields }) => fields.get('email'))).toEqual(['a@x.test']);
  });
});

test('every refused record of a batch is told with its reason, and all others are written', async () => {
  const table = await bench.tableWith(
    `id int auto_increment primary key, code varchar(5) not null unique, amount decimal(5,2) check (amount >= 0),
     kind enum('a','b'), parent int references ${await bench.tableWith('id int primary key')}(id)`,
  );
  await bench.withSession(async (session) => {
    const creates = Array.from({ length: 300 }, (_, index): Wanted => [
      'create',
      null,
      { code: `c${String(index)}`, amount: '1.00' },
    ]);
    const bad: readonly (readonly [number, Readonly<Record<string, NativeValue>>, string])[] = [
      [0, { code: 'toolong', amount: '1' }, 'invalid mysql.too_long'],
      [17, { code: null, amount: '1' }, 'invalid mysql.not_null'],
      [18, { amount: '1' }, 'invalid mysql.not_null'],
      [99, { code: 'x', amount: '-1' }, 'invalid mysql.check'],
      [100, { code: 'y', amount: '12345' }, 'invalid mysql.out_of_range'],
      [150, { code: 'c1', amount: '1' }, 'invalid mysql.duplicate'],
      [200, { code: 'z', parent: 7 }, 'invalid mysql.foreign_key'],
      [201, { code: 'z', kind: 'c' }, 'invalid mysql.wrong_type'],
      [202, { code: 'z', parent: 'seven' }, 'invalid mysql.wrong_type'],
      [299, { code: 'z', nonsense: 1 }, 'config mysql.unknown_field'],
    ];
    for (const [index, fields] of bad) creates[index] = ['create', null, fields];
    const results = await session.write(table, requestsOf(creates));
    const failures = outcomesOf(results).flatMap((outcome, index) =>
      outcome === 'written' ? [] : [[index, outcome]],
    );
    expect(failures).toEqual(bad.map(([index, , outcome]) => [index, outcome]));
    expect(await bench.sql(`select count(*) n from ${table}`)).toEqual([{ n: 290 }]);
    const written = results.flatMap((result, index) =>
      result.kind === 'written' ? [[result.recordId, `c${String(index)}`]] : [],
    );
    const rows = await bench.sql(`select id, code from ${table}`);
    expect(new Map(rows.map((row) => [String(row['id']), row['code'] as string]))).toEqual(
      new Map(written as [string, string][]),
    );
  });
});

test('a batch of updates keeps each record’s own values, and isolates the bad one', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.sql(
    `insert into ${table} (id, email, name) select seq, concat('p', seq, '@x.test'), 'old' from seq_1_to_250`,
  );
  await bench.withSession(async (session) => {
    const updates = Array.from({ length: 250 }, (_, index): Wanted => [
      'update',
      String(index + 1),
      { name: `n${String(index)}`, email: `q${String(index)}@x.test` },
    ]);
    updates[120] = ['update', '121', { name: 'x', email: 'p250@x.test' }];
    const outcomes = outcomesOf(await session.write(table, requestsOf(updates)));
    expect(outcomes.filter((outcome) => outcome !== 'written')).toEqual(['invalid mysql.duplicate']);
    const rows = await bench.sql(`select id, name, email from ${table} order by id`);
    expect(rows.filter((row) => row['name'] === 'old').map((row) => row['id'] as number)).toEqual([121]);
    expect(rows[249]).toEqual({ id: 250, name: 'n249', email: 'q249@x.test' });
  });
});

test('a write that changes nothing does not move the stamp, so it is no news to others', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.sql(
    `insert into ${table} (id, email, name, updated_at) values (1, 'a@x.test', 'Ann', '2020-01-01 00:00:00')`,
  );
  await bench.withSession(async (session) => {
    const [before] = await session.get(table, ['1'], ['updated_at']);
    const [result] = await session.write(table, requestsOf([['update', '1', { name: 'Ann' }]]));
    expect(result).toMatchObject({
      kind: 'written',
      version: before?.kind === 'found' ? before.record.version : 'none',
    });
    const [after] = await session.get(table, ['1'], ['updated_at']);
    expect(fieldsOf(after)).toEqual({ updated_at: '2020-01-01T00:00:00Z' });
  });
});

test('what the server would bend to fit is refused instead, and instants are cut, not rounded', async () => {
  const table = await bench.tableWith(
    `id int primary key, n int, kind enum('a','b'), at timestamp null, local datetime, day date`,
  );
  await bench.sql(`insert into ${table} (id) values (1)`);
  await bench.withSession(async (session) => {
    for (const fields of [
      { n: '1.5' },
      { n: '1 or 1=1' },
      { kind: '1' },
      { at: '2026-03-31 14:05:00' },
      { local: '2026-03-31T14:05:00Z' },
      { day: '2026-03-31T00:00:00' },
    ]) {
      const results = await session.write(table, requestsOf([['update', '1', fields]]));
      expect(outcomesOf(results)).toEqual(['invalid mysql.wrong_type']);
    }
    await session.write(table, requestsOf([['update', '1', { at: '2026-12-31T23:59:59.999+01:00' }]]));
    const [lookup] = await session.get(table, ['1'], ['at']);
    expect(fieldsOf(lookup)).toEqual({ at: '2026-12-31T22:59:59Z' });
  });
});

test('a server that does not live in UTC keeps stamping its own columns in its own zone', async () => {
  const table = await bench.tableWith(
    'id int primary key, name text, at timestamp(3) null, changed datetime default current_timestamp on update current_timestamp',
  );
  const [row] = await bench.sql('select @@global.time_zone zone');
  await bench.sql(`set global time_zone = '-07:00'`);
  try {
    await bench.withSession(async (session) => {
      await session.write(
        table,
        requestsOf([['create', null, { id: 1, name: 'Ann', at: '2026-03-31T14:05:06.789Z' }]]),
      );
      const [stamped] = await bench.sql(
        `select timestampdiff(minute, changed, utc_timestamp()) behind, unix_timestamp(at) at from ${table}`,
      );
      expect(stamped).toEqual({ behind: 420, at: '1774965906.789' });
      const [start] = await changesSince(session, table, null);
      await session.write(table, requestsOf([['update', '1', { name: 'Eve' }]]));
      const pages = await changesSince(session, table, start?.cursor ?? null);
      expect(pages.flatMap(({ records }) => records.map(({ id }) => id))).toEqual(['1']);
      const [lookup] = await session.get(table, ['1'], ['at']);
      expect(fieldsOf(lookup)).toEqual({ at: '2026-03-31T14:05:06.789Z' });
    });
  } finally {
    await bench.sql(`set global time_zone = '${String(row?.['zone'])}'`);
  }
});

test('a record that another program holds locked costs only itself', async () => {
  const table = await bench.tableWith(CUSTOMER);
  await bench.sql(`insert into ${table} (email) values ('a@x.test'), ('b@x.test')`);
  const other = await bench.system.pool.getConnection();
  await other.query(`use ${DATABASE}`);
  await other.query('begin');
  await other.query(`select * from ${table} where id = 1 for update`);
  await bench.withSession(async (session) => {
    const results = await session.write(
      table,
      requestsOf([
        ['update', '1', { name: 'x' }],
        ['update', '2', { name: 'y' }],
      ]),
    );
    expect(outcomesOf(results)).toEqual(['transient mysql.record_locked', 'written']);
    await other.query('rollback');
    other.release();
  });
});

test('tables that cannot be written or told apart say so', async () => {
  const [myisam, keyless] = [
    await bench.tableWith('id int primary key, name text', 'engine=MyISAM'),
    await bench.tableWith('name text'),
  ];
  await bench.withSession(async (session) => {
    const [first, second] = await session.describe([myisam, keyless]);
    expect(first?.title).toContain('no transactions');
    expect(second?.title).toContain('no primary key');
    expect([first?.card.can.update, second?.card.can.update]).toEqual([false, false]);
    expect(await failureOf(session.write(myisam, requestsOf([['create', null, { id: 1 }]])))).toMatchObject({
      kind: 'config',
      code: 'mysql.not_transactional',
    });
    expect(await failureOf(session.get(keyless, ['1'], []))).toMatchObject({
      kind: 'config',
      code: 'mysql.no_key',
    });
  });
});

test('names and values that look like SQL are names and values', async () => {
  const table = '`t; drop table x; --`';
  await bench.sql(`create table ${table} (id varchar(40) primary key, \`a\`\`b; --\` text)`);
  await bench.withSession(async (session) => {
    const collection = 't; drop table x; --';
    const fields = { id: `' or 1=1; -- \\`, 'a`b; --': `\\'; delete from x; -- \u0000\u001a"` };
    expect(outcomesOf(await session.write(collection, requestsOf([['create', null, fields]])))).toEqual([
      'written',
    ]);
    expect(fieldsOf((await session.get(collection, [fields.id], ['id', 'a`b; --']))[0])).toEqual(fields);
    expect(outcomesOf(await session.write(collection, requestsOf([['delete', `' or 1=1; -- `]])))).toEqual([
      'precondition mysql.gone',
    ]);
  });
});
