import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { failingStand } from '../../../test/support/failing.ts';
import { sharedTestStore } from '../../../test/support/sync.ts';
import { sendJson, startWebServer, type WebServer } from '../../../test/support/web-server.ts';
import { Secret } from '../../lib/secret.ts';
import { allCollectors, removeCollector, saveCollector, type CollectorRow } from '../../store/collectors.ts';
import type { Tx } from '../../store/database.ts';
import { silentLog } from '../../worker/runtime.ts';
import { takeMetrics } from './metrics.ts';
import { otlpComplaint } from './otlp.ts';
import { pushMetrics, type PushPlace } from './push.ts';

const store = sharedTestStore();
let answer: number;
let server: WebServer;

beforeAll(async () => {
  await failingStand(store, 'measured', ['ann', 'bob']);
  server = await startWebServer((_request, response) => sendJson(response, answer, {}));
});
beforeEach(() => {
  answer = 200;
});
afterAll(() => server[Symbol.asyncDispose]());

function transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T> {
  return store.database.transaction(store.workspaceNo, action);
}

function place(change: Partial<PushPlace> = {}): PushPlace {
  return {
    workspaceNo: store.workspaceNo,
    network: { allowPlain: true, allowLoopback: true },
    log: silentLog,
    transaction,
    secret: () => Promise.resolve(new Secret('Authorization=Bearer%20s3cret,X-Scope=ops')),
    ...change,
  };
}

/** With this collector and no other. */
async function withCollector(url: string, action: () => Promise<void>): Promise<CollectorRow | undefined> {
  await transaction((tx) => saveCollector(tx, store.workspaceNo, 'ops', url));
  await action();
  const [row] = await transaction(allCollectors);
  await transaction((tx) => removeCollector(tx, store.workspaceNo, 'ops'));
  return row;
}

interface Sent {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: object }[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly gauge: {
          readonly dataPoints: readonly {
            readonly attributes: readonly { readonly key: string; readonly value: { stringValue: string } }[];
            readonly asDouble: number;
            readonly timeUnixNano: string;
          }[];
        };
      }[];
    }[];
  }[];
}

test('a collector gets what Prometheus gets, in the JSON of OTLP, with its secret headers', async () => {
  const row = await withCollector(`${server.origin}/v1/metrics`, async () => {
    expect(await pushMetrics(place())).toBe(1);
  });
  expect(row).toMatchObject({ failures: 0, failure: null });
  expect(row?.lastSentMs).toBeGreaterThan(0);
  const request = server.arrived.at(-1);
  expect(request).toMatchObject({
    method: 'POST',
    url: '/v1/metrics',
    headers: { authorization: 'Bearer s3cret', 'x-scope': 'ops', 'content-type': 'application/json' },
  });
  const sent = JSON.parse(request?.body.toString('utf8') ?? '') as Sent;
  const [{ resource, scopeMetrics } = { resource: { attributes: [] }, scopeMetrics: [] }] =
    sent.resourceMetrics;
  expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'trueup' } });
  const families = await transaction((tx) => takeMetrics(tx, store.workspaceNo));
  const metrics = scopeMetrics[0]?.metrics ?? [];
  expect(metrics.map(({ name }) => name)).toEqual(families.map(({ name }) => name));
  const records = metrics.find(({ name }) => name === 'trueup_records')?.gauge.dataPoints ?? [];
  const inSync = records.find(({ attributes }) =>
    ['measured', 'crm', 'inSync'].every((wanted) =>
      attributes.some(({ value }) => value.stringValue === wanted),
    ),
  );
  expect(inSync).toMatchObject({ asDouble: 2 });
  expect(Number(inSync?.timeUnixNano) / 1e6).toBeCloseTo((await store.database.nowMs()) / 1, -5);
});

test('failures are counted until the metrics arrive again, and told to the log once', async () => {
  const told: unknown[] = [];
  const log = { ...silentLog, warn: (about: object) => void told.push(about) };
  answer = 401;
  const row = await withCollector(`${server.origin}/v1/metrics`, async () => {
    expect(await pushMetrics(place({ log }))).toBe(0);
    expect(await pushMetrics(place({ log }))).toBe(0);
    expect(await transaction(allCollectors)).toMatchObject([
      { failures: 2, failure: { kind: 'auth', code: 'otlp.refused' }, lastSentMs: null },
    ]);
    answer = 200;
    expect(await pushMetrics(place({ log }))).toBe(1);
  });
  expect(row).toMatchObject({ failures: 0, failure: null, failingSinceMs: null });
  expect(told).toEqual([{ collector: 'ops', code: 'otlp.refused' }]);
});

test('nothing is sent to an address that the installation does not let connections go to', async () => {
  const before = server.arrived.length;
  for (const url of [
    `${server.origin}/v1/metrics`,
    `http://localhost:${String(server.port)}/v1/metrics`,
    'https://169.254.169.254/latest',
  ]) {
    const row = await withCollector(url, async () => {
      await pushMetrics(place({ network: { allowPlain: true } }));
    });
    expect(row?.failure).toMatchObject({ kind: 'config', code: 'otlp.address' });
  }
  expect(server.arrived).toHaveLength(before);
});

test('a collector that is not there is an outage, told without its headers', async () => {
  const row = await withCollector('http://127.0.0.1:1/v1/metrics', async () => {
    await pushMetrics(place());
  });
  expect(row?.failure).toMatchObject({ kind: 'transient', code: 'otlp.not_sent' });
  expect(JSON.stringify(row)).not.toContain('s3cret');
});

test('an address or headers that will not do are refused before anything is sent', () => {
  expect(otlpComplaint('https://otlp.example.com/v1/metrics', new Secret('A=b,C=d%20e'))).toBeNull();
  expect(otlpComplaint('otlp.example.com', null)).toContain('https://');
  expect(otlpComplaint('https://ann:word@otlp.example.com/', null)).toContain('no password');
  for (const headers of ['Bearer abc', 'A=%', 'A=b%0d%0aC: d'])
    expect(otlpComplaint('https://otlp.example.com/', new Secret(headers))).toContain('Name=value');
});
