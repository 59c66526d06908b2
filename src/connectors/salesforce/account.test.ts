import { generateKeyPairSync } from 'node:crypto';

import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  failureOf,
  salesforceWorkbench,
  type SalesforceWorkbench,
} from '../../../test/support/salesforce-workbench.ts';
import { must } from '../../lib/assert.ts';
import type { ConnectedApp } from '../../simulators/salesforce/sessions.ts';

let bench: SalesforceWorkbench;

beforeEach(async () => {
  bench = await salesforceWorkbench(6);
});

afterEach(() => bench.close());

function app(): ConnectedApp {
  return must(bench.simulator.sessions.app(bench.simulator.credentials.clientId), 'the app is there');
}

function refreshToken(): string {
  const { sessions, credentials } = bench.simulator;
  const login = must(sessions.login(credentials.username), 'the login is there');
  return sessions.issueRefreshToken(sessions.open(app(), login));
}

test('an account opens by client credentials, by a refresh token and by a key', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  bench.simulator.sessions.register({ ...app(), certificate: publicKey });
  const byKey = {
    client_secret: '',
    private_key: privateKey,
    username: bench.simulator.credentials.username,
  };
  for (const settings of [{}, { refresh_token: refreshToken() }, byKey]) {
    const session = await bench.open(settings);
    expect(await session.get('Account', [], ['Name'])).toEqual([]);
  }
});

test('a session that ended is renewed once for all who wait, and no request is lost', async () => {
  const session = await bench.open();
  const id = bench.simulator.org.person('Ann Admin').create('Account', { Name: 'Blue' });
  await session.get('Account', [id], ['Name']);
  bench.clock.shift(20_000);
  bench.simulator.sessions.expireAll();
  const asked = bench.simulator.fault({
    match: { path: '/oauth2/token' },
    kind: 'delay',
    delayMs: 20,
    times: 100,
  });
  const looks = await Promise.all(Array.from({ length: 8 }, () => session.get('Account', [id], ['Name'])));
  expect(looks.flat().every(({ kind }) => kind === 'found')).toBe(true);
  expect(asked.hits()).toBe(1);
});

test('a write that meets an ended session happens once', async () => {
  const session = await bench.open();
  await session.describe(['Account']);
  bench.clock.shift(20_000);
  bench.simulator.sessions.expireAll();
  const fields = new Map([['Name', 'Blue']]);
  const request = { key: 'k', kind: 'create' as const, recordId: null, ifVersion: null, fields };
  expect((await session.write('Account', [request]))[0]?.kind).toBe('written');
  expect(bench.simulator.org.records('Account')).toHaveLength(1);
});

test('a revoked refresh token asks a person once, however many requests meet it', async () => {
  const healths: string[] = [];
  const onHealth = (health: { readonly kind: string }): number => healths.push(health.kind);
  const session = await bench.open({ refresh_token: refreshToken() }, { onHealth });
  bench.simulator.sessions.revokeRefreshTokens();
  bench.simulator.sessions.expireAll();
  bench.clock.shift(20_000);
  const failures = await Promise.all(
    [1, 2, 3].map(() => failureOf(session.get('Account', ['001Sm00000ZZZZZIA5'], ['Name']))),
  );
  expect(new Set(failures.map(({ kind, code }) => `${kind} ${code}`))).toEqual(
    new Set(['auth salesforce.reauthorise']),
  );
  expect(healths).toEqual(['connected', 'reauthorise']);
});

test('what is wrong with a login is told by its kind, and never with a secret', async () => {
  const wrong = [
    [{ client_secret: 'wrong-secret-1' }, 'config salesforce.client_refused'],
    [{ client_id: 'nobody' }, 'config salesforce.client_refused'],
    [{ refresh_token: 'stale-token-1' }, 'auth salesforce.reauthorise'],
    [{ login_url: 'http://127.0.0.1:1' }, 'transient salesforce.token_unreachable'],
    [{ private_key: 'no key at all', username: 'u' }, 'config salesforce.bad_private_key'],
  ] as const;
  for (const [settings, expected] of wrong) {
    const given = 'private_key' in settings ? { ...settings, client_secret: '' } : settings;
    const failure = await failureOf(bench.open(given));
    expect(`${failure.kind} ${failure.code}`).toBe(expected);
    expect(JSON.stringify(failure)).not.toMatch(/wrong-secret-1|stale-token-1|no key at all/);
  }
});

test('an account without the right scope is told so when it opens', async () => {
  bench.simulator.sessions.register({ ...app(), scopes: ['id'] });
  const failure = await failureOf(bench.open());
  expect(failure).toMatchObject({ kind: 'auth', code: 'salesforce.invalid_session_id' });
});

test('without leave of the deployment no address of this machine is reached', async () => {
  const failure = await failureOf(bench.open({}, { network: {} }));
  expect(failure.kind).toBe('config');
});
