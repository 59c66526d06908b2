import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  failureOf,
  salesforceWorkbench,
  type SalesforceWorkbench,
} from '../../../test/support/salesforce-workbench.ts';
import { until } from '../../../test/support/until.ts';
import type { ChangePage, Cursor, Session } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';

let bench: SalesforceWorkbench;
let session: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(5);
  session = await bench.open();
});

afterEach(() => bench.close());

const FIELDS = ['Name', 'Phone'];
const NEVER = new AbortController().signal;
const LOOKS_MAX = 40;

async function pagesSince(since: Cursor | null, own = session): Promise<readonly ChangePage[]> {
  const request = {
    collection: 'Account',
    fields: FIELDS,
    since,
    follow: false,
    pageRecordsMax: 100,
    signal: NEVER,
  };
  const pages: ChangePage[] = [];
  for await (const page of own.readChanges(request)) pages.push(page);
  return pages;
}

async function present(own = session): Promise<Cursor> {
  return must((await pagesSince(null, own))[0], 'the present has a page').cursor;
}

function told(pages: readonly ChangePage[]): readonly string[] {
  return pages.flatMap(({ records, hints }) => [
    ...records.map(({ id }) => `changed ${id}`),
    ...hints.map(({ id, kind }) => `${kind} ${id}`),
  ]);
}

function ann(): ReturnType<SalesforceWorkbench['simulator']['org']['person']> {
  return bench.simulator.org.person('Ann Admin');
}

function hasHints({ hints }: ChangePage): boolean {
  return hints.length > 0;
}

/** Follows until the page is met that `isIt` waits for, meddling once the stream is there. */
async function follow(
  own: Session,
  since: Cursor,
  isIt: (page: ChangePage) => boolean,
  /** Once there is a subscription. */
  meddle?: () => void,
): Promise<ChangePage> {
  const stop = new AbortController();
  const request = {
    collection: 'Account',
    fields: FIELDS,
    since,
    follow: true,
    pageRecordsMax: 100,
    signal: stop.signal,
  };
  let pages = 0;
  try {
    for await (const page of own.readChanges(request)) {
      pages += 1;
      if (pages === 1 && meddle !== undefined) {
        await until(() => bench.simulator.pubSub.topics().length > 0);
        meddle();
      }
      if (pages > 1 && isIt(page)) return page;
      if (pages > LOOKS_MAX) break;
    }
  } finally {
    stop.abort();
  }
  throw new Error('the page never came');
}

test('a transaction that commits late, under a stamp that was passed already, is told', async () => {
  const [late, other] = [
    ann().create('Account', { Name: 'late' }),
    ann().create('Account', { Name: 'other' }),
  ];
  bench.clock.shift(60_000);
  ann().edit(other, { Phone: '1' });
  const [page] = (await pagesSince(await present())).toReversed();
  ann().edit(late, { Phone: '2' }, { openMs: 4_000 });
  expect(told(await pagesSince(must(page, 'a page').cursor))).toContain(`changed ${late}`);
});

test('a settled position reads nothing twice', async () => {
  ann().create('Account', { Name: 'old' });
  let cursor = await present();
  for (let poll = 0; poll < 2; poll += 1) cursor = must((await pagesSince(cursor)).at(-1), 'a page').cursor;
  const aged = { ...(cursor as object), highestSinceMs: 0 };
  cursor = must((await pagesSince(aged)).at(-1), 'a page').cursor;
  expect(told(await pagesSince(cursor))).toEqual([]);
});

test('a deleted record is told as deleted, one that was taken back as changed', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  const since = await present();
  ann().delete(id);
  expect(told(await pagesSince(since))).toEqual([`deleted ${id}`]);
  ann().undelete(id);
  expect(told(await pagesSince(since))).toEqual([`changed ${id}`]);
});

test('of a merge the loser is told as deleted and the master as changed', async () => {
  const [master, loser] = [ann().create('Account', { Name: 'M' }), ann().create('Account', { Name: 'L' })];
  const since = await present();
  ann().merge(master, [loser], { Phone: '7' });
  expect(told(await pagesSince(since))).toEqual(
    expect.arrayContaining([`deleted ${loser}`, `changed ${master}`]),
  );
});

test('what left the bin before anybody looked is told by the log of deletes', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  const since = { ...((await present()) as object), deletesMs: bench.clock.nowMs() - 600_000 };
  ann().delete(id);
  ann().purge(id);
  expect(told(await pagesSince(since))).toEqual([`deleted ${id}`]);
});

