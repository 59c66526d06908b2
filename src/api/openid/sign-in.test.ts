/** Signing in with a provider that others wrote, and what somebody who means harm would try on the way. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import {
  ADMIN,
  createTestApi,
  ORIGIN,
  sessionHeaders,
  signInFirst,
  type TestApi,
} from '../../../test/support/api.ts';
import { CLIENT, startProvider, type TestProvider } from '../../../test/support/oidc.ts';
import { sharedTestStore } from '../../../test/support/sync.ts';
import { must } from '../../lib/assert.ts';
import type { JsonObject } from '../../lib/json.ts';
import { auditPage } from '../../store/audit.ts';

type Headers = Readonly<Record<string, string>>;

const UNLIMITED = { burst: 100_000, perSecond: 100_000 };
const PATH = '/sign-in/house';
const REDIRECT = `${ORIGIN}/api/v1${PATH}/callback`;
const SETTINGS = {
  title: 'House',
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  roles: [
    { group: 'ops', role: 'operator' },
    { group: 'chiefs', role: 'admin' },
  ],
};
const GRETA = { email: 'greta@example.com', name: 'Greta', groups: ['ops'] };

const store = sharedTestStore();
let api: TestApi;
let provider: TestProvider;
let other: TestProvider;
let admin: Headers;

beforeAll(async () => {
  api = createTestApi(store, {
    rates: { address: UNLIMITED, account: UNLIMITED, signIn: UNLIMITED, delivery: UNLIMITED },
  });
  admin = await signInFirst(api);
  provider = await startProvider([REDIRECT]);
  other = await startProvider([`${ORIGIN}/api/v1/sign-in/other/callback`]);
  await setUp('house', { ...SETTINGS, issuer: provider.issuer });
  await setUp('other', { ...SETTINGS, issuer: other.issuer });
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await api.close();
});
beforeEach(() => {
  provider.meddling = null;
  provider.person = { subject: 'greta', claims: GRETA };
});

function setUp(name: string, body: JsonObject): Promise<Response> {
  return send('PUT', `/sign-in-providers/${name}`, admin, body);
}

async function send(method: string, path: string, headers: Headers, body?: JsonObject): Promise<Response> {
  return api.app.request(`${ORIGIN}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** One browser's way out: where it is sent, and the cookie it was given. */
async function setOut(body: JsonObject = {}, path = PATH): Promise<{ url: string; cookie: string }> {
  const answer = await send('POST', path, {}, body);
  const { url } = (await answer.json()) as { readonly url: string };
  return { url, cookie: cookieNamed(answer, 'trueup_sign_in') ?? '' };
}

function cookieNamed(answer: Response, name: string): string | undefined {
  const lines = answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  return lines.find((line) => line.startsWith(`${name}=`) && line !== `${name}=`);
}

async function comeBack(back: URL, cookie: string): Promise<Response> {
  return api.app.request(back.href, { headers: { cookie, 'sec-fetch-mode': 'navigate' } });
}

/** Out and back; where it ended, and the session if there is one. */
async function signIn(body: JsonObject = {}): Promise<{ to: string | null; session: string | undefined }> {
  const { url, cookie } = await setOut(body);
  const answer = await comeBack(await provider.visit(url), cookie);
  expect(answer.status).toBe(303);
  return { to: answer.headers.get('location'), session: cookieNamed(answer, 'trueup_session') };
}

async function who(session: string | undefined): Promise<JsonObject> {
  return (await (await send('GET', '/session', { cookie: session ?? '' })).json()) as JsonObject;
}

function textIn(document: JsonObject, name: string): string {
  const text = document[name];
  return typeof text === 'string' ? text : '';
}

/** The claims of a token that the provider has made. */
function claimsIn(answer: JsonObject): JsonObject {
  const [, claims = ''] = textIn(answer, 'id_token').split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as JsonObject;
}

const meddle = (change: JsonObject, header?: JsonObject) => (answer: JsonObject) => ({
  ...answer,
  id_token: provider.signed({ ...claimsIn(answer), ...change }, header),
});

const refusedAs = (code: string) => ({ to: `/sign-in?refused=${code}`, session: undefined });

