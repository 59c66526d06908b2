import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';

import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  conformanceCases,
  type ConformanceHarness,
  type Fields,
} from '../../src/connector/conformance/index.ts';
import type {
  ChangePage,
  Cursor,
  Lookup,
  Session,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { mysql } from '../../src/connectors/mysql/index.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { startMariadb, type MariadbSystem } from './mariadb.ts';

const DATABASE = 'shop';
let system: MariadbSystem;

beforeAll(async () => {
  system = await startMariadb();
  await system.createDatabase(DATABASE);
});

afterAll(() => system.stop());

function open(settings: Readonly<Record<string, string>> = {}): Promise<Session> {
  const context = { clock: systemClock, random: systemRandom, baseDirectory: '/', connectionKey: 'test' };
  const { user, password, port } = system;
  return mysql.open(
    { host: '127.0.0.1', port: String(port), database: DATABASE, user, password, ...settings },
    context,
  );
}

async function sql(statement: string): Promise<readonly RowDataPacket[]> {
  const connection = await system.pool.getConnection();
  try {
    await connection.query(`use ${DATABASE}`);
    const [rows] = await connection.query<RowDataPacket[]>(statement);
    return rows;
  } finally {
    connection.release();
  }
}

/** A new table with these columns, and a session that closes with the test. */
async function tableWith(columns: string, options = ''): Promise<string> {
  const name = `t_${randomBytes(5).toString('hex')}`;
  await sql(`create table ${name} (${columns}) ${options}`);
  return name;
}

async function withSession<T>(
  work: (session: Session) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const session = await open(settings);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

const CUSTOMER = `id int auto_increment primary key, email varchar(190) not null unique, name text,
  updated_at timestamp not null default current_timestamp on update current_timestamp, key (updated_at)`;

type Wanted = readonly [
  kind: WriteRequest['kind'],
  id: string | null,
  fields?: Readonly<Record<string, NativeValue>>,
  ifVersion?: string,
];

function requestsOf(wanted: readonly Wanted[]): readonly WriteRequest[] {
  return wanted.map(([kind, recordId, fields = {}, ifVersion = null], index) => ({
    key: `k${String(index)}`,
    kind,
    recordId,
    ifVersion,
    fields: new Map(Object.entries(fields)),
  }));
}

function outcomesOf(results: readonly WriteResult[]): readonly string[] {
  return results.map((result) =>
    result.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : result.kind,
  );
}

function fieldsOf(lookup: Lookup | undefined): unknown {
  return lookup?.kind === 'found' ? Object.fromEntries(lookup.record.fields) : lookup?.kind;
}

async function failureOf(act: Promise<unknown>): Promise<Failure> {
  const error: unknown = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

interface Layout {
  readonly columns: string;
  readonly names: readonly string[];
  readonly key: string;
  readonly text: string;
  readonly sample: (index: number) => Fields;
  readonly refused: Fields;
  readonly absentId: string;
  readonly idOf: (record: Fields, number: number) => string;
  readonly where: (id: string) => string;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'a table that numbers its records': {
    columns: CUSTOMER,
    names: ['email', 'name'],
    key: 'email',
    text: 'name',
    sample: (index) =>
      new Map([
        ['email', `p${String(index)}@x.test`],
        ['name', `Person ${String(index)}`],
      ]),
    refused: new Map([
      ['email', null],
      ['name', 'x'],
    ]),
    absentId: '999999',
    idOf: (_, number) => String(number),
    where: (id) => `id = ${id}`,
  },
  'a table whose key has two columns': {
    columns: `tenant varchar(20) collate utf8mb4_bin, code int, note text, changed datetime(6) default current_timestamp(6)
      on update current_timestamp(6), primary key (tenant, code), check (code < 1000), key (changed)`,
    names: ['tenant', 'code', 'note'],
    key: 'code',
    text: 'note',
    sample: (index) =>
      new Map<string, NativeValue>([
        ['tenant', `a,%${String(index % 2)}`],
        ['code', index],
        ['note', `Note ${String(index)}`],
      ]),
    refused: new Map<string, NativeValue>([
      ['tenant', 'x'],
      ['code', 1000],
    ]),
    absentId: 'x,999',
    idOf: (record) =>
      `${String(record.get('tenant') as string)
        .replace('%', '%25')
        .replace(',', '%2C')},${String(record.get('code') as number)}`,
    where: (id) => {
      const [tenant = '', code = ''] = id.split(',');
      return `tenant = '${tenant.replace('%2C', ',').replace('%25', '%')}' and code = ${code}`;
    },
  },
};

function harnessOf(layout: Layout): ConformanceHarness {
  return {
    fields: layout,
    open: async () => {
      const collection = await tableWith(layout.columns);
      const session = await open();
      const { pool } = system;
      const table = `${DATABASE}.${collection}`;
      return {
        session,
        collection,
        user: {
          create: async (records) => {
            const rows = records.map((record) => layout.names.map((name) => record.get(name) ?? null));
            const [header] = await pool.query<ResultSetHeader>(
              `insert into ${table} (${layout.names.join(', ')}) values ?`,
              [rows],
            );
            return records.map((record, index) => layout.idOf(record, header.insertId + index));
          },
          edit: async (id, fields) => {
            for (const [name, value] of fields)
              await pool.query(`update ${table} set ${name} = ? where ${layout.where(id)}`, [value]);
          },
          delete: async (id) => void (await pool.query(`delete from ${table} where ${layout.where(id)}`)),
        },
        reopen: () => open(),
        close: async () => {
          await session.close();
          await pool.query(`drop table ${table}`);
        },
      };
    },
  };
}

for (const [name, layout] of Object.entries(LAYOUTS)) {
  describe(`conformance of ${name}`, () => {
    for (const rule of conformanceCases()) {
      test(`${rule.name}: ${rule.title}`, async () => {
        const outcome = await rule.run(harnessOf(layout));
        expect(outcome).toSatisfy(
          (one: typeof outcome) => one.kind === 'held' || one.reason.includes('only a lookup shows deletes'),
        );
      });
    }
  });
}

test('upper case does not make an address another one: the duplicate is refused, named, and can be found', async () => {
  const table = await tableWith(CUSTOMER);
  await withSession(async (session) => {
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
  const table = await tableWith(
    `id int auto_increment primary key, code varchar(5) not null unique, amount decimal(5,2) check (amount >= 0),
     kind enum('a','b'), parent int references ${await tableWith('id int primary key')}(id)`,
  );
  await withSession(async (session) => {
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
    expect(await sql(`select count(*) n from ${table}`)).toEqual([{ n: 290 }]);
    const written = results.flatMap((result, index) =>
      result.kind === 'written' ? [[result.recordId, `c${String(index)}`]] : [],
    );
    const rows = await sql(`select id, code from ${table}`);
    expect(new Map(rows.map((row) => [String(row['id']), row['code'] as string]))).toEqual(
      new Map(written as [string, string][]),
    );
  });
});

test('a batch of updates keeps each record’s own values, and isolates the bad one', async () => {
  const table = await tableWith(CUSTOMER);
  await sql(
    `insert into ${table} (id, email, name) select seq, concat('p', seq, '@x.test'), 'old' from seq_1_to_250`,
  );
  await withSession(async (session) => {
    const updates = Array.from({ length: 250 }, (_, index): Wanted => [
      'update',
      String(index + 1),
      { name: `n${String(index)}`, email: `q${String(index)}@x.test` },
    ]);
    updates[120] = ['update', '121', { name: 'x', email: 'p250@x.test' }];
    const outcomes = outcomesOf(await session.write(table, requestsOf(updates)));
    expect(outcomes.filter((outcome) => outcome !== 'written')).toEqual(['invalid mysql.duplicate']);
    const rows = await sql(`select id, name, email from ${table} order by id`);
    expect(rows.filter((row) => row['name'] === 'old').map((row) => row['id'] as number)).toEqual([121]);
    expect(rows[249]).toEqual({ id: 250, name: 'n249', email: 'q249@x.test' });
  });
});

async function changesSince(
  session: Session,
  collection: string,
  since: Cursor | null,
  pageRecordsMax = 100,
): Promise<readonly ChangePage[]> {
  const pages: ChangePage[] = [];
  const { signal } = new AbortController();
  for await (const page of session.readChanges({
    collection,
    fields: [],
    since,
    follow: false,
    pageRecordsMax,
    signal,
  }))
    pages.push(page);
  return pages;
}

test('a write that changes nothing does not move the stamp, so it is no news to others', async () => {
  const table = await tableWith(CUSTOMER);
  await sql(
    `insert into ${table} (id, email, name, updated_at) values (1, 'a@x.test', 'Ann', '2020-01-01 00:00:00')`,
  );
  await withSession(async (session) => {
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

test('thousands of records with one stamp are paged through completely', async () => {
  const table = await tableWith(CUSTOMER);
  await withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    await sql(`insert into ${table} (email) select concat('p', seq, '@x.test') from seq_1_to_2500`);
    const pages = await changesSince(session, table, start?.cursor ?? null);
    const ids = pages.flatMap(({ records }) => records.map(({ id }) => id));
    expect(new Set(ids).size).toBe(2_500);
    expect(ids).toHaveLength(2_500);
  });
});

test('a record whose transaction commits late, below what was already read, is seen within the lookback', async () => {
  const table = await tableWith(CUSTOMER);
  await withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    const late = await system.pool.getConnection();
    await late.query(`use ${DATABASE}`);
    await late.query('begin');
    await late.query(
      `insert into ${table} (email, updated_at) values ('late@x.test', now() - interval 5 second)`,
    );
    await sql(`insert into ${table} (email) values ('early@x.test')`);
    const first = await changesSince(session, table, start?.cursor ?? null);
    expect(first.flatMap(({ records }) => records.map(({ id }) => id))).toEqual(['2']);
    await late.query('commit');
    late.release();
    const second = await changesSince(session, table, first.at(-1)?.cursor ?? null);
    expect(second.flatMap(({ records }) => records.map(({ id }) => id))).toContain('1');
  });
});

test('a stamp in the future does not drag the feed along', async () => {
  const table = await tableWith(CUSTOMER);
  await sql(`insert into ${table} (email, updated_at) values ('f@x.test', '2037-01-01 00:00:00')`);
  await withSession(async (session) => {
    const [start] = await changesSince(session, table, null);
    await sql(`insert into ${table} (email) values ('now@x.test')`);
    const pages = await changesSince(session, table, start?.cursor ?? null);
    expect(pages.flatMap(({ records }) => records.map(({ id }) => id))).toContain('2');
  });
});

test('a table without a stamp has no feed; the setting names one, which must be a time', async () => {
  const table = await tableWith('id int primary key, name text, touched datetime, count int');
  await withSession(async (session) => {
    expect((await session.describe([table]))[0]?.card.feed).toBe('none');
    expect(await failureOf(changesSince(session, table, null))).toMatchObject({
      kind: 'config',
      code: 'mysql.no_cursor_column',
    });
  });
  await withSession(
    async (session) => {
      expect((await session.describe([table]))[0]?.card.feed).toBe('cursor');
    },
    { cursor_column: 'touched' },
  );
  await withSession(
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
  const table = await tableWith(
    `id bigint unsigned auto_increment primary key, code varchar(12) not null unique comment 'Customer number', flag tinyint(1) not null default 0,
     kind enum('it''s','b') not null, tags set('x','y'), amount decimal(12,3), at timestamp(3) null, local datetime, doc json,
     raw varbinary(10), half int generated always as (flag / 2) stored, place point, day date, clock time, big int, ratio double`,
  );
  await withSession(async (session) => {
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
  const table = await tableWith(
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
  await withSession(async (session) => {
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

test('what the server would bend to fit is refused instead, and instants are cut, not rounded', async () => {
  const table = await tableWith(
    `id int primary key, n int, kind enum('a','b'), at timestamp null, local datetime, day date`,
  );
  await sql(`insert into ${table} (id) values (1)`);
  await withSession(async (session) => {
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
  const table = await tableWith(
    'id int primary key, name text, at timestamp(3) null, changed datetime default current_timestamp on update current_timestamp',
  );
  const [row] = await sql('select @@global.time_zone zone');
  await sql(`set global time_zone = '-07:00'`);
  try {
    await withSession(async (session) => {
      await session.write(
        table,
        requestsOf([['create', null, { id: 1, name: 'Ann', at: '2026-03-31T14:05:06.789Z' }]]),
      );
      const [stamped] = await sql(
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
    await sql(`set global time_zone = '${String(row?.['zone'])}'`);
  }
});

test('a record that another program holds locked costs only itself', async () => {
  const table = await tableWith(CUSTOMER);
  await sql(`insert into ${table} (email) values ('a@x.test'), ('b@x.test')`);
  const other = await system.pool.getConnection();
  await other.query(`use ${DATABASE}`);
  await other.query('begin');
  await other.query(`select * from ${table} where id = 1 for update`);
  await withSession(async (session) => {
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
    await tableWith('id int primary key, name text', 'engine=MyISAM'),
    await tableWith('name text'),
  ];
  await withSession(async (session) => {
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

test('a column that is added while we run can be written at once; one that went away is told', async () => {
  const table = await tableWith('id int primary key, name text');
  await withSession(async (session) => {
    await session.write(table, requestsOf([['create', null, { id: 1, name: 'Ann' }]]));
    await sql(`alter table ${table} drop column name, add column label text`);
    expect(fieldsOf((await session.get(table, ['1'], ['label']))[0])).toEqual({ label: null });
    expect(await failureOf(session.get(table, ['1'], ['name']))).toMatchObject({
      kind: 'config',
      code: 'mysql.unknown_field',
      field: 'name',
    });
  });
});

test('names and values that look like SQL are names and values', async () => {
  const table = '`t; drop table x; --`';
  await sql(`create table ${table} (id varchar(40) primary key, \`a\`\`b; --\` text)`);
  await withSession(async (session) => {
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

describe('connecting', () => {
  test('refused credentials, an unknown database, a closed port and wrong settings are told apart, without the password', async () => {
    const wrong = await failureOf(open({ password: 'wrong-secret' }));
    expect(wrong).toMatchObject({ kind: 'auth', code: 'mysql.access_denied' });
    expect(JSON.stringify(wrong)).not.toContain('wrong-secret');
    expect(await failureOf(open({ database: 'nope' }))).toMatchObject({ kind: 'config' });
    expect(await failureOf(open({ port: '1' }))).toMatchObject({
      kind: 'transient',
      code: 'mysql.connection_refused',
    });
    expect(await failureOf(open({ ssl: 'require' }))).toMatchObject({
      kind: 'config',
      code: 'mysql.no_encryption',
    });
    for (const [name, value] of [
      ['port', 'x'],
      ['ssl', 'maybe'],
      ['lookback_seconds', '-1'],
      ['datetime_zone', 'CET'],
      ['url', 'http://x'],
    ] as const) {
      expect(await failureOf(open({ [name]: value }))).toMatchObject({
        kind: 'config',
        code: 'mysql.bad_setting',
      });
    }
  });

  test('a connection string does as well', async () => {
    const { port, user, password } = system;
    const context = { clock: systemClock, random: systemRandom, baseDirectory: '/', connectionKey: 'test' };
    const session = await mysql.open(
      { url: `mysql://${user}:${password}@127.0.0.1:${String(port)}/${DATABASE}` },
      context,
    );
    await session.close();
  });

  test('missing rights are a config failure with the right named', async () => {
    const table = await tableWith(CUSTOMER);
    await system.pool.query(`create user reader@'%' identified by 'pw'`);
    await system.pool.query(`grant select on ${DATABASE}.* to reader@'%'`);
    await withSession(
      async (session) => {
        const failure = await failureOf(
          session.write(table, requestsOf([['create', null, { email: 'x@x.test' }]])),
        );
        expect(failure).toMatchObject({ kind: 'config', code: 'mysql.permission_denied' });
      },
      { user: 'reader', password: 'pw' },
    );
  });

  test('reads go on by themselves after the server was restarted', async () => {
    const table = await tableWith('id int primary key');
    await withSession(async (session) => {
      expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
      await system.shutDown();
      expect(await failureOf(session.get(table, ['1'], []))).toMatchObject({ kind: 'transient' });
      await system.startUp();
      expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
    });
  });
});

/** A way to the server that breaks at a chosen moment. */
interface Breaker {
  readonly port: number;
  /** Forwards the next message that contains the word, and lets no answer through any more. */
  breakAfter(word: string): void;
  /** Breaks instead of forwarding the next message that contains the word. */
  breakBefore(word: string): void;
  stop(): Promise<void>;
}

async function startBreaker(target: number): Promise<Breaker> {
  let trap: { readonly word: string; readonly forward: boolean } | null = null;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    let broken = false;
    client.on('data', (bytes: Buffer) => {
      if (trap === null || !bytes.includes(trap.word)) {
        upstream.write(bytes);
        return;
      }
      const { forward } = trap;
      trap = null;
      broken = true;
      if (forward) upstream.write(bytes, () => upstream.once('data', () => client.destroy()));
      else client.destroy();
    });
    upstream.on('data', (bytes: Buffer) => {
      if (!broken) client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = must(server.address(), 'the breaker listens');
  return {
    port: typeof address === 'string' ? 0 : address.port,
    breakAfter: (word) => {
      trap = { word, forward: true };
    },
    breakBefore: (word) => {
      trap = { word, forward: false };
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

describe('a connection that breaks while writing', () => {
  let breaker: Breaker;

  beforeAll(async () => {
    breaker = await startBreaker(system.port);
  });

  afterAll(() => breaker.stop());

  test('after the commit was sent, the outcome is unknown, and only for what was to be written', async () => {
    const table = await tableWith(CUSTOMER);
    await withSession(
      async (session) => {
        breaker.breakAfter('commit');
        const results = await session.write(
          table,
          requestsOf([
            ['create', null, { email: 'a@x.test' }],
            ['create', null, { email: null }],
          ]),
        );
        expect(outcomesOf(results)).toEqual([
          'unknownOutcome mysql.commit_unanswered',
          'invalid mysql.not_null',
        ]);
        expect(await session.find(table, 'email', ['a@x.test'], ['email'], 1)).toHaveLength(1);
      },
      { port: String(breaker.port) },
    );
  });

  test('before the commit, nothing has happened, and that is what is said', async () => {
    const table = await tableWith(CUSTOMER);
    await withSession(
      async (session) => {
        breaker.breakAfter('insert into');
        const failure = await failureOf(
          session.write(table, requestsOf([['create', null, { email: 'a@x.test' }]])),
        );
        expect(failure).toMatchObject({ kind: 'transient', code: 'mysql.connection_lost' });
        expect(await session.find(table, 'email', ['a@x.test'], ['email'], 1)).toEqual([]);
      },
      { port: String(breaker.port) },
    );
  });

  test('a read is simply asked again', async () => {
    const table = await tableWith(CUSTOMER);
    await withSession(
      async (session) => {
        await session.describe([table]);
        breaker.breakBefore('where `id` in');
        expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
      },
      { port: String(breaker.port) },
    );
  });
});
