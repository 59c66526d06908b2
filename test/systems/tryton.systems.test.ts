import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { SCORE } from '../../src/connectors/tryton/score.ts';
import { startBreaker, troubleBy, type Breaker } from '../support/breaker.ts';
import { conformanceSuite } from '../support/conformance.ts';
import { mechanismHarness, partyHarness, type HarnessWays } from './tryton-harness.ts';
import { createOf, failureOf, PARTY, trytonWorkbench } from './tryton-workbench.ts';

const bench = trytonWorkbench();

let wire: Breaker;

beforeAll(async () => {
  wire = await startBreaker(Number(new URL(bench.system.url).port));
});

afterAll(() => wire.stop());

/** Both collections are reached through the breaker, and once more past it. */
function ways(): HarnessWays {
  return {
    open: () => bench.open({ url: `http://127.0.0.1:${String(wire.port)}` }),
    reopen: () => bench.open(),
    trouble: troubleBy(wire, /\.(?:create|write|delete)"/, () => bench.system.sql('delete from ir_session')),
  };
}

conformanceSuite('tryton', SCORE, {
  parties: () => partyHarness(bench.system, ways()),
  'contact mechanisms': () => mechanismHarness(bench.system, ways()),
});

describe('connecting', () => {
  test('a wrong password is an auth failure without the password in it', async () => {
    const failure = await failureOf(bench.open({ password: 'wrong-secret' }));
    expect(failure).toMatchObject({ kind: 'auth', code: 'tryton.login_refused' });
    expect(JSON.stringify(failure)).not.toContain('wrong-secret');
  });

  test('too many wrong logins are a rate limit', async () => {
    // Tryton delays its answer longer with every wrong attempt; what it remembers of them is enough here.
    await bench.system.sql(
      `insert into res_user_login_attempt (login, create_uid, create_date)
       select 'nobody', 0, now() at time zone 'UTC' from generate_series(1, 6)`,
    );
    const failure = await failureOf(bench.open({ user: 'nobody' }));
    expect(failure).toMatchObject({ kind: 'rateLimited', retryAfterMs: expect.any(Number) as number });
  });

  test('an unknown database and a wrong address are config failures', async () => {
    expect(await failureOf(bench.open({ database: 'nope' }))).toMatchObject({
      kind: 'config',
      code: 'tryton.database_unknown',
    });
    expect(await failureOf(bench.open({ url: 'ftp://x' }))).toMatchObject({
      kind: 'config',
      code: 'tryton.bad_setting',
      field: 'url',
    });
  });

  test('a session that Tryton forgot is renewed once for all who need it', async () => {
    await bench.system.sql('delete from ir_session');
    await Promise.all(Array.from({ length: 5 }, () => bench.session.find(PARTY, 'name', ['x'], ['name'], 1)));
    expect(await bench.system.sql('select id from ir_session')).toHaveLength(1);
  });

  test('while the database is down, reads and writes fail as transient, and work again afterwards', async () => {
    const reader = await bench.open();
    await bench.system.setDatabaseReachable(false);
    try {
      expect(await failureOf(reader.get(PARTY, ['1'], ['name']))).toMatchObject({ kind: 'transient' });
      expect(await failureOf(bench.open())).toMatchObject({
        kind: 'transient',
        code: 'tryton.database_down',
      });
    } finally {
      await bench.system.setDatabaseReachable(true);
    }
    await expect(reader.find(PARTY, 'name', ['x'], ['name'], 1)).resolves.toEqual([]);
    await reader.close();
  });

  test('while the server is down, everything is transient, and works again afterwards', async () => {
    await bench.system.shutDown();
    try {
      const failure = await failureOf(bench.session.find(PARTY, 'name', ['x'], ['name'], 1));
      expect(failure).toMatchObject({ kind: 'transient', code: 'tryton.unreachable' });
      const [result] = await bench.session.write(PARTY, [createOf('c', { name: 'x' })]);
      expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'transient' } });
      expect(await failureOf(bench.open())).toMatchObject({ kind: 'transient', code: 'tryton.unreachable' });
    } finally {
      await bench.system.startUp();
    }
    await expect(bench.session.find(PARTY, 'name', ['x'], ['name'], 1)).resolves.toEqual([]);
  });
});
