/** Parts of the format that single systems need, each against a server that answers as such a system does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { sendJson, startWebServer, type Arrived, type WebServer } from '../../../test/support/web-server.ts';
import type { Cursor, Session, WriteRequest } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { rest } from './index.ts';

type Values = Readonly<Record<string, unknown>>;
type Answer = (request: Arrived, url: URL) => { readonly status?: number; readonly body: unknown };

let directory: string;
const opened: (Session | WebServer)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trueup-format-'));
});
afterEach(async () => {
  for (const one of opened.splice(0).toReversed())
    await ('close' in one ? one.close() : one[Symbol.asyncDispose]());
  await rm(directory, { recursive: true, force: true });
});

const HEAD = `rest: 1
title: Things
base_url: http://127.0.0.1
auth: {kind: none}
errors:
  find: [{code: /error, message: /error}]
collections:
  people:
    id: /id
`;
const LIST = 'list: {path: /people, records: /people, pages: {kind: none}}';

interface Stand {
  readonly session: Session;
  readonly server: WebServer;
}

/** A session by the rest of a description, in a system that answers so. */
async function stand(description: string, answer: Answer): Promise<Stand> {
  const server = await startWebServer((request: Arrived, response: ServerResponse) => {
    const { status = 200, body } = answer(request, new URL(request.url, 'http://here'));
    sendJson(response, status, body);
  });
  opened.push(server);
  await writeFile(join(directory, 'things.yaml'), HEAD + description);
  const given = { description: 'things.yaml', base_url: server.origin };
  const session = await rest.open(given, connectorContext({ baseDirectory: directory }));
  opened.push(session);
  return { session, server };
}

function write(
  kind: WriteRequest['kind'],
  recordId: string | null,
  fields: Readonly<Record<string, NativeValue>> = {},
): WriteRequest {
  return { key: `key-${kind}`, kind, recordId, ifVersion: null, fields: new Map(Object.entries(fields)) };
}

function bodyOf(request: Arrived | undefined): Values {
  return JSON.parse(must(request, 'a request came').body.toString('utf8')) as Values;
}

const GRAPHQL = `    fields: {email: {type: email, unique: true}, name: text}
    list:
      path: /graphql
      method: POST
      body: {query: LIST, variables: {first: 2}}
      records: /data/people/nodes
      pages:
        kind: cursor
        next: /data/people/end
        more: /data/people/more
        send: {body: /variables/after}
        size: {send: {body: /variables/first}, max: 2}
    get: {path: /graphql, method: POST, body: {query: ONE, variables: {}}, id_at: {body: /variables/id}, record: /data/person}
    find:
      email:
        path: /graphql
        method: POST
        body: {query: LIST, variables: {}}
        value: {body: /variables/search, text: "email:'{}'", escape: backslash}
        records: /data/people/nodes
    create:
      path: /graphql
      method: POST
      body: {query: MAKE, variables: {}}
      at: /variables/input
      key: {header: Idempotency-Key}
      answer: {record: /data/made}
      id: /id
      identity: search
    update: {path: /graphql, method: POST, body: {query: CHANGE, variables: {}}, at: /variables/input, id_at: {body: /variables/input/id}}
    delete: {path: /graphql, method: POST, body: {query: DROP, variables: {}}, id_at: {body: /variables/id}}
`;

/** People behind one address, as a GraphQL server keeps them: what is asked stands in the body. */
class Graph {
  readonly people = new Map<string, Values>();

