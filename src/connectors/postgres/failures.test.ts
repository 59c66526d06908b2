/** Every failure here is provoked on a real server, or on none. */
import { createServer, type Server } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import type { Session } from '../../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { failureOf } from './failures.ts';
import { postgres } from './index.ts';

const CONTEXT = connectorContext({ connectionKey: 'failures' });

let database: TestDatabase;
let place: Readonly<Record<string, string>>;

beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  place = {
    host: url.hostname,
    port: url.port,
    database: url.pathname.slice(1),
    user: url.username,
    password: url.password,
  };
});

afterAll(async () => {
  await database.drop();
});

async function refusal(act: Promise<unknown>): Promise<Failure> {
  const error: unknown = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return must(
    error instanceof ConnectorFailure ? error.failure : null,
    'it must fail with a ConnectorFailure',
  );
}

function opening(changed: Readonly<Record<string, string>>): Promise<Failure> {
  return refusal(postgres.open({ ...place, ...changed }, CONTEXT));
}

async function listening(
  onConnection: Parameters<typeof createServer>[1],
): Promise<{ readonly server: Server; readonly port: string }> {
  const server = createServer(onConnection ?? (() => undefined));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { server, port: String(typeof address === 'object' ? (address?.port ?? 0) : 0) };
}

describe('opening a connection', () => {
  test('with a wrong password, or none, is refused as auth, and the password is not repeated', async () => {
    for (const password of ['wrong-s3cret', '']) {
      const failure = await opening({ password });
      expect(failure).toMatchObject({ kind: 'auth', code: 'postgres.invalid_password' });
      expect(JSON.stringify(failure)).not.toMatch(/s3cret/);
    }
    expect(await opening({ user: 'nobody_of_this_name' })).toMatchObject({ kind: 'auth' });
  });

  test('to an unknown database is a matter of configuration', async () => {
    expect(await opening({ database: 'no_such' })).toMatchObject({
      kind: 'config',
      code: 'postgres.unknown_database',
    });
  });

  test('to a port where nothing listens, or a host that does not exist, is transient with advice', async () => {
    const { server, port } = await listening(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    const refused = await opening({ port });
    expect(refused).toMatchObject({ kind: 'transient', code: 'postgres.connection_refused' });
    expect(refused.advice).toMatch(/`host` and `port`/);
    expect(await opening({ host: 'no-such-host.invalid', ssl: 'disable' })).toMatchObject({
      kind: 'transient',
      code: 'postgres.host_not_found',
    });
  });

  test('to a server that hangs up is transient', async () => {
    const { server, port } = await listening((socket) => socket.destroy());
    expect(await opening({ port })).toMatchObject({ kind: 'transient', code: 'postgres.connection_lost' });
    await new Promise((resolve) => server.close(resolve));
  });

  test('with encryption to a server that has none says how to go without', async () => {
    const failure = await opening({ ssl: 'verify' });
    expect(failure).toMatchObject({ kind: 'config', code: 'postgres.no_encryption' });
    expect(failure.advice).toMatch(/`ssl: disable`/);
  });

  test('with an unknown time zone names the setting', async () => {
    expect(await opening({ cursor_time_zone: 'Europe/Nowhere' })).toMatchObject({
      kind: 'config',
      code: 'postgres.setting',
    });
  });
});

describe('a refused record says what is wrong with it', () => {
  let session: Session;

  beforeAll(async () => {
    await database.pool.query(`
      create table parent (id int primary key);
      create table child (id int primary key, parent int references parent, name varchar(3) not null,
        size int check (size > 0), born date, email text, constraint one_email unique (email));
      create function no_bobs() returns trigger language plpgsql as
        $$ begin if new.name = 'bob' then raise exception 'no bobs here'; end if; return new; end $$;
      create trigger no_bobs before insert on child for each row execute function no_bobs();
      insert into child (id, name, email) values (1, 'ann', 'a@b')`);
    session = await postgres.open(place, CONTEXT);
  });

  afterAll(async () => {
    await session.close();
  });

  test.each<
    readonly [
      what: string,
      fields: Readonly<Record<string, NativeValue>>,
      code: string,
      field: string | undefined,
    ]
  >([
    ['a value that another record has', { email: 'a@b' }, 'unique_violation', 'email'],
    ['a missing value', { name: null }, 'not_null_violation', 'name'],
    ['a reference to nothing', { parent: 9 }, 'foreign_key_violation', 'parent'],
    ['a value against a rule', { size: 0 }, 'check_violation', 'size'],
    ['a text too long', { name: 'anna' }, 'too_long', undefined],
    ['a number too large', { size: '99999999999' }, 'out_of_range', undefined],
    ['a word for a number', { size: 'many' }, 'wrong_type', undefined],
    ['a day that is none', { born: '2026-02-30' }, 'date_out_of_range', undefined],
    ['a NUL byte', { email: 'a\0b' }, 'untranslatable_character', undefined],
    ['a trigger’s veto', { name: 'bob' }, 'refused_by_trigger', undefined],
  ])('%s', async (_what, fields, code, field) => {
    const all = new Map<string, NativeValue>(Object.entries({ id: 2, name: 'eve', ...fields }));
    const [result] = await session.write('child', [
      { key: 'k', kind: 'create', recordId: null, ifVersion: null, fields: all },
    ]);
    const failure = must(result?.kind === 'failed' ? result.failure : null, 'it must fail');
    expect(failure).toMatchObject({ kind: 'invalid', code: `postgres.${code}` });
    expect(failure.field).toBe(field);
    expect(failure.advice).toMatch(/\.$/);
    // The server's details would quote the whole record.
    expect(failure.message).not.toMatch(/Failing row|already exists/);
  });

  test('a column that is dropped while it is mapped is a matter of configuration', async () => {
    await database.pool.query('create table shrinking (id int primary key, gone text)');
    await session.get('shrinking', ['1'], ['gone']);
    await database.pool.query('alter table shrinking drop column gone');
    expect(await refusal(session.get('shrinking', ['1'], ['gone']))).toMatchObject({
      kind: 'config',
      code: 'postgres.unknown_field',
    });
  });

  test('a server that is made read-only takes no write, for now', async () => {
    await database.pool.query('create table calm (id int primary key)');
    await database.pool.query(`do $$ begin
      execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`);
    const reader = await postgres.open(place, CONTEXT);
    const [result] = await reader.write('calm', [
      { key: 'k', kind: 'create', recordId: null, ifVersion: null, fields: new Map([['id', 1]]) },
    ]);
    expect(result).toMatchObject({ failure: { kind: 'transient', code: 'postgres.read_only' } });
    await reader.close();
  });
});

describe('an error of the driver', () => {
  test('that is a bug of ours is no failure of the server', async () => {
    const { asConnectorFailure, isConnectionLost } = await import('./failures.ts');
    const bug = new TypeError('x is not a function');
    expect(asConnectorFailure(bug)).toBe(bug);
    expect(isConnectionLost(bug)).toBe(false);
  });

  test('for several addresses names each cause', () => {
    const error = Object.assign(new AggregateError([new Error('no ::1'), new Error('no 127.0.0.1')]), {
      code: 'ECONNREFUSED',
    });
    expect(failureOf(error)).toMatchObject({
      code: 'postgres.connection_refused',
      message: 'no ::1; no 127.0.0.1',
    });
  });
});
