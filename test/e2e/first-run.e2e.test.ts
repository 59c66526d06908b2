/** From an empty installation to a sync that runs, all in the browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { DEMO_SYNC_FILE } from '../../src/demo/world.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  [browser, stage] = await Promise.all([launchBrowser(), openStage({ synced: false })]);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

async function customersInBilling(): Promise<number> {
  const found = await stage.world.billing.query<{ count: number }>(
    'select count(*)::int as count from customer',
  );
  return found.rows[0]?.count ?? 0;
}

test('connect, map, plan, approve, watch: nothing is written before the approval, and all of it after', async () => {
  const before = await customersInBilling();
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  await setUp(page, stage);
  await page.getByText('Nothing is kept in step yet').waitFor();

  await page.getByRole('link', { name: 'Open the editor' }).click();
  const editor = page.getByLabel('The sync file');
  await editor.fill(DEMO_SYNC_FILE.replace('type: email', 'type: mail'));
  await page.getByRole('button', { name: 'Check' }).click();
  await page
    .getByText(/^Line \d+/)
    .first()
    .waitFor();
  await editor.fill(DEMO_SYNC_FILE);
  // Its connections are known from here on; without their secrets it is no revision yet.
  await page.getByRole('button', { name: 'Save as a new revision' }).click();
  await page.getByText(/needs the secret/).waitFor();

  for (const [name, secret] of [
    ['crm', 'DEMO_CRM_URL'],
    ['billing', 'DEMO_BILLING_URL'],
  ] as const) {
    await page.goto(`/connections/${name}`);
    await page.getByRole('button', { name: 'Give it' }).click();
    await page.getByLabel(`New value of ${secret}`).fill(stage.world.secrets.get(secret) ?? '');
    await page.getByRole('button', { name: 'Keep it sealed' }).click();
    await page.getByText(`secret ${secret}, kept sealed`).waitFor();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText(`${name} is connected`).waitFor();
  }

  await page.goto('/syncs/file');
  await page.getByRole('button', { name: 'Save as a new revision' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();

  await page.goto('/syncs/customers?tab=plan');
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.getByText('waits for approval').waitFor();
  await page.getByText(/creates? at billing/).waitFor();
  expect(await customersInBilling()).toBe(before);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('button', { name: 'Approve and go live' }).click();
  await page.getByText('approved', { exact: true }).waitFor();

  await page.goto('/');
  await page.getByText('live', { exact: true }).waitFor();
  await expect.poll(customersInBilling).toBeGreaterThan(before);
  await page
    .getByText(/in sync/)
    .first()
    .waitFor();
  expect(troubles).toEqual([]);
});
