/** A system that shows no records at all: nothing follows from it, until a person says that it was meant. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

/** A slow machine reads all sides again in this time. */
const SWEPT = { timeout: 60_000 } as const;

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

async function countInBilling(): Promise<number> {
  const found = await stage.world.billing.query<{ records: number }>(
    'select count(*)::int as records from customer',
  );
  return found.rows[0]?.records ?? -1;
}

const panel = () => page.getByRole('heading', { level: 2, name: 'crm shows no records at all', exact: true });
const answer = () => page.getByRole('button', { name: 'It was emptied on purpose', exact: true });
const flood = () => page.getByRole('heading', { level: 2, name: /^\d+ deletes at billing are stopped$/ });

test('a table that is emptied at one go is asked about on the page that is open, and nothing is deleted for it', async () => {
  const before = await countInBilling();
  await page.goto('/review');
  await page.getByRole('heading', { level: 1, name: 'Review', exact: true }).waitFor();
  expect(await answer().count()).toBe(0);
  await stage.world.crm.query('truncate contact');
  await panel().waitFor(SWEPT);
  await answer().waitFor();
  expect(await flood().count()).toBe(0);
  expect(await countInBilling()).toBe(before);
});

test('the overview leads whoever is on call from the empty side to the question', async () => {
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  const concern = page.getByRole('listitem').filter({ hasText: 'crm cannot be read' });
  await concern.getByText('public.contact shows no records at all').waitFor();
  await concern.getByRole('link', { name: 'Review', exact: true }).click();
  await panel().waitFor();
  expect(new URL(page.url()).pathname).toBe('/review');
});

test('once somebody says that it was meant, the question is gone, and the deletes wait until exactly they are let go', async () => {
  const before = await countInBilling();
  await answer().click();
  await page.getByText('crm is swept again', { exact: true }).waitFor();
  await panel().waitFor({ state: 'hidden', ...SWEPT });
  await flood().waitFor(SWEPT);
  expect(await countInBilling()).toBe(before);
  const flooded = page.locator('section').filter({ has: flood() });
  await flooded.getByRole('button', { name: /^Let exactly these/ }).click();
  await flood().waitFor({ state: 'hidden', ...SWEPT });
  await expect.poll(countInBilling, SWEPT).toBeLessThan(before);
  await page.goto('/activity?tab=audit');
  await page
    .getByText('ada@example.com said that it was meant that there is nothing at crm', { exact: true })
    .waitFor();
  expect(troubles).toEqual([]);
});
