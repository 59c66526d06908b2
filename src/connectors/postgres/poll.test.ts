import pg from 'pg';
import { describe, expect, test } from 'vitest';

import { changesOf, postgresWorkbench } from '../../../test/support/postgres-workbench.ts';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import type { Cursor } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { must } from '../../lib/assert.ts';
import type { Clock } from '../../lib/clock.ts';

const bench = postgresWorkbench('poll');

/** One poll: the ids it gave, and the position after it. */
async function poll(
  collection: string,
  since: Cursor,
  from = bench.session,
): Promise<{ readonly ids: readonly string[]; readonly cursor: Cursor }> {
  const ids: string[] = [];
  let cursor = since;
  for await (const page of changesOf(from, collection, since)) {
    ids.push(...page.records.map(({ id }) => id));
    ({ cursor } = page);
  }
  return { ids, cursor };
}

async function connected(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: bench.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

describe('a late commit', () => {
  // Longer than the slack given to stamps, so that only the horizon can find the record.
  const UNTIL_TOO_OLD = 'select pg_sleep(2.2)';

  test.each([
    ['that wrote before the polls', true],
    ['that had only begun before the polls', false],
  ])('of a transaction %s is found', async (_name, writesFirst) => {
    const table = `late_${String(writesFirst)}`;
    await bench.pool.query(
      `create table ${table} (id int primary key, updated_at timestamptz default now())`,
    );
    await connected(async (client) => {
      let { cursor } = await poll(table, null);
      await client.query('begin; select now()');
      if (writesFirst) await client.query(`insert into ${table} values (1)`);
      ({ cursor } = await poll(table, cursor));
      await client.query(UNTIL_TOO_OLD);
      await bench.pool.query(`insert into ${table} values (2)`);
      ({ cursor } = await poll(table, cursor));
      ({ cursor } = await poll(table, cursor));
      if (!writesFirst) await client.query(`insert into ${table} values (1)`);
      await client.query('commit');
      expect((await poll(table, cursor)).ids).toContain('1');
    });
  });

  test('of a transaction that began before the position was taken is found', async () => {
    await bench.pool.query('create table early (id int primary key, updated_at timestamptz default now())');
    await connected(async (client) => {
      await client.query(`begin; insert into early values (1)`);
      await client.query(UNTIL_TOO_OLD);
      const { cursor } = await poll('early', null);
      await client.query('commit');
      expect((await poll('early', cursor)).ids).toEqual(['1']);
    });
  });

  test('costs other polls nothing: a transaction that stays open makes no record come again', async () => {
    await bench.pool.query('create table steady (id int primary key, updated_at timestamptz default now())');
    await connected(async (client) => {
      await client.query('begin; select now()');
      let { cursor } = await poll('steady', null);
      await bench.pool.query('insert into steady values (1)');
      ({ cursor } = await poll('steady', cursor));
      await client.query(UNTIL_TOO_OLD);
      ({ cursor } = await poll('steady', cursor));
      expect((await poll('steady', cursor)).ids).toEqual([]);
      await client.query('rollback');
      expect((await poll('steady', cursor)).ids).toEqual(['1']);
    });
  });
});

describe('many records of one moment', () => {
  test('are all read, and reading goes on from any page after a restart', async () => {
    await bench.pool.query('create table tied (a int, b text, updated_at timestamptz, primary key (b, a))');
    const start = await poll('tied', null);
    await bench.pool.query(`insert into tied select i, (i % 7)::text, now() from generate_series(1, 1000) i`);
    const met = new Set<string>();
    let cursor: Cursor = start.cursor;
    for (let pages = 1; met.size < 1_000; pages += 1) {
      expect(pages).toBeLessThanOrEqual(11);
      const restarted = await bench.open();
      for await (const page of changesOf(restarted, 'tied', JSON.parse(JSON.stringify(cursor)) as Cursor)) {
        for (const { id } of page.records) {
          expect(met.has(id)).toBe(false);
          met.add(id);
        }
        ({ cursor } = page);
        break;
      }
      await restarted.close();
    }
  });

  test('do not hide one that is committed behind the page just read', async () => {
    await bench.pool.query('create table behind (id int primary key, updated_at timestamptz default now())');
    let cursor: Cursor = (await poll('behind', null)).cursor;
    await connected(async (client) => {
      await client.query('begin; insert into behind values (1)');
      await bench.pool.query('insert into behind select i from generate_series(2, 300) i');
      for await (const page of changesOf(bench.session, 'behind', cursor)) {
        ({ cursor } = page);
        break;
      }
      await client.query('commit');
    });
    const first = await poll('behind', cursor);
    expect([...first.ids, ...(await poll('behind', first.cursor)).ids]).toContain('1');
  });
});

describe('a column without zone', () => {
  const STAMPS = {
    local: 'localtimestamp',
    utc: `now() at time zone 'UTC'`,
    york: `now() at time zone 'America/New_York'`,
  };

  test.each([
    ['Asia/Kolkata', 'local', null],
    ['Asia/Kolkata', 'utc', null],
    ['America/New_York', 'local', null],
    ['America/New_York', 'utc', null],
    ['UTC', 'york', 'America/New_York'],
  ] as const)(
    'in a server of zone %s that is stamped in %s time is polled rightly',
    async (zone, stamp, setting) => {
      const own = await createTestDatabase();
      await own.pool.query(
        `do $$ begin execute format('alter database %I set timezone = %L', current_database(), '${zone}'); end $$`,
      );
      await own.pool.query('create table naive (id int primary key, updated_at timestamp)');
      const settings = { url: own.url, ...(setting === null ? {} : { cursor_time_zone: setting }) };
      const reader = await bench.open(settings);
      const { cursor } = await poll('naive', null, reader);
      await connectedTo(own.url, `insert into naive values (1, ${STAMPS[stamp]})`);
      expect((await poll('naive', cursor, reader)).ids).toEqual(['1']);
      await reader.close();
      await own.drop();
    },
  );
});

async function connectedTo(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe('a following read', () => {
  test('gives each change once, though polls overlap, and a record of the far future too', async () => {
    await bench.pool.query(
      `create table followed (id int primary key, n int, updated_at timestamptz default now())`,
    );
    let nowMs = 0;
    const clock: Clock = {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (delayMs) => {
        nowMs += delayMs;
        return Promise.resolve();
      },
    };
    const follower = await bench.open({}, { clock });
    const { cursor } = await poll('followed', null);
    await bench.pool.query(`insert into followed values (1, 0, now()), (2, 0, now()), (3, 0, '2099-01-01')`);
    const stop = new AbortController();
    const ids: string[] = [];
    let empty = 0;
    for await (const page of changesOf(follower, 'followed', cursor, { follow: true, signal: stop.signal })) {
      ids.push(...page.records.map(({ id }) => id));
      if (page.records.length > 0) continue;
      empty += 1;
      if (empty === 2) await bench.pool.query('update followed set n = 1, updated_at = now() where id = 2');
      if (empty === 4) stop.abort();
    }
    expect(ids).toEqual(['1', '2', '3', '2']);
    // Each of the four empty pages came within the five seconds that the contract allows.
    expect(nowMs).toBeLessThanOrEqual(4 * 5_000);
    await follower.close();
  });
});

describe('a stored position', () => {
  test.each([
    ['of the log', { lsn: '0/1' }],
    ['of the server’s future', { at: Date.parse('2100-01-01') * 1_000, live: [], partial: null }],
    ['of another key', { at: 0, live: [], partial: { from: 0, next: { at: 0, live: [] }, after: ['x'] } }],
  ])('%s sends the caller to a sweep', async (_name, cursor) => {
    await bench.pool.query('create table if not exists stored (id int primary key, updated_at timestamptz)');
    const error: unknown = await poll('stored', cursor).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(must(error instanceof ConnectorFailure ? error.failure : null, 'a failure')).toMatchObject({
      kind: 'config',
      code: 'postgres.cursor_expired',
    });
  });
});

test('the system’s own moment of change comes with the record', async () => {
  await bench.pool.query(`create table dated (id int primary key, updated_at timestamptz);
    insert into dated values (1, '2026-03-31T14:05:00.123456Z'), (2, null), (3, 'infinity')`);
  const lookups = await bench.session.get('dated', ['1', '2', '3'], []);
  const moments = lookups.map((lookup) => (lookup.kind === 'found' ? lookup.record.modifiedAtMs : null));
  expect(moments).toEqual([Date.parse('2026-03-31T14:05:00.123Z'), undefined, undefined]);
});

test('a table without such a column cannot be polled, and says what to do', async () => {
  await bench.pool.query('create table timeless (id int primary key)');
  await expect(poll('timeless', null)).rejects.toMatchObject({
    failure: {
      kind: 'config',
      code: 'postgres.no_feed',
      advice: expect.stringContaining('updated_at') as string,
    },
  });
});
