import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer } from '../../../test/support/web-server.ts';
import { must } from '../../lib/assert.ts';
import { seededRandom } from '../../lib/random.ts';
import { ConnectorFailure, type Failure } from '../failure.ts';
import type { Authorizer } from './authorizer.ts';
import type { HttpClient, HttpClientOptions } from './client-options.ts';
import { createHttpClient } from './client.ts';
import { collected } from './content.ts';
import type { HttpRequest } from './request.ts';

const NEVER = new AbortController().signal;
const READ: HttpRequest = {
  operation: 'contacts.read',
  method: 'GET',
  path: '/contacts',
  effect: 'read',
  purpose: 'capture',
  signal: NEVER,
};
const WRITE: HttpRequest = {
  ...READ,
  operation: 'contacts.create',
  method: 'POST',
  effect: 'write',
  purpose: 'delivery',
  body: { kind: 'json', value: { name: 'Ada' } },
};

function clientFor(origin: string, more: Partial<HttpClientOptions> = {}): HttpClient & AsyncDisposable {
  const client = createHttpClient({
    system: 'acme',
    title: 'Acme',
    baseUrl: `${origin}/api`,
    connectionKey: 'acme',
    clock: new ManualClock({ hurryMsMax: 10_000 }),
    random: seededRandom(1),
    network: { allowPlain: true, allowLoopback: true },
    failures: { rules: [] },
    ...more,
  });
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ConnectorFailure);
  return (outcome as ConnectorFailure).failure;
}

test('a request carries its method, path, query, headers and body', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 201, { id: '7' }));
  await using client = clientFor(server.origin, { headers: { 'x-client': 'trueup' } });
  const answer = await client.json({ ...WRITE, query: { dry: true, none: undefined, q: 'a&b' } });
  expect(answer).toMatchObject({ status: 201, content: { id: '7' } });
  const arrived = must(server.arrived[0], 'one request arrived');
  expect(arrived).toMatchObject({ method: 'POST', url: '/api/contacts?dry=true&q=a%26b' });
  expect(arrived.headers).toMatchObject({ 'content-type': 'application/json', 'x-client': 'trueup' });
  expect(arrived.body.toString()).toBe('{"name":"Ada"}');
});

test('what a cache on the way has kept is not taken for the present', async () => {
  let name = 'Ada';
  const kept = new Map<string, string>();
  await using server = await startWebServer(({ url, headers }, response) => {
    if (headers['cache-control'] !== 'no-cache' && kept.has(url))
      return sendJson(response, 200, kept.get(url) ?? null);
    kept.set(url, name);
    return sendJson(response, 200, name);
  });
  await using client = clientFor(server.origin);
  expect(await client.json(READ)).toMatchObject({ content: 'Ada' });
  name = 'Lovelace';
  expect(await client.json(READ)).toMatchObject({ content: 'Lovelace' });
});

async function* rows(): AsyncGenerator<string | Uint8Array> {
  yield 'id,name\n';
  yield Buffer.from('1,Zoë\n');
}

test('forms, texts, bytes and streams arrive as they were given', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, null));
  await using client = clientFor(server.origin);
  const bodies = [
    { kind: 'form', fields: { a: '1 2', b: '&' } },
    { kind: 'text', text: 'Zoë', contentType: 'text/plain' },
    { kind: 'bytes', bytes: new Uint8Array([1, 2]).subarray(1), contentType: 'image/png' },
    { kind: 'stream', chunks: rows, contentType: 'text/csv' },
  ] as const;
  for (const body of bodies) await client.json({ ...WRITE, body });
  const seen = server.arrived.map(({ headers, body }) => [headers['content-type'], body.toString('latin1')]);
  expect(seen).toEqual([
    ['application/x-www-form-urlencoded', 'a=1+2&b=%26'],
    ['text/plain', Buffer.from('Zoë').toString('latin1')],
    ['image/png', '\u0002'],
    ['text/csv', Buffer.from('id,name\n1,Zoë\n').toString('latin1')],
  ]);
});