test('a log of deletes that was trimmed since ends the position', async () => {
  const since = { ...((await present()) as object), deletesMs: bench.clock.nowMs() - 3_600_000 };
  bench.simulator.org.deleteLogStartMs = bench.clock.nowMs() - 60_000;
  const failure = await failureOf(pagesSince(since));
  expect(failure).toMatchObject({ kind: 'config', code: 'salesforce.cursor_expired' });
});

test('a touch of every record by the setup is told as records that have not changed', async () => {
  const id = ann().create('Account', { Name: 'Blue' });
  const [before] = await session.get('Account', [id], FIELDS);
  const since = await present();
  bench.simulator.org.setup.touchAll('Account');
  const [record] = (await pagesSince(since)).flatMap(({ records }) => records);
  expect(before?.kind === 'found' && [...before.record.fields]).toEqual([...(record?.fields ?? [])]);
});

test('an event is a hint within the second, without a poll for it', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const id = ann().create('Account', { Name: 'Blue' });
  const since = await present(own);
  const page = await follow(own, since, hasHints, () => ann().edit(id, { Phone: '1' }));
  expect(told([page])).toEqual([`changed ${id}`]);
  expect(page.caughtUp).toBe(false);
});

test('events of the time when nobody listened come after a restart', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const id = ann().create('Account', { Name: 'Blue' });
  const { cursor } = await follow(own, await present(own), hasHints, () => ann().edit(id, { Phone: '1' }));
  ann().delete(id);
  ann().purge(id);
  const page = await follow(own, cursor, hasHints);
  expect(told([page])).toEqual([`deleted ${id}`]);
});

test('a broken stream is opened again where it ended', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const id = ann().create('Account', { Name: 'Blue' });
  const first = await follow(own, await present(own), hasHints, () => ann().edit(id, { Phone: '1' }));
  const page = await follow(own, first.cursor, hasHints, () => {
    bench.simulator.pubSub.breakStreams();
    ann().edit(id, { Phone: '2' });
  });
  expect(told([page])).toEqual([`changed ${id}`]);
});

test('a gap event is a hint as well', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const id = ann().create('Account', { Name: 'Blue' });
  const page = await follow(own, await present(own), hasHints, () => {
    bench.simulator.events.changes.gapNext('Account');
    ann().edit(id, { Phone: '1' });
  });
  expect(told([page])).toEqual([`changed ${id}`]);
});

test('an overflow, and a place that is no longer kept, end the position', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const ids = [1, 2, 3].map((index) => ann().create('Account', { Name: String(index) }));
  const since = await present(own);
  const { cursor } = await follow(own, since, hasHints, () => ann().edit(ids[0] ?? '', { Phone: '1' }));
  bench.simulator.events.changes.overflowChanges = 2;
  const overflown = follow(
    own,
    cursor,
    () => false,
    () => ann().editAll(ids, { Phone: '9' }),
  );
  expect(await failureOf(overflown)).toMatchObject({ code: 'salesforce.cursor_expired' });
  bench.simulator.events.bus.reset();
  expect(await failureOf(follow(own, cursor, () => false))).toMatchObject({
    code: 'salesforce.cursor_expired',
  });
});

test('an object whose changes nobody selected is polled all the same', async () => {
  const own = await bench.open({ change_events: 'Account' });
  bench.simulator.events.changes.unselected.add('Account');
  const id = ann().create('Account', { Name: 'Blue' });
  const since = await present(own);
  const isIt = ({ records }: ChangePage): boolean => {
    bench.clock.shift(61_000);
    return records.length > 0;
  };
  const page = await follow(own, since, isIt, () => ann().edit(id, { Phone: '1' }));
  expect(told([page])).toEqual([`changed ${id}`]);
});

test('a session that ends under a stream is renewed, and the events go on', async () => {
  const own = await bench.open({ change_events: 'Account', poll_seconds: '3600' });
  const id = ann().create('Account', { Name: 'Blue' });
  const { cursor } = await follow(own, await present(own), hasHints, () => ann().edit(id, { Phone: '1' }));
  const page = await follow(own, cursor, hasHints, () => {
    bench.clock.shift(20_000);
    bench.simulator.sessions.expireAll();
    bench.simulator.pubSub.breakStreams();
    ann().edit(id, { Phone: '2' });
  });
  expect(told([page])).toEqual([`changed ${id}`]);
});
