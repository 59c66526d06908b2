/** How a worker ends when it is told to while what it waits for does not answer: real processes, signals and sockets. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { startBreaker, type Breaker } from '../../test/support/breaker.ts';
import { startWorker, type KilledWorker } from '../../test/support/killed-worker.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { systemClock } from '../lib/clock.ts';

const STOP_MS_MAX = 10_000;
const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  contacts:
    entity: Contact
    fields: {email: email, name: text}
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm: {connection: crm, collection: contact, fields: {email: email, name: name}}
      erp: {connection: erp, collection: contact, fields: {email: email, name: name}}
`;
const TABLE = `create table contact (id bigint generated always as identity primary key, email text unique not null,
  name text, updated_at timestamptz not null default clock_timestamp())`;

let folder: TestFolder;
let way: Breaker;
let worker: KilledWorker;

beforeEach(async () => {
  folder = await openTestFolder({ syncFile: SYNC_FILE, databases: ['crm', 'erp'] });
  for (const name of ['crm', 'erp']) await folder.database(name).pool.query(TABLE);
  await folder.trueup('apply', '--yes');
});
afterEach(async () => {
  await worker.kill();
  await way.stop();
  await folder.close();
});

/** A worker that reaches what this variable names by way of the breaker. */
async function workThrough(variable: 'ERP_URL' | 'DATABASE_URL'): Promise<void> {
  const url = new URL(folder.environment[variable] ?? '');
  way = await startBreaker(Number(url.port));
  url.port = String(way.port);
  worker = startWorker(folder.directory, { ...folder.environment, [variable]: url.href });
}

async function stopped(): Promise<{ readonly exitCode: number | null; readonly isInTime: boolean }> {
  const beganMs = systemClock.monotonicMs();
  const exitCode = await worker.end();
  return { exitCode, isInTime: systemClock.monotonicMs() - beganMs < STOP_MS_MAX };
}

test('a worker whose system does not answer a write ends in time, and the write is unknown rather than lost', async () => {
  await workThrough('ERP_URL');
  const written = way.holdBack(/insert into "public"\."contact"/i);
  await folder
    .database('crm')
    .pool.query(`insert into contact (email, name) values ('ann@x.example', 'Ann')`);
  await written;
  expect(await stopped()).toEqual({ exitCode: 0, isInTime: true });
  const { rows } = await folder.store.pool.query('select side, kind, state from writes');
  expect(rows).toEqual([{ side: 'erp', kind: 'create', state: 'sent' }]);
});

test('a worker whose store does not answer ends in time, and says that it left something', async () => {
  await workThrough('DATABASE_URL');
  const stored = way.holdBack(/insert into journal/i);
  await folder
    .database('crm')
    .pool.query(`insert into contact (email, name) values ('ann@x.example', 'Ann')`);
  await stored;
  expect(await stopped()).toEqual({ exitCode: 1, isInTime: true });
  expect(worker.log()).toContain('was left');
});
