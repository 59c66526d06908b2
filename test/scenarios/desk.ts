/** The CRM of a scenario behind an HTTP API of its own, which tells of changes by signed webhooks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type pg from 'pg';

import { listen, type Listening } from '../../src/api/listen.ts';
import { createSetUp } from '../../src/api/set-up.ts';
import type { Session } from '../../src/connector/contract.ts';
import { rest } from '../../src/connectors/rest/index.ts';
import type { SideDefinition } from '../../src/engine/model.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { saveConnection } from '../../src/store/control.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import { connectorContext } from '../support/connector-context.ts';
import type { TestStore } from '../support/sync.ts';
import { sendJson, startWebServer, type Arrived, type WebServer } from '../support/web-server.ts';
import { signedDelivery } from '../support/webhook-sender.ts';

export const DESK_SIDE = 'crm';

const DESCRIPTION = `rest: 1
title: Desk
base_url: http://127.0.0.1
auth: {kind: none}
webhooks:
  signature: {scheme: standard}
  kind: /type
  collections: {people: {kinds: [person.changed], id: /data/id}}
collections:
  people:
    id: /id
    fields: {email: text, name: text, phone: text, city: text}
    list: {path: /people, records: /people, pages: {kind: none}}
    get: {path: '/people/{id}'}
`;

/** The side over people of the desk, which it only reads. */
export function atDesk(side: SideDefinition): SideDefinition {
  return { ...side, collection: 'people', creates: false, deletes: false };
}

export interface Desk {
  /** Whether the desk still has our subscription. */
  isSubscribed: boolean;
  /** With what the desk signs. */
  signsWith: string;
  open(): Promise<Session>;
  /** Gives Trueup the secret with which it judges, and lets the time pass until that is noticed. */
  giveSecret(secret: string): void;
  /** Tells of every row that is not as it was when this was called last; gives what was answered. */
  tell(): Promise<readonly number[]>;
  close(): Promise<void>;
}

type Row = Readonly<Record<string, string | null>>;

const SECRET = Buffer.from('the first secret').toString('base64');
const NOTICED_AFTER_MS = 10_000;

/** Serves the rows of the table, and has Trueup listen for what the desk tells. */
export async function openDesk(store: TestStore, pool: pg.Pool, table: string): Promise<Desk> {
  const server = await startWebServer(peopleOf(pool, table));
  const folder = await mkdtemp(join(tmpdir(), 'trueup-desk-'));
  await writeFile(join(folder, 'desk.yaml'), DESCRIPTION);
  let [secret, passedMs, sent] = [SECRET, 0, 0];
  const given = (): Readonly<Record<string, string>> => ({
    description: 'desk.yaml',
    base_url: server.origin,
    webhook_secret: secret,
  });
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + passedMs };
  const webhook = async () => (await rest.webhook?.(given(), folder)) ?? null;
  const api = createTestApi(store, {}, undefined, { clock, webhook });
  const listening = await listenFor(api);
  await saveWebhook(store);
  let known = await rowsById(pool, table);
  const send = async (id: string): Promise<number> => {
    sent += 1;
    const body = JSON.stringify({ type: 'person.changed', data: { id } });
    const delivery = signedDelivery(body, {
      id: `${table} ${String(sent)}`,
      atMs: systemClock.nowMs(),
      secret: desk.signsWith,
    });
    const answer = await fetch(`${listening.url}/hooks/default/${DESK_SIDE}`, {
      method: 'POST',
      ...delivery,
    });
    return answer.status;
  };
  const desk: Desk = {
    isSubscribed: true,
    signsWith: SECRET,
    open: () =>
      rest.open(given(), connectorContext({ baseDirectory: folder, connectionKey: `${table}_desk` })),
    giveSecret: (other) => {
      secret = other;
      passedMs += NOTICED_AFTER_MS;
    },
    tell: async () => {
      const [before, now] = [known, await rowsById(pool, table)];
      known = now;
      const changed = [...now.keys()].filter((id) => now.get(id) !== before.get(id));
      const answers: number[] = [];
      if (desk.isSubscribed) for (const id of changed) answers.push(await send(id));
      return answers;
    },
    close: async () => {
      await closeAll(server, api, listening);
      await rm(folder, { recursive: true });
      await store.raw.pool.query('delete from connections where name = $1', [DESK_SIDE]);
      await store.raw.pool.query('truncate webhook_seen, webhook_tellings, webhook_refusals');
    },
  };
  return desk;
}

async function closeAll(server: WebServer, api: TestApi, listening: Listening): Promise<void> {
  await listening.close();
  await api.close();
  await server[Symbol.asyncDispose]();
}

function listenFor({ host }: TestApi): Promise<Listening> {
  const setUp = createSetUp(systemRandom);
  return listen(host, { hostname: '127.0.0.1', port: 0, publicUrl: null, setUp, consoleDirectory: '' });
}

/** The connection as the sync file would have it: that it takes webhooks is known by its setting. */
async function saveWebhook({ database, workspaceNo }: TestStore): Promise<void> {
  const settings = { webhook_secret: { secretName: 'DESK_WEBHOOK' } };
  await database.transaction(workspaceNo, (tx) =>
    saveConnection(tx, workspaceNo, { name: DESK_SIDE, system: 'rest', settings }),
  );
}

function peopleOf(pool: pg.Pool, table: string): Parameters<typeof startWebServer>[0] {
  return async ({ url }: Arrived, response) => {
    const people = await rowsOf(pool, table);
    const [, , id] = url.split('?')[0]?.split('/') ?? [];
    if (id === undefined) sendJson(response, 200, { people });
    else {
      const person = people.find((row) => row['id'] === id);
      sendJson(response, person === undefined ? 404 : 200, person ?? {});
    }
  };
}

async function rowsById(pool: pg.Pool, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(pool, table);
  return new Map(rows.map((row) => [row['id'] ?? '', JSON.stringify(row)]));
}

async function rowsOf(pool: pg.Pool, table: string): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(
    `select id::text, email, name, phone, city from ${table} order by id`,
  );
  return rows;
}
