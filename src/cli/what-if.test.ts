import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { rowHashes } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields:
      email: email
      status: {type: choice, options: [active, blocked]}
      phone: text
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm:
        connection: crm
        collection: c.csv
        where: [{field: kind, is: customer}]
        fields: {email: mail, status: status, phone: phone}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, status: State}}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/c.csv':
        'id,mail,status,phone,kind\n1,ann@x.example,active,030 1,customer\n2,bob@x.example,blocked,,customer\n3,cat@x.example,active,030 3,lead\n',
      'erp/e.csv': 'id,E-mail,State,Tel\n',
    },
  });
  await folder.trueup('apply', '--yes');
});
afterAll(() => folder.close());

/** What the edited file would do, and that nothing anywhere has become different by asking. */
async function tried(from: string, to: string): Promise<Readonly<Record<string, unknown>>> {
  await folder.write('trueup.yaml', SYNC_FILE.replace(from, to));
  const [files, stored] = [await everything(), await rowHashes(folder.store, TABLES)];
  const { output, errors } = await folder.trueup('what-if', '--json');
  expect(errors).toBe('');
  expect(await everything()).toBe(files);
  expect(await rowHashes(folder.store, TABLES)).toEqual(stored);
  const { whatIf } = JSON.parse(output) as { readonly whatIf: readonly Readonly<Record<string, unknown>>[] };
  return whatIf[0] ?? {};
}

async function everything(): Promise<string> {
  const texts = await Promise.all(['crm/c.csv', 'erp/e.csv'].map((file) => folder.read(file)));
  return texts.join('\n');
}

const TABLES = ['identities', 'links', 'writes', 'holds', 'journal', 'revisions', 'match_keys', 'streams'];

test('a file that was not edited would change nothing', async () => {
  expect(await tried('version: 1', 'version: 1')).toEqual({ sync: 'customers', kind: 'same' });
});

test('a field that is newly mapped tells each record that would be written, before and after', async () => {
  const result = await tried('status: State}', 'status: State, phone: Tel}');
  expect(result).toMatchObject({
    tried: 2,
    total: 2,
    changed: 1,
    admitted: ['erp.phone'],
    writes: [
      {
        side: 'erp',
        kind: 'update',
        records: 1,
        fields: { Tel: 1 },
        examples: [{ changes: [{ field: 'Tel', before: null, after: '030 1' }] }],
      },
    ],
    calls: { erp: 1 },
  });
});

test('another spelling at a side tells what could no longer be read', async () => {
  const result = await tried('status: State}', 'status: {field: State, values: {A: active, B: blocked}}}');
  expect(result).toMatchObject({
    changed: 2,
    problems: [{ side: 'erp', field: 'State', records: 2 }],
    writes: [],
  });
});

test('a condition that lets more take part tells what would be made of them', async () => {
  const result = await tried(
    'where: [{field: kind, is: customer}]',
    'where: [{field: kind, in: [customer, lead]}]',
  );
  expect(result).toMatchObject({
    changed: 0,
    joining: { crm: 1 },
    writes: [{ side: 'erp', kind: 'create', records: 1, examples: [{ recordId: null }] }],
  });
});

test('a condition that lets fewer take part tells how many', async () => {
  const result = await tried('{field: kind, is: customer}', '{field: status, is: active}');
  expect(result).toMatchObject({ changed: 1, excluded: { crm: 1 } });
});

test('a mapping that does not keep the laws is refused with its counter-example', async () => {
  await folder.write(
    'trueup.yaml',
    SYNC_FILE.replace('status: State}', 'status: State, phone: {field: Tel, case: upper}}'),
  );
  const { exitCode, errors } = await folder.trueup('what-if');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/phone/);
});

test('for people it is told in sentences', async () => {
  await folder.write('trueup.yaml', SYNC_FILE.replace('status: State}', 'status: State, phone: Tel}'));
  const { output } = await folder.trueup('what-if', '--records', '1');
  expect(output).toMatch(/customers: tried on 1 of 2; [01] would change, so about [02] of all/);
});

interface Replayed {
  readonly journal: {
    readonly entries: number;
    readonly differences: number;
    readonly examples: readonly Readonly<Record<string, unknown>>[];
    readonly untold: Readonly<Record<string, number>>;
  };
}

/** What the edited file, kept beside the present one, would have made of the journal. */
async function replayed(from: string, to: string, ...more: readonly string[]): Promise<Replayed['journal']> {
  await folder.write('edited.yaml', SYNC_FILE.replace(from, to));
  const before = await rowHashes(folder.store, TABLES);
  const options = ['--mapping', 'edited.yaml', '--since', '2020-01-01', '--json', ...more];
  const { output, errors } = await folder.trueup('what-if', ...options);
  expect(errors).toBe('');
  expect(await rowHashes(folder.store, TABLES)).toEqual(before);
  const { whatIf } = JSON.parse(output) as { readonly whatIf: readonly Replayed[] };
  return whatIf[0]?.journal ?? { entries: 0, differences: 0, examples: [], untold: {} };
}

