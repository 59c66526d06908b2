import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWorker } from '../../test/support/killed-worker.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { until } from '../../test/support/until.ts';
import { seededRandom } from '../lib/random.ts';

const KEEP_LAST = 'defaults: {policy: [{priority: [crm, erp]}]}';
const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  contacts:
    entity: Contact
    fields:
      email: email
      account: {type: reference, to: accounts, required: true}
    match: email
    ${KEEP_LAST}
    sides:
      crm: {connection: crm, collection: contact, fields: {email: email, account: account_id}}
      erp: {connection: erp, collection: contact, fields: {email: email, account: account_id}}
  accounts:
    entity: Account
    fields:
      name: text
      parent: {type: reference, to: accounts}
      contact: {type: reference, to: contacts}
    match: name
    ${KEEP_LAST}
    guard: {changes_share_max: 1}
    sides:
      crm: {connection: crm, collection: account, fields: {name: name, parent: parent_id, contact: contact_id}}
      erp: {connection: erp, collection: account, fields: {name: name, parent: parent_id, contact: contact_id}}
`;

/** Ids of the two databases have nothing in common, and nothing may ever refer to what is not there. */
const TABLES = (start: number): string => `
  create table account (id bigint generated always as identity (start with ${String(start)}) primary key, name text unique not null,
    parent_id bigint references account, contact_id bigint, updated_at timestamptz not null default clock_timestamp());
  create table contact (id bigint generated always as identity (start with ${String(start + 7)}) primary key, email text unique not null,
    account_id bigint not null references account, updated_at timestamptz not null default clock_timestamp());
  alter table account add foreign key (contact_id) references contact;
  create function touch() returns trigger language plpgsql as $$ begin new.updated_at = clock_timestamp(); return new; end $$;
  create trigger touch before update on account for each row execute function touch();
  create trigger touch before update on contact for each row execute function touch()`;

let folder: TestFolder;
let crm: TestDatabase;
let erp: TestDatabase;
let store: TestDatabase;

beforeAll(async () => {
  folder = await openTestFolder({ syncFile: SYNC_FILE, databases: ['crm', 'erp'] });
  [crm, erp, store] = [folder.database('crm'), folder.database('erp'), folder.store];
  await crm.pool.query(TABLES(1_000));
  await erp.pool.query(TABLES(500_000));
});
afterAll(async () => folder.close());

const PER_ROUND = 8;
const LOOKS_PER_LEAP = 100;

/** A person's day at one database: new accounts and contacts that refer to each other at random, and old ones that are re-pointed. */
async function work({ pool }: TestDatabase, own: string, round: number, random: () => number): Promise<void> {
  const name = `${own} ${String(round)}`;
  await pool.query(`insert into account (name) select $1 || ' account ' || i from generate_series(1, $2) i`, [
    name,
    PER_ROUND,
  ]);
  await pool.query('select setseed($1)', [random()]);
  await pool.query(
    `insert into contact (email, account_id)
     select replace($1, ' ', '-') || '-' || i || '@x.example', (select id from account where i = i order by random() limit 1)
       from generate_series(1, $2) i`,
    [name, PER_ROUND * 2],
  );
  // Of its own only, so that no two people are of two minds about one field.
  await pool.query(
    `update account set parent_id = (select id from account other where account.id = account.id order by random() limit 1),
            contact_id = (select id from contact where account.id = account.id order by random() limit 1)
      where name like $1 || '%' and random() < 0.6`,
    [own],
  );
  await pool.query(
    `update contact set account_id = (select id from account where contact.id = contact.id order by random() limit 1)
      where email like $1 || '%' and random() < 0.3`,
    [own],
  );
}

/** Every reference, by names that mean the same in both. */
async function told({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `select concat_ws(' | ', account.name, up.name, contact.email) as line from account
       left join account up on up.id = account.parent_id left join contact on contact.id = account.contact_id
     union all
     select concat_ws(' | ', email, name) from contact join account on account.id = account_id
     order by line`,
  );
  return rows.map(({ line }) => line);
}

/** The killed worker's requests have ended with their connections, and its leases end now instead of later. */
async function leapOverLeases(): Promise<void> {
  for (const { pool } of [crm, erp]) {
    await until(async () => {
      const { rows } = await pool.query<{ others: string }>(
        `select count(*) as others from pg_stat_activity
          where datname = current_database() and application_name like 'trueup%' and state <> 'idle'`,
      );
      return rows[0]?.others === '0';
    });
  }
  await store.pool.query(
    `update writes set lease_until = '-infinity', resolve_at = least(resolve_at, clock_timestamp()),
            due_at = case when state in ('sent', 'unknown') then clock_timestamp() else due_at end
      where state in ('sent', 'unknown')`,
  );
  await store.pool.query(`update streams set lease_until = '-infinity'`);
  await store.pool.query(
    `update hints set lease_until = '-infinity', due_at = clock_timestamp() where state = 'open'`,
  );
}

/** What was locked is tried again after a minute, and a lost write is looked into when it can no longer land: here it cannot. */
async function leapOverRetries(): Promise<void> {
  await store.pool.query(
    `update writes set due_at = clock_timestamp(), resolve_at = least(resolve_at, clock_timestamp()) where ctid = any(array(
       select ctid from writes where state in ('queued', 'unknown') for update skip locked))`,
  );
}

async function writes(): Promise<number> {
  const { rows } = await store.pool.query<{ count: string }>(
    `select count(*) as count from journal where kind = 'written'`,
  );
  return Number(rows[0]?.count);
}

interface Standing {
  readonly open: string;
  readonly waits: string;
  readonly held: string;
  readonly dead: string;
}

async function standing(): Promise<Standing> {
  const { rows } = await store.pool.query<Standing>(
    `select (select count(*) from writes where state <> 'dead') + (select count(*) from hints) as open,
            (select count(*) from waits) as waits, (select count(*) from holds where closed_at is null) as held,
            (select count(*) from writes where state = 'dead') as dead`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a count gives one row');
  return row;
}

test('workers that are killed again and again leave every reference right on both sides, and nothing waiting', async () => {
  const { directory, environment } = folder;
  await folder.trueup('apply', '--yes');
  const random = seededRandom(7);
  for (let round = 1; round <= 3; round += 1) {
    const worker = startWorker(directory, environment);
    await work(crm, 'crm', round, () => random.fraction());
    await work(erp, 'erp', round, () => random.fraction());
    // The worker is then in the middle of the others.
    const enough = (await writes()) + 5 + Math.floor(random.fraction() * 40);
    await until(async () => (await writes()) >= enough, worker.log);
    await worker.kill();
    await leapOverLeases();
  }
  const last = startWorker(directory, environment);
  try {
    let [now, here, there] = [await standing(), await told(crm), await told(erp)];
    await until(async (look) => {
      if (look % LOOKS_PER_LEAP === 0) await leapOverRetries();
      [now, here, there] = [await standing(), await told(crm), await told(erp)];
      return now.open === '0' && now.waits === '0' && JSON.stringify(here) === JSON.stringify(there);
    }, last.log);
    expect(now).toEqual({ open: '0', waits: '0', held: '0', dead: '0' });
    expect(here).toEqual(there);
    expect(here).toHaveLength(3 * 2 * PER_ROUND * 3);
  } finally {
    await last.kill();
  }
}, 500_000);
