/** Changes of fields accepted, how long what is over is kept, and how the backups stand: all of it in the browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../support/command.ts';
import { launchBrowser, openPage } from './support/browser.ts';
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

test('a new field of a system is shown as what it was and is, and accepted', async () => {
  await stage.world.crm.query('alter table contact add column birthday date');
  await page.goto('/syncs/customers?tab=sides');
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByText('was not there → date').waitFor();
  await page.getByRole('button', { name: 'Accept 1 change' }).click();
  await page.getByText('Accepted', { exact: true }).waitFor();
  await page.getByText('was not there → date').waitFor({ state: 'hidden' });
  expect(await page.getByRole('button', { name: /^Accept/ }).count()).toBe(0);
});

test('a change that stops a field says what to do, and is not offered to be accepted', async () => {
  await stage.world.crm.query('alter table contact rename column city to place');
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByText('stops a field').waitFor();
  await page.getByText('`city` is now called `place`').first().waitFor();
  expect(await page.getByRole('button', { name: /^Accept/ }).count()).toBe(0);
  await stage.world.crm.query('alter table contact rename column place to city');
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByText('stops a field').waitFor({ state: 'hidden' });
});

test('an admin says how long something is kept, and sees how the backups stand', async () => {
  await page.goto('/settings');
  await page.getByText('Never made here').waitFor();
  const days = page.getByLabel('Days: Journal');
  await days.fill('800');
  await days.blur();
  await expect
    .poll(async () => (await runTrueup(['retention', '-C', stage.directory], stage.environment)).output)
    .toContain('journal    800 days, as somebody said');
  await runTrueup(['backup', 'b.gz', '-C', stage.directory], stage.environment);
  await runTrueup(['backup', '--check', 'b.gz', '-C', stage.directory], stage.environment);
  await page.reload();
  await page.getByText(/^Made .* by /).waitFor();
  await page.getByText(/^Found whole/).waitFor();
  await page.goto('/activity?tab=audit');
  await page.getByText('checked the backup').waitFor();
  expect(troubles).toEqual([]);
});
