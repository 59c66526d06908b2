/** Every page, light and dark, wide and narrow: accessible, without scrolling sideways, and without anything that the policy refuses. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchBrowser, NARROW, openPage, WIDE } from './support/browser.ts';
import { ADMIN, setUp, signIn } from './support/people.ts';
import { everyPage } from './support/places.ts';
import { openStage, type Stage } from './support/stage.ts';

let browser: Browser;
let stage: Stage;
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  [browser, stage] = await Promise.all([launchBrowser(), openStage({ synced: true })]);
  const { page, context } = await openPage(browser, { origin: stage.origin });
  await setUp(page, stage);
  await context.close();
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

/** What is half faded in has colours that nobody is to read yet. What turns for ever does not count. */
const AT_REST = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished))`;

/** What axe finds that keeps somebody out, a line each. */
async function seriousViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AT_REST);
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
}

test.for([
  { name: 'wide and light', viewport: WIDE, colorScheme: 'light' },
  { name: 'wide and dark', viewport: WIDE, colorScheme: 'dark' },
  { name: 'narrow and light', viewport: NARROW, colorScheme: 'light' },
  { name: 'narrow and dark', viewport: NARROW, colorScheme: 'dark' },
] as const)('every page is usable by everyone, $name', async ({ viewport, colorScheme }) => {
  const { page, context, troubles } = await openPage(browser, {
    origin: stage.origin,
    viewport,
    colorScheme,
  });
  const found: string[] = [];
  const judge = async (name: string): Promise<void> => {
    for (const violation of await seriousViolations(page)) found.push(`${name}: ${violation}`);
    const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    if (over > 0) found.push(`${name}: ${String(over)} pixels too wide`);
  };
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await judge('sign-in');
  await signIn(page, ADMIN);
  for (const place of everyPage) {
    await place.open(page);
    await judge(place.name);
  }
  await context.close();
  expect(found).toEqual([]);
  expect(troubles).toEqual([]);
});
