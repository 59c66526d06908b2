/** Delivered changes, announced as platform events by the program itself: from the sync file to the bus of a simulated org. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWorker } from '../../test/support/killed-worker.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../test/support/salesforce-workbench.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { until } from '../../test/support/until.ts';
import { must } from '../lib/assert.ts';
import { text } from '../simulators/salesforce/fields.ts';

const EVENT = 'Customer_Changed__e';

let bench: SalesforceWorkbench;
let folder: TestFolder;

beforeAll(async () => {
  bench = await salesforceWorkbench(23);
  bench.simulator.org.schema.defineEvent({
    name: EVENT,
    keyPrefix: 'e02',
    fields: ['Key__c', 'Message__c', 'What__c', 'Where__c'].map((name) => text(name)),
  });
  const { login_url: url, client_id: id, client_secret: secret, pubsub_endpoint: pubSub } = bench.settings;
  folder = await openTestFolder({
    syncFile: `version: 1
connections:
  crm: {system: salesforce, login_url: "${String(url)}", client_id: "${String(id)}", client_secret: "\${secret:CRM_SECRET}", pubsub_endpoint: "${String(pubSub)}"}
  shop: {system: postgres, url: "\${secret:SHOP_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  customers:
    entity: Customer
    fields: {email: email}
    match: email
    sides:
      shop: {connection: shop, collection: customer, fields: {email: email}}
      erp: {connection: erp, collection: customer, fields: {email: email}}
    announce:
      changed:
        connection: crm
        collection: ${EVENT}
        fields: {Key__c: email}
        about: {Message__c: id, What__c: change, Where__c: side}
`,
    databases: ['shop', 'erp'],
    environment: { CRM_SECRET: String(secret), TRUEUP_NETWORK: 'loopback,plain' },
  });
  for (const name of ['shop', 'erp'])
    await folder.database(name).pool
      .query(`create table customer (id bigint generated always as identity primary key, email text unique not null,
      updated_at timestamptz not null default clock_timestamp())`);
});
afterAll(async () => {
  await folder.close();
  await bench.close();
});

function told(): readonly Readonly<Record<string, unknown>>[] {
  const { events } = bench.simulator;
  return events.bus.after(`/event/${EVENT}`, 0n, 100).map(({ schemaId, payload }) => {
    const { type } = must(events.schema(schemaId), 'a published event has a schema');
    return { ...(type.fromBuffer(payload) as Readonly<Record<string, unknown>>) };
  });
}

test('check says what is announced where, and a change that was delivered is told though the bus was not to be reached', async () => {
  expect((await folder.trueup('check')).output).toContain(
    `customers: each delivered change is announced to ${EVENT} of crm, at least once.`,
  );
  await folder.database('shop').pool.query(`insert into customer (email) values ('ann@x.test')`);
  // This program does not trust the certificate of the simulated bus, so nothing can be published by it.
  expect(await folder.trueup('apply', '--yes')).toMatchObject({ exitCode: 0 });
  const { rows } = await folder.database('erp').pool.query('select email from customer');
  expect(rows).toEqual([{ email: 'ann@x.test' }]);
  expect(told()).toEqual([]);
  expect((await folder.trueup('status')).output).toContain(
    'announcement changed: 1 to be told, 0 refused\n    ',
  );
  const authority = join(folder.directory, 'ca.pem');
  await writeFile(authority, bench.addresses.ca);
  const worker = startWorker(folder.directory, { ...folder.environment, NODE_EXTRA_CA_CERTS: authority });
  try {
    await until(() => told().length > 0, worker.log);
    expect(told()).toMatchObject([
      {
        Key__c: 'ann@x.test',
        What__c: 'create',
        Where__c: 'erp',
        Message__c: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
    ]);
  } finally {
    await worker.kill();
  }
});

test('an event that stands among the sides is refused, with the way to announce it', async () => {
  const file = await folder.read('trueup.yaml');
  await folder.write(
    'trueup.yaml',
    file.replace(
      'erp: {connection: erp, collection: customer,',
      `erp: {connection: crm, collection: ${EVENT},`,
    ),
  );
  const { exitCode, output, errors } = await folder.trueup('check');
  expect(exitCode).not.toBe(0);
  expect(output + errors).toContain(
    'Take the event out of the sides of the sync; name it under `announce` instead.',
  );
});
