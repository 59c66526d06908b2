/**
 * `npm run screenshots`: pictures of every page of the console, light and dark, into docs/images, from the demo as it
 * ends. Needs Debian's chromium; with the font Inter installed (fonts-inter) they look as on most desks.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { must } from '../src/lib/assert.ts';
import { launchBrowser, NARROW, openPage, type PageOptions } from '../test/e2e/support/browser.ts';
import { signIn } from '../test/e2e/support/people.ts';
import { everyPage, type Place } from '../test/e2e/support/places.ts';
import { startProgram } from '../test/e2e/support/program.ts';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const DESK = { width: 1280, height: 800 } as const;
const JPEG_QUALITY = 72;
/** What people look at on the way: these are shown on a telephone too. */
const ON_THE_WAY: ReadonlySet<string> = new Set(['overview', 'review', 'journey']);
/** Until transitions are over and live updates have settled. */
const SETTLE_MS = 700;

const parent = await mkdtemp(join(tmpdir(), 'trueup-screenshots-'));
await mkdir(IMAGES, { recursive: true });
const program = await startProgram(['demo', join(parent, 'demo'), '--stay'], {}, 'Ctrl-C stops it all');
const browser = await launchBrowser();
const origin = must(/http:\/\/[\w.:]+/.exec(program.told)?.[0], 'the demo says where its console is');
const [, email = '', password = ''] = /sign in as (\S+) with the password (\S+)/.exec(program.told) ?? [];

async function picture(
  options: Omit<PageOptions, 'origin'>,
  suffix: string,
  places: readonly Place[],
): Promise<void> {
  const { page, context } = await openPage(browser, { origin, ...options });
  await signIn(page, { email, password });
  for (const place of places) {
    await place.open(page);
    await page.waitForTimeout(SETTLE_MS);
    const path = join(IMAGES, `${place.name}${suffix}.jpg`);
    await page.screenshot({ path, type: 'jpeg', quality: JPEG_QUALITY, animations: 'disabled' });
    console.log(path);
  }
  await context.close();
}

try {
  await picture({ viewport: DESK, colorScheme: 'light' }, '', everyPage);
  await picture({ viewport: DESK, colorScheme: 'dark' }, '-dark', everyPage);
  const onTheWay = everyPage.filter(({ name }) => ON_THE_WAY.has(name));
  await picture({ viewport: NARROW, colorScheme: 'light' }, '-narrow', onTheWay);
} finally {
  await browser.close();
  await program.stop();
  await rm(parent, { recursive: true, force: true });
}
