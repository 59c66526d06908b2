/** People as they sign in and up. */
import type { Page } from 'playwright-core';

import type { Server } from './stage.ts';

export const ADMIN = {
  name: 'Ada Admin',
  email: 'ada@example.com',
  password: 'correct horse battery staple',
} as const;

/** Makes the first account with the token that the server printed. */
export async function setUp(page: Page, { setUpToken }: Server): Promise<void> {
  await page.goto(`/set-up?token=${setUpToken}`);
  await page.getByLabel('Your name').fill(ADMIN.name);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel(/^Password/).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

export async function signIn(
  page: Page,
  person: { readonly email: string; readonly password: string } = ADMIN,
): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel(/^Password/).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}