test('the journal tells which values would have been written otherwise', async () => {
  const { entries, differences, examples } = await replayed(
    'status: State}',
    'status: {field: State, values: {A: active, B: blocked}}}',
  );
  expect({ entries, differences }).toEqual({ entries: 4, differences: 2 });
  const told = examples.map(({ side, native, way, was, would }) => [side, native, way, was, would]);
  expect(told).toHaveLength(2);
  expect(told).toEqual(
    expect.arrayContaining([
      ['erp', 'State', 'written', 'active', 'A'],
      ['erp', 'State', 'written', 'blocked', 'B'],
    ]),
  );
});

test('a value that would have been read otherwise is followed to where it was written, and listed in full', async () => {
  const list = join(folder.directory, 'differences.csv');
  const turned = 'status: {field: status, values: {active: blocked, blocked: active}}, phone';
  const { differences } = await replayed('status: status, phone', turned, '--list', list);
  expect(differences).toBe(4);
  const lines = (await folder.read('differences.csv')).trim().split('\n').slice(1);
  const reads = lines.filter((line) => line.includes(',read,')).map((line) => line.replace(/^[^,]*,/, ''));
  expect(reads.toSorted()).toEqual([
    'crm,1,status,status,read,active,blocked,',
    'crm,2,status,status,read,blocked,active,',
  ]);
  expect(lines.filter((line) => line.includes(',written,'))).toHaveLength(2);
  const again = await folder.trueup(
    'what-if',
    '--mapping',
    'edited.yaml',
    '--since',
    '2020-01-01',
    '--list',
    list,
  );
  expect(again.exitCode).toBe(2);
  expect(again.errors).toContain('cannot be written: EEXIST');
});

test('what the journal does not hold is not guessed', async () => {
  const { differences, untold } = await replayed('phone: phone}', 'phone: kind}');
  expect({ differences, untold }).toEqual({ differences: 0, untold: { 'crm kind': 2 } });
});

test('a side that would newly have received a field is told with its values', async () => {
  const { examples } = await replayed('status: State}', 'status: State, phone: Tel}');
  expect(examples).toMatchObject([{ side: 'erp', native: 'Tel', way: 'written', would: '030 1' }]);
});

test('only what happened since is replayed, and a date that is none is refused', async () => {
  await folder.write('edited.yaml', SYNC_FILE.replace('status: State}', 'status: State, phone: Tel}'));
  const later = await folder.trueup('what-if', '--mapping', 'edited.yaml', '--since', '2200-01-01T00:00:00Z');
  expect(later.output).toContain('0 entries; 0 values would have been others');
  const wrong = await folder.trueup('what-if', '--since', '03/04/2026');
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.errors).toContain('Write it as 2026-03-31');
});

interface Otherwise {
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly journal?: {
    readonly rulings: unknown;
    readonly rulingExamples: unknown;
    readonly judged: unknown;
  };
}

async function otherwise(from: string, to: string): Promise<Otherwise> {
  await folder.write('trueup.yaml', SYNC_FILE);
  await folder.write('edited.yaml', SYNC_FILE.replace(from, to));
  const before = await rowHashes(folder.store, TABLES);
  const options = ['--mapping', 'edited.yaml', '--since', '2020-01-01', '--json'];
  const { output, errors } = await folder.trueup('what-if', ...options);
  expect(errors).toBe('');
  expect(await rowHashes(folder.store, TABLES)).toEqual(before);
  return (JSON.parse(output) as { readonly whatIf: readonly Otherwise[] }).whatIf[0] ?? {};
}

test('another policy tells which conflicts of the past would have gone the other way', async () => {
  const files = await everything();
  await folder.write('trueup.yaml', SYNC_FILE);
  await folder.edit('crm/c.csv', 'ann@x.example,active', 'ann@x.example,blocked');
  await folder.edit('erp/e.csv', 'ann@x.example,active', 'ann@x.example,');
  await folder.trueup('apply', '--yes');
  expect(await everything()).not.toBe(files);
  const { journal } = await otherwise('priority: [crm, erp]', 'priority: [erp, crm]');
  expect(journal?.rulings).toEqual([
    { field: 'status', otherWins: 1, asked: 0, byItself: 0, refused: 0, untold: 0 },
  ]);
  expect(journal?.rulingExamples).toMatchObject([
    { field: 'status', was: 'blocked', would: null, how: 'otherWins' },
  ]);
});

test('other match keys tell which things they would join, and of which a person would be asked', async () => {
  const { keys } = await otherwise('match: email', 'match: [[email], [status]]');
  expect(keys).toMatchObject({ things: 2, linked: 0, asked: 1, apart: 0 });
  expect(keys?.['pairs']).toEqual([
    expect.stringMatching(/^crm [12], .* and {2}crm [12], .* \(both at crm\)$/),
  ]);
  expect((await otherwise('match: email', 'match: [[email, status]]')).keys).toMatchObject({ asked: 0 });
});

test('another condition tells which records would have taken no part at some time', async () => {
  // Bob has always been blocked, and Ann came to be.
  const kind = 'where: [{field: kind, is: customer}]';
  const { journal } = await otherwise(kind, 'where: [{field: status, is: active}]');
  expect(journal?.judged).toMatchObject({ leaving: [{ side: 'crm', records: 2 }], unseen: ['crm'] });
});
