/** What somebody who means harm would try, and what must come of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  ADMIN,
  clientOf,
  cookieOf,
  createTestApi,
  ORIGIN,
  sessionHeaders,
  signInFirst,
  type TestApi,
} from '../../test/support/api.ts';
import { sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { must } from '../lib/assert.ts';
import { addAccount, credentialsOf, type Role } from '../store/accounts.ts';
import { ensureWorkspace, saveConnection, saveRevision } from '../store/control.ts';
import { ROLES } from './api-env.ts';
import { csrfTokenOf } from './doors/entry.ts';
import { hashPassword } from './doors/password.ts';
import { begin } from './doors/sign-in.ts';

type Headers = Readonly<Record<string, string>>;

const RATES = {
  address: { burst: 100_000, perSecond: 100_000 },
  account: { burst: 100_000, perSecond: 100_000 },
  signIn: { burst: 100_000, perSecond: 100_000 },
  delivery: { burst: 100_000, perSecond: 100_000 },
};
const PASSWORD = 'a password for tests';

const store = sharedTestStore();
let api: TestApi;
let admin: Headers;
let passwordHash: string;

beforeAll(async () => {
  api = createTestApi(store, { rates: RATES });
  admin = await signInFirst(api);
  passwordHash = await hashPassword(PASSWORD, api.host.random);
});
afterAll(() => api.close());

async function addPerson(workspaceNo: number, email: string, role: Role): Promise<string> {
  const accountId = api.host.ids.next();
  await store.database.transaction(workspaceNo, (tx) =>
    addAccount(tx, workspaceNo, { accountId, email, name: email, role, passwordHash }),
  );
  return accountId;
}

/** A session of somebody who has an account, without the time that a password takes. */
async function signedIn(email: string, workspaceNo = store.workspaceNo): Promise<Headers> {
  const known = await store.database.transaction(workspaceNo, (tx) => credentialsOf(tx, { email }));
  const { account } = must(known, 'there is such an account');
  const { key } = await begin(api.host, workspaceNo, account);
  return { cookie: `trueup_session=${key.text}`, 'x-trueup-csrf': csrfTokenOf(key) };
}

/** As if so many wrong passwords had been tried in a row, the last of them long ago. */
async function hadFailures(email: string, failures: number): Promise<void> {
  await store.raw.pool.query('update accounts set failures = $2 where email = $1', [email, failures]);
}

function send(method: string, path: string, headers: Headers, body?: unknown): Promise<Response> {
  return Promise.resolve(
    api.app.request(`${ORIGIN}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** An identity of a workspace that holds these values, with a record at the CRM and an open hold. */
async function plant(
  workspaceNo: number,
  syncName: string,
  name: string,
): Promise<{ identity: string; hold: string }> {
  const sync = await store.database.transaction(workspaceNo, (tx) =>
    saveRevision(tx, workspaceNo, {
      definition: simpleDefinition(['crm', 'erp'], { name: syncName }),
      source: `# ${name}`,
      hash: syncName,
      author: 'test',
    }),
  );
  const [identity, hold] = [api.host.ids.next(), api.host.ids.next()];
  await store.database.transaction(workspaceNo, async (tx) => {
    await tx.execute(
      `insert into identities (sync_key, identity_id, seq, golden, edits) values ($1, $2, 1, $3, $4)`,
      [
        sync.syncKey,
        identity,
        JSON.stringify({ name, email: name }),
        JSON.stringify([[1, 'crm', null, 0, 'first', ['name', 'email']]]),
      ],
    );
    await tx.execute(
      `insert into links (sync_key, side, record_id, status, identity_id, as_of, accounted, agreed)
       values ($1, 'crm', $2, 'live', $3, now(), $4, '1')`,
      [sync.syncKey, `id-${name}`, identity, JSON.stringify({ name })],
    );
    await tx.execute(
      `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
       values ($1, $2, $3, 'crm', 'name', 'conflict', $4, now())`,
      [sync.syncKey, hold, identity, JSON.stringify({ name })],
    );
  });
  return { identity, hold };
}