test('whoever the provider vouches for comes in, with the role of their groups, and is known again', async () => {
  const first = await signIn({ returnTo: '/problems?sync=x' });
  expect(first.to).toBe('/problems?sync=x');
  const session = await who(first.session);
  expect(session).toMatchObject({ state: 'signedIn', account: { email: GRETA.email, role: 'operator' } });
  provider.person.claims = { ...GRETA, groups: ['ops', 'chiefs'], email: 'new@example.com' };
  const again = await who((await signIn()).session);
  expect(again).toMatchObject({ account: { email: GRETA.email, role: 'admin' } });
  const deeds = await store.database.transaction(store.workspaceNo, (tx) => auditPage(tx, null, 20));
  expect(deeds.filter(({ by }) => by === GRETA.email).map(({ action }) => action)).toEqual([
    'session.begun',
    'account.changed',
    'session.begun',
    'account.made',
  ]);
});

test('the sign-in page learns names and titles, and nobody learns the client secret', async () => {
  const shown = await (await send('GET', '/sign-in', {})).json();
  expect(shown).toEqual({
    items: [
      { name: 'house', title: 'House' },
      { name: 'other', title: 'House' },
    ],
    next: null,
  });
  const settings = await (await send('GET', '/sign-in-providers', admin)).text();
  expect(settings).toContain('"hasSecret":true');
  const stored = await store.raw.pool.query<{ row: string }>(
    'select t::text as row from sign_in_providers as t',
  );
  for (const text of [settings, ...stored.rows.map(({ row }) => row)])
    expect(text).not.toContain(CLIENT.secret);
});

test('whoever is in no group that has a role stays out, and loses what they came in by before', async () => {
  const { session } = await signIn();
  expect(await who(session)).toMatchObject({ state: 'signedIn' });
  provider.person.claims = { ...GRETA, groups: ['canteen'] };
  expect(await signIn()).toEqual(refusedAs('noRole'));
  expect(await who(session)).toMatchObject({ state: 'signedOut' });
  provider.person = { subject: 'nobody', claims: { email: 'nobody@example.com' } };
  expect(await signIn()).toEqual(refusedAs('noRole'));
});

test('an address proves nothing: an account with a password is linked only by whoever is signed in to it', async () => {
  provider.person = { subject: 'ada', claims: { email: ADMIN.email, groups: ['ops'] } };
  expect(await signIn()).toEqual(refusedAs('addressTaken'));
  const started = await send('POST', PATH, admin, { link: true, returnTo: '/settings' });
  const { url } = (await started.json()) as { readonly url: string };
  const cookie = cookieNamed(started, 'trueup_sign_in') ?? '';
  const linked = await comeBack(await provider.visit(url), cookie);
  expect(linked.headers.get('location')).toBe('/settings');
  expect(cookieNamed(linked, 'trueup_session')).toBeUndefined();
  // Whoever has a password here keeps the role that was given here.
  expect(await who((await signIn()).session)).toMatchObject({
    account: { email: ADMIN.email, role: 'admin' },
  });
  expect((await send('POST', PATH, {}, { link: true })).status).toBe(401);
});

test('an identity that is somebody else’s is not linked, and one that is disabled stays out', async () => {
  const { session } = await signIn();
  expect(session).toBeDefined();
  const started = await send('POST', PATH, admin, { link: true });
  const { url } = (await started.json()) as { readonly url: string };
  const back = await comeBack(
    await provider.visit(url),
    must(cookieNamed(started, 'trueup_sign_in'), 'a cookie'),
  );
  expect(back.headers.get('location')).toBe('/sign-in?refused=linkedElsewhere');
  await store.raw.pool.query('update accounts set is_disabled = true where email = $1', [GRETA.email]);
  expect(await signIn()).toEqual(refusedAs('disabled'));
  await store.raw.pool.query('update accounts set is_disabled = false where email = $1', [GRETA.email]);
});

test('no account is made without an address, or with one that the provider has not checked', async () => {
  provider.person = { subject: 'hal', claims: { groups: ['ops'] } };
  expect(await signIn()).toEqual(refusedAs('noAddress'));
  provider.person.claims = { email: 'hal@example.com', email_verified: false, groups: ['ops'] };
  expect(await signIn()).toEqual(refusedAs('noAddress'));
});

