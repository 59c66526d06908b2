import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import type { MappingTrial, SyncFileWork } from '../api/host.ts';
import { must } from '../lib/assert.ts';
import type { JsonObject } from '../lib/json.ts';
import { openInstallation, type Installation } from '../server.ts';
import { newestSource } from '../store/revisions.ts';
import { silentLog } from '../worker/runtime.ts';
import { syncFileWork } from './serve-file.ts';

const SOURCE = `version: 1 # ours
connections:
  a: {system: files, directory: ./data}
syncs:
  people:
    entity: Person
    fields:
      email: {type: email, required: true}
      phone: {type: phone, region: DE}
      status: {type: choice, options: [active, blocked]}
    match: email
    sides:
      left:
        connection: a
        collection: a.csv
        fields:
          email: Email # who it is
          phone: Phone
      right: {connection: a, collection: b.csv, fields: {email: Mail, phone: Tel, status: State}}
`;

const signal = new AbortController().signal;
let folder: TestFolder;
let installation: Installation;
let work: SyncFileWork;

beforeAll(async () => {
  folder = await openTestFolder({
    files: {
      'data/a.csv':
        'id,Email,Phone,Stage\n1,ann@example.com,030 5550 100,A\n2,bob@example.com,often busy,B\n3,cat@example.com,,A\n',
      'data/b.csv': 'id,Mail,Tel,State\n',
    },
  });
  installation = await openInstallation({ ...folder, log: silentLog });
  work = syncFileWork(installation);
  await work.take(SOURCE, 'ada', signal);
});
afterAll(async () => {
  await installation.close();
  await folder.close();
});

async function trial(side: string, field: string, mapping?: JsonObject | null): Promise<MappingTrial> {
  const tried = await work.tryMapping({ sync: 'people', side, field, mapping }, 'ada', signal);
  return must(tried, 'the sync, the side and the field are there');
}

test('a mapping is shown as it is, with the fields to choose from and records as they go through it', async () => {
  const { said, source, sentence, proof, errors, examples, natives } = await trial('left', 'phone');
  expect([said, source, errors]).toEqual([{ field: 'Phone' }, SOURCE, []]);
  expect(sentence).toContain('Phone at left and phone of Person are kept equal');
  expect(proof).toEqual({ generated: 1_000, records: 3 });
  expect(natives.map(({ name }) => name)).toEqual(['id', 'Email', 'Phone', 'Stage']);
  expect(examples[0]).toEqual({
    side: 'left',
    record: '1',
    holds: '030 5550 100',
    means: '+49305550100',
    refusal: null,
    written: [
      { side: 'left', native: 'Phone', value: '+49305550100', refusal: null },
      { side: 'right', native: 'Tel', value: '+49305550100', refusal: null },
    ],
  });
  expect(examples[1]).toMatchObject({ record: '2', means: null, written: [] });
  expect(examples[1]?.refusal).toContain('telephone number');
});

test('said otherwise, it gives the file with nothing else changed, and the records as they would be', async () => {
  const tried = await trial('left', 'phone', { field: 'Phone', as: 'national' });
  expect(tried.source).toBe(SOURCE.replace('phone: Phone', 'phone: {field: Phone, as: national}'));
  expect(tried.examples[0]?.written[0]?.value).toBe('030 5550100');
  expect(await installation.transaction(newestSource)).toBe(SOURCE);
});

test('what does not come back as it was is refused with the value that shows it', async () => {
  const { errors, proof } = await trial('left', 'status', { field: 'Stage', values: { A: 'active' } });
  expect(proof).toBeNull();
  expect(errors).toMatchObject([
    {
      path: 'syncs.people.sides.left.fields.status',
      fix: expect.stringContaining('direction: in') as string,
    },
  ]);
  expect(errors[0]?.message).toContain('blocked');
});

test('a field that a side does not keep yet is mapped, and one that it keeps is left out again', async () => {
  const values = { A: 'active', B: 'blocked' };
  const mapped = await trial('left', 'status', { field: 'Stage', values });
  expect(mapped).toMatchObject({ said: null, errors: [] });
  expect(mapped.source).toContain('          status: {field: Stage, values: {A: active, B: blocked}}\n');
  expect(mapped.examples.map(({ holds, means }) => [holds, means])).toEqual([
    ['A', 'active'],
    ['B', 'blocked'],
  ]);
  const out = await trial('right', 'status', null);
  expect(out.source).toContain('{email: Mail, phone: Tel}');
});

test('a side that only receives is shown what others would give it', async () => {
  const values = { '1': 'active' };
  const { errors } = await trial('left', 'status', { field: 'Stage', values, otherwise: 'blocked' });
  expect(errors).not.toEqual([]);
  expect((await trial('right', 'phone', { field: 'Tel', direction: 'out' })).examples[0]).toMatchObject({
    side: 'left',
    written: [{ side: 'left' }, { side: 'right', value: '+49305550100' }],
  });
});

test('what is misspelt is told in its place, and the fields to choose from are there all the same', async () => {
  const { errors, natives } = await trial('left', 'phone', { field: 'Phone', directions: 'in' });
  expect(errors[0]?.message).toContain('directions');
  expect(natives).toHaveLength(4);
  const { errors: unknown } = await trial('left', 'phone', { field: 'Fone' });
  expect(unknown[0]?.fix).toContain('Phone');
});

test.each([
  ['nobody', 'left', 'phone'],
  ['people', 'middle', 'phone'],
  ['people', 'left', 'fax'],
])('there is no mapping of %s at %s for %s', async (sync, side, field) => {
  expect(await work.tryMapping({ sync, side, field, mapping: undefined }, 'ada', signal)).toBeNull();
});
