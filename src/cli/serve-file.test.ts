import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { fileTag } from '../api/file-tag.ts';
import type { SyncFileWork } from '../api/host.ts';
import { Secret } from '../lib/secret.ts';
import { openInstallation, type Installation } from '../server.ts';
import { allConnections } from '../store/connections.ts';
import { allSyncs } from '../store/control.ts';
import { newestSource } from '../store/revisions.ts';
import { giveSecret } from '../store/secret-uses.ts';
import { silentLog } from '../worker/runtime.ts';
import { syncFileWork } from './serve-file.ts';

const signal = new AbortController().signal;
let folder: TestFolder;
let installation: Installation;
let work: SyncFileWork;

beforeAll(async () => {
  folder = await openTestFolder({
    files: { 'data/a.csv': 'id,Email,Name\n1,ann@example.com,Ann\n', 'data/b.csv': 'id,Email,Name\n' },
  });
  installation = await openInstallation({ ...folder, log: silentLog });
  work = syncFileWork(installation);
});
afterAll(async () => {
  await installation.close();
  await folder.close();
});

function fileWith(connection: string, more = ''): string {
  return `version: 1
${more}connections:
  a: ${connection}
  b: {system: files, directory: ./data}
syncs:
  people:
    entity: Person
    fields:
      email: {type: email, required: true}
      name: {type: text}
    match: email
    sides:
      left: {connection: a, collection: a.csv, fields: {email: Email, name: Name}}
      right: {connection: b, collection: b.csv, fields: {email: Email, name: Name}}
`;
}

test('a check from afar says what is wrong and changes nothing that is there', async () => {
  expect(await work.check(fileWith('{system: files, directory: ./data}'), 'ada', signal)).toEqual([]);
  const errors = await work.check(fileWith('{system: nothing}'), 'ada', signal);
  expect(errors[0]).toMatchObject({ line: 3, path: expect.stringContaining('connections.a') as string });
  await work.check(fileWith('{system: files, directory: ./elsewhere}'), 'ada', signal).catch(() => []);
  const [first] = await installation.transaction(allConnections);
  expect(first).toMatchObject({ name: 'a', settings: { directory: './data' } });
  expect(await installation.transaction(allSyncs)).toEqual([]);
});

test.each(['/etc', '../', './data/../../', 'data/../..'])(
  'files outside the folder are out of reach from afar: %s',
  async (directory) => {
    const errors = await work.take(fileWith(`{system: files, directory: ${directory}}`), 'eve', signal);
    expect(errors.map(({ path }) => path)).toEqual(['connections.a.directory']);
    const [first] = await installation.transaction(allConnections);
    expect(first).toMatchObject({ settings: { directory: './data' } });
  },
);

test('a dictionary outside the folder is not read', async () => {
  const source = fileWith('{system: files, directory: ./data}', 'dictionary: ../../../etc/passwd\n');
  expect(await work.check(source, 'ada', signal)).not.toEqual([]);
});

test.each(['https://169.254.169.254', 'https://127.0.0.1:5432', 'https://[::ffff:10.0.0.1]'])(
  'a connection leads to no address of this network that was not allowed: %s',
  async (address) => {
    const connection = `{system: salesforce, login_url: '${address}', client_id: x, client_secret: '\${secret:S}'}`;
    await installation.transaction((tx) =>
      giveSecret(tx, installation.sealer, installation.workspaceNo, {
        name: 'S',
        secret: new Secret('canary-client-secret'),
        by: 'ada',
      }),
    );
    await expect(work.check(fileWith(connection), 'ada', signal)).rejects.toThrow(/\(forbidden\)/);
  },
);

test('an expression that would take for ever is refused by what it costs', async () => {
  const bomb = '[1,2,3,4,5,6,7,8,9].map(a, '.repeat(12) + '1' + ')'.repeat(12);
  const plain = fileWith('{system: files, directory: ./data}');
  const source = plain.replace(
    'name: Name}}\n      right',
    `name: {expression: "${bomb}", direction: in}}}\n      right`,
  );
  const [error] = await work.check(source, 'ada', signal);
  expect(error?.message).toBe('the expression goes through lists 12 times, at most 3 are taken');
});

test('a good file becomes the revision of its syncs, by whoever sent it', async () => {
  expect(await work.take(fileWith('{system: files, directory: ./data}'), 'ada@example.com', signal)).toEqual(
    [],
  );
  const [sync] = await installation.transaction(allSyncs);
  expect([sync?.name, sync?.revision, sync?.mode]).toEqual(['people', 1, 'observe']);
});

test('of two edits of one text the second is not saved over the first', async () => {
  const opened = fileTag((await installation.transaction(newestSource)) ?? '');
  const source = fileWith('{system: files, directory: ./data}').replace(
    'name: {type: text}',
    'name: {type: text, trim: true}',
  );
  const other = source.replace('trim: true', 'max_length: 40');
  const [ann, bob] = await Promise.allSettled([
    work.take(source, 'ann', signal, opened),
    work.take(other, 'bob', signal, opened),
  ]);
  const saved = await installation.transaction(newestSource);
  expect([ann, bob].filter(({ status }) => status === 'fulfilled')).toEqual([
    { status: 'fulfilled', value: [] },
  ]);
  expect(saved).toBe(ann.status === 'fulfilled' ? source : other);
  expect([ann, bob]).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({ code: 'stale' }) as unknown,
  });
  const again = saved === source ? other : source;
  expect(await work.take(again, 'bob', signal, fileTag(saved ?? ''))).toEqual([]);
});
