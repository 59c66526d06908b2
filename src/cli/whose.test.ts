/** Whose a record is that waits because its keys are those of two: shown and said by command. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
connections:
  office: {system: files, directory: ./office}
  shop: {system: files, directory: ./shop}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email}
      phone: {type: text}
      name: {type: text}
    match: [[email], [phone]]
    defaults: {policy: [fill, {priority: [office, shop]}]}
    sides:
      office: {connection: office, collection: customers.csv, fields: {email: email, phone: phone, name: name}}
      shop: {connection: shop, collection: buyers.csv, fields: {email: email, phone: phone, name: name}}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'office/customers.csv': 'id,name,email,phone\n1,Ann,ann@x.example,11\n2,Eve,eve@x.example,22\n',
      'shop/buyers.csv': 'id,name,email,phone\n7,,ann@x.example,22\n',
    },
    databases: [],
  });
});
afterAll(async () => folder.close());

test('the holds say whose it may be and how to say so, the status says what waits for it, and said it goes on', async () => {
  const planned = await folder.trueup('plan');
  expect(planned.errors).toBe('');
  await folder.trueup('apply', '--yes');
  const { output: status } = await folder.trueup('status');
  expect(status).toContain('2 wait for another record:');
  expect(status).toContain(
    'customers office 1 waits to be made at shop: its email is that of customers shop 7, which is parked until a person decides (trueup holds)',
  );
  const { output: shown } = await folder.trueup('holds');
  const [, said = ''] = /office 1 \(Ann\): trueup (holds belongs \S+ office 1)/.exec(shown) ?? [];
  const decided = await folder.trueup(...said.split(' '));
  expect(decided.output).toContain('Decided.');
  await folder.trueup('apply', '--yes');
  const { output: after } = await folder.trueup('holds');
  expect(after).toContain('Nothing is held.');
  const shop = await folder.read('shop/buyers.csv');
  expect(shop).toContain('7,Ann,ann@x.example,11');
  expect(shop).toContain('Eve,eve@x.example,22');
});