test('an answer may be compressed, empty, text, bytes or a stream', async () => {
  await using server = await startWebServer(({ url }, response) => {
    if (url.endsWith('/empty')) response.writeHead(204).end();
    else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":"Zoë"}'));
  });
  await using client = clientFor(server.origin);
  expect((await client.json(READ)).content).toEqual({ a: 'Zoë' });
  expect((await client.json({ ...READ, path: '/empty' })).content).toBeNull();
  expect((await client.text(READ)).content).toBe('{"a":"Zoë"}');
  expect((await client.bytes(READ)).content).toEqual(Buffer.from('{"a":"Zoë"}'));
  expect((await collected((await client.stream(READ)).content)).toString()).toBe('{"a":"Zoë"}');
});

test('sockets are used again', async () => {
  const ports = new Set<number>();
  await using server = await startWebServer((_, response) => {
    ports.add(response.socket?.remotePort ?? 0);
    sendJson(response, 200, {});
  });
  await using client = clientFor(server.origin);
  for (let count = 0; count < 20; count += 1) await client.json(READ);
  // An answer may be read to its end a moment before its socket is free again, hence a second one.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test('what never left is transient for a write too', async () => {
  const server = await startWebServer(() => undefined);
  await server[Symbol.asyncDispose]();
  await using client = clientFor(server.origin);
  expect(await failureOf(client.json(WRITE))).toMatchObject({ kind: 'transient', code: 'acme.unreachable' });
});

test('a write whose answer is lost has an unknown outcome and is not sent again; a read is, and may succeed', async () => {
  await using server = await startWebServer(({ method }, response, count) => {
    if (method === 'POST' || count < 4) response.destroy();
    else sendJson(response, 200, {});
  });
  await using client = clientFor(server.origin);
  expect(await failureOf(client.json(WRITE))).toMatchObject({
    kind: 'unknownOutcome',
    code: 'acme.outcome_unknown',
  });
  expect(server.arrived).toHaveLength(1);
  expect((await client.json(READ)).content).toEqual({});
  expect(server.arrived).toHaveLength(4);
});

test.each([
  ['text/html', '<html>maintenance</html>', 'the answer is not JSON'],
  ['application/json', '{"items": [1, 2', 'the answer is JSON that is cut off or damaged'],
  ['application/json', '['.repeat(100_000), 'the answer is nested too deep'],
])('a 200 of %s that is no JSON document is a lost answer', async (type, body, why) => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await using client = clientFor(server.origin);
  const read = await failureOf(client.json(READ));
  expect(read).toMatchObject({ kind: 'transient', code: 'acme.answer_not_json' });
  expect(read.message).toContain(why);
  expect(await failureOf(client.json(WRITE))).toMatchObject({ kind: 'unknownOutcome' });
});

test('an answer that inflates beyond the limit is cut off', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
  });
  await using client = clientFor(server.origin, { answerBytesMax: 100_000 });
  expect(await failureOf(client.bytes(READ))).toMatchObject({
    kind: 'permanent',
    code: 'acme.answer_too_large',
  });
  expect(await failureOf(client.bytes(WRITE))).toMatchObject({ kind: 'unknownOutcome' });
});

test('time runs out by the injected clock, for the whole answer', async () => {
  const clock = new ManualClock();
  await using server = await startWebServer((_, response) => {
    response.writeHead(200).write('{');
    clock.advance(5_000);
  });
  await using client = clientFor(server.origin, { clock, timeoutMs: 5_000 });
  expect(await failureOf(client.json(WRITE))).toMatchObject({ kind: 'unknownOutcome' });
});

test('an aborted read is interrupted and not tried again', async () => {
  const controller = new AbortController();
  await using server = await startWebServer(() => controller.abort());
  await using client = clientFor(server.origin);
  const failure = await failureOf(client.json({ ...READ, signal: controller.signal }));
  expect(failure).toMatchObject({ kind: 'transient', code: 'acme.interrupted' });
  expect(server.arrived).toHaveLength(1);
});

