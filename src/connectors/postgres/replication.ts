/** The change feed of a table out of the server's write-ahead log: every change and delete, milliseconds after its commit. */
import { z } from 'zod';

import type { ChangePage, ChangesRequest, Cursor, Hint } from '../../connector/contract.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Table } from './catalog.ts';
import type { Database } from './database.ts';
import { cursorExpired } from './expired.ts';
import { asConnectorFailure, sqlStateOf } from './failures.ts';
import { lsnOf, lsnText } from './pgoutput.ts';
import { checkSlot, currentLsn, isPublished, openSlot, slotNamesOf, type SlotNames } from './slot.ts';
import { WalStream } from './wal-stream.ts';

const ALIVE_MS = 2_000;
const PUBLISHED_CHECK_MS = 30_000;
/** So often the server is asked how far its log has got, to know whether all of it was read. */
const CAUGHT_UP_CHECK_MS = 1_000;
/**
 * A reader that was cut off is noticed by the server only after a moment; until then the slot is taken. So many tries, not so
 * long: a server that stands still for a while notices nothing meanwhile.
 */
const IN_USE_TRIES_MAX = 100;
const IN_USE_RETRY_MS = 50;
const SETTLE_MS_MAX = 200;
const OBJECT_IN_USE = '55006';

const CursorSchema = z.object({ lsn: z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/) });

interface Feed {
  readonly database: Database;
  readonly table: Table;
  readonly clock: Clock;
  readonly request: ChangesRequest;
  readonly names: SlotNames;
}

export async function* replicateChanges(
  parts: Omit<Feed, 'names'> & { readonly connectionKey: string },
): AsyncGenerator<ChangePage> {
  const { database, table, request } = parts;
  const { signal, since, follow } = request;
  const feed: Feed = { ...parts, names: slotNamesOf(parts.connectionKey, table) };
  let position: bigint;
  if (since === null) {
    position = await openSlot(database, table, feed.names, signal);
    yield pageOf([], position, true);
    if (!follow) return;
  } else {
    position = positionOf(table, since);
    await checkSlot(database, table, feed.names, position, signal);
  }
  // Without following, what is committed by now is read, and no more.
  const until = follow ? null : await currentLsn(database, signal);
  if (until !== null && position >= until) return;
  yield* streamFrom(feed, position, until);
}

async function* streamFrom(feed: Feed, position: bigint, until: bigint | null): AsyncGenerator<ChangePage> {
  const { clock, request } = feed;
  const stream = await startStream(feed, position);
  const stop = new AbortController();
  const onAbort = (): void => {
    stream.nudge();
  };
  request.signal.addEventListener('abort', onAbort, { once: true });
  const ticking = tick(stream, clock, stop.signal);
  try {
    yield* pagesOf(feed, stream, until);
  } catch (error) {
    throw asConnectorFailure(error);
  } finally {
    request.signal.removeEventListener('abort', onAbort);
    // A connection cut off at once may take the last confirmation with it; nothing but time would be lost.
    await Promise.race([stream.settled(), clock.sleep(SETTLE_MS_MAX, stop.signal)]);
    stop.abort();
    await ticking;
    await stream.stop();
  }
}

async function* pagesOf(feed: Feed, stream: WalStream, until: bigint | null): AsyncGenerator<ChangePage> {
  const { database, table, names, clock, request } = feed;
  let aliveMs = clock.monotonicMs();
  let checkedMs = aliveMs;
  let caughtUpMs = aliveMs;
  /** Where the log ended after the coming page was asked for; null when nobody has looked. */
  let end: bigint | null = null;
  while (!request.signal.aborted) {
    if (end === null && clock.monotonicMs() - caughtUpMs >= CAUGHT_UP_CHECK_MS) {
      end = await currentLsn(database, request.signal);
      stream.ping();
    }
    const isDone = until !== null && stream.position >= until;
    const isDue = clock.monotonicMs() - aliveMs >= ALIVE_MS;
    if (!stream.isReady && !isDone && !isDue) {
      await stream.changed();
      continue;
    }
    const { hints, position } = stream.take();
    if (clock.monotonicMs() - checkedMs >= PUBLISHED_CHECK_MS) {
      checkedMs = clock.monotonicMs();
      // A table that was dropped and made again, or taken out of the publication, falls silent without an error.
      if (!(await isPublished(database, table, names, request.signal))) {
        throw cursorExpired(table, `the publication ${names.publication} no longer has the table`);
      }
    }
    const caughtUp = end !== null && position >= end;
    if (caughtUp) caughtUpMs = clock.monotonicMs();
    yield pageOf(hints, position, caughtUp);
    end = null;
    // The next page was asked for, so this one is stored.
    stream.confirm(position);
    aliveMs = clock.monotonicMs();
    if (isDone && !stream.isReady) return;
  }
}

async function startStream(
  { database, table, clock, request, names }: Feed,
  position: bigint,
): Promise<WalStream> {
  const { signal, pageRecordsMax } = request;
  for (let tries = 1; ; tries += 1) {
    const stream = new WalStream(database.connection, table, names, position, pageRecordsMax);
    const onAbort = (): void => {
      stream.stop().catch(() => undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await stream.start();
      return stream;
    } catch (error) {
      await stream.stop();
      const isInUse = sqlStateOf(error) === OBJECT_IN_USE;
      if (signal.aborted || !isInUse || tries >= IN_USE_TRIES_MAX) throw asConnectorFailure(error);
      await clock.sleep(IN_USE_RETRY_MS, signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Keeps the connection alive while the caller works on a page, and wakes the reader to show that it is. */
async function tick(stream: WalStream, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(ALIVE_MS, signal);
    if (signal.aborted) return;
    stream.repeat();
    stream.nudge();
  }
}

function positionOf(table: Table, since: Cursor): bigint {
  const parsed = CursorSchema.safeParse(since);
  if (!parsed.success) throw cursorExpired(table, 'it was made by another way of reading');
  return lsnOf(parsed.data.lsn);
}

function pageOf(hints: readonly Hint[], position: bigint, caughtUp: boolean): ChangePage {
  return { records: [], hints, unreadable: [], cursor: { lsn: lsnText(position) }, caughtUp };
}
