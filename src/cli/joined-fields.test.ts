import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { mappingSentence } from '../api/words/mapping.ts';

/** One side keeps a name and an address in two fields each, the other in one. */
const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields:
      email: email
      name: {type: text, trim: true, empty_is_null: true}
      street: {type: text, trim: true, empty_is_null: true}
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm:
        connection: crm
        collection: c.csv
        fields:
          email: mail
          name: {template: "{First} {Last}", rest: First, alone: Last}
          street: {template: "{Street} {No}", rest: Street, alone: Street}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, name: Name, street: Street}}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/c.csv':
        'id,mail,First,Last,Street,No\n1,ann@x.example,Ann Marie,Lee,Unter den Linden,77\n2,mad@x.example,,Madonna,,\n',
      'erp/e.csv': 'id,E-mail,Name,Street\n11,bob@x.example,Bob Ray,Hauptstraße 5 a\n',
    },
  });
  await folder.trueup('apply', '--yes');
});
afterAll(() => folder.close());

test('the parts arrive as a whole, and the whole in its parts', async () => {
  expect(await folder.read('erp/e.csv')).toContain(',ann@x.example,Ann Marie Lee,Unter den Linden 77');
  expect(await folder.read('erp/e.csv')).toContain(',mad@x.example,Madonna,');
  expect(await folder.read('crm/c.csv')).toContain(',bob@x.example,Bob,Ray,Hauptstraße 5,a');
});

test('an edit of one part changes the whole, and an edit of the whole its parts', async () => {
  await folder.edit('crm/c.csv', 'Ann Marie,Lee', 'Ann Marie,Lee-Roe');
  await folder.edit('erp/e.csv', 'Bob Ray', 'Robert James Ray');
  await folder.trueup('apply', '--yes');
  expect(await folder.read('erp/e.csv')).toContain('Ann Marie Lee-Roe');
  expect(await folder.read('crm/c.csv')).toContain(',Robert James,Ray,');
  const again = await folder.trueup('plan', '--json');
  expect(JSON.parse(again.output)).toMatchObject({ plans: [{ plan: { writes: 0 } }] });
});

test('what could not be told apart again waits by name, and is neither changed nor passed on', async () => {
  await folder.write(
    'crm/c.csv',
    `${await folder.read('crm/c.csv')}9,lud@x.example,Ludwig,van Beethoven,,\n`,
  );
  await folder.trueup('apply', '--yes');
  expect(await folder.read('erp/e.csv')).not.toContain('Beethoven');
  expect(await folder.read('crm/c.csv')).toContain('9,lud@x.example,Ludwig,van Beethoven,');
  const { output } = await folder.trueup('trace', 'crm', '9');
  expect(output).toContain('could not be told apart again');
});

test('a field of the template that the system does not have is named where it stands', async () => {
  await folder.write(
    'wrong.yaml',
    SYNC_FILE.replace('{First} {Last}", rest: First', '{Frist} {Last}", rest: Frist'),
  );
  const { exitCode, errors } = await folder.trueup('check', '--file', 'wrong.yaml');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/wrong\.yaml:20:\d+ .*c\.csv has no field `Frist`/);
});

test('the console says of such a mapping what it does and what it does not', () => {
  const mapping = {
    field: 'name',
    native: 'First',
    direction: 'both',
    transforms: [{ kind: 'joined', template: '{First} {Last}', rest: 'First', alone: 'Last' }],
    computed: { kind: 'parts', text: '{First} {Last}' },
  } as const;
  const side = { name: 'crm', connection: 'crm', collection: 'c', fields: [], where: [] };
  expect(mappingSentence('Customer', { ...side, creates: true, deletes: false }, mapping)).toBe(
    'First and Last at crm hold name of Customer together, as {First} {Last}, kept equal in both directions; First may hold what stands between; a text without that is Last. What could not be told apart again waits for a person.',
  );
});