test('what a record holds is only ever data: it comes as JSON that no browser takes for a page', async () => {
  const script = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
  const { identity } = await plant(store.workspaceNo, 'xss', script);
  for (const path of [`/records/${identity}`, '/holds', '/records?query=%3Cimg', '/syncs/xss']) {
    const answer = await send('GET', path, admin);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
  const refused = await send('GET', `/syncs/${encodeURIComponent(script)}`, admin);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
});

test('a page of another site can make no browser write, and read nothing', async () => {
  const cookie = { cookie: admin['cookie'] ?? '' };
  const body = { email: 'eve@example.com', name: 'Eve', role: 'admin', password: PASSWORD };
  const tries: readonly Headers[] = [
    cookie,
    { ...cookie, 'x-trueup-csrf': 'guessed' },
    { ...admin, origin: 'https://evil.example' },
    { ...admin, origin: 'null' },
    { ...admin, 'sec-fetch-site': 'cross-site' },
    { ...admin, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of tries) expect((await send('POST', '/accounts', headers, body)).status).toBe(403);
  const read = await send('GET', '/overview', {
    ...admin,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'no-cors',
  });
  expect(read.status).toBe(403);
  // A form can send text, but no JSON.
  const form = await api.app.request(`${ORIGIN}/api/v1/accounts`, {
    method: 'POST',
    headers: { ...admin, 'content-type': 'text/plain' },
    body: JSON.stringify(body),
  });
  expect(form.status).toBeGreaterThanOrEqual(400);
  const people = await (await clientOf(api, admin).api.v1.accounts.$get()).json();
  expect(people.items.map(({ email }) => email)).not.toContain('eve@example.com');
});

test('a session is new with every sign-in, out of reach of scripts, and worth nothing after the sign-out', async () => {
  await addPerson(store.workspaceNo, 'fay@example.com', 'viewer');
  const planted = `trueup_session=${String(store.workspaceNo)}.${'A'.repeat(43)}`;
  const answer = await api.app.request(`${ORIGIN}/api/v1/session`, {
    method: 'POST',
    headers: { cookie: planted, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'fay@example.com', password: PASSWORD }),
  });
  expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(cookieOf(answer)).not.toBe(planted);
  expect((await send('GET', '/overview', { cookie: planted })).status).toBe(401);
  const fay = await sessionHeaders(answer);
  expect((await send('GET', '/overview', fay)).status).toBe(200);
  const stored = await store.raw.pool.query<{ row: string }>('select sessions::text as row from sessions');
  const secret = must(fay['cookie']?.split('.').at(-1), 'the cookie has a secret part');
  expect(stored.rows.map(({ row }) => row).join()).not.toContain(secret);
  expect((await send('DELETE', '/session', fay)).status).toBe(204);
  expect((await send('GET', '/overview', fay)).status).toBe(401);
});

test('over TLS the cookie keeps to its host', async () => {
  const secure = createTestApi(store, { rates: RATES, publicUrl: 'https://trueup.example' });
  const answer = await secure.app.request('https://trueup.example/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }),
  });
  expect(answer.headers.get('set-cookie')).toMatch(
    /^__Host-trueup_session=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=/);
  await secure.close();
});

test('a session that was idle too long, or lasted too long, has ended', async () => {
  await addPerson(store.workspaceNo, 'gus@example.com', 'viewer');
  for (const column of ['used_at', 'ends_at']) {
    const gus = await signedIn('gus@example.com');
    expect((await send('GET', '/overview', gus)).status).toBe(200);
    await store.raw.pool.query(`update sessions set ${column} = now() - interval '13 hours'`);
    expect((await send('GET', '/overview', gus)).status).toBe(401);
    await store.raw.pool.query(`update sessions set used_at = now(), ends_at = now() + interval '1 day'`);
  }
});

test('guessing passwords becomes slow, and tells nothing about who is known', async () => {
  await addPerson(store.workspaceNo, 'hal@example.com', 'viewer');
  const wrong = { email: 'hal@example.com', password: 'not the password' };
  const unknown = await api.post('/session', { ...wrong, email: 'nobody@example.com' });
  const first = await api.post('/session', wrong);
  expect([unknown.status, await unknown.json()]).toEqual([first.status, await first.json()]);
  await hadFailures('hal@example.com', 12);
  expect((await api.post('/session', wrong)).status).toBe(401);
  // Not even the right one is looked at now.
  const right = await api.post('/session', { email: 'hal@example.com', password: PASSWORD });
  expect([right.status, Number(right.headers.get('retry-after')) > 0]).toEqual([429, true]);
});

/** How a dozen guesses in a row end: each further one must wait longer, so that on any machine some come too early. */
async function answersToGuesses(email: string): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>();
  for (let guess = 0; guess < 12 && !statuses.has(429); guess++)
    statuses.add((await api.post('/session', { email, password: 'not the password' })).status);
  return statuses;
}

test('guesses at an address that nobody has become as slow as others', async () => {
  await addPerson(store.workspaceNo, 'sid@example.com', 'viewer');
  const slowed = new Set([401, 429]);
  expect(await answersToGuesses('sid@example.com')).toEqual(slowed);
  expect(await answersToGuesses('stranger@example.com')).toEqual(slowed);
});

