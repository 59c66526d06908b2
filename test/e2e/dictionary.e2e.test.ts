/** What the data means and which of it is wrong, from the page of the data dictionary to the record. */
import { readFile } from 'node:fs/promises';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage, pressInARow } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;
let page: Page;
let troubles: readonly string[];

beforeAll(async () => {
  browser = await launchBrowser();
  stage = await openStage({ synced: true });
  ({ page, troubles } = await openPage(browser, { origin: stage.origin }));
  await setUp(page, stage);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

test('a field is shown with its meaning, its owner, its good values and what it is called where', async () => {
  await pressInARow(page, 'g', 'y');
  await page.getByRole('heading', { level: 1, name: 'Data dictionary' }).waitFor();
  const vat = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: /^vat/ }) });
  await vat.getByText('Stands on every invoice.').waitFor();
  await vat.getByText('Owned by billing').waitFor();
  expect(await vat.getByRole('listitem').allTextContents()).toEqual([
    'billing gives and receives vat_number',
    'sheet gives and receives VAT',
  ]);
  const status = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: /^status/ }) });
  await status.getByText('must not buy (billing: B)').waitFor();
});

test('values that break a rule are found by side and field, and lead to the journey of their record', async () => {
  await page.getByRole('button', { name: 'Look now' }).click();
  const found = page.getByRole('region', { name: 'Violations of customers' });
  const row = found.getByRole('row').filter({ hasText: 'sheet' });
  await row.getByText('whoever is sent an invoice has a VAT number').waitFor();
  expect(await row.getByRole('cell').nth(3).textContent()).toMatch(/^[1-9]\d*$/);
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Journey' }).waitFor();
});

test('the dictionary is downloaded as a page and as a schema for programs', async () => {
  await page.goto('/dictionary');
  const downloaded = async (format: string): Promise<string> => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: format, exact: true }).click(),
    ]);
    return readFile(await file.path(), 'utf8');
  };
  expect(await downloaded('Markdown')).toContain('| **vat**<br>VAT number | Stands on every invoice.');
  expect(await downloaded('HTML')).toContain('<h2>Customer</h2>');
  expect(JSON.parse(await downloaded('JSON Schema'))).toMatchObject({
    $defs: { Customer: { properties: { status: { enum: ['active', 'blocked', null] } } } },
  });
  expect(troubles).toEqual([]);
});
