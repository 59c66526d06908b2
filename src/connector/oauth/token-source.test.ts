import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer, type WebServer } from '../../../test/support/web-server.ts';
import { Secret } from '../../lib/secret.ts';
import { ConnectorFailure, type Failure } from '../failure.ts';
import { createTransport } from '../http/transport.ts';
import { createTokenSource, type TokenSourceOptions } from './create-token-source.ts';
import { clientCredentialsGrant, refreshGrant } from './grants.ts';
import type { Health } from './health.ts';
import type { ClientAuthentication, TokenEndpoint } from './token-endpoint.ts';
import type { TokenSource } from './token-source.ts';
import { createMemoryTokens, type StoredTokens, type TokenStore } from './token-store.ts';

const NEVER = new AbortController().signal;
const START_MS = 1_800_000_000_000;

interface Bench extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly healths: Health[];
  readonly store: TokenStore;
  source(more?: Partial<TokenSourceOptions>): TokenSource;
  readonly endpoint: TokenEndpoint;
}

function bench(
  server: WebServer,
  stored: StoredTokens | null = old(),
  authentication: ClientAuthentication = { kind: 'post', clientSecret: new Secret('client-secret-1') },
): Bench {
  const clock = new ManualClock({ startMs: START_MS });
  const transport = createTransport({ clock, network: { allowPlain: true, allowLoopback: true } });
  const endpoint = { url: `${server.origin}/token`, clientId: 'me', authentication, transport, clock };
  const store = createMemoryTokens(stored);
  const healths: Health[] = [];
  return {
    clock,
    healths,
    store,
    endpoint,
    source: (more = {}) =>
      createTokenSource({
        system: 'acme',
        title: 'Acme',
        obtain: refreshGrant(endpoint),
        store,
        clock,
        onHealth: (health) => healths.push(health),
        ...more,
      }),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** Tokens that have just run out. */
function old(): StoredTokens {
  return {
    accessToken: new Secret('access-0'),
    refreshToken: new Secret('refresh-0'),
    obtainedAtMs: START_MS - 3_600_000,
    expiresAtMs: START_MS,
    extra: {},
  };
}

const grant = (count: number): Readonly<Record<string, unknown>> => ({
  access_token: `access-${String(count)}`,
  refresh_token: `refresh-${String(count)}`,
  expires_in: 3_600,
  token_type: 'Bearer',
  instance_url: 'https://acme.example',
});

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ConnectorFailure);
  return (outcome as ConnectorFailure).failure;
}

const tokenOf = async (source: TokenSource): Promise<string> =>
  (await source.accessToken(NEVER)).value.reveal();

test('fifty callers with one expired token cause one refresh, and so do two workers with one store', async () => {
  await using server = await startWebServer((_, response, count) => sendJson(response, 200, grant(count)));
  await using at = bench(server);
  const sources = [at.source(), at.source()];
  const tokens = await Promise.all(
    Array.from({ length: 50 }, (_, index) => tokenOf(sources[index % 2] ?? at.source())),
  );
  expect(new Set(tokens)).toEqual(new Set(['access-1']));
  expect(server.arrived.map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())))).toEqual([
    {
      grant_type: 'refresh_token',
      refresh_token: 'refresh-0',
      client_id: 'me',
      client_secret: 'client-secret-1',
    },
  ]);
});

test('a token is kept until shortly before its end, and what else the answer said comes with it', async () => {
  await using server = await startWebServer((_, response, count) => sendJson(response, 200, grant(count)));
  await using at = bench(server);
  const source = at.source();
  expect((await source.accessToken(NEVER)).extra).toMatchObject({ instance_url: 'https://acme.example' });
  at.clock.advance(3_539_000);
  expect(await tokenOf(source)).toBe('access-1');
  at.clock.advance(1_000);
  expect(await tokenOf(source)).toBe('access-2');
});

test('a rotated refresh token is durable before its access token is used; if it cannot be kept, it is kept later', async () => {
  await using server = await startWebServer((_, response, count) => sendJson(response, 200, grant(count)));
  await using at = bench(server);
  let full = true;
  const store: TokenStore = {
    load: () => at.store.load(),
    renewing: (work) =>
      at.store.renewing((stored, save) =>
        work(stored, async (tokens) => {
          if (full) throw new Error('disk full');
          return await save(tokens);
        }),
      ),
  };
  const source = at.source({ store });
  await expect(source.accessToken(NEVER)).rejects.toThrow('disk full');
  full = false;
  expect(await tokenOf(source)).toBe('access-1');
  expect((await at.store.load())?.refreshToken?.reveal()).toBe('refresh-1');
  expect(server.arrived).toHaveLength(1);
});

test('tokens that could not be kept give way to those that somebody else stored since', async () => {
  await using server = await startWebServer((_, response, count) => sendJson(response, 200, grant(count)));
  await using at = bench(server);
  const fresh = { ...old(), accessToken: new Secret('access-new'), expiresAtMs: START_MS + 3_600_000 };
  const store: TokenStore = {
    load: () => at.store.load(),
    renewing: (work) =>
      at.store.renewing((stored) =>
        work(stored, async () => {
          throw new Error('disk full');
        }),
      ),
  };
  const broken = { store };
  const source = at.source({
    store: { load: () => broken.store.load(), renewing: (work) => broken.store.renewing(work) },
  });
  await expect(source.accessToken(NEVER)).rejects.toThrow('disk full');
  broken.store = at.store;
  await at.store.renewing((_, save) => save(fresh));
  expect(await tokenOf(source)).toBe('access-new');
  expect((await at.store.load())?.accessToken.reveal()).toBe('access-new');
});

