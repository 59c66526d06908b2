/** The change feed of a collection: asked for what changed since a moment, or by the addresses a system gives for that. */
import type { ChangePage, ChangesRequest, Cursor } from '../../connector/contract.ts';
import { pageOf, ToldRecords, type Told } from '../../connector/notices.ts';
import type { Clock } from '../../lib/clock.ts';
import { deltaPages } from './delta.ts';
import type { Feed } from './notices.ts';
import { sincePages } from './since.ts';
import type { Look } from './single.ts';

/** At the latest so often a waiting feed shows that it is alive. */
const ALIVE_MS = 4_000;
/** Reads as the contract says. An abort interrupts it with a failure, which the caller leaves out. */
export async function* readChanges(
  look: Look,
  request: ChangesRequest,
  clock: Clock,
): AsyncGenerator<ChangePage> {
  const feed: Feed = { look, request, clock, told: new ToldRecords() };
  const { changes } = look.collection.shape;
  if (changes === undefined) return;
  const round = (since: Cursor | null): AsyncGenerator<Told<Cursor>> =>
    changes.kind === 'since' ? sincePages(feed, changes, since) : deltaPages(feed, changes, since);
  let cursor = request.since;
  for (;;) {
    for await (const told of round(cursor)) {
      cursor = told.position;
      yield told.page;
    }
    if (!request.follow) return;
    for (let leftMs = changes.every; leftMs > 0; leftMs -= ALIVE_MS) {
      await clock.sleep(Math.min(leftMs, ALIVE_MS), request.signal);
      if (request.signal.aborted) return;
      if (leftMs > ALIVE_MS) yield pageOf([], cursor, false);
    }
  }
}
