/** The demo as a newcomer meets it: one command, then the console with something to find and to solve. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { editSheet } from '../../src/demo/world.ts';
import { must } from '../../src/lib/assert.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { signIn } from './support/people.ts';
import { startProgram, type Program } from './support/program.ts';

let browser: Browser;
let parent: string;
let program: Program;

beforeAll(async () => {
  browser = await launchBrowser();
  parent = await mkdtemp(join(tmpdir(), 'trueup-demo-'));
  program = await startProgram(['demo', join(parent, 'demo'), '--stay'], {}, 'Ctrl-C stops it all');
});
afterAll(async () => {
  await program.stop();
  await browser.close();
  await rm(parent, { recursive: true, force: true });
});

test('what the demo leaves to be solved is found from the overview, and solved until everything is in step', async () => {
  const { told } = program;
  const origin = must(/http:\/\/[\w.:]+/.exec(told)?.[0], 'the demo says where its console is');
  const [, email = '', password = ''] = /sign in as (\S+) with the password (\S+)/.exec(told) ?? [];
  const { page, troubles } = await openPage(browser, { origin });
  await signIn(page, { email, password });
  await page.getByText(/things need a person/).waitFor();

  await page
    .getByRole('navigation')
    .getByRole('link', { name: /^Review/ })
    .click();
  await page.getByRole('heading', { level: 2, name: /Granito/ }).waitFor();
  // From the link that was just followed, as the page says: it must not keep the keys to itself.
  await page.keyboard.press('2');
  await page.getByRole('radio', { checked: true }).filter({ hasText: 'billing' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Nothing waits for a decision').waitFor();

  await page.getByRole('link', { name: 'Problems' }).click();
  await page
    .getByRole('link', { name: /e-mail/i })
    .first()
    .click();
  await page.getByText('What to do').waitFor();
  const sheetFile = join(parent, 'demo', 'files', 'customers.csv');
  // Whoever saves a sheet that was opened before the decision had arrived would take that out of it again.
  await expect.poll(() => readFile(sheetFile, 'utf8')).toContain('Granito Cucine S.r.l.');
  await editSheet({ sheetFile }, 'sam at cedarsons', 'sam@cedarsons.example');

  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByText('Everything is in step').waitFor();
  expect(troubles).toEqual([]);
});
