/** A real Prometheus scrapes the metrics of a real worker's listener and fires the rules of deploy/. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { listenForMetrics, type MetricsListener } from '../../src/diagnose/metrics/listener.ts';
import { createMetrics } from '../../src/diagnose/metrics/metrics.ts';
import { watchOnce } from '../../src/diagnose/watch/watch.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { freePort } from '../../src/store/embedded/server.ts';
import { silentLog } from '../../src/worker/runtime.ts';
import { failingStand, thing, type FailingStand } from '../support/failing.ts';
import { createTestStore, type TestStore } from '../support/sync.ts';
import { requireDebianPackages } from './support/packages.ts';
import { startProgram, type Program } from './support/program.ts';

const RULES = new URL('../../deploy/prometheus/trueup-rules.yaml', import.meta.url);
const WAIT = { timeout: 60_000, interval: 250 };

let store: TestStore;
let stand: FailingStand;
let listener: MetricsListener;
let directory: string;
let prometheus: Program;
let address: string;

beforeAll(async () => {
  await requireDebianPackages('Prometheus', ['prometheus']);
  store = await createTestStore();
  stand = await failingStand(store, 'scraped', ['ann']);
  const place = {
    workspaceNo: store.workspaceNo,
    clock: systemClock,
    transaction: stand.transaction,
  };
  stand.erp.mood.refuse = () => ({
    kind: 'config',
    code: 'postgres.unknown_field',
    message: 'no such column',
  });
  stand.crm.create(thing('bob'));
  await stand.settle();
  await watchOnce(
    {
      ...place,
      random: systemRandom,
      ids: createIds(systemClock, systemRandom),
      network: {},
      log: silentLog,
      secret: () => Promise.resolve(null),
      expiries: () => Promise.resolve([]),
      connectionsByKey: () => Promise.resolve(new Map()),
    },
    new AbortController().signal,
    0,
  );
  listener = await listenForMetrics('127.0.0.1', 0, createMetrics(place), silentLog);
  directory = await mkdtemp(join(tmpdir(), 'trueup-prometheus-'));
  await copyFile(RULES, join(directory, 'trueup-rules.yaml'));
  await writeFile(
    join(directory, 'prometheus.yml'),
    `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [trueup-rules.yaml]
scrape_configs:
  - job_name: trueup
    static_configs: [{targets: ["127.0.0.1:${String(listener.port)}"]}]
`,
  );
  const port = await freePort();
  address = `http://127.0.0.1:${String(port)}`;
  prometheus = await startProgram({
    command: '/usr/bin/prometheus',
    args: [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${String(port)}`,
    ],
    directory,
  });
}, 120_000);

afterAll(async () => {
  await prometheus.stop();
  await listener.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function ask(path: string): Promise<unknown> {
  const answer = await fetch(`${address}${path}`);
  return answer.json();
}

test('Prometheus scrapes what the worker tells', async () => {
  await vi.waitFor(async () => {
    expect(await ask('/api/v1/query?query=trueup_problem_records')).toMatchObject({
      data: { result: [{ metric: { code: 'postgres.unknown_field', side: 'erp', sync: 'scraped' } }] },
    });
  }, WAIT);
});

test('the rule for critical alerts fires', async () => {
  await vi.waitFor(async () => {
    const answer = await ask('/api/v1/alerts');
    expect(answer).toMatchObject({ status: 'success' });
    expect(JSON.stringify(answer)).toMatch(
      /"alertname":"TrueupAlertCritical","code":"postgres.unknown_field"/,
    );
    expect(JSON.stringify(answer)).toContain('"state":"firing"');
  }, WAIT);
});

test('every rule of the file is understood', async () => {
  const answer = (await ask('/api/v1/rules')) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly { readonly health: string }[] }[] };
  };
  const healths = answer.data.groups.flatMap(({ rules }) => rules.map(({ health }) => health));
  expect(healths.length).toBeGreaterThanOrEqual(8);
  await vi.waitFor(async () => {
    expect(JSON.stringify(await ask('/api/v1/rules'))).not.toMatch(/"health":"(err|unknown)"/);
  }, WAIT);
});
