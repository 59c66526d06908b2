import type { ResultSetHeader } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ConformanceHarness, Fields } from '../../src/connector/conformance/index.ts';
import { SCORE } from '../../src/connectors/mysql/score.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { startBreaker, troubleBy, type Breaker } from '../support/breaker.ts';
import { conformanceSuite } from '../support/conformance.ts';
import { CUSTOMER, DATABASE, failureOf, mysqlWorkbench, outcomesOf, requestsOf } from './mysql-workbench.ts';

const bench = mysqlWorkbench();
let wire: Breaker;

beforeAll(async () => {
  wire = await startBreaker(bench.system.port);
});

afterAll(() => wire.stop());

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
      ['tenant', 'code']
        .map((name) => JSON.stringify(record.get(name)).replaceAll('"', ''))
        .map((part) => part.replace('%', '%25').replace(',', '%2C'))
        .join(','),
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
      const collection = await bench.tableWith(layout.columns);
      const session = await bench.open({ port: String(wire.port) });
      const { pool } = bench.system;
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
        trouble: troubleBy(wire, /commit/),
        reopen: () => bench.open(),
        close: async () => {
          await session.close();
          await pool.query(`drop table ${table}`);
        },
      };
    },
  };
}

const setUps = Object.entries(LAYOUTS).map(([name, layout]) => [name, () => harnessOf(layout)] as const);
conformanceSuite('mysql', SCORE, Object.fromEntries(setUps));

describe('connecting', () => {
  test('refused credentials, an unknown database, a closed port and wrong settings are told apart, without the password', async () => {
    const wrong = await failureOf(bench.open({ password: 'wrong-secret' }));
    expect(wrong).toMatchObject({ kind: 'auth', code: 'mysql.access_denied' });
    expect(JSON.stringify(wrong)).not.toContain('wrong-secret');
    expect(await failureOf(bench.open({ database: 'nope' }))).toMatchObject({ kind: 'config' });
    expect(await failureOf(bench.open({ port: '1' }))).toMatchObject({
      kind: 'transient',
      code: 'mysql.connection_refused',
    });
    expect(await failureOf(bench.open({ ssl: 'require' }))).toMatchObject({
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
      expect(await failureOf(bench.open({ [name]: value }))).toMatchObject({
        kind: 'config',
        code: 'mysql.bad_setting',
      });
    }
  });

  test('a connection string does as well', async () => {
    const { port, user, password } = bench.system;
    const url = `mysql://${user}:${password}@127.0.0.1:${String(port)}/${DATABASE}`;
    await bench.withSession(
      async (session) => {
        expect(await session.describe([])).toEqual([]);
      },
      { url },
    );
  });

  test('missing rights are a config failure with the right named', async () => {
    const table = await bench.tableWith(CUSTOMER);
    await bench.system.pool.query(`create user reader@'%' identified by 'pw'`);
    await bench.system.pool.query(`grant select on ${DATABASE}.* to reader@'%'`);
    await bench.withSession(
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
    const table = await bench.tableWith('id int primary key');
    await bench.withSession(async (session) => {
      expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
      await bench.system.shutDown();
      expect(await failureOf(session.get(table, ['1'], []))).toMatchObject({ kind: 'transient' });
      await bench.system.startUp();
      expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
    });
  });
});

describe('a connection that breaks while writing', () => {
  let breaker: Breaker;

  beforeAll(async () => {
    breaker = await startBreaker(bench.system.port);
  });

  afterAll(() => breaker.stop());

  test('after the commit was sent, the outcome is unknown, and only for what was to be written', async () => {
    const table = await bench.tableWith(CUSTOMER);
    await bench.withSession(
      async (session) => {
        breaker.breakAfter(/commit/);
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
    const table = await bench.tableWith(CUSTOMER);
    await bench.withSession(
      async (session) => {
        breaker.breakAfter(/insert into/);
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
    const table = await bench.tableWith(CUSTOMER);
    await bench.withSession(
      async (session) => {
        await session.describe([table]);
        breaker.breakBefore(/where `id` in/);
        expect(await session.get(table, ['1'], [])).toEqual([{ kind: 'absent', id: '1' }]);
      },
      { port: String(breaker.port) },
    );
  });
});
