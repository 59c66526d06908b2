/**
 * A file has no feed: what it has is a content. When that differs from the cursor's, every record is reported, and of the rows
 * whose id could not be told those that are no more, so that nobody waits for them.
 */
import type { ChangePage, ChangesRequest, ConnectorContext, Cursor, Hint } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { refuse } from './failures.ts';
import { readPages } from './pages.ts';
import type { Reader } from './reader.ts';
import { lineOfPlace, placeAt } from './records.ts';
import { stampOf, type Content, type Stamp } from './source.ts';

interface Position {
  readonly file: string;
  readonly hash: string;
  readonly mtimeMs: number;
  readonly size: number;
  /** Where rows could not be told; beyond the most that are kept only a sweep finds them mended. */
  readonly places: readonly string[];
}

const PLACES_MAX = 1_000;

/** Polling works on network shares, where the operating system's notices do not. */
const POLL_MS = 500;
/** A second save within the clock's grain leaves the stamp as it is: after a change the content is compared so often. */
const RECHECKS = 5;
/** A file that cannot be read while somebody saves it is tried so often before it counts as a failure. */
const TRIES_MAX = 10;
/** After so many looks without a change, an empty page says that we are alive. */
const QUIET_POLLS = 8;

export async function* readChanges(
  reader: Reader,
  context: ConnectorContext,
  request: ChangesRequest,
): AsyncGenerator<ChangePage> {
  const { collection, since, signal } = request;
  let content = await reader.read(collection);
  let position: Position;
  if (since === null) {
    const survey = await reader.survey(await reader.open(collection, content), new Set(), signal);
    if (survey === null) return;
    position = positionOf(collection, content, [...survey.unknownLines].map(placeAt));
    yield emptyPage(position);
  } else position = parseCursor(collection, since);
  const watch = createWatch(reader, context, collection, content);
  while (!signal.aborted) {
    if (content.hash !== position.hash) {
      const file = await reader.open(collection, content);
      const places = new Set<string>();
      let next: Position = position;
      for await (const { records, unreadable, complete } of readPages(reader, file, request)) {
        for (const { id } of unreadable) if (lineOfPlace(id) !== null) places.add(id);
        if (complete) next = positionOf(collection, content, [...places]);
        const hints = complete ? mended(position.places, places) : [];
        yield { records, hints, unreadable, cursor: toCursor(next), caughtUp: complete };
      }
      position = next;
    }
    if (!request.follow) return;
    const changed = await watch.wait(signal);
    if (signal.aborted) return;
    if (changed === null) yield emptyPage(position);
    else content = changed;
  }
}

/** Looks at one file again and again. */
interface Watch {
  /** The next content that differs and has settled; null when nothing came for a while or the signal aborted. */
  wait(signal: AbortSignal): Promise<Content | null>;
}

function createWatch(reader: Reader, context: ConnectorContext, collection: string, first: Content): Watch {
  let known = first;
  let seen: Stamp = first.stamp;
  let rechecks = RECHECKS;
  let triesLeft = TRIES_MAX;

  const look = async (): Promise<Content | null> => {
    const stamp = await stampOf(await reader.locate(collection), collection);
    const isMoving = stamp.mtimeMs !== seen.mtimeMs || stamp.size !== seen.size;
    seen = stamp;
    // What moves is read at the next look, when it stands still.
    if (isMoving) rechecks = RECHECKS;
    if (isMoving || rechecks === 0) return null;
    const content = await reader.read(collection);
    rechecks -= 1;
    triesLeft = TRIES_MAX;
    if (content.hash === known.hash) return null;
    known = content;
    rechecks = RECHECKS;
    return content;
  };

  return {
    wait: async (signal) => {
      for (let looks = 0; looks < QUIET_POLLS; looks += 1) {
        await context.clock.sleep(POLL_MS, signal);
        if (signal.aborted) return null;
        try {
          const content = await look();
          if (content !== null) return content;
        } catch (error) {
          triesLeft -= 1;
          rechecks = RECHECKS;
          if (!(error instanceof ConnectorFailure) || triesLeft <= 0) throw error;
        }
      }
      return null;
    },
  };
}

function emptyPage(position: Position): ChangePage {
  return { records: [], hints: [], unreadable: [], cursor: toCursor(position), caughtUp: true };
}

function mended(before: readonly string[], now: ReadonlySet<string>): readonly Hint[] {
  return before.filter((place) => !now.has(place)).map((id) => ({ id, kind: 'changed' }));
}

function positionOf(file: string, content: Content, places: readonly string[]): Position {
  const { mtimeMs, size } = content.stamp;
  return { file, hash: content.hash, mtimeMs, size, places: places.slice(0, PLACES_MAX) };
}

function toCursor(position: Position): Cursor {
  const { file, hash, mtimeMs, size, places } = position;
  return { file, hash, mtimeMs, size, places };
}

function parseCursor(collection: string, cursor: Cursor): Position {
  if (typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor)) {
    const { file, hash, mtimeMs, size, places = [] } = cursor as Readonly<Record<string, unknown>>;
    const isOurs = file === collection && typeof hash === 'string' && Array.isArray(places);
    if (isOurs && typeof mtimeMs === 'number' && typeof size === 'number')
      return { file: collection, hash, mtimeMs, size, places: places.map(String) };
  }
  throw refuse('config', 'cursor_expired', `the stored position does not belong to ${collection}`, {
    advice: 'The collection is compared completely; nothing has to be done.',
  });
}
