/** What people come to do, from its beginning to its end, on a running Trueup. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, openPage, pressInARow } from './support/browser.ts';
import { ADMIN, setUp, signIn } from './support/people.ts';
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

async function asAdmin(): Promise<Page> {
  const { page } = await openPage(browser, { origin: stage.origin });
  await signIn(page);
  return page;
}

async function nameInBilling(email: string): Promise<unknown> {
  const found = await stage.world.billing.query<{ company_name: string }>(
    'select company_name from customer where mail = $1',
    [email],
  );
  return found.rows[0]?.company_name;
}

test('nobody gets past the door before there is an account, and the printed token makes the first', async () => {
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  await page.goto('/records');
  await page.getByRole('heading', { name: 'Set up Trueup' }).waitFor();
  await setUp(page, stage);
  await page.getByRole('link', { name: 'customers', exact: true }).waitFor();
  expect(troubles).toEqual([]);
});

test('a wrong password is refused in words, and the right one leads to where the person wanted to be', async () => {
  const { page } = await openPage(browser, { origin: stage.origin });
  await page.goto('/connections/crm');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel(/^Password/).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel(/^Password/).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'crm' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/connections/crm');
});

test('a conflict is found from the overview, decided by keyboard alone, and the losing side is written to', async () => {
  const page = await asAdmin();
  await pressInARow(page, 'g', 'w');
  await page.getByRole('heading', { level: 2, name: /Granito/ }).waitFor();
  const options = page.getByRole('radiogroup', { name: 'Decision' });
  await options.waitFor();
  const offered = await options.getByRole('radio').allTextContents();
  const position = offered.findIndex((option) => option.includes('crm'));
  await page.keyboard.press(String(position + 1));
  await page.keyboard.press('Enter');
  await page.getByText('Decided. It is sent in a moment.').waitFor();
  await expect.poll(() => nameInBilling('paolo@granito.example')).toBe('Granito Cucine');
  await page.getByText('Nothing waits for a decision').waitFor();
});

test('the journey of a record shows a change at one side arriving at the others, while it is looked at', async () => {
  const page = await asAdmin();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search' }).fill('jonas@nordlicht.example');
  await page.getByRole('option', { name: /Nordlicht/ }).waitFor();
  await page.getByRole('option', { name: /Nordlicht/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Nordlicht Energie' }).waitFor();
  await stage.world.crm.query(
    `update contact set phone = '+49 40 5550 777' where email = 'jonas@nordlicht.example'`,
  );
  const cells = page.getByRole('row', { name: /^phone/ }).getByText('+49 40 5550 777');
  await expect.poll(() => cells.count()).toBe(4);
  await page.getByRole('listitem').filter({ hasText: '+49 40 5550 777' }).first().waitFor();
});

test('a viewer sees everything and is offered nothing that would be refused', async () => {
  const viewer = { email: 'vic@example.com', password: 'a viewer of everything here' };
  const admin = await asAdmin();
  await admin.goto('/settings');
  await admin.getByLabel('Name').first().fill('Vic Viewer');
  await admin.getByLabel('E-mail').fill(viewer.email);
  await admin.getByLabel('First password').fill(viewer.password);
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await admin.getByText('Vic Viewer').waitFor();
  const { page } = await openPage(browser, { origin: stage.origin });
  await signIn(page, viewer);
  await page.goto('/syncs/customers');
  await page.getByText('How it stands').waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  await page.goto('/settings');
  await page.getByText('Your password').waitFor();
  expect(await page.getByText('First password').count()).toBe(0);
  await page.goto('/activity');
  await page.getByRole('tab', { name: 'Runs' }).waitFor();
  expect(await page.getByRole('tab', { name: 'Audit trail' }).count()).toBe(0);
});

test('markup in a record is shown as it is and runs nowhere', async () => {
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  await stage.world.crm.query('update contact set city = $1 where email = $2', [evil, 'signe@havn.example']);
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  page.on('dialog', () => expect.unreachable('the value of a record was run'));
  await signIn(page);
  await page.goto('/records?query=signe%40havn.example');
  await page.getByRole('listitem').getByRole('link').click();
  await expect.poll(() => page.getByText(evil).count()).toBeGreaterThan(0);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(troubles).toEqual([]);
});

test('a session that has ended leads to the door, and from there back to where the person was', async () => {
  const { page, context } = await openPage(browser, { origin: stage.origin });
  await signIn(page);
  await page.goto('/connections');
  await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor();
  await context.clearCookies();
  // A page that is left open asks by itself and goes to the door: a click on it would race with that.
  await page.goto('/activity');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel(/^Password/).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/activity');
});

test('drift that no feed could notice is found by a reconciliation, repaired, and gone', async () => {
  const page = await asAdmin();
  await stage.world.billing.query(
    `begin; set local session_replication_role = replica;
     update customer set company_name = 'Nobody was told' where mail = 'ada@brightmill.example'; commit`,
  );
  await page.goto('/reconciliation');
  await page.getByRole('button', { name: 'Reconcile now' }).click();
  await page.getByRole('heading', { level: 2, name: 'Drift' }).waitFor();
  await page.getByRole('cell', { name: 'Nobody was told' }).waitFor();
  await page.getByRole('button', { name: 'Plan the repair' }).click();
  await page.getByText('What mends it is sealed').waitFor();
  await page.getByRole('link', { name: 'the plan' }).click();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('button', { name: 'Approve and go live' }).click();
  await page.getByText('approved', { exact: true }).waitFor();
  const nameInCrm = async (): Promise<unknown> => {
    const found = await stage.world.crm.query<{ full_name: string }>(
      `select full_name from contact where email = 'ada@brightmill.example'`,
    );
    return found.rows[0]?.full_name;
  };
  await expect.poll(nameInCrm).toBe('Nobody was told');
  await page.goto('/reconciliation');
  await page.getByRole('button', { name: 'Reconcile again' }).click();
  await page.getByRole('cell', { name: 'Nobody was told' }).waitFor({ state: 'hidden' });
  await page.getByRole('heading', { level: 2, name: 'In step' }).waitFor();
});
