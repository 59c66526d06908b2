import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { changesOf, failureOf, postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import type { ChangesRequest, Cursor, Hint } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';

const bench = postgresWorkbench('log', { replication: 'logical' });

interface Read {
  readonly hints: readonly Hint[];
  readonly cursor: Cursor;
}

async function read(
  collection: string,
  since: Cursor,
  rest: Partial<ChangesRequest> = {},
  from = bench.session,
): Promise<Read> {
  const hints: Hint[] = [];
  let cursor = since;
  for await (const page of changesOf(from, collection, since, rest)) {
    hints.push(...page.hints);
    ({ cursor } = page);
  }
  return { hints, cursor };
}

/**
 * The first page with a hint in it, and where it was read from. The page after it is not asked for, so it stays
 * unconfirmed; the empty pages that a slow server puts before it are confirmed.
 */
async function firstPage(
  collection: string,
  since: Cursor,
  rest: Partial<ChangesRequest> = {},
): Promise<Read & { readonly confirmed: Cursor }> {
  let confirmed = since;
  for await (const { hints, cursor } of changesOf(bench.session, collection, since, rest)) {
    if (hints.length > 0) return { hints, cursor, confirmed };
    confirmed = cursor;
  }
  return { hints: [], cursor: confirmed, confirmed };
}

async function query(text: string): Promise<readonly unknown[]> {
  return (await bench.pool.query({ text, rowMode: 'array' })).rows;
}

function slotOf(table: string): string {
  return `trueup_log_${createHash('sha256').update(`public.${table}`).digest('hex').slice(0, 12)}`;
}

/** What was said last about each record: how many pages it took depends on how the log came in. */
function lastOf(hints: readonly Hint[]): Readonly<Record<string, Hint['kind']>> {
  return Object.fromEntries(hints.map(({ id, kind }) => [id, kind]));
}

function changed(...ids: string[]): readonly Hint[] {
  return ids.map((id) => ({ id, kind: 'changed' }));
}

function deleted(...ids: string[]): readonly Hint[] {
  return ids.map((id) => ({ id, kind: 'deleted' }));
}

describe('the log tells', () => {
  test('inserts, updates and deletes in the order of their commits', async () => {
    await query('create table told (id int primary key, n int); ');
    const { cursor } = await read('told', null);
    await query('insert into told values (1, 0), (2, 0), (3, 0)');
    const first = await read('told', cursor);
    expect(first.hints).toEqual(changed('1', '2', '3'));
    await query('update told set n = 1 where id = 2');
    await query('delete from told where id = 1');
    expect((await read('told', first.cursor)).hints).toEqual([...changed('2'), ...deleted('1')]);
  });

  test('a changed key as a record that went and another that came', async () => {
    await query(`create table moved (at timestamptz, name text, primary key (at, name));
      insert into moved values ('2026-01-01T00:00:00Z', 'a')`);
    const { cursor } = await read('moved', null);
    await query(`update moved set name = 'b'`);
    const [lookup] = await bench.session.get('moved', ['["2026-01-01T00:00:00Z","b"]'], []);
    expect(lookup?.kind).toBe('found');
    expect((await read('moved', cursor)).hints).toEqual([
      ...deleted('["2026-01-01T00:00:00Z","a"]'),
      ...changed('["2026-01-01T00:00:00Z","b"]'),
    ]);
  });

  test('a key that the log pads with blanks as the record that a look finds under it', async () => {
    await query('create table padded (code char(8) primary key, n int)');
    const { cursor } = await read('padded', null);
    await query(`insert into padded values ('ab', 0)`);
    const { hints } = await read('padded', cursor);
    expect(hints).toEqual(changed('ab'));
    const [lookup] = await bench.session.get('padded', ['ab'], []);
    expect(lookup).toMatchObject({ kind: 'found', record: { id: 'ab' } });
  });

  test('what happens in a table that logs whole rows, and in the parts of a partitioned one', async () => {
    await query(`create table whole (a text, id int primary key); alter table whole replica identity full;
      create table split (id int primary key, n int) partition by range (id);
      create table split_1 partition of split for values from (0) to (10)`);
    const [whole, split] = [await read('whole', null), await read('split', null)];
    await query(`insert into whole values (repeat('x', 100000), 1); insert into split values (1, 0)`);
    await query('update whole set id = 2; update split set n = 1; delete from split');
    expect(lastOf((await read('whole', whole.cursor)).hints)).toEqual({ 1: 'deleted', 2: 'changed' });
    expect(lastOf((await read('split', split.cursor)).hints)).toEqual({ 1: 'deleted' });
  });

  test('nothing of transactions that were rolled back', async () => {
    await query('create table undone (id int primary key)');
    const { cursor } = await read('undone', null);
    await query('begin; insert into undone values (1); rollback; insert into undone values (2)');
    expect((await read('undone', cursor)).hints).toEqual(changed('2'));
  });

  test('of an emptied table that everything must be compared, after what came before it', async () => {
    await query('create table emptied (id int primary key)');
    const { cursor } = await read('emptied', null);
    await query('insert into emptied values (1)');
    await query('truncate emptied');
    const pages: Hint[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const page of changesOf(bench.session, 'emptied', cursor)) pages.push(...page.hints);
      })(),
    );
    expect(pages).toEqual(changed('1'));
    expect(failure).toMatchObject({ kind: 'config', code: 'postgres.cursor_expired' });
    const fresh = await read('emptied', null);
    await query('insert into emptied values (2)');
    expect((await read('emptied', fresh.cursor)).hints).toEqual(changed('2'));
  });
});

