import { readFileSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { AlertRow } from '../../src/store/alerts.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../support/salesforce-workbench.ts';
import { scenariosPage } from './page.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { openSite, openStand, type Site, type Stand } from './stand.ts';

let site: Site;
let stand: Stand | null = null;
let org: SalesforceWorkbench | null = null;

beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
afterEach(async () => {
  await stand?.close();
  stand = null;
  await org?.close();
  org = null;
});

/** What makes work fail, or stops it, is a problem that names its records. */
async function expectProblem(on: Stand, scenario: Scenario, beforeMs: number): Promise<void> {
  const { code, side, direction, field, records } = scenario;
  const [problem, ...others] = await on.problems();
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ code, side, direction, records, field: field ?? null });
  expect(problem?.samples).toHaveLength(Math.min(records, 5));
  expect(problem?.openedMs).toBeGreaterThan(beforeMs - 1_000);
  expect(problem?.openedMs).toBeLessThanOrEqual(await on.runtime.nowMs());
}

/** Where nothing fails there are no problems: the alert alone says how many records, which, since when, and how it can be known. */
async function expectTold(
  on: Stand,
  { records, says = '' }: Scenario,
  alert: AlertRow | undefined,
  beforeMs: number,
): Promise<void> {
  expect(await on.problems()).toEqual([]);
  expect(alert?.detail).toContain(` ${String(records)} records `);
  expect(alert?.detail).toContain(says);
  const samples = alert?.records?.samples ?? [];
  expect(alert?.records?.count).toBe(records);
  expect(samples.map(({ recordId }) => recordId).toSorted()).toEqual(['1', '2', '3']);
  expect(samples.every(({ identityId }) => identityId !== null)).toBe(true);
  expect(alert?.sinceMs).toBeGreaterThan(beforeMs - 1_000);
  expect(alert?.sinceMs).toBeLessThanOrEqual(await on.runtime.nowMs());
}

async function play(scenario: Scenario): Promise<void> {
  const { code, side } = scenario;
  if (scenario.isOrg) org = await salesforceWorkbench();
  stand = await openStand(site, scenario.definition, { org, isDesk: scenario.isDesk === true });
  expect(await stand.watch()).toEqual({ raised: [], recovered: [] });
  await stand.settle(1);
  const beforeMs = await stand.runtime.nowMs();
  await stand.settle(1);
  await scenario.inject(stand);
  await stand.settle();
  const { raised } = await stand.watch();
  expect(raised.map((alert) => [alert.code, alert.side])).toEqual([[code, side]]);
  if (code.startsWith('watch.')) await expectTold(stand, scenario, raised[0], beforeMs);
  else await expectProblem(stand, scenario, beforeMs);
  await stand.settle(1);
  expect(await stand.watch()).toEqual({ raised: [], recovered: [] });
  await scenario.heal(stand);
  await stand.settle(4);
  const after = await stand.watch();
  expect(after.raised).toEqual([]);
  expect(after.recovered.map((alert) => alert.code)).toEqual([code]);
  const { crm, erp } = await stand.contents();
  expect(erp).toEqual(crm);
  expect(crm.length).toBeGreaterThanOrEqual(3);
}

describe('Trueup names the cause, tells it once, and is in step again when', () => {
  test.each(SCENARIOS)('$title', play);
});

test('the page of scenarios tells of those that are tested (npm run docs:scenarios)', () => {
  const page = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');
  expect(page).toBe(scenariosPage(SCENARIOS));
});
