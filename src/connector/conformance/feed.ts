import assert from 'node:assert/strict';

import { must } from '../../lib/assert.ts';
import { systemClock } from '../../lib/clock.ts';
import type { ChangePage, ChangesRequest, Cursor, Hint, Session } from '../contract.ts';
import type { Ground } from './rule.ts';

/** How long a feed may lag when the harness does not say. */
export const FEED_LAG_MS = 10_000;
const STEP_MS = 50;
const PAGE_RECORDS_MAX = 3;

/**
 * Resolves after so long, or at once when aborted. In short steps: while the machine stands still, whoever is waited for loses no
 * more than one of them.
 */
export async function spell(delayMs: number, signal: AbortSignal): Promise<void> {
  for (let restMs = delayMs; restMs > 0 && !signal.aborted; restMs -= STEP_MS)
    await systemClock.sleep(Math.min(STEP_MS, restMs), signal);
}

/** The ids that a page says may have changed, and those it says were deleted. */
export function notices(page: ChangePage): readonly Hint[] {
  return [...page.records.map(({ id }): Hint => ({ id, kind: 'changed' })), ...page.hints];
}

/** Reads the collection's changes, every field of the harness. */
export function readChanges(
  ground: Ground,
  session: Session,
  request: Pick<ChangesRequest, 'since'> & Partial<ChangesRequest>,
): AsyncIterable<ChangePage> {
  return session.readChanges({
    collection: ground.collection,
    fields: ground.fields.names,
    follow: false,
    pageRecordsMax: PAGE_RECORDS_MAX,
    signal: new AbortController().signal,
    ...request,
  });
}

/** The present position, as a caller takes it before a snapshot. */
export async function presentPosition(ground: Ground, session = ground.session): Promise<Cursor> {
  let first: ChangePage | null = null;
  for await (const page of readChanges(ground, session, { since: null })) {
    first ??= page;
  }
  const page = must(first, 'asked for the present position, readChanges must yield a page');
  assert.deepEqual(notices(page), [], 'the page with the present position must be empty');
  return page.cursor;
}

/** What the feed said until it had said all of `wanted`, and where reading ended. */
export interface Gathered {
  readonly notices: readonly Hint[];
  /** The position after all pages but the last, from which the last page must be found again. */
  readonly before: Cursor;
  readonly cursor: Cursor;
}

/**
 * Reads again and again from where it stopped until every wanted notice was met, and stops on the page that completes
 * them: the next page is not asked for, so the source may not forget that one.
 */
export async function gather(ground: Ground, since: Cursor, wanted: readonly Hint[]): Promise<Gathered> {
  const met: Hint[] = [];
  let [before, cursor] = [since, since];
  for (let restMs = ground.harness.feedLagMsMax ?? FEED_LAG_MS; restMs > 0; restMs -= STEP_MS) {
    for await (const page of readChanges(ground, ground.session, { since: cursor })) {
      assert.ok(
        page.records.length + page.hints.length <= PAGE_RECORDS_MAX,
        'a page must keep to pageRecordsMax',
      );
      met.push(...notices(page));
      [before, cursor] = [cursor, page.cursor];
      if (missingFrom(met, wanted).length === 0) return { notices: met, before, cursor };
    }
    await systemClock.sleep(STEP_MS);
  }
  const missing = missingFrom(met, wanted).length;
  throw new assert.AssertionError({
    message: `the feed must show every change after the cursor; ${String(missing)} of ${String(wanted.length)} never came`,
  });
}

/** Notices for `ids` of one kind. */
export function hintsOf(ids: readonly string[], kind: Hint['kind']): readonly Hint[] {
  return ids.map((id) => ({ id, kind }));
}

function missingFrom(met: readonly Hint[], wanted: readonly Hint[]): readonly Hint[] {
  return wanted.filter(({ id, kind }) => !met.some((notice) => notice.id === id && notice.kind === kind));
}