test('many guesses at once gain nothing over one after the other', async () => {
  await addPerson(store.workspaceNo, 'ida@example.com', 'viewer');
  await hadFailures('ida@example.com', 12);
  const guesses = Array.from({ length: 10 }, () =>
    api.post('/session', { email: 'ida@example.com', password: 'not the password' }),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(1);
  expect(statuses.filter((status) => status === 429)).toHaveLength(9);
});

test('nothing of another workspace can be read or changed, by whatever id', async () => {
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  const theirs = await plant(other, 'theirs', 'canary-theirs');
  await store.database.transaction(other, (tx) =>
    saveConnection(tx, other, { name: 'theircrm', system: 'files', settings: { directory: 'canary-dir' } }),
  );
  const accountId = await addPerson(other, 'zoe@example.com', 'admin');
  const zoe = await signedIn('zoe@example.com', other);
  const token = (await (await send('POST', '/tokens', zoe, { name: 't', scopes: ['admin'] })).json()) as {
    id: string;
  };
  expect((await send('GET', `/records/${theirs.identity}`, zoe)).status).toBe(200);
  const reads = [
    `/records/${theirs.identity}`,
    '/syncs/theirs',
    '/syncs/theirs/plan',
    '/syncs/theirs/revisions',
    '/syncs/theirs/revisions/1',
    '/syncs/theirs/sides/crm/records/id-canary-theirs',
    `/holds/${theirs.hold}`,
    '/connections/theircrm',
    '/records?query=canary-theirs&sync=theirs',
  ];
  for (const path of reads) expect([path, (await send('GET', path, admin)).status]).toEqual([path, 404]);
  const writes = [
    ['POST', `/holds/${theirs.hold}/decision`, { kind: 'keep' }],
    ['PUT', '/syncs/theirs/mode', { mode: 'paused' }],
    ['POST', '/syncs/theirs/approval', { hash: 'empty' }],
    ['POST', '/connections/theircrm/test', undefined],
    ['PATCH', `/accounts/${accountId}`, { role: 'viewer' }],
    ['DELETE', `/tokens/${token.id}`, undefined],
    ['POST', '/held-writes/release', { sync: 'theirs', side: 'crm', kind: 'delete', hash: '0'.repeat(64) }],
  ] as const;
  for (const [method, path, body] of writes)
    expect([path, (await send(method, path, admin, body)).status]).toEqual([path, 404]);
  const lists = [
    '/overview',
    '/syncs',
    '/connections',
    '/holds',
    '/runs',
    '/accounts',
    '/tokens',
    '/audit',
    '/secrets',
    '/held-writes',
    '/problems',
    '/dead-letters',
    '/sync-file',
    '/records?query=canary',
    '/records?query=id-canary',
  ];
  for (const path of lists) {
    const answer = await send('GET', path, admin);
    expect([path, answer.status]).toEqual([path, 200]);
    expect([path, (await answer.text()).includes('canary-')]).toEqual([path, false]);
  }
});

test('each role may do what is written of it and nothing more', async () => {
  const document = (await (await send('GET', '/openapi.json', {})).json()) as {
    paths: Record<string, Record<string, { 'x-role': string }>>;
  };
  const people = new Map<Role, Headers>();
  for (const role of ROLES) {
    await addPerson(store.workspaceNo, `${role}@example.com`, role);
    people.set(role, await signedIn(`${role}@example.com`));
  }
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const needed = ROLES.indexOf(operation['x-role'] as Role);
      if (needed === -1 || path.endsWith('/events')) continue;
      for (const [rank, role] of ROLES.entries()) {
        const headers = must(people.get(role), 'there is somebody of every role');
        // What is asked for is not there, so whoever may ask is told that, and nothing happens.
        const target = path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, 'nothing');
        const { status } = await send(
          method.toUpperCase(),
          target,
          headers,
          method === 'get' ? undefined : {},
        );
        expect([`${role} ${method} ${path}`, status === 403]).toEqual([
          `${role} ${method} ${path}`,
          rank < needed,
        ]);
      }
    }
  }
});