  readonly answer: Answer = (request) => {
    const { query, variables } = bodyOf(request) as { readonly query: string; readonly variables: Values };
    const input = variables['input'] as Values | undefined;
    switch (query) {
      case 'LIST':
        return { body: { data: { people: this.#list(variables) } } };
      case 'ONE':
        return { body: { data: { person: this.people.get(String(variables['id'])) ?? null } } };
      case 'MAKE':
        return { body: { data: { made: this.put(`g${String(this.people.size + 1)}`, input ?? {}) } } };
      case 'CHANGE':
        return { body: { data: { changed: this.put(String(input?.['id']), input ?? {}) } } };
      default:
        return { body: { data: { dropped: this.people.delete(String(variables['id'])) } } };
    }
  };

  put(id: string, values: Values): Values {
    this.people.set(id, { ...this.people.get(id), ...values, id });
    return must(this.people.get(id), 'it was put there');
  }

  #list({ after, first = 100, search }: Values): Values {
    const sought =
      typeof search === 'string' ? /^email:'(.*)'$/.exec(search)?.[1]?.replaceAll('\\', '') : undefined;
    const all = [...this.people.values()].filter(({ email }) => sought === undefined || email === sought);
    const start = all.findIndex(({ id }) => id === after) + 1;
    const nodes = all.slice(start, start + Number(first));
    return { nodes, end: nodes.at(-1)?.['id'] ?? null, more: start + nodes.length < all.length };
  }
}

test('where everything goes to one address, what is asked for goes into the body', async () => {
  const graph = new Graph();
  for (let count = 1; count <= 5; count += 1)
    graph.put(`g${String(count)}`, { email: `p${String(count)}@x.test` });
  const { session, server } = await stand(GRAPHQL, graph.answer);
  const request = { collection: 'people', fields: ['email'], resume: null, pageRecordsMax: 2 };
  const ids: string[] = [];
  for await (const page of session.readAll({ ...request, signal: new AbortController().signal }))
    ids.push(...page.records.map(({ id }) => id));
  expect(ids).toEqual(['g1', 'g2', 'g3', 'g4', 'g5']);
  const afters = server.arrived.slice(-3).map((asked) => (bodyOf(asked)['variables'] as Values)['after']);
  expect(afters).toEqual([undefined, 'g2', 'g4']);
  const [made] = await session.write('people', [write('create', null, { email: 'new@x.test', name: 'New' })]);
  expect(made).toMatchObject({ kind: 'written', recordId: 'g6' });
  expect(server.arrived.at(-1)?.headers['idempotency-key']).toBe('key-create');
  await session.write('people', [write('update', 'g6', { name: 'Newer' })]);
  expect(graph.people.get('g6')).toEqual({ id: 'g6', email: 'new@x.test', name: 'Newer' });
  await session.write('people', [write('delete', 'g6')]);
  expect((await session.get('people', ['g6', 'g1'], ['email'])).map(({ kind }) => kind)).toEqual([
    'absent',
    'found',
  ]);
});

test('a value with a quote in it stays within the text that it is put into', async () => {
  const graph = new Graph();
  graph.put('g1', { email: "o'neill@x.test" });
  graph.put('g2', { email: 'other@x.test' });
  const { session, server } = await stand(GRAPHQL, graph.answer);
  const found = await session.find('people', 'email', ["o'neill@x.test"], ['email'], 10);
  expect(found.map(({ id }) => id)).toEqual(['g1']);
  expect((bodyOf(server.arrived.at(-1))['variables'] as Values)['search']).toBe(
    String.raw`email:'o\'neill@x.test'`,
  );
});

/** Answers for the ids it is asked for; 13 breaks whatever it is asked with. */
const several: Answer = (request, url) => {
  if (url.pathname === '/people') return { body: { people: [] } };
  const body = request.method === 'POST' ? bodyOf(request) : {};
  const inputs = (body['inputs'] ?? []) as readonly { readonly id: string }[];
  const ids =
    request.method === 'POST' ? inputs.map(({ id }) => id) : (url.searchParams.get('ids') ?? '').split(';');
  if (ids.includes('13')) return { status: 422, body: { error: 'unlucky' } };
  // In an order of its own, and without what it does not have.
  const people = ids.filter((id) => Number(id) < 100).map((id) => ({ id, name: `Person ${id}` }));
  return { body: { people: people.toReversed() } };
};

test.each([
  ['a query', '{path: /several, ids: {query: ids, separator: ";"}, records: /people, max: 3}'],
  [
    'a body',
    '{path: /several, method: POST, ids: {body: /inputs, each: /id}, body: {wants: all}, records: /people, max: 3}',
  ],
])('several records are read in one request by their ids in %s, each as what it is', async (_, many) => {
  const { session, server } = await stand(
    `    fields: {name: text}\n    ${LIST}\n    get: {path: '/people/{id}', many: ${many}}\n`,
    several,
  );
  const before = server.arrived.length;
  const lookups = await session.get('people', ['1', '200', '3', '13', '5', '1'], ['name']);
  expect(
    lookups.map((lookup) => [lookup.kind, lookup.kind === 'found' ? lookup.record.id : lookup.id]),
  ).toEqual([
    ['found', '1'],
    ['absent', '200'],
    ['found', '3'],
    ['failed', '13'],
    ['failed', '5'],
    ['found', '1'],
  ]);
  expect(lookups[3]).toMatchObject({ failure: { kind: 'invalid', code: 'rest.unlucky' } });
  expect(server.arrived.length - before).toBe(2);
});

test('an address that answers with the one record finds it, or none, whatever the value holds', async () => {
  const people: Readonly<Record<string, Values>> = {
    'ann@x.test': { id: '1', email: 'ann@x.test' },
    'a/b?c@x.test': { id: '2', email: 'a/b?c@x.test' },
    'gone@x.test': { id: '3', email: 'gone@x.test' },
  };
  const { session } = await stand(
    `    fields: {email: email}
    ${LIST}
    get: {path: '/people/{id}'}
    find: {email: {path: '/by-email/{value}', records: /person, one: true}}
`,
    (_, { pathname }) => {
      if (pathname === '/people') return { body: { people: [] } };
      const value = decodeURIComponent(pathname.slice('/by-email/'.length));
      if (value === 'gone@x.test') return { status: 410, body: {} };
      if (value === 'empty@x.test') return { body: { person: null } };
      const person = people[value];
      return person === undefined ? { status: 404, body: {} } : { body: { person } };
    },
  );
  const values = ['ann@x.test', 'a/b?c@x.test', 'gone@x.test', 'empty@x.test', 'nobody@x.test'];
  const found = await session.find('people', 'email', values, ['email'], 10);
  expect(found.map(({ id }) => id)).toEqual(['1', '2']);
  expect(await session.find('people', 'email', values, ['email'], 1)).toHaveLength(1);
});

const SORTED = `    modified: {at: /changed}
    fields: {name: text}
    ${LIST}
    get: {path: '/people/{id}'}
    changes:
      kind: since
      path: /changes
      records: /people
      since: since
      sorted: true
      reads_max: 100
      overlap: 2s
      every: 1s
      pages: {kind: cursor, next: /next, send: after, size: {send: limit, max: 40}}
`;
const FIRST_MS = Date.UTC(2026, 2, 1);

/** So many changed people, each so long after the one before; no question gives more than 120 of them. */
function changing(count: number, apartMs: number): Answer {
  return (_, { pathname, searchParams: query }) => {
    if (pathname === '/people') return { body: { people: [] } };
    const all = Array.from({ length: count }, (__, index) => ({
      id: String(index),
      name: `Person ${String(index)}`,
      changed: new Date(FIRST_MS + index * apartMs).toISOString(),
    })).filter(({ changed }) => changed >= (query.get('since') ?? ''));
    const start = Number(query.get('after') ?? 0);
    if (start >= 120) return { status: 400, body: { error: 'too_far' } };
    const people = all.slice(start, start + Number(query.get('limit')));
    const next = start + people.length;
    return { body: { people, next: next < all.length ? String(next) : null } };
  };
}

async function changesSince(session: Session, since: Cursor): Promise<ReadonlySet<string>> {
  const request = { collection: 'people', fields: ['name'], since, follow: false, pageRecordsMax: 100 };
  const told = new Set<string>();
  for await (const page of session.readChanges({ ...request, signal: new AbortController().signal }))
    for (const { id } of page.records) told.add(id);
  return told;
}

test('where a question gives only so many changes, the next begins where it stopped, and none is skipped', async () => {
  const { session, server } = await stand(SORTED, changing(350, 1_000));
  const since = {
    collection: 'people',
    fromMs: FIRST_MS - 10_000,
    highestMs: null,
    highestSinceMs: 0,
    deletesMs: null,
  };
  expect((await changesSince(session, since)).size).toBe(350);
  const questions = new Set(
    server.arrived.flatMap(({ url }) => new URL(url, 'http://here').searchParams.get('since') ?? []),
  );
  expect(questions.size).toBeGreaterThan(2);
});

test('more changes at one moment than a question gives are no end of the changes', async () => {
  const { session } = await stand(SORTED, changing(350, 0));
  const since = {
    collection: 'people',
    fromMs: FIRST_MS - 1_000,
    highestMs: null,
    highestSinceMs: 0,
    deletesMs: null,
  };
  await expect(changesSince(session, since)).rejects.toMatchObject({
    failure: { kind: 'config', code: 'rest.cursor_expired' },
  });
});

test('a form holds structures in brackets, numbers and yes or no as text, and what is empty as nothing', async () => {
  const { session, server } = await stand(
    `    empty: text
    fields:
      email: {type: email, at: /email}
      city: {type: text, at: /address/city}
      active: {type: boolean, at: /active}
      tags: {type: set, at: /tags}
    ${LIST}
    get: {path: '/people/{id}'}
    create: {path: /people, method: POST, form: true, body: {source: sync}, id: /id, identity: none}
`,
    (request) => (request.method === 'POST' ? { status: 201, body: { id: 'f1' } } : { body: { people: [] } }),
  );
  const fields = { email: 'a&b@x.test', city: null, active: true, tags: ['red', 'blue'] };
  const [result] = await session.write('people', [write('create', null, fields)]);
  expect(result).toMatchObject({ kind: 'written', recordId: 'f1' });
  const asked = must(server.arrived.at(-1), 'a request came');
  expect(asked.headers['content-type']).toContain('application/x-www-form-urlencoded');
  expect([...new URLSearchParams(asked.body.toString('utf8'))]).toEqual([
    ['source', 'sync'],
    ['email', 'a&b@x.test'],
    ['address[city]', ''],
    ['active', 'true'],
    ['tags[0]', 'red'],
    ['tags[1]', 'blue'],
  ]);
});
