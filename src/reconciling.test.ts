import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../test/support/command.ts';
import { createTestDatabase, type TestDatabase } from '../test/support/postgres.ts';
import { runFleet } from './fleet.ts';
import { openInstallation, type Installation } from './server.ts';
import { silentLog } from './worker/runtime.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  list: {system: files, directory: .}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
    match: email
    sides:
      crm: {connection: crm, collection: public.contact, fields: {email: mail, name: name}}
      list: {connection: list, collection: people.csv, fields: {email: email, name: name}}
    reconcile: {every: 1h, budget: {share: 0.5}}
`;

let crm: TestDatabase;
let store: TestDatabase;
let directory: string;
let installation: Installation;

beforeAll(async () => {
  [crm, store] = [await createTestDatabase(), await createTestDatabase()];
  directory = await mkdtemp(join(tmpdir(), 'trueup-schedule-'));
  await writeFile(join(directory, 'trueup.yaml'), SYNC_FILE);
  await writeFile(join(directory, 'people.csv'), 'id,email,name\n1,ann@x.example,Ann\n2,bob@x.example,Bob\n');
  await crm.pool.query(
    `create table contact (id bigint generated always as identity primary key, mail text not null, name text,
       updated_at timestamptz not null default clock_timestamp())`,
  );
  const environment = { DATABASE_URL: store.url, CRM_URL: crm.url };
  await runTrueup(['apply', '--yes', '-C', directory], environment);
  installation = await openInstallation({ directory, environment, log: silentLog });
});
afterAll(async () => {
  await installation.close();
  for (const database of [crm, store]) await database.drop();
  await rm(directory, { recursive: true, force: true });
});

test('a worker compares the sides of a sync when the time of its schedule has come', async () => {
  // The schedule was first seen two hours ago, and nobody has worked since.
  await store.pool.query(
    `insert into reconciling (sync_key, side, slot) select sync_key, side, now() - interval '2 hours' from syncs, unnest(array['crm', 'list']) as side`,
  );
  const stop = new AbortController();
  const fleet = runFleet(installation, stop.signal);
  try {
    const compared = async (): Promise<readonly unknown[]> => {
      const { rows } = await store.pool.query<Record<string, unknown>>(
        `select side, state, seen::int, changed::int as drift from runs where kind = 'reconciliation' order by side`,
      );
      return rows;
    };
    await expect.poll(compared).toEqual([
      { side: 'crm', state: 'complete', seen: 2, drift: 0 },
      { side: 'list', state: 'complete', seen: 2, drift: 0 },
    ]);
  } finally {
    stop.abort();
    await fleet;
  }
});
