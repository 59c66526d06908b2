/**
 * A real third-party API, reached by nothing but a description: Tryton's JSON-RPC, where everything goes to one address, ids are
 * numbers in the body, and errors come with status 200.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { conformanceCases, type ConformanceHarness } from '../../src/connector/conformance/index.ts';
import type { Session } from '../../src/connector/contract.ts';
import { rest } from '../../src/connectors/rest/index.ts';
import { must } from '../../src/lib/assert.ts';
import { startBreaker, troubleBy, type Breaker } from '../support/breaker.ts';
import { connectorContext } from '../support/connector-context.ts';
import { mechanismHarness } from './tryton-harness.ts';
import { signIn, startTryton, type TrytonSystem } from './tryton.ts';

const MODEL = 'party.contact_mechanism';
const READ = '[value, comment, type, party, active, _timestamp]';
const search = (where: string, more: string): string =>
  `{id: 0, method: model.${MODEL}.search_read, params: [${where}, ${more}, ${READ}, {active_test: false}]}`;

const DESCRIPTION = `rest: 1
title: Tryton
base_url: http://127.0.0.1
auth: {kind: api_key, header: Authorization}
errors:
  find: [{when: {at: /error, present: true}, code: /error/0, message: /error/1/0}]
  table:
    - {contains: exist anymore, effect: write, kind: precondition, name: gone, advice: Nothing to do.}
    - {code: [UserError, UserWarning], kind: invalid, name: refused, advice: Correct the value in Tryton’s words.}
collections:
  ${MODEL}:
    id: /id
    version: /_timestamp
    fields:
      value: {type: text, required: true}
      comment: text
      type: text
      party: integer
      active: boolean
    list:
      path: /
      method: POST
      body: ${search('[]', '0, 100, [[id, ASC]]')}
      records: /result
      pages: {kind: offset, send: {body: /params/1}, size: {send: {body: /params/2}, max: 100}}
    get:
      path: /
      method: POST
      body: ${search('[[id, "=", 0]]', '0, 1, null')}
      id_at: {body: /params/0/0/2, as: number}
      record: /result/0
      many:
        path: /
        method: POST
        body: ${search('[[id, in, []]]', '0, 50, null')}
        ids: {body: /params/0/0/2, as: number}
        records: /result
        max: 50
    find:
      value:
        path: /
        method: POST
        body: ${search('[[value, "=", ""]]', '0, 100, null')}
        value: {body: /params/0/0/2}
        records: /result
    create:
      path: /
      method: POST
      body: {id: 0, method: model.${MODEL}.create, params: [[{}], {}]}
      at: /params/0/0
      id: /result/0
      identity: search
    update:
      path: /
      method: POST
      body: {id: 0, method: model.${MODEL}.write, params: [[0], {}, {}]}
      id_at: {body: /params/0/0, as: number}
      at: /params/1
    delete:
      path: /
      method: POST
      body: {id: 0, method: model.${MODEL}.delete, params: [[0], {}]}
      id_at: {body: /params/0/0, as: number}
`;

/** What Tryton does, or a key cannot, whatever describes it. */
const EXCEPTIONS = {
  'update-gone': 'Tryton says of a delete of what is gone that it worked',
  'trouble-ended-session': 'the key of a session is given by hand, and so is another',
};

let system: TrytonSystem;
let wire: Breaker;
let directory: string;
let key: string;
const sessions: Session[] = [];

beforeAll(async () => {
  system = await startTryton(inject('postgresUrl'));
  wire = await startBreaker(Number(new URL(system.url).port));
  directory = await mkdtemp(join(tmpdir(), 'trueup-rest-tryton-'));
  await writeFile(join(directory, 'tryton.yaml'), DESCRIPTION);
  key = await signIn(`${system.url}/${system.database}/`);
});
afterAll(async () => {
  for (const session of sessions) await session.close();
  await wire.stop();
  await system.stop();
  await rm(directory, { recursive: true, force: true });
});

async function open(port = Number(new URL(system.url).port)): Promise<Session> {
  const base = `http://127.0.0.1:${String(port)}/${system.database}`;
  const given = { description: 'tryton.yaml', base_url: base, api_key: key };
  const session = await rest.open(given, connectorContext({ baseDirectory: directory }));
  sessions.push(session);
  return session;
}

function harness(): ConformanceHarness {
  const trouble = troubleBy(wire, /\.(?:create|write|delete)"/, () => Promise.resolve());
  const ways = { open: () => open(wire.port), reopen: () => open(), trouble };
  return { ...mechanismHarness(system, ways), exceptions: EXCEPTIONS };
}

describe('a description of Tryton', () => {
  for (const rule of conformanceCases())
    test(`${rule.name}: ${rule.title}`, async () => {
      expect((await rule.run(harness())).kind).not.toBe('notTried');
    });

  test('most promises of the contract apply to it', async () => {
    const session = await open();
    const [description] = await session.describe([MODEL]);
    expect(must(description, 'it is described').card).toMatchObject({
      version: 'opaque',
      conditionalWrite: false,
      feed: 'none',
      can: { create: true, update: true, delete: true },
    });
  });

  test('refusals that come with status 200 are failures in Tryton’s own words, told apart', async () => {
    const session = await open();
    const fields = new Map<string, string | number>([
      ['value', 'x'],
      ['type', 'other'],
      ['party', 1],
    ]);
    const results = await session.write(MODEL, [
      { key: 'create', kind: 'create', recordId: null, ifVersion: null, fields },
      {
        key: 'update',
        kind: 'update',
        recordId: '2000000000',
        ifVersion: null,
        fields: new Map([['comment', 'x']]),
      },
    ]);
    expect(results).toMatchObject([
      {
        failure: {
          kind: 'invalid',
          code: 'rest.invalid.refused',
          message: expect.stringContaining('Party') as string,
        },
      },
      { failure: { kind: 'precondition', code: 'rest.precondition.gone' } },
    ]);
  });
});