test('a redirect is followed within the origin only, and by reads only', async () => {
  await using other = await startWebServer((_, response) => sendJson(response, 200, {}));
  await using server = await startWebServer(({ url }, response) => {
    if (url === '/api/moved') sendJson(response, 302, {}, { location: '/api/here' });
    else if (url === '/api/away') sendJson(response, 307, {}, { location: `${other.origin}/steal` });
    else if (url === '/api/round') sendJson(response, 302, {}, { location: '/api/round' });
    else sendJson(response, 200, { here: true });
  });
  await using client = clientFor(server.origin);
  expect((await client.json({ ...READ, path: '/moved' })).content).toEqual({ here: true });
  for (const request of [
    { ...READ, path: '/away' },
    { ...READ, path: '/round' },
    { ...WRITE, path: '/moved' },
  ])
    expect(await failureOf(client.json(request))).toMatchObject({ kind: 'config', code: 'acme.redirected' });
  expect(other.arrived).toEqual([]);
});

test('a request to another origin is refused before anything is sent', async () => {
  await using other = await startWebServer((_, response) => sendJson(response, 200, {}));
  await using server = await startWebServer((_, response) => sendJson(response, 200, {}));
  await using client = clientFor(server.origin);
  for (const path of [other.origin, '@evil.example/x', `http://user:word@127.0.0.1:${String(server.port)}/`])
    expect(await failureOf(client.json({ ...READ, path }))).toMatchObject({
      kind: 'config',
      code: 'acme.foreign_address',
    });
  expect((await client.json({ ...READ, path: `${server.origin}/next?page=2` })).status).toBe(200);
  expect([...server.arrived, ...other.arrived].map(({ url }) => url)).toEqual(['/next?page=2']);
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const VENDOR: Partial<HttpClientOptions> = {
  failures: {
    readError: ({ content }) =>
      typeof content === 'object' && content !== null && 'success' in content && content['success'] === false
        ? { code: textOf(content['code']), message: textOf(content['message']), field: 'email' }
        : null,
    rules: [
      { code: 'TAKEN', kind: 'invalid', name: 'duplicate', advice: 'Remove one of the two.' },
      { status: 403, code: 'LIMIT', kind: 'rateLimited', retryAfterMs: 1_000 },
    ],
  },
};

test('a 200 that says no is a failure by the table of the connector', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(response, 200, { success: false, code: 'TAKEN', message: 'already there' }),
  );
  await using client = clientFor(server.origin, VENDOR);
  expect(await failureOf(client.json(WRITE))).toEqual({
    kind: 'invalid',
    code: 'acme.duplicate',
    message: 'Acme answered contacts.create with 200: already there',
    field: 'email',
    advice: 'Remove one of the two.',
  });
});

test('a status that is expected is an answer, with or without a body', async () => {
  await using server = await startWebServer((_, response) => {
    response.writeHead(404).end('<html>');
  });
  await using client = clientFor(server.origin);
  expect(await client.json({ ...READ, expects: [404] })).toMatchObject({ status: 404, content: null });
  expect(await failureOf(client.json(READ))).toMatchObject({ kind: 'config', code: 'acme.not_found' });
});

test('a limit that was hit is waited out by the next try, and halves what runs at once', async () => {
  await using server = await startWebServer((_, response, count) =>
    count === 1
      ? sendJson(response, 403, { success: false, code: 'LIMIT', message: 'slow' })
      : sendJson(response, 200, {}),
  );
  const clock = new ManualClock({ hurryMsMax: 10_000 });
  await using client = clientFor(server.origin, { ...VENDOR, clock });
  const startMs = clock.nowMs();
  expect((await client.json(READ)).status).toBe(200);
  expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(1_000);
});

