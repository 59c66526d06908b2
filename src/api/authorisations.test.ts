/** Having a connection authorised in the browser, and what somebody who means harm would make of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestApi, ORIGIN, sessionHeaders, signInFirst, type TestApi } from '../../test/support/api.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { sendJson, startWebServer, type WebServer } from '../../test/support/web-server.ts';
import { knowsAccount, redeemConsent, type Consent } from '../connector/oauth/consent.ts';
import { createMemoryTokens } from '../connector/oauth/token-store.ts';
import { seededRandom } from '../lib/random.ts';
import { saveConnection } from '../store/control.ts';

type Headers = Readonly<Record<string, string>>;

const OPERATOR = { email: 'olga@example.com', name: 'Olga', password: 'an operator of this place' };
const LIFE_MS = 10 * 60_000;

const store = sharedTestStore();
let system: WebServer;
let api: TestApi;
let admin: Headers;
let operator: Headers;
/** The account that signs in at the system. */
let account = 'org-1';

const tokens = createMemoryTokens();
const clock = new ManualClock();
const random = seededRandom(11);

function consent(): Consent {
  return {
    authorizationUrl: 'https://system.example/authorize',
    tokenUrl: `${system.origin}/token`,
    clientId: 'trueup',
    authentication: { kind: 'none' },
    callbackHost: 'localhost',
    boundTo: ['https://system.example', 'trueup'],
    accountOf: ({ account: named }) => (typeof named === 'string' ? named : null),
  };
}

beforeAll(async () => {
  system = await startWebServer((_, response) =>
    sendJson(response, 200, { access_token: 'a', refresh_token: 'r', token_type: 'bearer', account }),
  );
  const host = { clock, random, tokens, network: { allowPlain: true, allowLoopback: true } };
  api = createTestApi(store, {}, undefined, {
    clock,
    consent: async () => ({
      consent: consent(),
      isRenewal: await knowsAccount(consent(), host),
      redeem: (question, answer) => redeemConsent(consent(), host, question, answer),
    }),
  });
  admin = await signInFirst(api);
  await api.post('/accounts', { ...OPERATOR, role: 'operator' }, admin);
  operator = await signedIn();
  await store.database.transaction(store.workspaceNo, (tx) =>
    saveConnection(tx, store.workspaceNo, { name: 'crm', system: 'salesforce', settings: {} }),
  );
});
afterAll(async () => {
  await api.close();
  await system[Symbol.asyncDispose]();
});

async function signedIn(): Promise<Headers> {
  const { email, password } = OPERATOR;
  return sessionHeaders(await api.post('/session', { email, password }));
}

async function ask(headers: Headers): Promise<URL> {
  const asked = await api.post('/connections/crm/authorisation', undefined, headers);
  expect(asked.status).toBe(200);
  return new URL(((await asked.json()) as { readonly url: string }).url);
}

/** What the browser brings back, as the console hands it over. */
async function bringBack(headers: Headers, url: URL, more: Headers = { code: 'good' }): Promise<Response> {
  const state = url.searchParams.get('state') ?? '';
  return api.post(
    '/authorisations',
    { answer: `?${new URLSearchParams({ ...more, state }).toString()}` },
    headers,
  );
}

test('the first account is an admin’s to choose, and the code is redeemed with what only this server knows', async () => {
  expect((await api.post('/connections/crm/authorisation', undefined, operator)).status).toBe(403);
  const url = await ask(admin);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    response_type: 'code',
    redirect_uri: 'http://localhost:4600/oauth/callback',
    code_challenge_method: 'S256',
  });
  const outcome = await bringBack(admin, url);
  expect(await outcome.json()).toEqual({ connection: 'crm', isAuthorised: true, why: null });
  const form = new URLSearchParams(system.arrived.at(-1)?.body.toString());
  expect(form.get('code')).toBe('good');
  expect(form.get('redirect_uri')).toBe('http://localhost:4600/oauth/callback');
  expect(url.searchParams.get('code_challenge')).not.toBe(form.get('code_verifier'));
});

