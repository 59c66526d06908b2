import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer, type WebServer } from '../../../test/support/web-server.ts';
import type { Session, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { tryton } from './index.ts';
import { isObject, textOf } from './wire.ts';

const COLLECTION = 'product.category';
const LOGIN = 'common.db.login';
const LOOK = `model.${COLLECTION}.search_read`;
const CREATE = `model.${COLLECTION}.create`;
const UPDATE = `model.${COLLECTION}.write`;
const REFUSED = { error: ['UserError', ['The name is not good.', '', null]] };
const SESSION_ENDED = 401;

/** What Tryton answers to a method: its body, or the status instead. */
type Answer = (params: readonly Json[]) => unknown;

let clock: ManualClock;
let server: WebServer;
let session: Session;
let answers: Map<string, Answer>;
let asked: { readonly method: string; readonly params: readonly Json[] }[];
/** How long each method takes; the clock stands still for the others. */
let slownessMs: Readonly<Record<string, number>>;

beforeEach(async () => {
  clock = new ManualClock();
  slownessMs = {};
  asked = [];
  let lastId = 100;
  answers = new Map<string, Answer>([
    [LOGIN, () => ({ result: [7, 'token'] })],
    ['common.db.logout', () => ({ result: null })],
    ['model.res.user.get_preferences', () => ({ result: {} })],
    ['system.listMethods', () => ({ result: [LOOK] })],
    [`model.${COLLECTION}.fields_get`, () => ({ result: { name: { type: 'char', string: 'Name' } } })],
    [LOOK, ([domain = null]) => ({ result: idsIn(domain).map(row) })],
    [CREATE, ([list = null]) => (hasBad(list) ? REFUSED : { result: listIn(list).map(() => (lastId += 1)) })],
    [UPDATE, () => ({ result: null })],
  ]);
  server = await startWebServer(({ body }, response) => {
    const { method, params } = callIn(body);
    asked.push({ method, params });
    clock.advance(slownessMs[method] ?? 0);
    const answer = answers.get(method)?.(params);
    if (answer === SESSION_ENDED) response.writeHead(SESSION_ENDED).end();
    else sendJson(response, 200, answer);
  });
  const settings = { url: server.origin, database: 'd', user: 'u', password: 'p' };
  session = await tryton.open(settings, connectorContext({ clock }));
  asked = [];
});

afterEach(async () => {
  await session.close();
  await server[Symbol.asyncDispose]();
});

function callIn(body: Buffer): { readonly method: string; readonly params: readonly Json[] } {
  const call = JSON.parse(body.toString('utf8')) as Json;
  return isObject(call)
    ? { method: textOf(call['method']), params: listIn(call['params']) }
    : { method: '', params: [] };
}

function listIn(json: Json | undefined): readonly Json[] {
  return json !== undefined && isJsonArray(json) ? json : [];
}

/** The ids that a look asks for: `[['id', 'in', ids], …]`. */
function idsIn(domain: Json): readonly Json[] {
  return listIn(listIn(listIn(domain)[0])[2]);
}

function row(id: Json): Json {
  return { id, name: 'There', _timestamp: '1800000000.5', write_uid: 7, create_uid: 7 };
}

function hasBad(list: Json): boolean {
  return listIn(list).some((values) => isObject(values) && values['name'] === 'bad');
}

function create(key: string, name = key): WriteRequest {
  return { key, kind: 'create', recordId: null, ifVersion: null, fields: new Map([['name', name]]) };
}

function update(key: string, recordId: string): WriteRequest {
  return { key, kind: 'update', recordId, ifVersion: null, fields: new Map([['name', key]]) };
}

function said(result: WriteResult): string {
  return result.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : result.kind;
}

function countsOf(method: string): readonly number[] {
  return asked.filter((call) => call.method === method).map(({ params }) => listIn(params[0]).length);
}

const FOUR = [create('a'), create('b'), create('c', 'bad'), create('d')];

test('a refused batch is halved until the bad record stands alone', async () => {
  const results = await session.write(COLLECTION, FOUR);
  expect(results.map(said)).toEqual(['written', 'written', 'invalid tryton.validation', 'written']);
  expect(countsOf(CREATE)).toEqual([4, 2, 2, 1, 1]);
});

test('once a call has lasted for long its later halves are not sent, and what was sent keeps its result', async () => {
  slownessMs = { [CREATE]: 16_000 };
  const results = await session.write(COLLECTION, FOUR);
  expect(results.map(said)).toEqual([
    'written',
    'written',
    'transient tryton.not_sent',
    'transient tryton.not_sent',
  ]);
  expect(results[0]).toEqual({ kind: 'written', key: 'a', recordId: '101', version: null });
  expect(asked.map(({ method }) => method).slice(-2)).toEqual([CREATE, CREATE]);
  expect(countsOf(CREATE)).toEqual([4, 2]);
});

test('nor is a second write to the same record', async () => {
  slownessMs = { [LOOK]: 16_000, [UPDATE]: 16_000 };
  const results = await session.write(COLLECTION, [update('1', '5'), update('2', '5')]);
  expect(results.map(said)).toEqual(['written', 'transient tryton.not_sent']);
  expect(asked.map(({ method }) => method).slice(-2)).toEqual([LOOK, UPDATE]);
});

test('where the look before takes so long, not even the first write is sent', async () => {
  slownessMs = { [LOOK]: 31_000 };
  const results = await session.write(COLLECTION, [update('1', '5')]);
  expect(results.map(said)).toEqual(['transient tryton.not_sent']);
  expect(countsOf(UPDATE)).toEqual([]);
});

test('nor is anything asked about the records once learning their fields has taken so long', async () => {
  slownessMs = { [`model.${COLLECTION}.fields_get`]: 31_000 };
  await expect(session.write(COLLECTION, [update('1', '5')])).rejects.toMatchObject({
    failure: { kind: 'transient', code: 'tryton.not_sent' },
  });
  expect([...countsOf(LOOK), ...countsOf(UPDATE)]).toEqual([]);
});

test('a write whose session has ended is not sent again after a login that took so long', async () => {
  answers.set(CREATE, () => SESSION_ENDED);
  slownessMs = { [LOGIN]: 31_000 };
  const results = await session.write(COLLECTION, [create('a')]);
  expect(results.map(said)).toEqual(['transient tryton.not_sent']);
  expect(countsOf(CREATE)).toEqual([1]);
});
