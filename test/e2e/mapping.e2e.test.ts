/** A mapping changed where it is read: tried on real records as it is typed, saved, planned; the file keeps its comments. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  [browser, stage] = await Promise.all([launchBrowser(), openStage({ synced: true })]);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

async function theFile(page: Page): Promise<string> {
  await page.goto('/syncs/file');
  return page.getByLabel('The sync file').inputValue();
}

test('a mapping is changed in a form: refused with a reason while it is wrong, shown on real records, saved and planned', async () => {
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  await setUp(page, stage);
  const before = await theFile(page);
  await page.goto('/syncs/customers?tab=mapping');

  await page.getByRole('button', { name: 'Change status at billing' }).click();
  const status = page.getByRole('region', { name: 'status at billing' });
  await status.getByText(/tried with 1,000 made-up values/).waitFor();
  await status.getByLabel('meaning of code 2').fill('active');
  await status.getByText(/written back, one of them would turn into the other/).waitFor();
  expect(await status.getByRole('button', { name: 'Save as a new revision' }).isEnabled()).toBe(false);
  await status.getByRole('button', { name: 'Not now' }).click();

  await page.getByRole('button', { name: 'Map it: vat at crm' }).click();
  const vat = page.getByRole('region', { name: 'vat at crm' });
  await vat.getByLabel('Field at crm').fill('city');
  await vat.getByText(/are both written to `city` at crm/).waitFor();
  await vat.getByRole('button', { name: 'Not now' }).click();

  await page.getByRole('button', { name: 'Change city at billing' }).click();
  const city = page.getByRole('region', { name: 'city at billing' });
  await city.getByLabel('The value').click();
  await page.getByRole('option', { name: 'is only written to billing' }).click();
  await city.getByRole('button', { name: 'Spelled otherwise there' }).click();
  await city.getByLabel('spelling 1', { exact: true }).click();
  await page.getByRole('option', { name: /^case/ }).click();
  await city.getByLabel('meaning of spelling 1').fill('upper');
  await city.getByText(/it is written there in capitals/).waitFor();
  await city.getByText('LEEDS').or(city.getByText('LONDON')).first().waitFor();
  await city.getByRole('button', { name: 'Save as a new revision' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();

  await page.getByRole('button', { name: /^(Make the plan|Plan again)$/ }).click();
  await page.getByText('waits for approval').waitFor();
  const after = await theFile(page);
  expect(after).toBe(before.replace('city: town', 'city: {field: town, direction: out, case: upper}'));
  expect(troubles).toEqual([]);
});