test('an answer counts once, in the session that asked, and not after ten minutes', async () => {
  const before = system.arrived.length;
  const stolen = await ask(operator);
  expect((await bringBack(admin, stolen)).status).toBe(409);
  // It was seen by somebody else: it is no good any more for anybody.
  expect((await bringBack(operator, stolen)).status).toBe(409);
  const old = await ask(operator);
  clock.advance(LIFE_MS);
  expect((await bringBack(operator, old)).status).toBe(409);
  const other = await ask(operator);
  expect((await bringBack(await signedIn(), other)).status).toBe(409);
  expect(system.arrived).toHaveLength(before);
  const good = await ask(operator);
  expect((await bringBack(operator, good)).status).toBe(200);
  expect((await bringBack(operator, good)).status).toBe(409);
  expect(system.arrived).toHaveLength(before + 1);
});

test('a state that was made up, or planted by a link, opens nothing', async () => {
  const before = system.arrived.length;
  for (const text of ['', '?', '?code=good', '?code=good&state=', '?code=good&state=guessed', 'state'])
    expect((await api.post('/authorisations', { answer: text }, admin)).status).toBe(409);
  expect(system.arrived).toHaveLength(before);
});

test('a page of another site cannot begin or end it, nor can whoever is not signed in, nor a token', async () => {
  const url = await ask(admin);
  const cookie = { cookie: admin['cookie'] ?? '' };
  for (const headers of [
    cookie,
    { ...admin, origin: 'https://evil.example' },
    { ...admin, 'sec-fetch-site': 'cross-site' },
  ]) {
    expect((await api.post('/connections/crm/authorisation', undefined, headers)).status).toBe(403);
    expect((await bringBack(headers, url)).status).toBe(403);
  }
  expect((await bringBack({}, url)).status).toBe(401);
  const made = await api.post('/tokens', { name: 'robot', scopes: ['admin'], days: 1 }, admin);
  const { token } = (await made.json()) as { readonly token: string };
  const robot = { authorization: `Bearer ${token}` };
  expect((await api.post('/connections/crm/authorisation', undefined, robot)).status).toBe(403);
  expect((await bringBack(robot, url)).status).toBe(403);
  expect((await bringBack(admin, url)).status).toBe(200);
});

async function visit(address: string, headers: Headers = {}): Promise<Response> {
  return api.app.request(address, { headers });
}

test('the browser is sent on only to where the question was asked, whatever the address says', async () => {
  const { searchParams } = await ask(admin);
  const state = searchParams.get('state') ?? '';
  const sent = await visit(`http://localhost:4600/oauth/callback?code=x&state=${state}`, {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
  });
  expect([sent.status, sent.headers.get('location')]).toEqual([
    302,
    `${ORIGIN}/oauth/callback?code=x&state=${state}`,
  ]);
  expect(sent.headers.get('referrer-policy')).toBe('no-referrer');
  for (const address of [
    `http://localhost:4600/oauth/callback?state=made-up&redirect_uri=https://evil.example`,
    `http://localhost:4600//evil.example/oauth/callback?state=${state}`,
    `${ORIGIN}/oauth/callback?code=x&state=${state}&origin=https://evil.example`,
  ])
    expect((await visit(address)).headers.get('location')).toBeNull();
  expect((await visit(`http://evil.example/oauth/callback?state=${state}`)).status).toBe(421);
});

test('somebody who signs in to another account, or says no, changes nothing that is stored', async () => {
  account = 'org-2';
  const other = await (await bringBack(operator, await ask(operator))).json();
  account = 'org-1';
  expect(other).toMatchObject({
    isAuthorised: false,
    why: 'it was authorised for the account org-1, and the one signed in to now is org-2',
  });
  const no = await (await bringBack(operator, await ask(operator), { error: 'access_denied' })).json();
  expect(no).toMatchObject({ isAuthorised: false, why: 'consent was not given (access_denied)' });
  expect((await tokens.load())?.extra['account']).toBe('org-1');
});

test('where a system goes back to TLS only, a console without it says so before anybody is asked', async () => {
  const asked = await api.app.request('http://192.168.1.7:4600/api/v1/connections/crm/authorisation', {
    method: 'POST',
    headers: admin,
  });
  expect(asked.status).toBe(409);
  expect(((await asked.json()) as { readonly advice: string }).advice).toContain('--public-url');
});

test('what came of it is on the audit trail, without code or token', async () => {
  const trail = await (await api.app.request(`${ORIGIN}/api/v1/audit`, { headers: admin })).text();
  expect(trail).toContain('connection.authorised');
  expect(trail).toContain('connection.notAuthorised');
  expect(trail).not.toMatch(/good|verifier/);
});
