import { readFileSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { scenariosPage } from './page.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { openSite, openStand, type Site, type Stand } from './stand.ts';

let site: Site;
let stand: Stand | null = null;

beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
afterEach(async () => {
  await stand?.close();
  stand = null;
});

async function play(scenario: Scenario): Promise<void> {
  const { code, side, direction, field, records } = scenario;
  stand = await openStand(site, scenario.definition);
  expect(await stand.watch()).toEqual({ raised: [], recovered: [] });
  await stand.settle(1);
  const beforeMs = await stand.runtime.nowMs();
  await stand.settle(1);
  await scenario.inject(stand);
  await stand.settle();
  const { raised } = await stand.watch();
  expect(raised.map((alert) => [alert.code, alert.side])).toEqual([[code, side]]);
  const [problem, ...others] = await stand.problems();
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ code, side, direction, records, field: field ?? null });
  expect(problem?.samples).toHaveLength(Math.min(records, 5));
  expect(problem?.openedMs).toBeGreaterThan(beforeMs - 1_000);
  expect(problem?.openedMs).toBeLessThanOrEqual(await stand.runtime.nowMs());
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
