import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { NativeValue } from '../../engine/value.ts';
import { nativeOf, spell } from './codec.ts';
import { columnOf, type ColumnFacts } from './column.ts';
import { failureOfError, isAboutOneRecord, isConnectionLost } from './failures.ts';
import { isolate } from './isolate.ts';
import { idOf, isAfter, keyLiterals } from './key.ts';
import { settingsOf } from './settings.ts';
import { stampOf } from './stamp.ts';
import type { Table } from './table.ts';

function facts(name: string, columnType: string, more: Partial<ColumnFacts> = {}): ColumnFacts {
  const dataType = /^[a-z]+/.exec(columnType)?.[0] ?? '';
  return {
    name,
    dataType,
    columnType,
    isNullable: true,
    defaultText: null,
    extra: '',
    charactersMax: null,
    scale: null,
    fractionDigits: null,
    comment: '',
    isJsonText: false,
    ...more,
  };
}

function tableOf(columnTypes: Readonly<Record<string, string>>, keyNames: readonly string[]): Table {
  const columns = Object.entries(columnTypes).map(([name, type]) => columnOf(facts(name, type), false));
  return {
    name: 't',
    title: null,
    columns,
    key: columns.filter(({ name }) => keyNames.includes(name)),
    uniqueKeys: new Map(),
    rowsEstimate: null,
    isTransactional: true,
    hasTriggers: false,
  };
}

/** Reads back what MySQL would make of a quoted literal, by its documented escapes. */
function unquoted(literal: string): string | null {
  const inner = /^'([\s\S]*)'$/.exec(literal)?.[1];
  if (inner === undefined || /(?:^|[^\\])(?:\\\\)*'/.test(inner)) return null;
  const escapes: Readonly<Record<string, string>> = {
    '0': '\0',
    n: '\n',
    r: '\r',
    t: '\t',
    b: '\b',
    Z: '\u001a',
  };
  return inner.replace(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character);
}

test('no text gets out of its quotes', () => {
  const text = fc.string({
    unit: fc.constantFrom("'", '\\', '"', '\0', '\n', '\u001a', 'a', '-', '%', 'é', '😀'),
    maxLength: 20,
  });
  fc.assert(
    fc.property(text, (value) => {
      const spelled = spell({ kind: 'text' }, value);
      expect(spelled.kind === 'sql' ? unquoted(spelled.text) : null).toBe(value);
    }),
  );
});

test('whatever is given for a number is a number or refused', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('1 or 1=1', '1;', '0x41', '1e', '--1', '1e5', '-0.5'),
  );
  fc.assert(
    fc.property(anything, (value: NativeValue) => {
      for (const kind of ['integer', 'bigInteger', 'decimal', 'float', 'bit'] as const) {
        const spelled = spell({ kind }, value);
        expect(spelled.kind === 'refused' || /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(spelled.text)).toBe(true);
      }
    }),
  );
});

test('a number in JSON keeps every digit, as text where JavaScript would round it', () => {
  const read = nativeOf(
    { kind: 'json' },
    '{"big":12345678901234567890,"small":1.5,"long":0.12345678901234567,"whole":1000000000000000}',
  );
  expect(read).toEqual({ big: '12345678901234567890', small: 1.5, long: '0.12345678901234567', whole: 1e15 });
});

test('an id of several columns finds its way back, whatever its parts contain', () => {
  const table = tableOf({ a: 'varchar(9)', n: 'text', b: 'bigint' }, ['a', 'b']);
  const part = fc.string({ unit: fc.constantFrom(',', '%', '2', 'C', '5', 'x'), maxLength: 8 });
  fc.assert(
    fc.property(part, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (text, number) => {
      const literals = keyLiterals(table, idOf(table, [text, 'note', String(number)]));
      expect(literals === null ? null : [unquoted(literals[0] ?? ''), literals[1]]).toEqual([
        text,
        String(number),
      ]);
    }),
  );
});

test('an id that no key can be is no literal', () => {
  expect(keyLiterals(tableOf({ id: 'int' }, ['id']), 'abc')).toBeNull();
  expect(keyLiterals(tableOf({ id: 'int', b: 'int' }, ['id', 'b']), '1')).toBeNull();
});

test('what comes after a key is spelled so that an index serves it', () => {
  expect(isAfter(['a', 'b'], ['1', "'x'"])).toBe("a >= 1 and ((a > 1) or (a = 1 and b > 'x'))");
});

test('the stamp that the server sets comes before one that is only named so', () => {
  const byName = columnOf(facts('updated_at', 'datetime'), false);
  const byServer = columnOf(
    facts('ts', 'timestamp', { extra: 'DEFAULT_GENERATED on update CURRENT_TIMESTAMP' }),
    false,
  );
  const table = tableOf({ id: 'int' }, ['id']);
  expect(stampOf({ ...table, columns: [byName, byServer] }, null)?.name).toBe('ts');
  expect(stampOf({ ...table, columns: [byName] }, null)?.name).toBe('updated_at');
  expect(stampOf({ ...table, columns: [columnOf(facts('updated_at', 'int'), false)] }, null)).toBeNull();
});

