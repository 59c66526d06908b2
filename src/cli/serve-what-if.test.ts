/** What an edited sync file would change, asked over HTTP of a real installation. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { rowHashes } from '../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import type { SyncWhatIf } from '../api/host.ts';
import { serve, type Serving } from '../serve.ts';
import { openInstallation, type Installation } from '../server.ts';
import { parseSyncFile } from '../syncfile/sync-file.ts';
import { silentLog } from '../worker/runtime.ts';
import { filesWork } from './serve-dictionary.ts';
import { whatIfOf } from './serve-what-if.ts';
import { describeSides, knownSettings } from './sync-file.ts';

const FILE = `version: 1
connections:
  list: {system: files, directory: ./data}
syncs:
  people:
    entity: Person
    fields:
      email: email
      status: {type: choice, options: [active, blocked]}
      phone: text
    match: email
    defaults: {policy: [{priority: [crm, erp]}]}
    sides:
      crm: {connection: list, collection: c.csv, fields: {email: mail, status: status, phone: phone}}
      erp: {connection: list, collection: e.csv, fields: {email: Mail, status: State}}
  others:
    entity: Other
    fields: {email: email}
    match: email
    sides:
      crm: {connection: list, collection: c.csv, fields: {email: mail}}
      erp: {connection: list, collection: e.csv, fields: {email: Mail}}
`;

let folder: TestFolder;
let installation: Installation;
let serving: Serving;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: FILE,
    files: {
      'data/c.csv': 'id,mail,status,phone\n1,ann@x.example,active,030 1\n2,bob@x.example,blocked,\n',
      'data/e.csv': 'id,Mail,State,Tel\n',
    },
  });
  await folder.trueup('apply', '--yes');
  // Both sides edit one value: a conflict, which crm wins by the order that the file says.
  await folder.edit('data/c.csv', 'example,active', 'example,blocked');
  await folder.edit('data/e.csv', 'example,active', 'example,');
  await folder.trueup('apply', '--yes');
  const { directory, environment } = folder;
  installation = await openInstallation({ directory, environment, log: silentLog });
  serving = await serve(installation, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    files: filesWork,
  });
  headers = await signedIn();
});
afterAll(async () => {
  await serving.close();
  await installation.close();
  await folder.close();
});

const JSON_TYPE = { 'content-type': 'application/json' };

async function signedIn(): Promise<Readonly<Record<string, string>>> {
  const { setUpToken: token } = serving;
  const person = { email: 'ada@example.com', name: 'Ada', password: 'correct horse battery', token };
  const answer = await post('/set-up', person);
  const { csrfToken } = (await answer.json()) as { readonly csrfToken: string };
  return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-trueup-csrf': csrfToken };
}

function post(path: string, body: object): Promise<Response> {
  const address = `${serving.url}/api/v1${path}`;
  return fetch(address, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  });
}

/** What the edited file would change, and that nothing has become different by asking. */
async function asked(from: string, to: string, since?: string): Promise<readonly SyncWhatIf[]> {
  const before = await everything();
  const answer = await post('/sync-file/what-if', { source: FILE.replace(from, to), since });
  expect(await everything()).toEqual(before);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { readonly syncs: readonly SyncWhatIf[] }).syncs;
}

const TABLES = ['identities', 'links', 'writes', 'holds', 'journal', 'revisions', 'plans', 'streams'];

async function everything(): Promise<unknown> {
  const files = await Promise.all(['data/c.csv', 'data/e.csv'].map((file) => folder.read(file)));
  return [files, await rowHashes(folder.store, TABLES)];
}

test('what is as it is stored is told as that, and what is new as new', async () => {
  expect(await asked('  others:', '  strangers:')).toEqual([
    { sync: 'people', kind: 'same', edit: null },
    { sync: 'strangers', kind: 'new', edit: null },
  ]);
});

test('another mapping tells each record that would be written, and what the journal would have come to', async () => {
  const [people] = await asked('status: State}', 'status: State, phone: Tel}', '2020-01-01');
  expect(people?.edit).toMatchObject({
    tried: 2,
    total: 2,
    changed: 1,
    admitted: ['erp.phone'],
    writes: [
      {
        side: 'erp',
        kind: 'update',
        records: 1,
        fields: [{ field: 'Tel', records: 1 }],
        examples: [{ changes: [{ field: 'Tel', before: null, after: '030 1' }] }],
      },
    ],
    calls: [{ side: 'erp', calls: 1 }],
    keys: null,
    past: { isWhole: true, examples: [{ side: 'erp', native: 'Tel', way: 'written', would: '030 1' }] },
  });
  expect((await asked('status: State}', 'status: State, phone: Tel}'))[0]?.edit?.past).toBeNull();
});

