/** From a number to its records, from a value to its record, and from a record to what keeps it back and what it is. */
import { readFile } from 'node:fs/promises';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [browser, stage] = await Promise.all([
    launchBrowser(),
    openStage({
      synced: false,
      prepare: async ({ crm, billing }, trueup) => {
        const [name, phone] = ['Hanami Paper', '+81 3 5550 201'];
        await crm.query('insert into contact (email, full_name, phone, city) values ($1, $2, $3, $4)', [
          'office@hanami.example',
          name,
          phone,
          'Kyoto',
        ]);
        await billing.query(
          'insert into customer (mail, company_name, phone, town) values ($1, $2, $3, $4)',
          ['ofice@hanami.example', name, phone, 'Osaka'],
        );
        await trueup('plan');
      },
    }),
  ]);
  watched = await openPage(browser, { origin: stage.origin });
  ({ page } = watched);
  await setUp(page, stage);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

test('each number of the balance leads to the records that it counts, with the reason of each', async () => {
  const number = page.getByRole('link', { name: /^\d+ pending$/ }).first();
  const counted = Number.parseInt((await number.textContent()) ?? '', 10);
  await number.click();
  await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
  const rows = page.getByRole('list', { name: 'Records' }).getByRole('listitem');
  await expect.poll(() => rows.count()).toBe(counted);
  await rows.first().getByText('a write of it is planned').waitFor();
  expect(await page.getByRole('combobox', { name: 'State' }).inputValue()).toBe('pending');
});

test('a telephone number from a piece of paper finds its records, in words that no key begins with', async () => {
  await page.goto('/records');
  await page.getByRole('textbox', { name: 'Search records' }).fill('(03) 5550-201');
  await page.getByText('No record is found').waitFor();
  await page.getByRole('checkbox', { name: 'Look through all values' }).check();
  const rows = page.getByRole('list', { name: 'Records' }).getByRole('listitem');
  await expect.poll(() => rows.filter({ hasText: 'Hanami Paper' }).count()).toBe(2);
  await page.getByRole('textbox', { name: 'Search records' }).fill('paper hanami kyoto');
  await expect.poll(() => rows.count()).toBe(1);
});

test('a record is tested, and made one with another that it is', async () => {
  await page.goto('/records?query=office%40hanami.example');
  await page.getByRole('listitem').getByRole('link').click();
  await page.getByRole('button', { name: 'Test it from crm' }).click();
  await page.getByText('Nothing of the sync keeps it back').waitFor();
  await page.getByRole('combobox', { name: 'The other one' }).fill('ofice@hanami');
  await page.getByRole('option', { name: /Hanami Paper/ }).click();
  const both = page.getByRole('region', { name: 'Both side by side' });
  await both.getByRole('row', { name: /Kyoto Osaka/ }).waitFor();
  await page.getByRole('button', { name: 'They are one' }).click();
  await page.getByText('They are one now').waitFor();
  // The page goes on to the one that stays: to leave before that would race with it.
  await page.waitForURL(({ pathname }) => pathname === '/records');
  await page.goto('/review');
  const merged = page.getByRole('listitem').filter({ hasText: 'took in' });
  await expect.poll(() => merged.count()).toBe(1);
});

test('the support bundle is one file, and a collector that takes nothing says so', async () => {
  await page.goto('/problems');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Support bundle' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toContain('customers');
  expect(text).not.toContain('Hanami');
  await page.goto('/alerts');
  await page.getByLabel('Name of the collector').fill('ops');
  await page.getByLabel('Address, with its path').fill('http://127.0.0.1:1/v1/metrics');
  await page.getByRole('button', { name: 'Send the metrics there' }).click();
  await page.getByRole('button', { name: 'Send now' }).click();
  await page.getByText('ops did not take them').waitFor();
  expect(watched.troubles).toEqual([]);
});