test('a lost answer with a rotating token is asked for once more and then ends with a person, asked once', async () => {
  await using server = await startWebServer((_, response, count) =>
    count === 1
      ? void response.destroy()
      : sendJson(response, 400, { error: 'invalid_grant', error_description: 'refresh-0 was used' }),
  );
  await using at = bench(server);
  const source = at.source();
  for (let count = 0; count < 10; count += 1) {
    expect(await failureOf(source.accessToken(NEVER))).toMatchObject({
      kind: 'auth',
      code: 'acme.reauthorise',
      message: 'The authorisation of Acme has ended: invalid_grant: [secret] was used',
    });
    at.clock.advance(60_000);
  }
  expect(server.arrived).toHaveLength(2);
  expect(at.healths.map(({ kind }) => kind)).toEqual(['reauthorise']);
});

test('a lost answer whose request did not arrive is mended by the second one', async () => {
  await using server = await startWebServer((_, response, count) =>
    count === 1 ? void response.destroy() : sendJson(response, 200, grant(9)),
  );
  await using at = bench(server);
  expect(await tokenOf(at.source())).toBe('access-9');
});

test('a parked connection goes on when a person has connected it again elsewhere', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(response, 400, { error: 'invalid_grant' }),
  );
  await using at = bench(server);
  const source = at.source();
  expect((await failureOf(source.accessToken(NEVER))).kind).toBe('auth');
  const fresh = { ...old(), accessToken: new Secret('access-new'), expiresAtMs: START_MS + 3_600_000 };
  await at.store.renewing((_, save) => save(fresh));
  expect(await tokenOf(source)).toBe('access-new');
  expect(at.healths.map(({ kind }) => kind)).toEqual(['reauthorise', 'new', 'connected']);
});

test('an endpoint that is down is left alone for a doubling time', async () => {
  let down = true;
  await using server = await startWebServer((_, response) =>
    down ? void response.writeHead(502).end('<html>') : sendJson(response, 200, grant(1)),
  );
  await using at = bench(server);
  const source = at.source();
  expect((await failureOf(source.accessToken(NEVER))).kind).toBe('transient');
  expect((await failureOf(source.accessToken(NEVER))).code).toBe('acme.token_unreachable');
  expect(server.arrived).toHaveLength(2);
  down = false;
  at.clock.advance(1_000);
  expect(await tokenOf(source)).toBe('access-1');
});

test.each([
  [400, { error: 'invalid_grant' }, 'auth'],
  [401, { error: 'invalid_client' }, 'config'],
  [400, { error: 'invalid_scope' }, 'config'],
  [400, { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' }, 'auth'],
  [429, { error: 'slow' }, 'transient'],
  [503, { error: 'temporarily_unavailable' }, 'transient'],
  [200, { surprise: true }, 'transient'],
])('an answer of %i %j is a failure of kind %s', async (status, body, kind) => {
  await using server = await startWebServer((_, response) => sendJson(response, status, body));
  await using at = bench(server);
  expect((await failureOf(at.source().accessToken(NEVER))).kind).toBe(kind);
});

test('a refused token is replaced, but not one that is new', async () => {
  await using server = await startWebServer((_, response, count) => sendJson(response, 200, grant(count)));
  await using at = bench(server);
  const source = at.source();
  const first = await source.accessToken(NEVER);
  expect(await source.refused(first)).toBe(false);
  at.clock.advance(10_000);
  expect(await source.refused(first)).toBe(true);
  expect(await tokenOf(source)).toBe('access-2');
  expect(await source.refused(first)).toBe(true);
  expect(await tokenOf(source)).toBe('access-2');
});

test('one caller who gives up does not take the token from the others', async () => {
  const { promise: release, resolve } = Promise.withResolvers<null>();
  await using server = await startWebServer(async (_, response) => {
    await release;
    sendJson(response, 200, grant(1));
  });
  await using at = bench(server);
  const source = at.source();
  const controller = new AbortController();
  const impatient = failureOf(source.accessToken(controller.signal));
  const patient = tokenOf(source);
  controller.abort();
  expect((await impatient).code).toBe('acme.interrupted');
  resolve(null);
  expect(await patient).toBe('access-1');
});

test('client credentials need nothing stored, and an answer may leave out its type', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(response, 200, { access_token: 'access-1', id_token: 'not-asked-for' }),
  );
  await using at = bench(server, null, { kind: 'basic', clientSecret: new Secret('s:1') });
  const source = at.source({ obtain: clientCredentialsGrant(at.endpoint, { scope: 'all' }) });
  expect(await tokenOf(source)).toBe('access-1');
  expect(server.arrived[0]).toMatchObject({
    headers: { authorization: `Basic ${Buffer.from('me:s%3A1').toString('base64')}` },
  });
  expect(server.arrived[0]?.body.toString()).toBe('scope=all&grant_type=client_credentials');
  expect((await source.accessToken(NEVER)).extra).not.toHaveProperty('id_token');
});
