import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import type { ChangePage, Cursor, Session, SnapshotPage } from '../../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import { files } from './index.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly session: Session;
  readonly path: (name: string) => string;
}

async function folderWith(
  contents: Readonly<Record<string, string | Buffer>>,
  settings: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'trueup-read-'));
  folders.push(folder);
  const directory = join(folder, 'synced');
  await mkdir(directory);
  for (const [name, content] of Object.entries(contents)) await writeFile(join(directory, name), content);
  const context = connectorContext({ baseDirectory: folder });
  const session = await files.open({ directory: 'synced', ...settings }, context);
  return { session, path: (name) => join(directory, name) };
}

async function readAll(
  session: Session,
  collection: string,
  fields: readonly string[],
): Promise<readonly SnapshotPage[]> {
  const { signal } = new AbortController();
  const pages: SnapshotPage[] = [];
  for await (const page of session.readAll({
    collection,
    fields,
    resume: null,
    pageRecordsMax: 1_000,
    signal,
  })) {
    pages.push(page);
  }
  return pages;
}

/** What a CSV of two columns comes to: the values of `name` by id, and the reasons of the unreadable rows. */
async function outcomeOf(content: string | Buffer): Promise<unknown> {
  const { session } = await folderWith({ 'a.csv': content });
  const pages = await readAll(session, 'a.csv', ['name']);
  const records = pages.flatMap((page) => page.records.map(({ id, fields }) => [id, fields.get('name')]));
  const unreadable = pages.flatMap((page) =>
    page.unreadable.map(({ id, failure }) => [id, failure.code, failure.message]),
  );
  return { records: Object.fromEntries(records) as unknown, unreadable };
}

