import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { freePort } from '../../store/embedded/server.ts';
import { post, type Effect } from './http.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}/db/`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

async function failed(
  effect: Effect,
  options: { signal?: AbortSignal; clock?: Clock; to?: string } = {},
): Promise<Failure> {
  const signal = options.signal ?? new AbortController().signal;
  const request = {
    url: options.to ?? url,
    method: 'm',
    params: [],
    authorization: 'Session x',
    effect,
    signal,
  };
  const error: unknown = await post(request, options.clock ?? systemClock).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

/** A clock by which every wait is over at once. */
const hurried: Clock = { ...systemClock, sleep: () => Promise.resolve() };

function answers(status: number, headers: Record<string, string> = {}, body = ''): void {
  answer = (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

test.each([
  [429, { 'retry-after': '7' }, { kind: 'rateLimited', retryAfterMs: 7_000 }],
  [429, {}, { kind: 'rateLimited', retryAfterMs: 60_000 }],
  [503, { 'retry-after': '99999999' }, { kind: 'transient', retryAfterMs: 3_600_000 }],
  [413, {}, { kind: 'permanent', code: 'tryton.request_too_large' }],
  [302, { location: 'http://elsewhere.test/' }, { kind: 'config', code: 'tryton.not_tryton' }],
])('HTTP %i with %j fails in its own way', async (status, headers, expected) => {
  answers(status, headers);
  expect(await failed('write')).toMatchObject(expected);
});

test('a server error is transient for a read and unknown for a write', async () => {
  answers(502);
  expect(await failed('read')).toMatchObject({ kind: 'transient' });
  expect(await failed('write')).toMatchObject({ kind: 'unknownOutcome' });
});

test('an answer that is not JSON is not Tryton', async () => {
  answers(200, {}, '<html>Welcome</html>');
  expect(await failed('read')).toMatchObject({ kind: 'config', code: 'tryton.not_tryton' });
  expect(await failed('write')).toMatchObject({ kind: 'unknownOutcome' });
});

test('an answer without end is cut off', async () => {
  const chunk = Buffer.alloc(4 * 1024 * 1024, ' ');
  answer = (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };
  expect(await failed('read')).toMatchObject({ kind: 'permanent', code: 'tryton.answer_too_large' });
});

test('a connection that breaks loses the outcome of a write only', async () => {
  answer = (request) => request.socket.destroy();
  expect(await failed('read')).toMatchObject({ kind: 'transient', code: 'tryton.no_answer' });
  expect(await failed('write')).toMatchObject({ kind: 'unknownOutcome', code: 'tryton.outcome_unknown' });
});

test('silence ends after the time limit', async () => {
  answer = () => undefined;
  expect(await failed('read', { clock: hurried })).toMatchObject({
    kind: 'transient',
    code: 'tryton.no_answer',
  });
  expect(await failed('write', { clock: hurried })).toMatchObject({ kind: 'unknownOutcome' });
});

test('an aborted read is interrupted at once', async () => {
  answer = () => undefined;
  expect(await failed('read', { signal: AbortSignal.abort() })).toMatchObject({
    kind: 'transient',
    code: 'tryton.interrupted',
  });
});

test('a write that found nobody listening was not sent', async () => {
  expect(await failed('write', { to: `http://127.0.0.1:${String(await freePort())}/db/` })).toMatchObject({
    kind: 'transient',
    code: 'tryton.unreachable',
  });
});

test('a port that fetch refuses is a wrong setting', async () => {
  expect(await failed('write', { to: 'http://127.0.0.1:6000/db/' })).toMatchObject({
    kind: 'config',
    field: 'url',
  });
});