test('an answer counts once, in the browser that set out, for the attempt it belongs to', async () => {
  const { url, cookie } = await setOut();
  const back = await provider.visit(url);
  // Somebody else's browser, one without a cookie, and one that set out for itself.
  const mallory = await setOut();
  for (const strange of ['', mallory.cookie, `trueup_sign_in=${'1.'.padEnd(45, 'A')}`])
    expect((await comeBack(back, strange)).headers.get('location')).toBe('/sign-in?refused=expired');
  // The state of the one with the code of the other.
  const swapped = new URL(back);
  swapped.searchParams.set('state', new URL(mallory.url).searchParams.get('state') ?? '');
  const injected = await comeBack(swapped, mallory.cookie);
  expect(injected.headers.get('location')).toMatch(/refused=(expired|untrusted)$/);
  // Nothing of that kept out whoever it belongs to.
  expect((await comeBack(back, cookie)).headers.get('location')).toBe('/');
});

test('a code and a state that were used once are worth nothing', async () => {
  const { url, cookie } = await setOut();
  const back = await provider.visit(url);
  const answers = await Promise.all([comeBack(back, cookie), comeBack(back, cookie)]);
  expect(answers.filter((answer) => cookieNamed(answer, 'trueup_session') !== undefined)).toHaveLength(1);
  expect((await comeBack(back, cookie)).headers.get('location')).toBe('/sign-in?refused=expired');
});

test('an attempt that took too long is over', async () => {
  const { url, cookie } = await setOut();
  const back = await provider.visit(url);
  await store.raw.pool.query("update sign_in_attempts set ends_at = now() - interval '1 second'");
  expect((await comeBack(back, cookie)).headers.get('location')).toBe('/sign-in?refused=expired');
});

test.each([
  ['with another nonce', () => meddle({ nonce: 'another' })],
  ['without a nonce', () => meddle({ nonce: null })],
  ['for another client', () => meddle({ aud: 'another' })],
  ['for several clients, on behalf of another', () => meddle({ aud: [CLIENT.id, 'b'], azp: 'b' })],
  ['of another issuer', () => meddle({ iss: other.issuer })],
  ['that has expired beyond what clocks may differ', () => meddle({ exp: nowS() - 120 })],
  ['that counts only later', () => meddle({ nbf: nowS() + 600 })],
  ['that nobody signed', () => meddle({}, { alg: 'none' })],
  ['that says so and is signed all the same', () => meddle({}, { alg: 'HS256', kid: 'test' })],
  ['under a key that the provider does not have', () => meddle({}, { alg: 'RS256', kid: 'unknown' })],
  [
    'with another subject under the old signature',
    () => (answer: JsonObject) => ({ ...answer, id_token: forged(textIn(answer, 'id_token')) }),
  ],
  [
    'at all',
    () => (answer: JsonObject) =>
      Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'id_token')),
  ],
])('an ID token %s lets nobody in', async (_, meddling) => {
  provider.meddling = meddling();
  expect(await signIn()).toEqual(refusedAs('untrusted'));
});

test('clocks may differ by less than a minute', async () => {
  provider.meddling = meddle({ exp: nowS() - 30 });
  expect((await signIn()).session).toBeDefined();
});

function nowS(): number {
  return Math.floor(api.host.clock.nowMs() / 1_000);
}

