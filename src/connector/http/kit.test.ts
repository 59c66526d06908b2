import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer } from '../../../test/support/web-server.ts';
import { seededRandom } from '../../lib/random.ts';
import { Secret } from '../../lib/secret.ts';
import { ConnectorFailure, type FailureKind } from '../failure.ts';
import { basicAuthorizer, keyAuthorizer, tokenAuthorizer } from '../oauth/authorizers.ts';
import { createTokenSource } from '../oauth/create-token-source.ts';
import { clientCredentialsGrant } from '../oauth/grants.ts';
import { createMemoryTokens } from '../oauth/token-store.ts';
import type { Limit } from './budget.ts';
import type { HttpClient, HttpClientOptions } from './client-options.ts';
import { createHttpClient } from './client.ts';
import type { HttpRequest } from './request.ts';
import { createTransport } from './transport.ts';

const NETWORK = { allowPlain: true, allowLoopback: true };
const READ: HttpRequest = {
  operation: 'contacts.read',
  method: 'GET',
  path: '/contacts',
  effect: 'read',
  purpose: 'capture',
  signal: new AbortController().signal,
};

function clientFor(baseUrl: string, more: Partial<HttpClientOptions> = {}): HttpClient & AsyncDisposable {
  const client = createHttpClient({
    system: 'acme',
    title: 'Acme',
    baseUrl,
    connectionKey: 'acme',
    clock: new ManualClock({ hurryMsMax: 10_000 }),
    random: seededRandom(1),
    network: NETWORK,
    failures: { rules: [] },
    ...more,
  });
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

async function kindOf(promise: Promise<unknown>): Promise<FailureKind | 'answered'> {
  return await promise.then(
    () => 'answered' as const,
    (error: unknown) => {
      if (error instanceof ConnectorFailure) return error.failure.kind;
      throw error;
    },
  );
}

test('a token that the system refuses is replaced, and while a person is needed nothing is sent or paid for', async () => {
  let granted = 0;
  let parked = false;
  await using server = await startWebServer(({ url, headers }, response) => {
    if (url === '/token') {
      granted += 1;
      if (parked) sendJson(response, 400, { error: 'invalid_grant' });
      else sendJson(response, 200, { access_token: `token-${String(granted)}`, token_type: 'Bearer' });
    } else
      sendJson(
        response,
        headers.authorization === `Bearer token-${String(granted)}` && !parked ? 200 : 401,
        {},
      );
  });
  const clock = new ManualClock({ hurryMsMax: 10_000 });
  const transport = createTransport({ clock, network: NETWORK });
  const authentication = { kind: 'post', clientSecret: new Secret('client-secret') } as const;
  const endpoint = { url: `${server.origin}/token`, clientId: 'me', authentication, transport, clock };
  const asked: string[] = [];
  const source = createTokenSource({
    system: 'acme',
    title: 'Acme',
    obtain: clientCredentialsGrant(endpoint),
    store: createMemoryTokens(),
    clock,
    onHealth: ({ kind }) => asked.push(kind),
  });
  const limit: Limit = {
    name: 'daily',
    units: 10,
    refill: { kind: 'steady', unitsPerSecond: 0 },
    costDefault: 1,
  };
  await using client = clientFor(server.origin, {
    authorizer: tokenAuthorizer(source),
    clock,
    limits: [limit],
  });
  expect((await client.json(READ)).status).toBe(200);
  granted += 1;
  clock.advance(60_000);
  expect((await client.json(READ)).status).toBe(200);
  parked = true;
  clock.advance(60_000);
  for (let count = 0; count < 20; count += 1) expect(await kindOf(client.json(READ))).toBe('auth');
  expect(asked).toEqual(['connected', 'reauthorise']);
  const data = server.arrived.filter(({ url }) => url !== '/token');
  expect(data).toHaveLength(4);
  parked = false;
  source.resume();
  expect((await client.json(READ)).status).toBe(200);
  await transport.close();
});

test('two accounts on one system never send each other their credentials', async () => {
  await using server = await startWebServer(({ headers }, response) =>
    sendJson(response, 200, [headers['x-key'] ?? headers.authorization]),
  );
  const clock = new ManualClock();
  await using one = clientFor(server.origin, {
    clock,
    authorizer: keyAuthorizer('x-key', new Secret('key-one')),
  });
  await using two = clientFor(server.origin, {
    clock,
    authorizer: basicAuthorizer('ada', new Secret('pässword')),
  });
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).json(READ)),
  );
  const basic = `Basic ${Buffer.from('ada:pässword').toString('base64')}`;
  expect(answers.map(({ content }) => content)).toEqual(
    Array.from({ length: 40 }, (_, index) => [index % 2 === 0 ? 'key-one' : basic]),
  );
});

