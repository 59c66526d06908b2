/** One poll of a feed that is asked for what changed since a moment. */
import type { Cursor } from '../../connector/contract.ts';
import { pageOf, type Notice, type Told } from '../../connector/notices.ts';
import { valueAt } from '../../lib/pointer.ts';
import { scalarText } from './answers.ts';
import { modifiedIn } from './collection.ts';
import type { ChangesShape } from './description/lists.ts';
import { refuse } from './failures.ts';
import { momentOut } from './moments.ts';
import { noticesOf, pagesFor, type Feed } from './notices.ts';
import { afterPoll, parsePosition, partWay, presentPosition, toCursor, type Position } from './position.ts';
import { rowsOf, sourceOf, walkOf } from './read.ts';
import type { Filled } from './request.ts';
import { walk } from './walk.ts';

type Since = Extract<ChangesShape, { readonly kind: 'since' }>;
type Deletes = NonNullable<Since['deletes']>;

/** From null, the present position; from a position, everything since it, the last page being caught up. */
export async function* sincePages(
  feed: Feed,
  changes: Since,
  since: Cursor | null,
): AsyncGenerator<Told<Cursor>> {
  const { collection } = feed.look;
  if (since === null) {
    const cursor = toCursor(await present(feed, changes));
    yield { page: pageOf([], cursor, true), position: cursor };
  } else yield* poll(feed, changes, parsePosition(collection.name, since));
}

/** By the Date of an answer, which is the system's own clock like its stamps. */
async function present(feed: Feed, changes: Since): Promise<Position> {
  const { look, clock } = feed;
  const nowMs = clock.nowMs();
  const how = { ...walkOf(look, 'changes', 1), slots: sinceSlot(changes, nowMs), start: null };
  let serverMs: number | null = null;
  for await (const { headers } of walk(look.api, sourceOf(changes), how)) {
    const date = Date.parse(headers.get('date') ?? '');
    serverMs = Number.isNaN(date) ? null : date;
    break;
  }
  return presentPosition(look.collection.name, serverMs, nowMs, overlapOf(changes));
}

async function* poll(feed: Feed, changes: Since, start: Position): AsyncGenerator<Told<Cursor>, void> {
  const { look, request, clock } = feed;
  const beganMs = clock.nowMs();
  let before = start;
  let highestMs: number | null = null;
  let waiting: readonly Notice[] = [];
  let readSoFar = 0;
  const slots = sinceSlot(changes, start.fromMs);
  const how = { ...walkOf(look, 'changes', request.pageRecordsMax), slots, start: null };
  for await (const sheet of walk(look.api, sourceOf(changes), how)) {
    if (waiting.length > 0)
      yield* pagesFor(feed, { notices: waiting, ...both(before, before), caughtUp: false });
    const stamps = sheet.rows
      .map((row) => modifiedIn(look.collection, row))
      .filter((stamp) => stamp !== null);
    highestMs = stamps.reduce<number | null>(
      (highest, stamp) => Math.max(highest ?? stamp, stamp),
      highestMs,
    );
    waiting = noticesOf(feed, await rowsOf(look, sheet, changes.by_id === true));
    if (changes.sorted === true && highestMs !== null && sheet.next !== null) {
      const reached = partWay(start, highestMs, overlapOf(changes));
      yield* pagesFor(feed, { notices: waiting, ...both(before, reached), caughtUp: false });
      [before, waiting] = [reached, []];
      readSoFar += sheet.rows.length;
      if (readSoFar >= (changes.reads_max ?? Infinity)) return yield* anew(feed, changes, start, reached);
    }
  }
  const deleted = await deletedSince(feed, changes, start, beganMs);
  const after = { ...afterPoll(start, highestMs, beganMs, overlapOf(changes)), deletesMs: deleted.coveredMs };
  const notices = [...waiting, ...deleted.notices];
  yield* pagesFor(feed, { notices, ...both(before, after), caughtUp: true });
}

/** One question gives no more: the next begins where this one stopped. */
async function* anew(
  feed: Feed,
  changes: Since,
  start: Position,
  reached: Position,
): AsyncGenerator<Told<Cursor>, void> {
  if (start.fromMs === null || (reached.fromMs ?? 0) > start.fromMs) yield* poll(feed, changes, reached);
  else
    throw refuse(
      'cursor_expired',
      `More of ${feed.look.collection.name} changed within the overlap than one question gives.`,
    );
}

/** What the list of deletes says since it was read last; it is read again from an overlap before that. */
async function deletedSince(
  feed: Feed,
  { deletes, overlap, grain }: Since,
  { deletesMs }: Position,
  beganMs: number,
): Promise<{ readonly notices: readonly Notice[]; readonly coveredMs: number | null }> {
  if (deletes === undefined) return { notices: [], coveredMs: deletesMs };
  const { look, request } = feed;
  const how = {
    ...walkOf(look, 'deletes', request.pageRecordsMax),
    slots: sinceSlot(deletes, deletesMs),
    start: null,
  };
  const ids: string[] = [];
  let serverMs: number | null = null;
  for await (const { rows, headers } of walk(look.api, sourceOf(deletes), how)) {
    serverMs ??= Date.parse(headers.get('date') ?? '') || null;
    ids.push(...rows.flatMap((row) => scalarText(valueAt(row, deletes.id)) ?? []));
  }
  const reached =
    serverMs === null ? null : presentPosition('', serverMs, beganMs, { overlapMs: overlap, grainMs: grain });
  const coveredMs = reached === null ? deletesMs : Math.max(reached.fromMs ?? 0, deletesMs ?? 0);
  return {
    notices: noticesOf(
      feed,
      ids.map((id) => ({ kind: 'deleted', id })),
    ),
    coveredMs,
  };
}

/** Where only what is later than the moment comes, one grain earlier is asked for. */
function sinceSlot(asked: Since | Deletes, fromMs: number | null): readonly Filled[] {
  if (fromMs === null) return [];
  const isAfter = 'after' in asked && asked.after === true;
  const grainMs = 'grain' in asked ? asked.grain : 0;
  return [{ slot: asked.since, value: momentOut(isAfter ? fromMs - grainMs : fromMs, asked.format) }];
}

function overlapOf({ overlap, grain }: Since): { readonly overlapMs: number; readonly grainMs: number } {
  return { overlapMs: overlap, grainMs: grain };
}

function both(before: Position, after: Position): { readonly before: Cursor; readonly after: Cursor } {
  return { before: toCursor(before), after: toCursor(after) };
}
