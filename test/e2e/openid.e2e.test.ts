/** Signing in elsewhere, in a browser: a provider that others wrote is set up in the settings, and lets people in by their groups. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { CLIENT, startProvider, type TestProvider } from '../support/oidc.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;
let provider: TestProvider;
let admin: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  stage = await openStage({ synced: false });
  provider = await startProvider([`${stage.origin}/api/v1/sign-in/house/callback`]);
  admin = (await openPage(browser, { origin: stage.origin })).page;
  await setUp(admin, stage);
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await browser.close();
  await stage.close();
});

test('an admin sets a provider up, and a group that is given no role is refused before anything is sent', async () => {
  await admin.goto('/settings');
  await admin.getByLabel('Short name').fill('house');
  await admin.getByLabel('What its button says').fill('House');
  await admin.getByLabel('Issuer').fill(provider.issuer);
  await admin.getByLabel('Client id').fill(CLIENT.id);
  await admin.getByLabel('Client secret').fill(CLIENT.secret);
  const groups = admin.getByLabel('Roles: a group and its role on each line');
  await groups.fill('ops = boss');
  await admin.getByRole('button', { name: 'Set it up' }).click();
  await admin.getByText('“ops = boss” is not a group').waitFor();
  await groups.fill('ops = operator');
  await admin.getByRole('button', { name: 'Set it up' }).click();
  await admin.getByText('ops → operator, others are not let in').waitFor();
  expect(await admin.getByText(CLIENT.secret).count()).toBe(0);
});

test('somebody of a group with a role comes in by the button, with that role', async () => {
  provider.person = {
    subject: 'greta',
    claims: { email: 'greta@example.com', email_verified: true, name: 'Greta', groups: ['ops'] },
  };
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  await page.goto('/connections');
  await page.getByRole('button', { name: 'Sign in with House' }).click();
  await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor();
  await page.goto('/settings');
  await page.getByText('Your password').waitFor();
  expect(await page.getByText('First password').count()).toBe(0);
  expect(troubles).toEqual([]);
  await admin.reload();
  expect(await admin.getByRole('combobox', { name: 'Role of Greta' }).inputValue()).toBe('operator');
});

test('somebody of no such group is told why not, and is not signed in', async () => {
  provider.person = {
    subject: 'max',
    claims: { email: 'max@example.com', email_verified: true, name: 'Max', groups: ['sales'] },
  };
  const { page } = await openPage(browser, { origin: stage.origin });
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with House' }).click();
  await page.getByText('None of your groups has a role here. Ask an admin.').waitFor();
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});

test('a provider that is removed lets nobody in any more', async () => {
  await admin.getByRole('button', { name: 'Remove House' }).click();
  await admin.getByText('ops → operator').waitFor({ state: 'hidden' });
  const { page } = await openPage(browser, { origin: stage.origin });
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: /Sign in with/ }).count()).toBe(0);
});
