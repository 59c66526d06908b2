import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { CURSORS, LINKS, OFFSETS } from '../../../test/support/rest-descriptions.ts';
import { startRestSystem, type RestSystem } from '../../../test/support/rest-system.ts';
import type { Lookup, Session, WriteResult } from '../../connector/contract.ts';
import { rest } from './index.ts';

let system: RestSystem;
let directory: string;
const sessions: Session[] = [];

beforeEach(async () => {
  system = await startRestSystem();
  directory = await mkdtemp(join(tmpdir(), 'trueup-rest-'));
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await system[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function open(description: string, settings: Readonly<Record<string, string>> = {}): Promise<Session> {
  await writeFile(join(directory, 'people.yaml'), description);
  const given = { description: 'people.yaml', base_url: system.origin, ...settings };
  const session = await rest.open(given, connectorContext({ baseDirectory: directory }));
  sessions.push(session);
  return session;
}

async function update(session: Session, id: string): Promise<WriteResult | undefined> {
  const fields = new Map([['name', 'New']]);
  const request = { key: 'k', kind: 'update', recordId: id, ifVersion: null, fields } as const;
  const [result] = await session.write('people', [request]);
  return result;
}

function failureIn(result: WriteResult | undefined): unknown {
  return result?.kind === 'failed' ? result.failure : result;
}

test('each policy of a 429 is told by its name and its wait', async () => {
  const session = await open(CURSORS);
  const { id } = system.create({ email: 'a@x.test' });
  const daily = { error: { code: 'DAILY', message: 'You have reached your daily limit.' } };
  system.faults.replies.push({ status: 429, body: daily });
  expect(failureIn(await update(session, id))).toMatchObject({
    kind: 'rateLimited',
    code: 'rest.rate_limited.daily',
    advice: 'Wait for tomorrow.',
    retryAfterMs: 3_600_000,
  });
});

test('an answer of success that says no is a failure', async () => {
  const session = await open(CURSORS);
  const { id } = system.create({ email: 'a@x.test' });
  const body = { success: false, reasons: [{ code: 'bad_value', message: 'must be one of A, B' }] };
  system.faults.replies.push({ status: 200, body });
  expect(failureIn(await update(session, id))).toMatchObject({
    kind: 'invalid',
    code: 'rest.invalid.bad_value',
  });
});

test('an error that no row explains keeps the code of the system and the kind of its status', async () => {
  const session = await open(CURSORS);
  const { id } = system.create({ email: 'a@x.test' });
  system.faults.replies.push({ status: 400, body: { error: { code: 'NEVER_HEARD', message: 'what' } } });
  expect(failureIn(await update(session, id))).toMatchObject({ kind: 'invalid', code: 'rest.never_heard' });
});

test('of an answer about another record than the one asked for, nothing is taken', async () => {
  const session = await open(CURSORS);
  const [one, two] = [system.create({ email: 'a@x.test' }), system.create({ email: 'b@x.test' })];
  const look = (): Promise<readonly Lookup[]> => session.get('people', [one.id], ['email']);
  const other = { id: two.id, meta: { revision: 1 }, properties: { email: 'b@x.test' } };
  system.faults.replies.push({ status: 200, body: other });
  const failure: unknown = expect.objectContaining({ kind: 'transient', code: 'rest.unexpected_answer' });
  expect(await look()).toEqual([{ kind: 'failed', id: one.id, failure }]);
  expect(await look()).toMatchObject([{ kind: 'found', record: { id: one.id } }]);
});

test('in a batch that succeeds in part, each record has its own result', async () => {
  const session = await open(OFFSETS);
  const [one, two] = [system.create({ email: 'a@x.test' }), system.create({ email: 'b@x.test' })];
  const ids = [one.id, 'p999', two.id];
  const results = await session.write(
    'people',
    ids.map(
      (id) =>
        ({
          key: id,
          kind: 'update',
          recordId: id,
          ifVersion: null,
          fields: new Map([['name', 'X']]),
        }) as const,
    ),
  );
  expect(results.map((result) => (result.kind === 'failed' ? result.failure.kind : result.kind))).toEqual([
    'written',
    'precondition',
    'written',
  ]);
  expect(system.requests.filter(({ url }) => url === '/batch')).toHaveLength(1);
});

test('a list by offset that a delete shifts is begun again, not called complete', async () => {
  const session = await open(OFFSETS);
  const people = Array.from({ length: 9 }, (_, index) =>
    system.create({ email: `p${String(index)}@x.test` }),
  );
  const request = { collection: 'people', fields: ['email'], resume: null, pageRecordsMax: 3 };
  const reading = (async () => {
    for await (const page of session.readAll({ ...request, signal: new AbortController().signal }))
      if (!page.complete && system.people.length === 9) system.remove(people[0]?.id ?? '');
  })();
  await expect(reading).rejects.toMatchObject({ failure: { kind: 'transient', code: 'rest.list_shifted' } });
});

test('an address for changes that the system has forgotten is an expired cursor', async () => {
  const session = await open(LINKS);
  const request = { collection: 'people', fields: ['email'], follow: false, pageRecordsMax: 3 };
  const since = { collection: 'people', address: `${system.origin}/delta?token=old` };
  const reading = (async () => {
    for await (const page of session.readChanges({ ...request, since, signal: new AbortController().signal }))
      expect(page).toBe('never');
  })();
  await expect(reading).rejects.toMatchObject({ failure: { kind: 'config', code: 'rest.cursor_expired' } });
});

test('an address for changes at another host is not asked', async () => {
  const session = await open(LINKS);
  const request = { collection: 'people', fields: ['email'], follow: false, pageRecordsMax: 3 };
  const since = { collection: 'people', address: 'https://elsewhere.example/delta' };
  const reading = (async () => {
    for await (const page of session.readChanges({ ...request, since, signal: new AbortController().signal }))
      expect(page).toBe('never');
  })();
  await expect(reading).rejects.toMatchObject({ failure: { code: 'rest.foreign_address' } });
});

test('a description outside the folder of the sync file is refused unread', async () => {
  await expect(open(CURSORS, { description: '../../etc/hosts.yaml' })).rejects.toMatchObject({
    failure: { kind: 'config', code: 'rest.bad_setting', field: 'description' },
  });
});

test('an API key goes where the description says, and into no message', async () => {
  const keyed = CURSORS.replace('auth: {kind: none}', 'auth: {kind: api_key, query: key}');
  const session = await open(keyed, { api_key: 'very-secret-key' });
  const { id } = system.create({ email: 'a@x.test' });
  system.faults.replies.push({
    status: 400,
    body: { error: { code: 'x', message: 'key very-secret-key is bad' } },
  });
  const told = JSON.stringify(failureIn(await update(session, id)));
  expect(system.requests.every(({ url }) => url.includes('key=very-secret-key'))).toBe(true);
  expect(told).not.toContain('very-secret-key');
});

test('a signature of OAuth 1.0a is on every request', async () => {
  const signed = CURSORS.replace('auth: {kind: none}', 'auth: {kind: oauth1, realm: true}');
  const keys = {
    consumer_key: 'ck',
    consumer_secret: 'csecret',
    token_id: 'ti',
    token_secret: 'tsecret',
    account: 'A1',
  };
  await open(signed, keys);
  expect(system.requests[0]?.headers.authorization).toMatch(/^OAuth realm="A1", .*oauth_signature="/);
});