describe('what is not confirmed', () => {
  test('comes again after a restart, and what is confirmed does not', async () => {
    await query('create table again (id int primary key)');
    const { cursor } = await read('again', null);
    await query('insert into again values (1)');
    const first = await firstPage('again', cursor);
    expect(first.hints).toEqual(changed('1'));
    const second = await firstPage('again', first.confirmed);
    expect(second.hints).toEqual(changed('1'));
    // Reading to the end asks for more after every page, and so confirms it.
    const all = await read('again', second.confirmed);
    expect(all.hints).toEqual(changed('1'));
    expect(await failureOf(read('again', cursor))).toMatchObject({ code: 'postgres.cursor_expired' });
    expect((await read('again', all.cursor)).hints).toEqual([]);
  });

  test('never gets lost, wherever reading is cut off', async () => {
    await query('create table cut (id int primary key)');
    let { cursor } = await read('cut', null);
    const met = new Set<string>();
    let written = 0;
    for (let round = 0; round < 12; round += 1) {
      for (let transaction = 0; transaction < 5; transaction += 1) {
        await query(
          `insert into cut select i from generate_series(${String(written + 1)}, ${String(written + 1 + transaction)}) i`,
        );
        written += transaction + 1;
      }
      let pages = 0;
      for await (const page of changesOf(bench.session, 'cut', cursor, { pageRecordsMax: 4 })) {
        expect(page.hints.length).toBeLessThanOrEqual(4);
        for (const { id } of page.hints) met.add(id);
        ({ cursor } = page);
        pages += 1;
        if (pages > round % 5) break;
      }
    }
    for (const { id } of (await read('cut', cursor)).hints) met.add(id);
    expect(met.size).toBe(written);
  });

  test('is held back on the server: a full page stops the flow', async () => {
    await query('create table flood (id int primary key)');
    const { cursor } = await read('flood', null);
    await query('insert into flood select i from generate_series(1, 50000) i');
    const first = await firstPage('flood', cursor, { pageRecordsMax: 500 });
    expect(first.hints).toHaveLength(500);
    let count = 0;
    let last = first.cursor;
    const incomplete = new Set<string>();
    // Until the transaction is complete, a restart begins before it: from every such page it comes as a whole.
    for await (const page of changesOf(bench.session, 'flood', first.cursor, { pageRecordsMax: 500 })) {
      expect(page.hints.length).toBeLessThanOrEqual(500);
      count += page.hints.length;
      if (count > 0 && count < 50_000) incomplete.add(JSON.stringify(page.cursor));
      last = page.cursor;
    }
    expect(count).toBe(50_000);
    expect(incomplete.size).toBe(1);
    expect((await read('flood', last)).hints).toEqual([]);
  });
});