test('what is kept back because the system was not there costs no try', async () => {
  await using server = await startWebServer((_request, response) =>
    sendJson(response, 503, {}, { 'retry-after': '120' }),
  );
  await using client = clientFor(server.origin);
  expect(await failureOf(client.json(READ))).toMatchObject({ kind: 'transient' });
  const keptBack = { kind: 'rateLimited', code: 'acme.budget_paused' };
  expect(await failureOf(client.json(READ))).toMatchObject(keptBack);
});

test('a pause that is longer than a call may wait goes back to the queue with its length', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(response, 429, {}, { 'retry-after': '120' }),
  );
  await using client = clientFor(server.origin);
  const asked = await failureOf(client.json(READ));
  expect(asked).toMatchObject({ kind: 'rateLimited', retryAfterMs: 120_000 });
  const { kind, code, message } = asked;
  expect(await failureOf(client.json(READ))).toMatchObject({ kind, code, message });
  expect(server.arrived).toHaveLength(1);
});

test('after repeated failures the system is left alone, and one probe opens the way again', async () => {
  let broken = true;
  await using server = await startWebServer((_, response) => sendJson(response, broken ? 500 : 200, {}));
  const clock = new ManualClock({ hurryMsMax: 2_000 });
  await using client = clientFor(server.origin, { clock });
  for (let count = 0; count < 5; count += 1)
    expect(await failureOf(client.json(WRITE))).toMatchObject({ kind: 'unknownOutcome' });
  expect(await failureOf(client.json(WRITE))).toMatchObject({ kind: 'transient', code: 'acme.left_alone' });
  expect(server.arrived).toHaveLength(5);
  broken = false;
  clock.advance(5_000);
  expect((await client.json(WRITE)).status).toBe(200);
  expect((await client.json(WRITE)).status).toBe(200);
});

test('a refused credential is renewed once and the request, which did not happen, is sent again', async () => {
  await using server = await startWebServer(({ headers }, response) =>
    sendJson(response, headers.authorization === 'Bearer fresh-token' ? 200 : 401, {}),
  );
  let token = 'stale-token';
  const authorizer: Authorizer = {
    headers: async () => ({ authorization: `Bearer ${token}` }),
    refused: async () => {
      token = 'fresh-token';
      return true;
    },
    secrets: () => [token],
  };
  await using client = clientFor(server.origin, { authorizer });
  expect((await client.json(WRITE)).status).toBe(200);
  expect(server.arrived).toHaveLength(2);
});

test('no address but those of the policy is dialled', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, {}));
  for (const network of [
    {},
    { allowLoopback: true },
    { allowPlain: true },
    { allowPlain: true, allowPrivate: true },
  ]) {
    await using client = clientFor(server.origin, { network });
    expect(await failureOf(client.json(READ))).toMatchObject({
      kind: 'config',
      code: 'acme.forbidden_address',
    });
  }
  expect(server.arrived).toEqual([]);
});

test('what is told of an exchange holds neither path nor values nor secrets', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(
      response,
      400,
      { success: false, code: 'X', message: 'bad key-123456 for ada' },
      { 'set-cookie': 'a=b' },
    ),
  );
  const told: string[] = [];
  await using client = clientFor(server.origin, {
    ...VENDOR,
    secrets: ['key-123456'],
    onExchange: ({ text }) => told.push(text),
  });
  const failure = await failureOf(client.json({ ...WRITE, path: '/ada', query: { api_key: 'key-123456' } }));
  expect(failure.message).toBe('Acme answered contacts.create with 400: bad [secret] for ada');
  expect(told).toEqual([`POST 127.0.0.1:${String(server.port)} (query api_key; json, 14 bytes) → acme.x`]);
});

test('closing ends what still runs', async () => {
  const { promise: reached, resolve: arrived } = Promise.withResolvers<null>();
  await using server = await startWebServer(() => arrived(null));
  const client = clientFor(server.origin);
  const running = failureOf(client.json(WRITE));
  await reached;
  await client.close();
  expect(await running).toMatchObject({ kind: 'unknownOutcome' });
});
