import { beforeAll, beforeEach, expect, test } from 'vitest';

import { failingStand, thing, type FailingStand } from '../../../test/support/failing.ts';
import { sharedTestStore } from '../../../test/support/sync.ts';
import { sendJson, startWebServer } from '../../../test/support/web-server.ts';
import type { Failure } from '../../connector/failure.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/ids.ts';
import { systemRandom } from '../../lib/random.ts';
import {
  channelStates,
  raisedAlerts,
  removeChannel,
  saveChannel,
  type AlertMoves,
} from '../../store/alerts.ts';
import { replayAll } from '../../worker/redrive.ts';
import { silentLog } from '../../worker/runtime.ts';
import { tellDigest, tellTest, watchOnce, type Expiry, type WatchPlace } from './watch.ts';

const signal = new AbortController().signal;
const REFUSED: Failure = { kind: 'invalid', code: 'memory.validation', message: 'no', field: 'name' };
const DOWN: Failure = { kind: 'transient', code: 'memory.down', message: 'the system is down' };

const store = sharedTestStore();
let stand: FailingStand;
let place: WatchPlace;
let expiries: readonly Expiry[] = [];

beforeAll(async () => {
  stand = await failingStand(store, 'watched', ['ann']);
  place = {
    workspaceNo: store.workspaceNo,
    clock: systemClock,
    random: systemRandom,
    ids: createIds(systemClock, systemRandom),
    network: { allowLoopback: true, allowPlain: true },
    log: silentLog,
    transaction: (action) => store.database.transaction(store.workspaceNo, action),
    secret: () => Promise.resolve(null),
    expiries: () => Promise.resolve(expiries),
    connectionsByKey: () => Promise.resolve(new Map()),
  };
});

beforeEach(async () => {
  expiries = [];
  stand.erp.mood.refuse = () => null;
  stand.erp.mood.down = null;
  await replayAll(stand, stand.sync, {}, { by: 'ann', reason: null });
  await stand.settle();
  await place.transaction((tx) => removeChannel(tx, store.workspaceNo, 'ops'));
  await watch();
});

const watch = (graceMs = 0): Promise<AlertMoves> => watchOnce(place, signal, graceMs);

async function tell(url: string, severity: 'warning' | 'critical' = 'warning'): Promise<void> {
  await place.transaction((tx) =>
    saveChannel(tx, store.workspaceNo, {
      name: 'ops',
      kind: 'webhook',
      settings: { url },
      severity,
      digest: true,
    }),
  );
}

interface Told {
  readonly type: string;
  readonly data: {
    readonly raised: readonly { readonly code: string }[];
    readonly recovered: readonly { readonly code: string }[];
  };
}

function toldBy(server: { readonly arrived: readonly { readonly body: Buffer }[] }): readonly Told[] {
  return server.arrived.map(({ body }) => JSON.parse(body.toString()) as Told);
}

async function breakRecord(name: string): Promise<void> {
  stand.erp.mood.refuse = (fields) => (fields['name'] === name ? REFUSED : null);
  stand.crm.create(thing(name));
  await stand.settle();
}

test('a problem is told once when it comes and once when it is over, however often it is looked at', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  await breakRecord('bob');
  expect((await watch()).raised).toMatchObject([{ code: 'memory.validation', sync: 'watched', side: 'erp' }]);
  for (let cycle = 0; cycle < 3; cycle += 1) expect(await watch()).toEqual({ raised: [], recovered: [] });
  stand.erp.mood.refuse = () => null;
  await replayAll(stand, stand.sync, {}, { by: 'ann', reason: null });
  await stand.settle();
  expect((await watch()).recovered).toMatchObject([{ code: 'memory.validation' }]);
  await watch();
  const told = toldBy(server);
  expect(told.map(({ data }) => [data.raised.length, data.recovered.length])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test('what comes in one cycle is one message', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  await breakRecord('cid');
  expiries = [{ connection: 'crm', expiresAtMs: systemClock.nowMs() + 3_600_000 }];
  await watch();
  const [told, ...others] = toldBy(server);
  expect(others).toEqual([]);
  expect(told?.data.raised.map(({ code }) => code).toSorted()).toEqual([
    'memory.validation',
    'watch.token_expiry',
  ]);
});

test('a hiccup that is over within its grace is never told', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  stand.erp.mood.down = DOWN;
  await stand.settle();
  expect(await watch(120_000)).toEqual({ raised: [], recovered: [] });
  stand.erp.mood.down = null;
  await stand.settle();
  await watch(120_000);
  expect(server.arrived).toEqual([]);
});

test('a channel hears only what is grave enough for it', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin, 'critical');
  await breakRecord('dan');
  expect((await watch()).raised).toMatchObject([{ severity: 'warning' }]);
  expect(server.arrived).toEqual([]);
  stand.erp.mood.down = DOWN;
  await stand.settle();
  await watch();
  expect(toldBy(server).map(({ data }) => data.raised.map(({ code }) => code))).toEqual([['memory.down']]);
});

test('a notice that a channel does not take is tried again, and the channel itself is told of', async () => {
  let status = 500;
  await using server = await startWebServer((_request, response) => sendJson(response, status, {}));
  await tell(server.origin);
  await breakRecord('eve');
  await watch();
  expect(server.arrived).toHaveLength(1);
  const states = await place.transaction((tx) => channelStates(tx));
  expect(states).toMatchObject([{ channel: 'ops', waiting: 1, failure: { code: 'webhook.server_error' } }]);
  expect((await watch()).raised).toMatchObject([{ code: 'watch.channel' }]);
  status = 200;
  await store.raw.pool.query(`update notices set due_at = clock_timestamp() where state = 'due'`);
  await watch();
  const ids = server.arrived.map(({ headers }) => headers['webhook-id']);
  expect(ids.filter((id) => id === ids[0])).toHaveLength(2);
  await watch();
  expect((await place.transaction((tx) => channelStates(tx)))[0]).toMatchObject({ waiting: 0 });
});

test('the digest tells what is unresolved, and nothing when nothing is', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  expect(await tellDigest(place, signal)).toBe(0);
  await breakRecord('fay');
  await watch();
  expect(await tellDigest(place, signal)).toBe(1);
  expect(toldBy(server).map(({ type }) => type)).toEqual(['trueup.alerts.change', 'trueup.alerts.digest']);
});

test('a test goes to the channel that is named, and to no other', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  expect(await tellTest(place, 'ops', signal)).toBe(true);
  expect(await tellTest(place, 'nobody', signal)).toBe(false);
  expect(toldBy(server).map(({ type }) => type)).toEqual(['trueup.alerts.test']);
});

test('two watches at once tell the news once', async () => {
  await using server = await startWebServer((_request, response) => sendJson(response, 200, {}));
  await tell(server.origin);
  await breakRecord('gus');
  const moves = await Promise.all([watch(), watch(), watch()]);
  expect(moves.flatMap(({ raised }) => raised)).toHaveLength(1);
  expect(server.arrived).toHaveLength(1);
  expect(await place.transaction((tx) => raisedAlerts(tx))).toHaveLength(1);
});