test('the log of other tables does not pile up behind a quiet one', async () => {
  await query('create table quiet (id int primary key); create table busy (a text)');
  const { cursor } = await read('quiet', null);
  await query(`insert into busy select repeat('x', 1000) from generate_series(1, 2000)`);
  await query('create table reached as select pg_current_wal_lsn() as position');
  await read('quiet', cursor);
  const isPast = `select confirmed_flush_lsn >= position from pg_replication_slots, reached where slot_name = '${slotOf('quiet')}'`;
  expect(await query(isPast)).toEqual([[true]]);
});

test('a change is given when it is committed: no wait of the reader has to end for it', async () => {
  await query('create table swift (id int primary key, n int); insert into swift values (1, 0)');
  const { cursor } = await read('swift', null);
  const still = new ManualClock();
  const follower = await bench.open({}, { clock: still });
  const stop = new AbortController();
  let given = 0;
  let next = Promise.withResolvers<null>();
  const reading = (async () => {
    for await (const page of changesOf(follower, 'swift', cursor, { follow: true, signal: stop.signal })) {
      given += page.hints.length;
      if (page.hints.length > 0) next.resolve(null);
    }
  })();
  for (let round = 0; round < 30; round += 1) {
    next = Promise.withResolvers();
    await query(`update swift set n = ${String(round)}`);
    await next.promise;
  }
  expect(given).toBe(30);
  stop.abort();
  await expect.poll(() => still.sleptMs.includes(200)).toBe(true);
  still.advance(200);
  await reading;
  await follower.close();
});

describe('a lost position', () => {
  test('is noticed when the slot is gone, the table is no longer published, or the cursor is foreign', async () => {
    await query('create table astray (id int primary key)');
    const { cursor } = await read('astray', null);
    await query('alter publication trueup_log drop table astray');
    expect(await failureOf(read('astray', cursor))).toMatchObject({ code: 'postgres.cursor_expired' });
    const again = await read('astray', null);
    await query(`select pg_drop_replication_slot('${slotOf('astray')}')`);
    expect((await failureOf(read('astray', again.cursor))).message).toMatch(/is gone/);
    const third = await read('astray', null);
    await query('insert into astray values (1)');
    expect((await read('astray', third.cursor)).hints).toEqual(changed('1'));
    expect(await failureOf(read('astray', { lsn: 'FFFFFFFF/0' }))).toMatchObject({
      code: 'postgres.cursor_expired',
    });
  });

  test('is noticed when the table was dropped and made again', async () => {
    await query('create table remade (id int primary key)');
    const { cursor } = await read('remade', null);
    await query('drop table remade; create table remade (id int primary key)');
    const fresh = await bench.open();
    expect(
      await failureOf(
        (async () => {
          for await (const page of changesOf(fresh, 'remade', cursor)) expect(page.hints).toEqual([]);
        })(),
      ),
    ).toMatchObject({ code: 'postgres.cursor_expired' });
    await fresh.close();
  });
});

