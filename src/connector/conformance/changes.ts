import assert from 'node:assert/strict';

import { systemClock } from '../../lib/clock.ts';
import { FEED_LAG_MS, gather, hintsOf, notices, presentPosition, readChanges, spell } from './feed.ts';
import { failureOf, seed, seedOne, textOf, type Ground, type Rule } from './rule.ts';

const TIED_RECORDS = 20;
const ABORT_AFTER_MS = 50;
const ABORT_MS_MAX = 1_000;
const ALIVE_MS_MAX = 5_500;

/** What `readChanges` promises. */
export const CHANGE_RULES: readonly Rule[] = [
  {
    name: 'feed-present',
    title: 'readChanges since null gives one empty page with the present position',
    unless: noFeed,
    check: async (ground) => {
      await seed(ground, 2);
      const cursor = await presentPosition(ground);
      assert.deepEqual(
        JSON.parse(JSON.stringify(cursor)),
        cursor,
        'a cursor must survive being stored as JSON',
      );
    },
  },
  {
    name: 'feed-edit',
    title: 'an edit, and a new record, are found from a cursor taken before',
    unless: noFeed,
    check: async (ground) => {
      const id = await seedOne(ground);
      const cursor = await presentPosition(ground);
      await ground.user.edit(id, textOf(ground, 'edited'));
      const [created = ''] = await ground.user.create([ground.fields.sample(1)]);
      await gather(ground, cursor, hintsOf([id, created], 'changed'));
    },
  },
  {
    name: 'feed-offline',
    title: 'edits made while nobody reads are found after a restart',
    unless: noFeed,
    check: async (ground) => {
      const ids = await seed(ground, 2);
      const first = await ground.reopen();
      const cursor = await presentPosition(ground, first);
      await first.close();
      for (const id of ids) await ground.user.edit(id, textOf(ground, 'edited'));
      await gather(ground, cursor, hintsOf(ids, 'changed'));
    },
  },
  {
    name: 'feed-every-edit',
    title: 'edit after edit, each is found from where the feed had got to',
    unless: noFeed,
    check: async (ground) => {
      const id = await seedOne(ground);
      let cursor = await presentPosition(ground);
      for (const text of ['one', 'two', 'three']) {
        await ground.user.edit(id, textOf(ground, text));
        ({ cursor } = await gather(ground, cursor, hintsOf([id], 'changed')));
      }
    },
  },
  {
    name: 'feed-ties',
    title: 'many changes at one moment are all found, however small the pages',
    unless: noFeed,
    check: async (ground) => {
      const cursor = await presentPosition(ground);
      const ids = await seed(ground, TIED_RECORDS);
      await gather(ground, cursor, hintsOf(ids, 'changed'));
    },
  },
  {
    name: 'feed-repeat',
    title: 'a page is given again while the next one was not asked for',
    unless: noFeed,
    check: async (ground) => {
      const id = await seedOne(ground);
      const cursor = await presentPosition(ground);
      await ground.user.edit(id, textOf(ground, 'edited'));
      const wanted = hintsOf([id], 'changed');
      const { before } = await gather(ground, cursor, wanted);
      await gather(ground, before, wanted);
    },
  },
  {
    name: 'feed-delete',
    title: 'a delete is seen in the feed',
    unless: (card) =>
      noFeed(card) ?? (card.deletes === 'feed' ? null : 'the card says that only a lookup shows deletes'),
    check: async (ground) => {
      const id = await seedOne(ground);
      const cursor = await presentPosition(ground);
      await ground.user.delete(id);
      await gather(ground, cursor, hintsOf([id], 'deleted'));
    },
  },
  {
    name: 'feed-foreign-cursor',
    title: 'a cursor that is not the connector’s own is refused as expired',
    unless: noFeed,
    check: async (ground) => {
      const failure = await failureOf(async () => {
        for await (const page of readChanges(ground, ground.session, { since: { foreign: 'cursor' } }))
          notices(page);
      }, 'given a foreign cursor');
      assert.equal(failure.kind, 'config', 'a foreign cursor must be a failure of kind config');
      assert.match(failure.code, /\.cursor_expired$/, 'its code must end in .cursor_expired');
    },
  },
  {
    name: 'feed-follow',
    title: 'a following read shows an edit made while it waits',
    unless: noFeed,
    check: async (ground) => {
      const id = await seedOne(ground);
      const since = await presentPosition(ground);
      const stop = new AbortController();
      const edited = ground.user.edit(id, textOf(ground, 'edited'));
      const deadline = spell(ground.harness.feedLagMsMax ?? FEED_LAG_MS, stop.signal).then(() => {
        stop.abort();
      });
      let seen = false;
      for await (const page of readChanges(ground, ground.session, {
        since,
        follow: true,
        signal: stop.signal,
      })) {
        seen ||= notices(page).some((notice) => notice.id === id);
        if (seen) break;
      }
      stop.abort();
      await Promise.all([edited, deadline]);
      assert.ok(seen, 'a following read must show the edit');
    },
  },
  {
    name: 'feed-alive',
    title: 'a following read shows within 5 seconds that it is alive, though nothing changes',
    unless: noFeed,
    check: async (ground) => {
      const since = await presentPosition(ground);
      const stop = new AbortController();
      const deadline = spell(ALIVE_MS_MAX, stop.signal).then(() => {
        stop.abort();
      });
      let alive = false;
      for await (const page of readChanges(ground, ground.session, {
        since,
        follow: true,
        signal: stop.signal,
      })) {
        notices(page);
        alive = true;
        break;
      }
      stop.abort();
      await deadline;
      assert.ok(alive, 'a following read must yield an empty page at least every 5 seconds');
    },
  },
  {
    name: 'feed-abort',
    title: 'a following read ends within a second of the signal',
    unless: noFeed,
    check: async (ground) => {
      const since = await presentPosition(ground);
      const stop = new AbortController();
      const giveUp = new AbortController();
      const abort = async (): Promise<boolean> => {
        await systemClock.sleep(ABORT_AFTER_MS);
        stop.abort();
        await spell(ABORT_MS_MAX, giveUp.signal);
        return false;
      };
      const reading = readUntilAborted(ground, since, stop.signal);
      const ended = await Promise.race([reading.then(() => true), abort()]);
      giveUp.abort();
      assert.ok(ended, 'a following read must end within a second of its signal');
    },
  },
];

async function readUntilAborted(
  ground: Ground,
  since: Parameters<typeof gather>[1],
  signal: AbortSignal,
): Promise<void> {
  for await (const page of readChanges(ground, ground.session, { since, follow: true, signal })) {
    assert.deepEqual(notices(page), [], 'nothing was changed, so a page must be empty');
  }
}

function noFeed(card: Parameters<NonNullable<Rule['unless']>>[0]): string | null {
  return card.feed === 'none' ? 'the card says that the system has no change feed' : null;
}
