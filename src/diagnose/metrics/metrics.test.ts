import { readFileSync } from 'node:fs';

import { beforeAll, expect, test } from 'vitest';

import { failingStand, thing, type FailingStand } from '../../../test/support/failing.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sharedTestStore } from '../../../test/support/sync.ts';
import { silentLog } from '../../worker/runtime.ts';
import { listenForMetrics } from './listener.ts';
import { createMetrics } from './metrics.ts';

const DEPLOY = new URL('../../../deploy/', import.meta.url);

const store = sharedTestStore();
let stand: FailingStand;
let clock: ManualClock;
let metrics: () => Promise<string>;

beforeAll(async () => {
  stand = await failingStand(store, 'measured', ['ann', 'bob']);
  clock = new ManualClock();
  metrics = createMetrics({
    workspaceNo: store.workspaceNo,
    clock,
    transaction: (action) => store.database.transaction(store.workspaceNo, action),
  });
});

test('the metrics say how every record stands and what fails, and are taken anew only after a while', async () => {
  const before = await metrics();
  expect(before).toContain('trueup_records{sync="measured",side="crm",state="inSync"} 2');
  expect(before).toContain('trueup_sync_mode{sync="measured",mode="live"} 1');
  stand.erp.mood.refuse = () => ({ kind: 'invalid', code: 'memory.validation', message: 'no' });
  stand.crm.create(thing('cat'));
  await stand.settle();
  await stand.look();
  expect(await metrics()).toBe(before);
  clock.advance(60_000);
  const after = await metrics();
  expect(after).toContain('trueup_records{sync="measured",side="crm",state="dead"} 1');
  expect(after).toMatch(/trueup_dead_letters\{.*code="memory\.validation",state="waiting"\} 1/);
  expect(after).toMatch(/trueup_problem_records\{.*code="memory\.validation",kind="invalid"\} 1/);
  expect(after).toMatch(/trueup_tries_last_hour\{.*side="erp",outcome="failed"\} 1/);
});

test('the listener answers /metrics and nothing else, and says so when the store is away', async () => {
  let fails = false;
  const listener = await listenForMetrics(
    '127.0.0.1',
    0,
    () => (fails ? Promise.reject(new Error('gone')) : metrics()),
    silentLog,
  );
  const at = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(listener.port)}${path}`, { method });
  const answer = await at('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain('trueup_looked_timestamp_seconds');
  expect((await at('/')).status).toBe(404);
  expect((await at('/metrics', 'POST')).status).toBe(404);
  fails = true;
  expect((await at('/metrics')).status).toBe(503);
  await listener.close();
});

test('rules and dashboard ask only for metrics that there are', async () => {
  const known = new Set([...(await metrics()).matchAll(/^# HELP (\S+)/gm)].map(([, name = '']) => name));
  expect(known.size).toBeGreaterThan(10);
  for (const path of ['prometheus/trueup-rules.yaml', 'grafana/trueup.json']) {
    const asked = readFileSync(new URL(path, DEPLOY), 'utf8').match(/\btrueup_[a-z_]+/g) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  }
});
