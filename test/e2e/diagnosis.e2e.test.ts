/** Whoever is on call opens the diagnosis, sees what is wrong, and goes from there to where it is mended. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

/** A slow machine captures, writes and counts in this time. */
const SOON = { timeout: 60_000 } as const;

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

const title = () => page.getByRole('heading', { level: 1, name: 'Diagnosis', exact: true });
const wrong = () =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: 'What is wrong' }) });
const cause = (words: string) => wrong().getByRole('listitem').filter({ hasText: words });

/** Looks again until it shows so many of them. */
async function looked(finding: Locator, times: number): Promise<void> {
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Look again', exact: true }).click();
      return finding.count();
    }, SOON)
    .toBe(times);
}

test('a refused record is found from the overview, with its evidence, whose fault it is, and the way to mend it', async () => {
  await stage.world.billing.query(`alter table customer add constraint town_fits check (length(town) <= 20)`);
  await stage.world.crm.query(
    `update contact set city = 'Llanfairpwllgwyngyllgogerych' where email = 'ada@brightmill.example'`,
  );
  await page.getByRole('link', { name: 'Diagnose customers', exact: true }).click();
  await title().waitFor();
  const finding = cause('town_fits');
  await looked(finding, 1);
  await finding.getByText('in part', { exact: true }).waitFor();
  await finding.getByText('the values of the records', { exact: true }).waitFor();
  await finding.getByRole('link', { name: 'Brightmill Textiles', exact: true }).waitFor();
  await page.getByText(/^customers: crm, billing, sheet were never reconciled/).waitFor();
  await finding.getByRole('link', { name: 'Mend it', exact: true }).click();
  await page.getByRole('button', { name: 'Try it again', exact: true }).waitFor(SOON);
  expect(new URL(page.url()).pathname).toMatch(/^\/problems\//);
});

test('from a record the way leads to what is wrong around it, and a complaint shows only its own causes', async () => {
  await page.goto('/records?query=ada%40brightmill.example');
  await page.getByRole('listitem').filter({ hasText: 'Brightmill Textiles' }).getByRole('link').click();
  await page.getByRole('link', { name: 'Diagnose customers', exact: true }).click();
  await title().waitFor();
  await cause('town_fits').waitFor(SOON);
  await page.getByRole('link', { name: /^There are duplicates/ }).click();
  await page.getByRole('heading', { name: 'No sign of this', exact: true }).waitFor();
  await page.getByRole('link', { name: /^Records are missing/ }).click();
  await cause('town_fits').waitFor();
  expect(new URL(page.url()).search).toBe('?sync=customers&symptom=missing');
});

test('a sync that is paused stands above all else, and resumed where the diagnosis leads it is gone', async () => {
  await page.goto('/syncs/customers');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Go on', exact: true }).waitFor(SOON);
  await page.getByRole('link', { name: 'Diagnose customers', exact: true }).click();
  const paused = cause('The sync is paused.');
  await paused.getByText('stopped', { exact: true }).waitFor(SOON);
  expect(await wrong().getByRole('listitem').first().textContent()).toContain('The sync is paused.');
  await page.getByText('customers: while the sync is paused, its signs of life were not judged.').waitFor();
  await paused.getByRole('link', { name: 'Open the sync', exact: true }).click();
  await page.getByRole('button', { name: 'Go on', exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor(SOON);
  await page.goto('/diagnosis');
  await title().waitFor();
  await looked(paused, 0);
  expect(troubles).toEqual([]);
});
