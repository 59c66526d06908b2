/** Webhooks as they come in, and what somebody who means harm would send. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { createTestApi, ORIGIN, type TestApi } from '../../test/support/api.ts';
import { CURSORS, WEBHOOKS } from '../../test/support/rest-descriptions.ts';
import { sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { signedDelivery, type SentDelivery } from '../../test/support/webhook-sender.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import type { Webhook } from '../connector/webhook.ts';
import { readDescription } from '../connectors/rest/description/read.ts';
import { webhookOf } from '../connectors/rest/webhook.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { ensureWorkspace, saveConnection, saveRevision } from '../store/control.ts';
import { webhookStates, type WebhookState } from '../store/webhooks.ts';
import type { Log } from '../worker/runtime.ts';

const SECRET = Buffer.from('the secret of the crm').toString('base64');
const BEFORE = Buffer.from('the one before it').toString('base64');
const OTHER = Buffer.from('the secret of the erp').toString('base64');
const MINUTE_MS = 60_000;
const ENDLESS = { burst: 100_000, perSecond: 100_000 };
const RATES = { address: ENDLESS, account: ENDLESS, signIn: ENDLESS, delivery: ENDLESS };
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  crm: { webhook_secret: SECRET, webhook_secret_before: BEFORE },
  erp: { webhook_secret: OTHER },
};

const store = sharedTestStore();
const logged: string[] = [];
const note = (...words: readonly unknown[]): void => void logged.push(JSON.stringify(words));
const log: Log = { info: note, warn: note, error: note };
let api: TestApi;
let sent = 0;

function webhook(connection: string): Promise<Webhook | null> {
  if (connection === 'broken')
    return Promise.reject(new ConnectorFailure({ kind: 'config', code: 'x.y', message: SECRET }));
  const read = readDescription(`${CURSORS}${WEBHOOKS}`, 'crm.yaml');
  const given = SECRETS[connection];
  return Promise.resolve(
    read.kind === 'ok' && given !== undefined ? webhookOf(read.description, given) : null,
  );
}

function apiWith(rates = RATES, clock: Clock = systemClock): TestApi {
  const made = createTestApi(store, { rates }, undefined, { webhook, clock });
  return { ...made, host: Object.assign(made.host, { log }) };
}

beforeAll(async () => {
  api = apiWith();
  const { workspaceNo } = store;
  const base = simpleDefinition(['crm', 'erp']);
  const sides = base.sides.map((side) => ({ ...side, collection: 'people' }));
  await store.database.transaction(workspaceNo, async (tx) => {
    for (const name of ['crm', 'erp'])
      await saveConnection(tx, workspaceNo, {
        name,
        system: 'rest',
        settings: { webhook_secret: { secretName: name } },
      });
    await saveRevision(tx, workspaceNo, {
      definition: { ...base, sides },
      source: '',
      hash: 'x',
      author: 'test',
    });
  });
});
beforeEach(async () => {
  await store.raw.pool.query('truncate hints, webhook_seen, webhook_tellings, webhook_refusals');
});
afterAll(() => api.close());

interface Told {
  readonly record?: string;
  readonly type?: string;
  readonly secret?: string;
  readonly ageMs?: number;
  readonly id?: string;
}

function delivery({
  record = 'p1',
  type = 'person.changed',
  secret = SECRET,
  ageMs = 0,
  id,
}: Told = {}): SentDelivery {
  sent += 1;
  const body = JSON.stringify({ type, data: { id: record, name: 'Mallory' } });
  return signedDelivery(body, { id: id ?? `m${String(sent)}`, atMs: systemClock.nowMs() - ageMs, secret });
}

async function post(
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  path = '/hooks/default/crm',
  to = api,
): Promise<number> {
  const answer = await to.app.request(`${ORIGIN}${path}`, { method: 'POST', headers, body });
  return answer.status;
}

async function hints(): Promise<readonly string[]> {
  const { rows } = await store.raw.pool.query<{ hint: string }>(
    `select concat_ws(' ', side, record_id, kind) as hint from hints order by side, record_id`,
  );
  return rows.map(({ hint }) => hint);
}

async function stateOf(connection: string): Promise<WebhookState | undefined> {
  const states = await store.database.transaction(store.workspaceNo, webhookStates);
  return states.find((state) => state.connection === connection);
}

test('a delivery becomes a hint at the side that is about it, and says when it was last told of', async () => {
  expect(await post(delivery())).toBe(204);
  expect(await hints()).toEqual(['crm p1 changed']);
  const state = await stateOf('crm');
  expect(state).toMatchObject({ tellings: [{ collection: 'people' }], refusals: null });
  expect(Math.abs((state?.tellings[0]?.toldMs ?? 0) - systemClock.nowMs())).toBeLessThan(MINUTE_MS);
});

test('that a record is gone is told as nothing but a reason to look', async () => {
  expect(await post(delivery({ type: 'person.deleted' }))).toBe(204);
  expect(await hints()).toEqual(['crm p1 changed']);
});

test('what is about something else is taken and leads nowhere', async () => {
  expect(await post(delivery({ type: 'order.changed' }))).toBe(204);
  expect([await hints(), (await stateOf('crm'))?.tellings]).toEqual([[], []]);
});

test('the secret before the present one counts as well', async () => {
  expect(await post(delivery({ secret: BEFORE }))).toBe(204);
});

test('a changed byte, the same JSON written anew, the secret of another endpoint: refused, counted, and without effect', async () => {
  const { headers, body } = delivery();
  const attacks = [
    { headers, body: body.replace('p1', 'p2') },
    { headers, body: JSON.stringify(JSON.parse(body), null, 1) },
    { headers: { ...headers, 'webhook-id': 'another' }, body },
    { headers: { 'content-type': 'application/json' }, body },
    delivery({ secret: OTHER }),
    delivery({ secret: '' }),
  ];
  for (const attack of attacks) expect(await post(attack)).toBe(401);
  expect(await hints()).toEqual([]);
  expect(await stateOf('crm')).toMatchObject({
    tellings: [],
    refusals: { why: expect.any(String) as string },
  });
  expect(await post(delivery())).toBe(204);
  expect((await stateOf('crm'))?.refusals).toBeNull();
});

test('a flood of refusals becomes one note a second', async () => {
  const fresh = apiWith(RATES, { ...systemClock, monotonicMs: () => 0 });
  for (let count = 0; count < 20; count += 1) await post(delivery({ secret: OTHER }), undefined, fresh);
  expect((await stateOf('crm'))?.refusals?.count).toBe(1);
  await fresh.close();
});

test('sent again after a second, at once, or to another process, it is taken once', async () => {
  const [once, other] = [delivery(), apiWith()];
  expect(await post(once)).toBe(204);
  await store.raw.pool.query('truncate hints');
  expect(await Promise.all([post(once), post(once), post(once, undefined, other)])).toEqual([204, 204, 204]);
  expect(await hints()).toEqual([]);
  await other.close();
});

test('tried again under its id and a new signature it is still the same message', async () => {
  expect(await post(delivery({ id: 'msg', ageMs: MINUTE_MS }))).toBe(204);
  await store.raw.pool.query('truncate hints');
  expect(await post(delivery({ id: 'msg' }))).toBe(204);
  expect(await hints()).toEqual([]);
});

test.each([6 * MINUTE_MS, 3 * 24 * 60 * MINUTE_MS, -6 * MINUTE_MS])(
  'what was signed %i ms ago comes too late or too early',
  async (ageMs) => {
    expect(await post(delivery({ ageMs }))).toBe(401);
    expect([await hints(), (await stateOf('crm'))?.tellings]).toEqual([[], []]);
  },
);

test('what was taken is remembered for three days and then forgotten', async () => {
  const known = async (): Promise<number | null> =>
    (await store.raw.pool.query(`select from webhook_seen where name like 'content %'`)).rowCount;
  await post(delivery());
  await store.raw.pool.query(`update webhook_seen set seen_at = seen_at - interval '71 hours'`);
  await post(delivery());
  expect(await known()).toBe(2);
  await store.raw.pool.query(`update webhook_seen set seen_at = seen_at - interval '2 hours'`);
  await post(delivery());
  expect(await known()).toBe(2);
});

test('a delivery that could not be stored is not known when it is sent again', async () => {
  const once = delivery();
  await store.raw.pool.query('alter table hints rename to elsewhere');
  expect(await post(once)).toBe(500);
  await store.raw.pool.query('alter table elsewhere rename to hints');
  expect(await post(once)).toBe(204);
  expect(await hints()).toEqual(['crm p1 changed']);
});

test('a flood is one hint for each record, and beyond the rate of one sender it is turned away unread', async () => {
  const slow = apiWith({ ...RATES, delivery: { burst: 20, perSecond: 0.001 } });
  const answers: number[] = [];
  for (let count = 0; count < 30; count += 1)
    answers.push(await post(delivery({ record: `p${String(count % 3)}` }), undefined, slow));
  expect(answers.filter((status) => status === 429)).toHaveLength(10);
  expect(await hints()).toEqual(['crm p0 changed', 'crm p1 changed', 'crm p2 changed']);
  expect(await post(delivery({ secret: OTHER }), '/hooks/default/erp', slow)).toBe(204);
  await slow.close();
});

test('a body beyond 256 KB is refused, whether or not it says how long it is', async () => {
  const large = signedDelivery('x'.repeat(262_145), {
    id: 'large',
    atMs: systemClock.nowMs(),
    secret: SECRET,
  });
  expect(await post(large)).toBe(413);
  expect(await post({ ...large, headers: { ...large.headers, 'content-length': '262145' } })).toBe(413);
  expect((await stateOf('crm'))?.tellings).toEqual([]);
});

test('what is signed and no JSON is malformed, and counted', async () => {
  const nested = '['.repeat(100_000);
  for (const [index, body] of ['hello', nested].entries())
    expect(
      await post(
        signedDelivery(body, { id: `odd${String(index)}`, atMs: systemClock.nowMs(), secret: SECRET }),
      ),
    ).toBe(400);
});

test('nobody listens at another address, and a connection that is not to be opened asks to come again', async () => {
  for (const path of ['/hooks/default/nobody', '/hooks/elsewhere/crm', '/hooks/crm', '/hooks/default/crm/x'])
    expect([path, await post(delivery(), path)]).toEqual([path, 404]);
  expect(await post(delivery(), '/hooks/default/broken')).toBe(503);
});

test('a workspace is told only of its own', async () => {
  const other = await store.database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  expect(await post(delivery(), '/hooks/other/crm')).toBe(204);
  expect(await hints()).toEqual([]);
  expect(await store.database.transaction(other, webhookStates)).toEqual([]);
  expect((await stateOf('crm'))?.tellings).toEqual([]);
});

test('no secret and no body comes into the log', () => {
  expect(logged.join('\n')).toContain('a webhook was refused');
  for (const word of [SECRET, BEFORE, OTHER, 'Mallory', 'p1']) expect(logged.join('\n')).not.toContain(word);
});
