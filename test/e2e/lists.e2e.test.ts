/**
 * Long lists: what is drawn, asked for and spent on a step does not grow with what has been scrolled past. With
 * `TRUEUP_LIST_ROWS=100000` of a hundred thousand rows, which takes some minutes to scroll through.
 */
import pg from 'pg';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { FRESH_PAGES_MAX } from '../../src/console/data/queries.ts';
import { launchBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { setUp } from './support/people.ts';
import { openStage, type Stage } from './support/stage.ts';

const ROWS = Number(process.env['TRUEUP_LIST_ROWS'] ?? 5_000);
/** More than are ever near a window of 860 pixels. */
const DRAWN_MAX = 60;
const PAGE_ROWS = 200;
const STEPS = 40;
/** How much dearer a step may be at the end of the list than at its beginning. */
const GROWTH_MAX = 3;
/** What a step costs is the least of so many measurements: a busy machine only ever adds to one. */
const MEASUREMENTS = 3;

let browser: Browser;
let stage: Stage;
let watched: WatchedPage;

beforeAll(async () => {
  browser = await launchBrowser();
  stage = await openStage({
    synced: false,
    prepare: async (_world, trueup) => trueup('plan'),
  });
  await plant(stage.environment['DATABASE_URL'] ?? '');
  watched = await openPage(browser, { origin: stage.origin });
  await setUp(watched.page, stage);
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

/** So many records at one side and so many holds, straight into the store, of a sync that rests. */
async function plant(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const id = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  const golden = `('{"email":"user' || n || '@example.com","name":"Customer ' || n || '"}')::json`;
  const from = `from syncs, generate_series(1, ${String(ROWS)}) as n`;
  await client.query(`update syncs set mode = 'paused'`);
  await client.query(
    'delete from links; delete from identities; delete from match_keys; delete from writes; delete from holds',
  );
  await client.query(
    `insert into identities (sync_key, identity_id, seq, golden, edits) select sync_key, ${id}, 1, ${golden}, '[]' ${from}`,
  );
  await client.query(
    `insert into links (sync_key, side, record_id, status, identity_id, version, as_of, accounted, agreed)
     select sync_key, 'crm', 'crm-' || lpad(n::text, 6, '0'), 'live', ${id}, '1', now(), ${golden}, '1' ${from}`,
  );
  await client.query(
    `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
     select sync_key, ${id}, ${id}, 'crm', 'name', 'conflict', '{}', now() + make_interval(secs => n) ${from}`,
  );
  await client.query('analyze');
  await client.end();
}

interface Gone {
  /** The most elements of the list that were in the document at once. */
  readonly drawn: number;
  readonly last: string;
}

/** Runs in the page, which this program's compiler knows nothing of. */
const GO = `async (wanted, frameSelector, entrySelector) => {
  const frame = frameSelector === '' ? document.scrollingElement : document.querySelector(frameSelector);
  let [drawn, last] = [0, ''];
  for (let step = 0; step < 60000; step += 1) {
    frame.scrollTo(0, frame.scrollHeight);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const shown = [...document.querySelectorAll(entrySelector)];
    drawn = Math.max(drawn, shown.length);
    last = shown.at(-1)?.textContent ?? '';
    if (Number(shown.at(-1)?.dataset.index ?? 0) >= wanted - 1) break;
  }
  return { drawn, last };
}`;

/** Goes to the end again and again until so many rows have come. */
function scrollTo(page: Page, rows: number, frame: string, entries: string): Promise<Gone> {
  return page.evaluate<Gone>(`(${GO})(${JSON.stringify([rows, frame, entries]).slice(1, -1)})`);
}

const STEP = `async (steps, frameSelector) => {
  const frame = frameSelector === '' ? document.scrollingElement : document.querySelector(frameSelector);
  for (let step = 0; step < steps; step += 1) {
    frame.scrollBy(0, step % 2 === 0 ? -600 : 500);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}`;

/** Seconds for which the page's thread had a processor for each of some steps through rows that are there. */
async function stepCost(page: Page, session: CDPSession, frame: string): Promise<number> {
  const worked = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
  let least = Infinity;
  for (let measurement = 0; measurement < MEASUREMENTS; measurement += 1) {
    const before = await worked();
    await page.evaluate(`(${STEP})(${JSON.stringify([STEPS, frame]).slice(1, -1)})`);
    least = Math.min(least, ((await worked()) - before) / STEPS);
  }
  return least;
}

test.for([
  {
    name: 'records',
    path: '/records?sync=customers&side=crm',
    api: '/api/v1/records?',
    frame: '',
    entries: '[role=listitem][data-index]',
  },
  {
    name: 'holds',
    path: '/review',
    api: '/api/v1/holds?',
    frame: 'nav[aria-label="What waits for a decision"]',
    entries: 'nav[aria-label="What waits for a decision"] [data-index]',
  },
])('all $name are scrolled through', { timeout: 900_000 }, async ({ path, api, frame, entries }) => {
  const { page, context, troubles } = watched;
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const asked: string[] = [];
  const note = (request: { url(): string }): void => {
    if (request.url().includes(api) && !request.url().includes('limit=1&')) asked.push(request.url());
  };
  page.on('request', note);
  await page.goto(path);
  await page.locator(entries).first().waitFor();
  await scrollTo(page, 500, frame, entries);
  const atFirst = await stepCost(page, session, frame);
  const gone = await scrollTo(page, ROWS, frame, entries);
  expect(gone.last).toContain(`Customer ${String(ROWS)}`);
  expect(gone.drawn).toBeLessThanOrEqual(DRAWN_MAX);
  const pages = [...new Set(asked)];
  expect(pages.length).toBeLessThanOrEqual(ROWS / PAGE_ROWS + 1);
  // Each page once; the list may be asked for anew while it is short.
  const again = pages.filter((url) => asked.indexOf(url) !== asked.lastIndexOf(url));
  expect(again.every((url) => pages.indexOf(url) <= FRESH_PAGES_MAX)).toBe(true);
  const atLast = await stepCost(page, session, frame);
  expect(atLast).toBeLessThan(atFirst * GROWTH_MAX);
  page.off('request', note);
  expect(troubles).toEqual([]);
});
