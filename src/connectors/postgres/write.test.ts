import pg from 'pg';
import { describe, expect, test } from 'vitest';

import { postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import { until } from '../../../test/support/until.ts';
import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';

const bench = postgresWorkbench('write');

type Given = Readonly<Record<string, NativeValue>>;

function create(fields: Given, key = 'k'): WriteRequest {
  return { key, kind: 'create', recordId: null, ifVersion: null, fields: new Map(Object.entries(fields)) };
}

function update(recordId: string, fields: Given, ifVersion: string | null = null): WriteRequest {
  return { key: recordId, kind: 'update', recordId, ifVersion, fields: new Map(Object.entries(fields)) };
}

function remove(recordId: string): WriteRequest {
  return { key: recordId, kind: 'delete', recordId, ifVersion: null, fields: new Map() };
}

/** `written`, or kind, code and field of the failure. */
function outcome(result: WriteResult | undefined): string {
  if (result?.kind !== 'failed') return result?.kind ?? 'nothing';
  const { kind, code, field } = result.failure;
  return [kind, code, ...(field === undefined ? [] : [field])].join(' ');
}

async function write(table: string, ...requests: WriteRequest[]): Promise<readonly string[]> {
  return (await bench.session.write(table, requests)).map(outcome);
}

async function rows(text: string): Promise<readonly unknown[]> {
  return (await bench.pool.query({ text, rowMode: 'array' })).rows;
}

async function versionOf(table: string, id: string): Promise<string> {
  const [lookup] = await bench.session.get(table, [id], []);
  return must(lookup?.kind === 'found' ? lookup.record.version : null, 'the record is there');
}

describe('a batch', () => {
  test('of 10,000 records with three bad ones costs a few statements more, and writes all others', async () => {
    await bench.pool.query(`
      create table many (id int primary key, name varchar(10), amount numeric(5, 2));
      create sequence many_statements;
      create function count_statement() returns trigger language plpgsql as
        $$ begin perform nextval('many_statements'); return null; end $$;
      create trigger counted before insert on many for each statement execute function count_statement()`);
    const bad = new Map<number, Given>([
      [17, { name: 'far too long a name' }],
      [4_242, { amount: '1000000' }],
      [9_999, { id: 16 }],
    ]);
    const requests = Array.from({ length: 10_000 }, (_, id) =>
      create({ id, name: `n${String(id)}`, amount: '1.50', ...bad.get(id) }, String(id)),
    );
    const results = await bench.session.write('many', requests);
    expect(results.map(({ key }) => key)).toEqual(requests.map(({ key }) => key));
    const failed = results.flatMap((result, index) =>
      result.kind === 'failed' ? [[index, outcome(result)]] : [],
    );
    expect(failed).toEqual([
      [17, 'invalid postgres.too_long'],
      [4_242, 'invalid postgres.out_of_range'],
      [9_999, 'invalid postgres.unique_violation id'],
    ]);
    expect(await rows('select count(*)::int, min(name), max(name) from many')).toEqual([
      [9_997, 'n0', 'n9998'],
    ]);
    const [[statements]] = (await rows('select last_value::int from many_statements')) as [[number]];
    expect(statements).toBeLessThan(10 + 3 * 2 * 10);
  });

  test('keeps the order of writes to one record, whatever lies between them', async () => {
    await bench.pool.query('create table steps (id int primary key, a text, b text)');
    const results = await write(
      'steps',
      create({ id: 1, a: 'x' }),
      create({ id: 2, a: 'x' }),
      update('1', { a: 'one' }),
      update('2', { b: 'two' }),
      update('1', { a: 'three' }),
      remove('2'),
      update('2', { a: 'four' }),
    );
    expect(results).toEqual([
      ...Array.from({ length: 6 }, () => 'written'),
      'precondition postgres.record_gone',
    ]);
    expect(await rows('select id, a, b from steps')).toEqual([[1, 'three', null]]);
  });

  test('answers ids, versions and fields as the database made them', async () => {
    await bench.pool.query(`
      create table made (id int generated always as identity primary key, name text, size numeric(6, 2),
        twice numeric generated always as (size * 2) stored);
      create function upper_name() returns trigger language plpgsql as $$ begin new.name = upper(new.name); return new; end $$;
      create trigger upper_name before insert or update on made for each row execute function upper_name()`);
    const [first, second] = await bench.session.write('made', [
      create({ name: 'ann', size: '1.005' }),
      create({ name: 'bob', size: 2 }),
    ]);
    expect(first).toMatchObject({
      recordId: '1',
      fields: new Map([
        ['name', 'ANN'],
        ['size', '1.01'],
      ]),
    });
    expect(second).toMatchObject({
      recordId: '2',
      fields: new Map([
        ['name', 'BOB'],
        ['size', '2.00'],
      ]),
    });
    const version = await versionOf('made', '2');
    expect(second).toMatchObject({ version });
    expect(await write('made', update('2', { name: 'x' }, version), update('1', { twice: '5' }))).toEqual([
      'written',
      'config postgres.read_only_field twice',
    ]);
  });

  test('with a field that the table does not have fails only where it is set', async () => {
    await bench.pool.query('create table plain (id int primary key, name text)');
    expect(
      await write('plain', create({ id: 1, nam: 'a' }), create({ id: 2, name: 'b' }), create({})),
    ).toEqual(['config postgres.unknown_field', 'written', 'invalid postgres.empty']);
  });
});

describe('a key', () => {
  test('of several columns is a JSON list, and may be changed', async () => {
    await bench.pool.query('create table pairs (a int, b text, note text, primary key (b, a))');
    const [made] = await bench.session.write('pairs', [create({ a: 1, b: 'x"y', note: 'n' })]);
    expect(made).toMatchObject({ recordId: '["x\\"y","1"]' });
    const [moved] = await bench.session.write('pairs', [update('["x\\"y","1"]', { a: 7 })]);
    expect(moved).toMatchObject({ recordId: '["x\\"y","7"]' });
    expect(await write('pairs', remove('["x\\"y","7"]'), remove('not a list'))).toEqual([
      'written',
      'precondition postgres.record_gone',
    ]);
  });

  test('of a partitioned table works, with the version left to be read', async () => {
    await bench.pool.query(`
      create table parted (id int primary key, name text) partition by range (id);
      create table parted_low partition of parted for values from (0) to (100);
      create table parted_high partition of parted for values from (100) to (200)`);
    const made = await bench.session.write('parted', [
      create({ id: 1, name: 'a' }),
      create({ id: 101, name: 'b' }),
    ]);
    expect(made).toMatchObject([
      { recordId: '1', version: null },
      { recordId: '101', version: null },
    ]);
    const version = await versionOf('parted', '1');
    expect(await write('parted', update('1', { name: 'c' }, version))).toEqual(['written']);
    expect(await write('parted', update('1', { name: 'd' }, version))).toEqual([
      'precondition postgres.version_mismatch',
    ]);
  });
});

describe('the version', () => {
  test('is not claimed where a trigger may change the record after the write', async () => {
    await bench.pool.query(`
      create table after_all (id int primary key, n int);
      create function add_one() returns trigger language plpgsql as
        $$ begin update after_all set n = n + 1 where id = new.id; return null; end $$;
      create trigger add_one after insert on after_all for each row execute function add_one()`);
    const [made] = await bench.session.write('after_all', [create({ id: 1, n: 1 })]);
    expect(made).toEqual({ kind: 'written', key: 'k', recordId: '1', version: null });
    expect(await rows('select n from after_all')).toEqual([[2]]);
  });

  test('tells two changes of one transaction apart', async () => {
    await bench.pool.query('create table twice (id int primary key, n int); insert into twice values (1, 0)');
    const client = await bench.pool.connect();
    await client.query('begin; update twice set n = 1');
    const inside = await client.query<{ version: string }>(
      `select xmin || ' ' || ctid as version from twice`,
    );
    await client.query('update twice set n = 2; commit');
    client.release();
    expect(await versionOf('twice', '1')).not.toBe(inside.rows[0]?.version);
  });

  test('survives vacuum freeze', async () => {
    await bench.pool.query('create table frozen (id int primary key); insert into frozen values (1)');
    const before = await versionOf('frozen', '1');
    await bench.pool.query('vacuum freeze frozen');
    expect(await versionOf('frozen', '1')).toBe(before);
  });

  test('is checked against what a transaction that we waited for has written', async () => {
    await bench.pool.query('create table raced (id int primary key, n int); insert into raced values (1, 0)');
    const version = await versionOf('raced', '1');
    const client = await bench.pool.connect();
    await client.query('begin; update raced set n = 1');
    const writing = write('raced', update('1', { n: 2 }, version));
    await untilWaiting('raced');
    await client.query('commit');
    client.release();
    expect(await writing).toEqual(['precondition postgres.version_mismatch']);
    expect(await rows('select n from raced')).toEqual([[1]]);
  });
});

describe('trouble', () => {
  test('one locked record fails alone, as transient', async () => {
    await bench.pool.query(
      'create table locked (id int primary key, n int); insert into locked select i, 0 from generate_series(1, 4) i',
    );
    const client = await bench.pool.connect();
    await client.query('begin; select from locked where id = 3 for update');
    const results = await write('locked', ...['1', '2', '3', '4'].map((id) => update(id, { n: 1 })));
    await client.query('rollback');
    client.release();
    expect(results).toEqual(['written', 'written', 'transient postgres.locked', 'written']);
  });

  test('a connection lost while a statement runs leaves its outcome unknown, and what follows unsent', async () => {
    await bench.pool.query('create table lost (id int primary key, n int); insert into lost values (1, 0)');
    const client = await bench.pool.connect();
    await client.query('begin; update lost set n = 1');
    const writing = write('lost', update('1', { n: 2 }), create({ id: 2 }));
    await untilWaiting('lost');
    await bench.pool.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'trueup' and datname = current_database() and query like 'update%'`);
    expect(await writing).toEqual(['unknownOutcome postgres.unknown_outcome', 'transient postgres.not_sent']);
    await client.query('rollback');
    client.release();
    expect(await write('lost', update('1', { n: 3 }))).toEqual(['written']);
  });

  test('a deadlock is tried again', async () => {
    await bench.pool.query(
      'create table knot (id int primary key, n int); insert into knot values (1, 0), (2, 0), (3, 0)',
    );
    const [gate, client] = [await bench.pool.connect(), new pg.Client({ connectionString: bench.url })];
    await client.connect();
    await gate.query('begin; select from knot where id = 2 for update');
    // The server breaks the knot at whoever looks first, and that is us.
    await client.query(
      `set application_name = 'rival'; set deadlock_timeout = '10min'; begin; update knot set n = n + 1 where id = 3`,
    );
    const writing = write('knot', ...['1', '2', '3'].map((id) => update(id, { n: 5 })));
    await untilWaiting('knot');
    const other = client.query('update knot set n = n + 1 where id = 1');
    await untilWaiting('knot', 'rival');
    await gate.query('rollback');
    gate.release();
    await other;
    await client.query('commit');
    await client.end();
    expect(await writing).toEqual(['written', 'written', 'written']);
    expect(await rows('select n from knot')).toEqual([[5], [5], [5]]);
  });

  test('a record that a trigger drops is reported, and shifts no other', async () => {
    await bench.pool.query(`
      create table picky (id int generated always as identity primary key, name text);
      create function drop_row() returns trigger language plpgsql as
        $$ begin if new.name = 'no' then return null; end if; return new; end $$;
      create trigger drop_row before insert or update on picky for each row execute function drop_row()`);
    const names = ['a', 'no', 'b', 'c'];
    const results = await bench.session.write(
      'picky',
      names.map((name) => create({ name })),
    );
    expect(results.map(outcome)).toEqual([
      'written',
      'invalid postgres.dropped_by_table',
      'written',
      'written',
    ]);
    for (const [index, result] of results.entries()) {
      if (result.kind !== 'written') continue;
      const [lookup] = await bench.session.get('picky', [result.recordId], ['name']);
      expect(lookup).toMatchObject({ record: { fields: new Map([['name', names[index]]]) } });
    }
    const id = results[0]?.kind === 'written' ? results[0].recordId : '';
    expect(await write('picky', update(id, { name: 'no' }), update(id, { name: 'z' }))).toEqual([
      'invalid postgres.dropped_by_table',
      'written',
    ]);
  });

  test('an update that changes nothing and is dropped for it counts as written', async () => {
    await bench.pool.query(`
      create table same (id int primary key, name text); insert into same values (1, 'a');
      create trigger same before update on same for each row execute function suppress_redundant_updates_trigger()`);
    const version = await versionOf('same', '1');
    expect(await bench.session.write('same', [update('1', { name: 'a' }, version)])).toMatchObject([
      { kind: 'written', version },
    ]);
  });
});

async function untilWaiting(table: string, by = 'trueup'): Promise<void> {
  const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and application_name = $2 and query like $1`;
  await until(async () => (await bench.pool.query(text, [`%${table}%`, by])).rows.length > 0);
}