test.each<[number, FailureKind, FailureKind]>([
  [400, 'invalid', 'invalid'],
  [401, 'auth', 'auth'],
  [402, 'config', 'config'],
  [403, 'config', 'config'],
  [404, 'config', 'precondition'],
  [405, 'permanent', 'permanent'],
  [408, 'transient', 'unknownOutcome'],
  [409, 'precondition', 'precondition'],
  [412, 'precondition', 'precondition'],
  [418, 'permanent', 'permanent'],
  [422, 'invalid', 'invalid'],
  [423, 'transient', 'transient'],
  [429, 'rateLimited', 'rateLimited'],
  [500, 'transient', 'unknownOutcome'],
  [502, 'transient', 'unknownOutcome'],
  [503, 'transient', 'transient'],
  [504, 'transient', 'unknownOutcome'],
  [599, 'transient', 'unknownOutcome'],
  [302, 'config', 'config'],
])('without a rule of the connector, %i is %s for a read and %s for a write', async (status, read, write) => {
  await using server = await startWebServer((_, response) => sendJson(response, status, {}));
  for (const [effect, kind] of [
    ['read', read],
    ['write', write],
  ] as const) {
    await using client = clientFor(server.origin);
    expect(await kindOf(client.json({ ...READ, effect }))).toBe(kind);
  }
});

test('a stream that breaks off is a failure for who reads it', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('id\n', () => response.destroy());
  });
  await using client = clientFor(server.origin);
  const { content } = await client.stream(READ);
  const read = async (): Promise<void> => {
    for await (const chunk of content) expect(chunk.length).toBe(3);
  };
  expect(await kindOf(read())).toBe('transient');
});

test('a stream that is left early frees its place', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200).end('x'.repeat(500_000));
  });
  await using client = clientFor(server.origin, { concurrency: { start: 1, max: 1 }, waitMsMax: 0 });
  for (let count = 0; count < 3; count += 1) {
    const { content } = await client.stream(READ);
    for await (const chunk of content) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  }
});

test.each([
  ['is cut off', gzipSync('{"a":1}').subarray(0, 12), 'gzip'],
  ['is none at all', Buffer.from('{"a":1}'), 'gzip'],
  ['is of an unknown kind', Buffer.from('{"a":1}'), 'zstd'],
])('a compressed answer that %s is a lost answer', async (_, body, encoding) => {
  await using server = await startWebServer((__, response) => {
    response.writeHead(200, { 'content-encoding': encoding }).end(body);
  });
  await using client = clientFor(server.origin);
  expect(await kindOf(client.json(READ))).toBe('transient');
  expect(await kindOf(client.json({ ...READ, effect: 'write', method: 'POST' }))).toBe('unknownOutcome');
});

test('an empty answer may claim to be compressed', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '0' }).end();
  });
  await using client = clientFor(server.origin);
  expect((await client.json(READ)).content).toBeNull();
});

test('a header that would end its line is never sent', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, {}));
  await using client = clientFor(server.origin);
  expect(await kindOf(client.json({ ...READ, headers: { 'x-note': 'a\r\nX-Evil: b' } }))).toBe('permanent');
  expect(server.arrived).toEqual([]);
});

test('an address without TLS behind it is a wrong setting, not an outage', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using client = clientFor(`https://127.0.0.1:${String(port)}`);
  expect(await kindOf(client.json(READ))).toBe('config');
  server.close();
});

test.each(['nonsense', 'ftp://acme.example', ''])('%j is no address of a connection', (baseUrl) => {
  expect(() => clientFor(baseUrl)).toThrow('acme.bad_address');
});

test('numbers that a double cannot hold survive with a parser of their own', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200).end('{"id":12345678901234567890}');
  });
  await using client = clientFor(server.origin, { parseJson: (text) => text.slice(6, -1) });
  expect((await client.json(READ)).content).toBe('12345678901234567890');
});
