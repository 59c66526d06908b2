/** A problem whose cause is the mapping: found, understood, mended once, and everything it hit tried again. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { DEMO_SYNC_FILE } from '../../src/demo/world.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

const PLACE = 'Llanfairpwllgwyngyllgogerychwyrndrobwll';
const HIT = ['ada@brightmill.example', 'jonas@nordlicht.example', 'signe@havn.example'];

let browser: Browser;
let stage: Stage;
let page: Page;
let troubles: readonly string[];

beforeAll(async () => {
  [browser, stage] = await Promise.all([launchBrowser(), openStage({ synced: true })]);
  ({ page, troubles } = await openPage(browser, { origin: stage.origin }));
  await setUp(page, stage);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

async function townsInBilling(): Promise<readonly (string | null)[]> {
  const found = await stage.world.billing.query<{ town: string | null }>(
    'select town from customer where mail = any($1)',
    [HIT],
  );
  return found.rows.map(({ town }) => town);
}

test('problem, advice, fix mapping, replay all: one cause is mended once, for every record that it hit', async () => {
  await stage.world.billing.query('alter table customer add constraint town_fits check (length(town) <= 20)');
  await stage.world.crm.query('update contact set city = $1 where email = any($2)', [PLACE, HIT]);

  await page.getByRole('link', { name: 'Problems' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'writing to billing' });
  await row.getByText('3', { exact: true }).waitFor();
  await row.getByRole('link').click();
  await page.getByText('What to do').waitFor();
  await page.getByText('town_fits').first().waitFor();

  // The mapping learns what billing can keep.
  await page.goto('/syncs/file');
  await page
    .getByLabel('The sync file')
    .fill(
      DEMO_SYNC_FILE.replace(
        'city: town',
        'city: {field: town, max_length: 20, too_long: cut, direction: out}',
      ),
    );
  await page.getByText('Not tried yet.').waitFor();
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText('Mapped newly, or otherwise: billing.city').waitFor();
  await page.getByText('3 updates at billing: town in 3').waitFor();
  await page.getByText(/entries of the journal since/).waitFor();
  expect(await townsInBilling()).not.toContain(PLACE.slice(0, 20));
  await page.getByRole('button', { name: 'Save as a new revision' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.goto('/syncs/customers?tab=plan');
  await page.getByRole('button', { name: /Make the plan|Plan again/ }).click();
  await page.getByText('waits for approval').waitFor();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('button', { name: 'Approve and go live' }).click();
  await page.getByText('approved', { exact: true }).waitFor();

  await page.goto('/problems');
  await row.getByRole('link').click();
  await page.getByRole('button', { name: 'Try all 3 records again' }).click();
  await expect.poll(townsInBilling).toEqual([PLACE.slice(0, 20), PLACE.slice(0, 20), PLACE.slice(0, 20)]);
  await page.getByRole('link', { name: 'Problems' }).first().click();
  await expect.poll(() => row.count()).toBe(0);
  expect(troubles).toEqual([]);
});