function forged(token: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const changed = {
    ...(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as object),
    sub: 'ada',
  };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

test('an answer of one provider is not taken for another’s', async () => {
  other.person = { subject: 'greta', claims: { ...GRETA, groups: ['chiefs'] } };
  const { url, cookie } = await setOut({}, '/sign-in/other');
  const back = await other.visit(url);
  // Led to the address of the first provider, where an attacker's provider would have its code used.
  const mixed = new URL(back);
  mixed.pathname = `/api/v1${PATH}/callback`;
  expect((await comeBack(mixed, cookie)).headers.get('location')).toBe('/sign-in?refused=expired');
  // And with the issuer of the other in the answer.
  const second = await setOut();
  const wrong = await provider.visit(second.url);
  wrong.searchParams.set('iss', other.issuer);
  expect((await comeBack(wrong, second.cookie)).headers.get('location')).toBe('/sign-in?refused=untrusted');
  // The same subject at another provider is somebody else.
  const third = await setOut({}, '/sign-in/other');
  const answer = await comeBack(await other.visit(third.url), third.cookie);
  expect(answer.headers.get('location')).toBe('/sign-in?refused=addressTaken');
});

test('nobody is led to another site, whatever is asked for', async () => {
  for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', '/a\\b', '/ /x', 'x'])
    expect([returnTo, (await send('POST', PATH, {}, { returnTo })).status]).toEqual([returnTo, 422]);
});

test('a session that was planted beforehand is not the one that is signed in', async () => {
  const planted = `1.${'A'.repeat(43)}`;
  const { url, cookie } = await setOut();
  const answer = await comeBack(await provider.visit(url), `${cookie}; trueup_session=${planted}`);
  const session = must(cookieNamed(answer, 'trueup_session'), 'signed in');
  expect(session).not.toContain(planted);
  expect(answer.headers.getSetCookie().find((line) => line.startsWith(session))).toMatch(
    /HttpOnly.*SameSite=Strict/,
  );
});

test('the person saying no, and a provider that is gone, are told apart', async () => {
  const { url, cookie } = await setOut();
  const state = new URL(url).searchParams.get('state') ?? '';
  const no = new URL(`${REDIRECT}?error=access_denied&state=${state}&iss=${provider.issuer}`);
  expect((await comeBack(no, cookie)).headers.get('location')).toBe('/sign-in?refused=denied');
  const gone = await startProvider([`${ORIGIN}/api/v1/sign-in/gone/callback`]);
  const settings = { ...SETTINGS, issuer: gone.issuer };
  expect((await setUp('gone', settings)).status).toBe(200);
  const third = await setOut({}, '/sign-in/gone');
  const back = await gone.visit(third.url);
  await gone[Symbol.asyncDispose]();
  expect((await comeBack(back, third.cookie)).headers.get('location')).toBe('/sign-in?refused=unreachable');
  const refused = await setUp('gone2', settings);
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('was not reached')]);
  expect((await send('DELETE', '/sign-in-providers/gone', admin)).status).toBe(204);
});

test('the stored client secret goes to no other issuer or client, and is kept for the same', async () => {
  const { clientSecret: _, ...without } = { ...SETTINGS, issuer: provider.issuer };
  for (const change of [{ issuer: other.issuer }, { clientId: 'another' }]) {
    const refused = await setUp('house', { ...without, ...change });
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('clientSecret')]);
  }
  expect((await setUp('house', without)).status).toBe(200);
  expect((await signIn()).session).toBeDefined();
});

test('only an admin sets providers up, and removing one signs out whoever came in by it', async () => {
  const { session } = await signIn();
  const greta = await send('GET', '/session', { cookie: session ?? '' });
  const headers = {
    cookie: session ?? '',
    'x-trueup-csrf': textIn((await greta.json()) as JsonObject, 'csrfToken'),
  };
  for (const [method, path] of [
    ['GET', '/sign-in-providers'],
    ['DELETE', '/sign-in-providers/house'],
  ] as const)
    expect((await send(method, path, headers)).status).toBe(403);
  expect((await send('DELETE', '/sign-in-providers/house', admin)).status).toBe(204);
  expect(await who(session)).toMatchObject({ state: 'signedOut' });
  expect((await send('POST', PATH, {}, {})).status).toBe(404);
  // A password still opens the door when no provider does.
  const broken = await api.post('/session', { email: ADMIN.email, password: ADMIN.password });
  expect(Object.keys(await sessionHeaders(broken))).toEqual(['cookie', 'x-trueup-csrf']);
});

test('an address that the deployment lets nobody reach is not asked, whoever names it', async () => {
  const strict = createTestApi(store, {}, undefined, { network: {} });
  try {
    const answer = await strict.app.request(`${ORIGIN}/api/v1/sign-in-providers/inner`, {
      method: 'PUT',
      headers: { ...admin, 'content-type': 'application/json' },
      body: JSON.stringify({ ...SETTINGS, issuer: 'https://169.254.169.254/latest' }),
    });
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('(forbidden)')]);
  } finally {
    await strict.close();
  }
});