test('what the journal does not hold is counted and not guessed', async () => {
  const [people] = await asked('phone: phone}', 'phone: id}', '2020-01-01T00:00:00+02:00');
  expect(people?.edit?.past).toMatchObject({ differences: 0, untold: [{ place: 'crm id' }] });
});

test('another order of sides tells the conflict that would have gone the other way', async () => {
  const [people] = await asked('priority: [crm, erp]', 'priority: [erp, crm]', '2020-01-01');
  expect(people?.edit?.past).toMatchObject({
    rulings: [{ field: 'status', otherWins: 1 }],
    rulingExamples: [{ field: 'status', was: 'blocked', would: null }],
  });
});

test('other match keys tell which things they would join', async () => {
  const [people] = await asked('match: email', 'match: [[email], [status]]', '2020-01-01');
  expect(people?.edit?.keys).toMatchObject({ things: 2, isWhole: true, linked: 0, asked: 1 });
});

test('a file that is wrong is refused with the place, and so is a moment that is none', async () => {
  const wrong = await post('/sync-file/what-if', { source: FILE.replace('phone: text', 'phone: texts') });
  expect(wrong.status).toBe(422);
  expect(wrong.headers.get('content-type')).toBe('application/problem+json');
  expect(await wrong.json()).toMatchObject({
    code: 'invalid',
    detail: 'the sync file is wrong; nothing was tried',
    errors: [{ path: '10:7 syncs.people.fields.phone.type' }],
  });
  const unread = await post('/sync-file/what-if', { source: FILE, since: '03/04/2026' });
  expect([unread.status, await unread.json()]).toMatchObject([422, { errors: [{ path: 'json.since' }] }]);
});

test('who asked is in the audit trail, and nobody below an admin may', async () => {
  await asked('phone: text', 'phone: text', '2026-01-31');
  const kept = await folder.store.pool.query<{ readonly by: string; readonly detail: unknown }>(
    `select by, detail from audit_entries where action = 'syncFile.tried' order by number desc limit 1`,
  );
  expect(kept.rows).toEqual([{ by: 'ada@example.com', detail: { since: '2026-01-31' } }]);
  const made = await post('/tokens', { name: 'approver', scopes: ['approver'] });
  const { token } = (await made.json()) as { readonly token: string };
  const refused = await fetch(`${serving.url}/api/v1/sync-file/what-if`, {
    method: 'POST',
    headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    body: JSON.stringify({ source: FILE }),
  });
  expect(refused.status).toBe(403);
});

test('a journal that is longer than the time is read as far as it goes, and that is said', async () => {
  await folder.store.pool.query(`insert into journal (sync_key, identity_id, at, side, record_id, kind, body)
    select sync_key, identity_id, at, side, record_id, kind, body
      from journal, generate_series(1, 1500) where identity_id is not null`);
  const parsed = parseSyncFile(
    FILE.replace('status: State}', 'status: State, phone: Tel}'),
    'x',
    knownSettings(),
  );
  if (parsed.kind === 'errors') throw new Error('the file is right');
  const { file } = parsed;
  const { signal } = new AbortController();
  const described = await describeSides(installation, file, signal);
  let nowMs = 0;
  const clock = { ...installation.clock, monotonicMs: () => (nowMs += 20_000) };
  const whole = await whatIfOf({ installation, file, described, sinceMs: 0, signal });
  const part = await whatIfOf({
    installation: { ...installation, clock },
    file,
    described,
    sinceMs: 0,
    signal,
  });
  const [all, some] = [whole[0]?.edit?.past, part[0]?.edit?.past];
  expect([all?.isWhole, some?.isWhole]).toEqual([true, false]);
  expect([some?.entries, (all?.entries ?? 0) > 2_000]).toEqual([2_000, true]);
});

test('another condition tells whose records would have taken no part, and what the journal cannot tell of it', async () => {
  const crm = 'crm: {connection: list, collection: c.csv, fields: {email: mail, status';
  const limited = crm.replace('fields', 'where: [{field: status, is: active}], fields');
  const [people] = await asked(crm, limited, '2020-01-01');
  expect(people?.edit?.past?.judged).toMatchObject({
    broken: [],
    leaving: [{ side: 'crm', records: 2 }],
    unseen: ['crm'],
  });
});