/** A column's codec, whether it is required and whether it is read only. */
function described(columnType: string, more: Partial<ColumnFacts> = {}): unknown {
  const { required, readOnly, codec } = columnOf(
    facts('c', columnType, { isNullable: false, ...more }),
    true,
  );
  return [codec.kind, required, readOnly];
}

test('columns are understood in the words of MySQL 8 as well as MariaDB', () => {
  expect(described('int unsigned')).toEqual(['integer', true, false]);
  expect(described('json', {})).toEqual(['json', true, false]);
  expect(described('varchar(36)', { defaultText: 'uuid()', extra: 'DEFAULT_GENERATED' })).toEqual([
    'text',
    false,
    false,
  ]);
  expect(described('int', { extra: 'STORED GENERATED' })).toEqual(['integer', false, true]);
  expect(described('int', { extra: 'auto_increment' })).toEqual(['integer', false, true]);
  expect(described('vector(3)')).toEqual(['foreign', true, true]);
});

function driverError(errno: number, sqlMessage: string): Error {
  return Object.assign(new Error(sqlMessage), { errno, sqlMessage, code: 'ER' });
}

test.each([
  [1062, "Duplicate entry 'a' for key 'customer.email'", 'invalid', 'mysql.duplicate', 'mail'],
  [1406, "Data too long for column 'name' at row 1", 'invalid', 'mysql.too_long', 'name'],
  [1364, "Field 'code' doesn't have a default value", 'invalid', 'mysql.not_null', 'code'],
  [
    1366,
    "Incorrect integer value: 'x' for column `shop`.`t`.`n` at row 1",
    'invalid',
    'mysql.wrong_type',
    'n',
  ],
  [1451, 'Cannot delete or update a parent row', 'invalid', 'mysql.referred_to', undefined],
  [3819, "Check constraint 'c' is violated.", 'invalid', 'mysql.check', undefined],
  [1045, "Access denied for user 'x'", 'auth', 'mysql.access_denied', undefined],
  [1205, 'Lock wait timeout exceeded', 'transient', 'mysql.lock_wait', undefined],
  [1226, 'exceeded the max_queries_per_hour resource', 'rateLimited', 'mysql.user_limit', undefined],
  [9999, 'something new', 'permanent', 'mysql.error_9999', undefined],
])('error %i is told as what it means', (errno, message, kind, code, field) => {
  const failure = failureOfError(driverError(errno, message), (key) => (key === 'email' ? ['mail'] : []));
  expect(failure).toMatchObject({ kind, code, message });
  expect(failure.field).toBe(field);
});

test('a connection that breaks is told from a refused record, and a bug of ours is neither', () => {
  expect(isConnectionLost(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBe(true);
  expect(isConnectionLost(driverError(1053, 'Server shutdown in progress'))).toBe(true);
  expect(isConnectionLost(driverError(1062, 'Duplicate'))).toBe(false);
  expect(isAboutOneRecord(driverError(1062, 'Duplicate'))).toBe(true);
  expect(isAboutOneRecord(driverError(1213, 'Deadlock'))).toBe(false);
  expect([isConnectionLost(new TypeError('bug')), isAboutOneRecord(new TypeError('bug'))]).toEqual([
    false,
    false,
  ]);
});

test('exactly the bad rows are isolated, and each good one is written once', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (badness) => {
      const rows = badness.map((isBad, index) => ({ index, isBad }));
      const written: number[] = [];
      const refused: number[] = [];
      const run = (chunk: typeof rows | readonly (typeof rows)[number][]): Promise<void> => {
        if (chunk.some(({ isBad }) => isBad)) return Promise.reject(driverError(1062, 'Duplicate'));
        written.push(...chunk.map(({ index }) => index));
        return Promise.resolve();
      };
      await isolate(rows, run, ({ index }) => refused.push(index));
      expect(written).toEqual(rows.filter(({ isBad }) => !isBad).map(({ index }) => index));
      expect(refused).toEqual(rows.filter(({ isBad }) => isBad).map(({ index }) => index));
    }),
  ));

test('other machines are spoken to encrypted, and checked, unless somebody decides otherwise', () => {
  const given = { database: 'd', user: 'u', password: 'p' };
  expect(settingsOf({ ...given, host: 'db.example.com' }).address.ssl).toEqual({
    rejectUnauthorized: true,
    verifyIdentity: true,
  });
  expect(settingsOf({ ...given, host: 'db.example.com', ssl: 'require' }).address.ssl).toEqual({
    rejectUnauthorized: false,
  });
  expect(settingsOf({ ...given, host: '127.0.0.1' }).address.ssl).toBeUndefined();
  expect(settingsOf({ url: 'mysql://u%40x:p%2F@[::1]:3307/d' }).address).toEqual({
    host: '::1',
    port: 3307,
    user: 'u@x',
    password: 'p/',
    database: 'd',
  });
});