describe('what cannot be replicated is refused with what to do', () => {
  test.each([
    ['an unlogged table', 'create unlogged table odd_1 (id int primary key)', 'odd_1', /unlogged/],
    [
      'a table that logs no keys',
      'create table odd_2 (id int primary key); alter table odd_2 replica identity nothing',
      'odd_2',
      /replica identity/,
    ],
    ['a deferrable key', 'create table odd_3 (id int primary key deferrable)', 'odd_3', /deferrable/],
  ])('%s', async (_name, statement, table, message) => {
    await query(statement);
    const failure = await failureOf(read(table, null));
    expect(failure).toMatchObject({ kind: 'config', code: 'postgres.not_replicable' });
    expect(failure.message).toMatch(message);
  });

  test('a user without the right to publish, or to replicate', async () => {
    const role = `plain_${bench.url.split('/').at(-1) ?? ''}`;
    await query(
      `create table guarded (id int primary key); create role ${role} login password 'plain'; grant select on guarded to ${role}`,
    );
    const url = new URL(bench.url);
    const place = { host: url.hostname, port: url.port, database: url.pathname.slice(1) };
    const plain = await bench.open({ ...place, user: role, password: 'plain', replication: 'logical' });
    const attempt = async (): Promise<Failure> =>
      failureOf(
        (async () => {
          for await (const page of changesOf(plain, 'guarded', null)) expect(page.hints).toEqual([]);
        })(),
      );
    const unpublished = await attempt();
    expect(unpublished).toMatchObject({ kind: 'config', code: 'postgres.permission_denied' });
    expect(unpublished.advice).toMatch(/administrator run: (create|alter) publication/);
    await read('guarded', null);
    await query(`select pg_drop_replication_slot('${slotOf('guarded')}')`);
    expect(await attempt()).toMatchObject({ kind: 'config', code: 'postgres.replication_denied' });
    await plain.close();
    await query(`drop owned by ${role}; drop role ${role}`);
  });
});

test('a table that somebody else is reading is refused as transient after a while', async () => {
  await query('create table shared (id int primary key)');
  const { cursor } = await read('shared', null);
  const stop = new AbortController();
  const first = read('shared', cursor, { follow: true, signal: stop.signal });
  const isActive = `select 1 from pg_replication_slots where active and slot_name = '${slotOf('shared')}'`;
  await expect.poll(() => query(isActive)).toHaveLength(1);
  const hasty: Clock = { ...systemClock, sleep: (_, signal) => systemClock.sleep(1, signal) };
  const other = await bench.open({}, { clock: hasty });
  expect(await failureOf(read('shared', cursor, { follow: true }, other))).toMatchObject({
    kind: 'transient',
    code: 'postgres.in_use',
  });
  await other.close();
  stop.abort();
  // Where the log has moved on meanwhile, so has the reader.
  const reached = await first;
  await query('insert into shared values (1)');
  expect((await read('shared', reached.cursor)).hints).toEqual(changed('1'));
});

describe('reading the log ends', () => {
  test('as transient when the server hangs up, and goes on from the same place', async () => {
    await query('create table hung (id int primary key)');
    const { cursor } = await read('hung', null);
    const reading = failureOf(read('hung', cursor, { follow: true }));
    // Other tests read from the same server.
    const walsender = `from pg_stat_replication join pg_replication_slots on active_pid = pid where slot_name = '${slotOf('hung')}' and state = 'streaming'`;
    await expect.poll(() => query(`select 1 ${walsender}`)).toHaveLength(1);
    await query(`select pg_terminate_backend(pid) ${walsender}`);
    expect((await reading).kind).toBe('transient');
    await query('insert into hung values (1)');
    expect((await read('hung', cursor)).hints).toEqual(changed('1'));
  });

  test('at the signal, even while the slot waits for a transaction that never ends', async () => {
    await query('create table stuck (id int primary key)');
    const client = await bench.pool.connect();
    await client.query('begin; insert into stuck values (1)');
    const stop = new AbortController();
    const reading = read('stuck', null, { signal: stop.signal });
    const isWaiting = `select 1 from pg_stat_activity where datname = current_database() and query like '%pg_create_logical%' and wait_event_type = 'Lock'`;
    await expect.poll(() => query(isWaiting)).toHaveLength(1);
    stop.abort();
    expect((await reading).hints).toEqual([]);
    await client.query('rollback');
    client.release();
  });

  test('when its session is closed', async () => {
    await query('create table closed (id int primary key)');
    const { cursor } = await read('closed', null);
    const other = await bench.open();
    const reading = read('closed', cursor, { follow: true }, other);
    await other.close();
    expect((await reading).hints).toEqual([]);
  });
});
