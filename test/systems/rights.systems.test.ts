import { describe, expect, test } from 'vitest';

import type { CollectionUse, ExcessiveRight, Session } from '../../src/connector/contract.ts';
import { mysqlWorkbench } from './mysql-workbench.ts';
import { trytonWorkbench } from './tryton-workbench.ts';

async function beyond(session: Session, use: CollectionUse): Promise<readonly ExcessiveRight[]> {
  try {
    return (await session.excessiveRights?.([use])) ?? [];
  } finally {
    await session.close();
  }
}

describe('MariaDB', () => {
  const bench = mysqlWorkbench();
  const use: CollectionUse = { collection: 'customer', create: true, update: true, delete: false };

  /** What is told of a user with these grants, and that the statements given for it take it away. */
  async function toldAndTakenAway(...grants: readonly string[]): Promise<readonly string[]> {
    await bench.sql('create database if not exists attic');
    await bench.sql('create table if not exists customer (id int primary key)');
    await bench.sql(`drop user if exists narrow@'%'`);
    await bench.sql(`create user narrow@'%' identified by 'narrow-pw'`);
    for (const grant of grants) await bench.sql(grant);
    const open = (): Promise<Session> => bench.open({ user: 'narrow', password: 'narrow-pw' });
    const found = await beyond(await open(), use);
    for (const statement of found.flatMap(({ remedy }) => remedy.split('\n'))) await bench.sql(statement);
    expect(await beyond(await open(), use)).toEqual([]);
    return found.map(({ right }) => right).toSorted();
  }

  test('a user who may read and write is not told of', async () => {
    expect(await toldAndTakenAway(`grant select, insert, update, delete on shop.* to narrow@'%'`)).toEqual(
      [],
    );
  });

  test('everything on the server is told and taken away', async () => {
    expect(await toldAndTakenAway(`grant all on *.* to narrow@'%' with grant option`)).toEqual([
      'ALL PRIVILEGES, GRANT OPTION on *.*',
    ]);
    expect(
      await toldAndTakenAway(
        `grant super, process on *.* to narrow@'%'`,
        `grant select on shop.* to narrow@'%'`,
      ),
    ).toEqual(['PROCESS, SUPER on *.*']);
  });

  test('more than reading and writing one database is told and taken away', async () => {
    expect(await toldAndTakenAway(`grant all on shop.* to narrow@'%'`)).toEqual([
      'ALL PRIVILEGES on `shop`.*',
    ]);
    expect(
      await toldAndTakenAway(
        `grant select, drop, alter on shop.* to narrow@'%' with grant option`,
        `grant select on attic.* to narrow@'%'`,
      ),
    ).toEqual(['DROP, ALTER on `shop`.*', 'GRANT OPTION on `shop`.*', 'SELECT on `attic`.*'].toSorted());
  });

  test('nothing that is told holds the hash of a password', async () => {
    await bench.sql(`grant super on *.* to narrow@'%'`);
    const found = await beyond(await bench.open({ user: 'narrow', password: 'narrow-pw' }), use);
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toMatch(/identified|password|\*[0-9A-F]{40}/i);
  });
});

describe('Tryton', () => {
  const bench = trytonWorkbench();
  const use: CollectionUse = { collection: 'party.party', create: true, update: true, delete: true };

  test('an administrator is told, another user is not', async () => {
    const [found] = await beyond(await bench.open(), use);
    expect(found).toMatchObject({ right: 'administrator' });
    expect(found?.remedy).toContain('party.party');
    await bench.person('res.user.create', [
      { name: 'Sync', login: 'sync', password: 'a-long-sync-pw', groups: [] },
    ]);
    expect(await beyond(await bench.open({ user: 'sync', password: 'a-long-sync-pw' }), use)).toEqual([]);
  });
});