test('a token does no more than its scopes and its owner, and dies with either', async () => {
  const accountId = await addPerson(store.workspaceNo, 'kim@example.com', 'operator');
  const kim = await signedIn('kim@example.com');
  expect((await send('POST', '/tokens', kim, { name: 'too much', scopes: ['approver'] })).status).toBe(403);
  const made = (await (
    await send('POST', '/tokens', kim, { name: 'script', scopes: ['viewer'] })
  ).json()) as {
    id: string;
    token: string;
  };
  const bearer = { authorization: `Bearer ${made.token}` };
  expect((await send('GET', '/overview', bearer)).status).toBe(200);
  expect((await send('PUT', '/syncs/xss/mode', bearer, { mode: 'paused' })).status).toBe(403);
  expect((await send('POST', '/tokens', bearer, { name: 'more', scopes: ['operator'] })).status).toBe(403);
  const stored = await store.raw.pool.query<{ row: string }>(
    'select api_tokens::text as row from api_tokens',
  );
  expect(stored.rows.map(({ row }) => row).join()).not.toContain(made.token.slice(-20));
  await send('PATCH', `/accounts/${accountId}`, admin, { isDisabled: true });
  expect((await send('GET', '/overview', bearer)).status).toBe(401);
});

test('the last admin cannot be kept out', async () => {
  const people = await (await clientOf(api, admin).api.v1.accounts.$get()).json();
  const admins = people.items.filter(({ role, isDisabled }) => role === 'admin' && !isDisabled);
  const statuses = [];
  for (const { id } of admins.toSorted(
    (left, right) => Number(left.email === ADMIN.email) - Number(right.email === ADMIN.email),
  ))
    statuses.push((await send('PATCH', `/accounts/${id}`, admin, { isDisabled: true })).status);
  expect(statuses.at(-1)).toBe(409);
});

test('no secret that was stored comes back by any route', async () => {
  const canary = 'canary-secret-7d1';
  expect((await send('PUT', '/secrets/CRM_PASSWORD', admin, { value: canary })).status).toBe(204);
  for (const path of ['/secrets', '/connections', '/audit', '/overview']) {
    const text = await (await send('GET', path, admin)).text();
    expect(text).not.toContain(canary);
  }
  expect(await (await send('GET', '/secrets', admin)).text()).toContain('CRM_PASSWORD');
});

test('a write with a key is done once, and its key fits no other', async () => {
  const headers = { ...admin, 'idempotency-key': 'once-1' };
  const body = { email: 'lea@example.com', name: 'Lea', role: 'viewer', password: PASSWORD };
  const first = await send('POST', '/accounts', headers, body);
  const second = await send('POST', '/accounts', headers, body);
  expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([
    201,
    201,
    'true',
  ]);
  expect(await second.text()).toBe(await first.text());
  const other = await send('POST', '/accounts', headers, { ...body, email: 'max@example.com' });
  expect(other.status).toBe(422);
  // The text of a token is shown once, so it is not kept to be shown again.
  const tokenKey = { ...admin, 'idempotency-key': 'once-2' };
  await send('POST', '/tokens', tokenKey, { name: 'n', scopes: ['viewer'] });
  const kept = await store.raw.pool.query(`select from answered_requests where key = 'once-2'`);
  expect(kept.rowCount).toBe(0);
});

test('bodies and rates have their limits', async () => {
  const large = await send('POST', '/sync-file/check', admin, { source: 'x'.repeat(1_100_000) });
  expect(large.status).toBe(413);
  const slow = createTestApi(store, { rates: { ...RATES, account: { burst: 3, perSecond: 0.001 } } });
  const statuses = [];
  for (let request = 0; request < 5; request += 1)
    statuses.push((await slow.app.request(`${ORIGIN}/api/v1/runs`, { headers: { ...admin } })).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  await slow.close();
});

test('an audit trail that was tampered with is told where', async () => {
  const client = clientOf(api, admin);
  const verify = async (query: { number?: string; hash?: string } = {}) =>
    (await client.api.v1.audit.verification.$get({ query })).json();
  const before = await verify();
  expect(before).toMatchObject({ isIntact: true, brokenAt: null });
  const refused = store.database.transaction(store.workspaceNo, (tx) =>
    tx.execute('delete from audit_entries'),
  );
  await expect(refused).rejects.toThrow(/permission denied/);
  const { pool } = store.raw;
  const head = must(before.head, 'something was done');
  await pool.query(
    `update audit_entries set detail = '{"role":"viewer"}' where workspace_no = $1 and number = 1`,
    [store.workspaceNo],
  );
  expect(await verify()).toMatchObject({ isIntact: false, brokenAt: 1 });
  await pool.query(
    `update audit_entries set detail = '{"role":"admin","isFirst":true}' where workspace_no = $1 and number = 1`,
    [store.workspaceNo],
  );
  expect((await verify()).isIntact).toBe(true);
  await pool.query('delete from audit_entries where workspace_no = $1 and number = $2', [
    store.workspaceNo,
    head.number,
  ]);
  expect((await verify()).isIntact).toBe(true);
  const known = { number: String(head.number), hash: head.hash };
  expect(await verify(known)).toMatchObject({ isIntact: false, brokenAt: head.number });
});