async function failureOf(act: () => Promise<unknown>): Promise<Failure> {
  const error: unknown = await act().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

test('delimiter, byte order mark, line ends and Excel’s sep= line are found by themselves', async () => {
  const expected = { records: { 1: 'Ann', 2: 'Bo;b, "x"' }, unreadable: [] };
  expect(await outcomeOf('id,name\n1,Ann\n2,"Bo;b, ""x"""\n')).toEqual(expected);
  expect(await outcomeOf('\uFEFFid;name\r\n1;Ann\r\n2;"Bo;b, ""x"""')).toEqual(expected);
  expect(await outcomeOf('sep=;\r\nid;name\r\n1;Ann\r\n2;"Bo;b, ""x"""\r\n')).toEqual(expected);
  expect(await outcomeOf('id\tname\r1\tAnn\r2\t"Bo;b, ""x"""\r')).toEqual(expected);
});

test('an empty cell is null, quoted or not; rows and lines without any value are nothing', async () => {
  expect(await outcomeOf('id,name\n1,\n\n2,""\n,\n3," "\n')).toEqual({
    records: { 1: null, 2: null, 3: ' ' },
    unreadable: [],
  });
});

test('a row with too many or too few columns says so, and the others are read', async () => {
  expect(await outcomeOf('id,name\n1,Ann\n2,Bob,x\n3\n4,Dan\n')).toEqual({
    records: { 1: 'Ann', 4: 'Dan' },
    unreadable: [
      ['row 3', 'files.column_count', 'row 3: expected 2 columns as in the header, got 3'],
      ['row 4', 'files.column_count', 'row 4: expected 2 columns as in the header, got 1'],
    ],
  });
});

test('an unclosed quote costs the line where it opens, not the rows behind it', async () => {
  expect(await outcomeOf('id,name\n1,"two\nlines"\n2,"Bob\n3,Cat\n4,Dan\n')).toEqual({
    records: { 1: 'two\nlines', 3: 'Cat', 4: 'Dan' },
    unreadable: [['row 4', 'files.unclosed_quote', 'row 4: the quote that opens in line 4 is never closed']],
  });
});

test('a quote that swallows rows up to the next quote is found at the line where it opens', async () => {
  expect(await outcomeOf('id,name\n1,"Ann\n2,Bob\n3,"Cat"\n')).toEqual({
    records: { 2: 'Bob', 3: 'Cat' },
    unreadable: [
      [
        'row 2',
        'files.stray_quote',
        'row 2: text follows the closing quote of the value that opens in line 2',
      ],
    ],
  });
});

test('a quote inside an unquoted value is told', async () => {
  expect(await outcomeOf('id,name\n1,5" pipe\n2,Bob\n')).toEqual({
    records: { 2: 'Bob' },
    unreadable: [['row 2', 'files.stray_quote', 'row 2: a quote stands inside an unquoted value in line 2']],
  });
});

test('every one of several rows with one id is unreadable and names all of them', async () => {
  const reason = ['7', 'files.duplicate_id', 'rows 2, 4, 5 have the same id'];
  expect(await outcomeOf('id,name\n7,Ann\n8,Bob\n7,Cat\n7,Dan\n')).toEqual({
    records: { 8: 'Bob' },
    unreadable: [reason, reason, reason],
  });
});

test('a row without an id, and one that is not UTF-8, are told', async () => {
  const latin1 = Buffer.concat([
    Buffer.from('id,name\n,Ann\n2,M'),
    Buffer.from([0xfc]),
    Buffer.from('ller\n3,Cat\n'),
  ]);
  expect(await outcomeOf(latin1)).toEqual({
    records: { 3: 'Cat' },
    unreadable: [
      ['row 2', 'files.missing_id', 'row 2 has no value in column id'],
      ['row 3', 'files.not_utf8', 'row 3: the text is not UTF-8'],
    ],
  });
});

test('an empty file is a failure, never "no records"; a file with only its header holds none', async () => {
  const { session } = await folderWith({
    'a.csv': '',
    'b.jsonl': '\uFEFF',
    'c.csv': 'id,name\n',
    'd.jsonl': '\n',
  });
  expect(await failureOf(() => readAll(session, 'a.csv', []))).toMatchObject({
    kind: 'transient',
    code: 'files.empty',
  });
  expect(await failureOf(() => readAll(session, 'b.jsonl', []))).toMatchObject({ code: 'files.empty' });
  expect(await readAll(session, 'c.csv', [])).toMatchObject([{ records: [], complete: true }]);
  expect(await readAll(session, 'd.jsonl', [])).toMatchObject([{ records: [], complete: true }]);
});

test.each([
  ['a.csv', 'id,name\n1,Ann\n2', 'a.csv ends in the middle of line 3, as if it were still being saved'],
  ['a.csv', 'id,na', 'a.csv ends in the middle of its header, as if it were still being saved'],
  [
    'a.csv',
    'id,name\n1,Ann\n2,"Bo',
    'a.csv ends inside the quoted value that opens in line 3, as if it were still being saved',
  ],
  [
    'a.jsonl',
    '{"id":1}\n{"id":2,"na',
    'a.jsonl ends in the middle of line 2, as if it were still being saved',
  ],
  [
    'a.xlsx',
    'PK\u0003\u0004 and the rest is missing',
    'a.xlsx is not a complete workbook, as if it were still being saved',
  ],
])('a half-written file is a transient failure: %s with %j', async (name, content, message) => {
  const { session } = await folderWith({ [name]: content });
  const failure = await failureOf(() => readAll(session, name, []));
  expect(failure).toMatchObject({ kind: 'transient', code: 'files.being_written', message });
});

test.each([
  ['files.no_id_column', 'Id,name\n', 'no column "id"; its columns include Id, name'],
  ['files.duplicate_header', 'id,name,name\n', 'two columns named "name"'],
  ['files.bad_header', 'id,"name"x\n', 'the header of a.csv'],
  ['files.encoding', Buffer.from('\uFEFFid,name\n', 'utf16le'), 'UTF-16'],
])('a header that cannot be used is a config failure: %s', async (code, content, message) => {
  const { session } = await folderWith({ 'a.csv': content });
  const failure = await failureOf(() => session.describe(['a.csv']));
  expect(failure).toMatchObject({ kind: 'config', code });
  expect(failure.message).toContain(message);
});

test('a column that went away is a failure, not a column full of nothing', async () => {
  const { session } = await folderWith({ 'a.csv': 'id,name\n1,Ann\n' });
  const failure = await failureOf(() => readAll(session, 'a.csv', ['name', 'phone']));
  expect(failure).toMatchObject({ kind: 'config', code: 'files.unknown_column', field: 'phone' });
});

test('a record that is not found is not called absent while a row cannot be read', async () => {
  const { session, path } = await folderWith({ 'a.csv': 'id,name\n1,Ann\n2,Bob,x\n' });
  const [found, lost] = await session.get('a.csv', ['1', '2'], ['name']);
  expect(found?.kind).toBe('found');
  expect(lost).toMatchObject({ kind: 'failed', failure: { code: 'files.unreadable_rows' } });
  await writeFile(path('a.csv'), 'id,name\n1,Ann\n');
  expect(await session.get('a.csv', ['2'], ['name'])).toEqual([{ kind: 'absent', id: '2' }]);
});

test.each(['../a.csv', '/etc/a.csv', '..', 'sub/a.csv', 'sub\\a.csv', '.hidden.csv', '~$a.xlsx', 'a\0.csv'])(
  'a collection that is not a plain file name is refused: %j',
  async (name) => {
    const { session } = await folderWith({ 'a.csv': 'id\n' });
    expect(await failureOf(() => session.describe([name]))).toMatchObject({
      kind: 'config',
      code: 'files.bad_name',
    });
  },
);

test('a link that leads out of the folder is refused; one that stays inside is followed', async () => {
  const { session, path } = await folderWith({ 'a.csv': 'id\n1\n' });
  await writeFile(path('../outside.csv'), 'id\n1\n');
  await symlink(path('../outside.csv'), path('out.csv'));
  await symlink('a.csv', path('in.csv'));
  expect(await failureOf(() => session.get('out.csv', ['1'], []))).toMatchObject({ code: 'files.outside' });
  expect(await session.get('in.csv', ['1'], [])).toMatchObject([{ kind: 'found' }]);
});

test('names of built-in properties are ordinary columns in CSV and refused in JSON', async () => {
  const { session } = await folderWith({
    'a.csv': 'id,__proto__,constructor\n1,x,y\n',
    'b.jsonl':
      '{"id":1,"__proto__":{"polluted":true}}\n{"id":2,"a":{"\\u005f_proto__":{"polluted":true}}}\n{"id":3}\n',
  });
  const [lookup] = await session.get('a.csv', ['1'], ['__proto__', 'constructor']);
  expect(lookup?.kind === 'found' ? [...lookup.record.fields] : null).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  const [page] = await readAll(session, 'b.jsonl', ['a']);
  expect(page?.unreadable.map(({ failure }) => failure.code)).toEqual([
    'files.unsafe_key',
    'files.unsafe_key',
  ]);
  expect('polluted' in {}).toBe(false);
});

test('JSON Lines keep types, structures and long numbers; a bad line is told by its place', async () => {
  const { session } = await folderWith({
    'a.jsonl':
      '{"id":1,"n":12345678901234567890,"d":1.10,"t":["a"]}\n{"id":2,"n":1,\n[1]\n\n{"id":"3","n":null}\n',
  });
  const [page] = await readAll(session, 'a.jsonl', ['n', 'd', 't']);
  expect(page?.records.map(({ id, fields }) => [id, Object.fromEntries(fields)])).toEqual([
    ['1', { n: '12345678901234567890', d: 1.1, t: ['a'] }],
    ['3', { n: null }],
  ]);
  expect(page?.unreadable.map(({ id, failure }) => [id, failure.code])).toEqual([
    ['row 2', 'files.bad_json'],
    ['row 3', 'files.bad_json'],
  ]);
});

test('the folder is described: text columns in CSV, types where every line of JSON agrees, unusable files with the reason', async () => {
  const { session } = await folderWith({
    'a.csv': 'id,amount,\n1,2,\n2,3,\n',
    'b.jsonl': '{"id":1,"ok":true,"day":"2026-03-31","mix":1}\n{"id":2,"ok":null,"mix":"x","sum":1.5}\n',
    'c.csv': 'name\n',
    'notes.txt': 'not ours',
  });
  const described = await session.describe();
  expect(
    described.map(({ name, fields, recordsEstimate }) => [
      name,
      recordsEstimate,
      fields.map((field) => `${field.name}:${field.type.kind}`),
    ]),
  ).toEqual([
    ['a.csv', 2, ['id:text', 'amount:text']],
    ['b.jsonl', 2, ['id:integer', 'ok:boolean', 'day:date', 'mix:text', 'sum:decimal']],
    ['c.csv', null, []],
  ]);
  expect(described[2]?.title).toContain('has no column "id"');
  expect(described[2]?.card.can).toEqual({ create: false, update: false, delete: false });
});

test('a wrong setting is named', async () => {
  for (const [name, value] of [
    ['delimiter', '|'],
    ['encoding', 'latin1'],
    ['spreadsheet_safe', 'yes'],
    ['directory', 'nowhere'],
  ] as const) {
    const failure = await failureOf(() => folderWith({}, { [name]: value }));
    expect(failure).toMatchObject({ kind: 'config' });
    expect(failure.message).toContain(name);
  }
});

async function changesSince(session: Session, since: Cursor | null): Promise<readonly ChangePage[]> {
  const pages: ChangePage[] = [];
  const { signal } = new AbortController();
  const request = { collection: 'a.csv', fields: ['name'], since, follow: false, pageRecordsMax: 2, signal };
  for await (const page of session.readChanges(request)) pages.push(page);
  return pages;
}

test('a changed file yields all records, the new position only with the last page; an unchanged one yields nothing', async () => {
  const { session, path } = await folderWith({ 'a.csv': 'id,name\n1,Ann\n' });
  const [start] = await changesSince(session, null);
  const since = start?.cursor ?? null;
  expect(await changesSince(session, since)).toEqual([]);
  await writeFile(path('a.csv'), 'id,name\n1,Eve\n2,Bob\n3,Cat\n');
  const pages = await changesSince(session, since);
  expect(pages.map(({ records }) => records.map(({ id }) => id))).toEqual([['1', '2'], ['3']]);
  expect(pages[0]?.cursor).toEqual(since);
  expect(await changesSince(session, pages[1]?.cursor ?? null)).toEqual([]);
});

test('a save within the grain of the file’s time is found by its content', async () => {
  const { utimes } = await import('node:fs/promises');
  const { session, path } = await folderWith({ 'a.csv': 'id,name\n1,Ann\n' });
  await utimes(path('a.csv'), 1_000, 1_000);
  const [start] = await changesSince(session, null);
  await writeFile(path('a.csv'), 'id,name\n1,Eve\n');
  await utimes(path('a.csv'), 1_000, 1_000);
  expect(await changesSince(session, start?.cursor ?? null)).toHaveLength(1);
});

test('an aborted read ends without saying that it is complete', async () => {
  const { session } = await folderWith({
    'a.csv': `id\n${Array.from({ length: 5_000 }, (_, index) => index).join('\n')}\n`,
  });
  const stop = new AbortController();
  const pages: SnapshotPage[] = [];
  const request = {
    collection: 'a.csv',
    fields: [],
    resume: null,
    pageRecordsMax: 1_000,
    signal: stop.signal,
  };
  for await (const page of session.readAll(request)) {
    pages.push(page);
    stop.abort();
  }
  expect(pages.map(({ complete }) => complete)).toEqual([false]);
});
