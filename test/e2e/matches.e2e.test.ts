/** What no key can tell is one: said by keyboard, several at once, and taken back. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { DemoWorld } from '../../src/demo/world.ts';
import { launchBrowser, openPage, pressInARow } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

const TWICE = [
  { domain: 'hanami', name: 'Hanami Paper', phone: '+81 3 5550 201', city: 'Kyoto' },
  { domain: 'juniper', name: 'Juniper Forge', phone: '+44 131 5550 202', city: 'Leith' },
  { domain: 'quarrylane', name: 'Quarry Lane Books', phone: '+353 1 5550 203', city: 'Dublin' },
] as const;

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  [browser, stage] = await Promise.all([
    launchBrowser(),
    openStage({
      synced: false,
      prepare: async (world, trueup) => {
        await addTwice(world);
        await trueup('plan');
      },
    }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

/** The same companies in both systems, with a slip in the address, which is what they are matched by. */
async function addTwice({ crm, billing }: DemoWorld): Promise<void> {
  for (const { domain, name, phone, city } of TWICE) {
    await crm.query('insert into contact (email, full_name, phone, city) values ($1, $2, $3, $4)', [
      `office@${domain}.example`,
      name,
      phone,
      city,
    ]);
    await billing.query('insert into customer (mail, company_name, phone, town) values ($1, $2, $3, $4)', [
      `ofice@${domain}.example`,
      name,
      phone,
      city,
    ]);
  }
}

test('pairs are searched for, marked and decided together by keyboard, taken back together, and one of them again later', async () => {
  const { page, troubles } = await openPage(browser, { origin: stage.origin });
  await setUp(page, stage);
  await pressInARow(page, 'g', 'w');
  await page.getByRole('button', { name: 'Search customers' }).click();
  await page.getByText('3 pairs may be one, and wait above.').waitFor();
  const queue = page.getByRole('navigation', { name: 'What waits for a decision' });
  const pairs = queue.getByRole('button').filter({ hasText: 'Perhaps one' });
  await expect.poll(() => pairs.count()).toBe(TWICE.length);
  await pairs.first().click();
  await pressInARow(page, 'x', 'x', 'x');
  await page.getByRole('heading', { name: '3 pairs marked' }).waitFor();
  await page.keyboard.press('1');
  await page.keyboard.press('Enter');
  await page.getByText('Decided. It is sent in a moment.').waitFor();
  expect(await pairs.count()).toBe(0);

  await page.keyboard.press('u');
  await expect.poll(() => pairs.count()).toBe(TWICE.length);
  await pressInARow(page, 'x', 'x', 'x');
  await page.getByRole('heading', { name: '3 pairs marked' }).waitFor();
  await page.keyboard.press('1');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Made one by a person' }).waitFor();
  const merged = page.getByRole('listitem').filter({ hasText: 'took in' });
  await expect.poll(() => merged.count()).toBe(TWICE.length);

  const juniper = merged.filter({ hasText: 'Juniper Forge' });
  await juniper.getByRole('button', { name: 'Take back' }).click();
  await page.getByText('They are two again', { exact: true }).waitFor();
  await expect.poll(() => merged.count()).toBe(TWICE.length - 1);
  expect(troubles).toEqual([]);
});
