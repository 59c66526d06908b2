/**
 * The change feed. Polling is the truth of it; change events say sooner where to look. Events are told some time after the
 * commit, and not at all for an object that nobody selected, so a look by SystemModstamp goes on beside them.
 */
import type { ChangePage } from '../../connector/contract.ts';
import { pageOf, pagesOf, type Notice, type Told } from '../../connector/notices.ts';
import type { EventStream, Heard } from './event-stream.ts';
import { poll, presentOf, type Feed } from './poll.ts';
import { parsePosition, toCursor, type Position } from './position.ts';

/** How often to poll while events come: often enough that what they leave out is not missed for long. */
const POLL_BESIDE_EVENTS_MS = 60_000;
/** The contract wants a sign of life every 5 seconds. */
const ALIVE_MS = 4_000;

export interface Pace {
  readonly pollMs: number;
  /** Opens the object's event stream from a replay id; null when it has none. */
  readonly events: ((replay: string | null) => Promise<EventStream>) | null;
}

export async function* readChanges(feed: Feed, pace: Pace): AsyncGenerator<ChangePage> {
  const { since, follow, signal } = feed.request;
  let position: Position;
  if (since === null) {
    position = await presentOf(feed);
    yield quiet(position, true);
  } else position = parsePosition(feed.selection.object.name, since);
  if (follow) yield* followed(feed, pace, position);
  else if (since !== null && !signal.aborted) for await (const { page } of poll(feed, position)) yield page;
}

async function* followed(feed: Feed, pace: Pace, start: Position): AsyncGenerator<ChangePage> {
  const { signal } = feed.request;
  // Opened before the poll, so that nothing can fall between the two.
  const stream = pace.events === null ? null : await pace.events(start.replay);
  let position = start;
  try {
    while (!signal.aborted) {
      for await (const told of poll(feed, position)) {
        position = { ...told.position, replay: position.replay };
        yield { ...told.page, cursor: toCursor(position) };
      }
      for await (const told of untilNextPoll(feed, pace, stream, position)) {
        ({ position } = told);
        yield told.page;
      }
    }
  } finally {
    stream?.close();
  }
}

/** Signs of life and what the events say, until it is time to poll again. */
async function* untilNextPoll(
  { api, request }: Feed,
  pace: Pace,
  stream: EventStream | null,
  start: Position,
): AsyncGenerator<Told<Position>> {
  const { clock } = api;
  const { signal, pageRecordsMax } = request;
  const startedMs = clock.monotonicMs();
  let position = start;
  for (;;) {
    const isHearing = stream !== null && stream.isUp();
    const pollMs = isHearing ? Math.max(pace.pollMs, POLL_BESIDE_EVENTS_MS) : pace.pollMs;
    const leftMs = startedMs + pollMs - clock.monotonicMs();
    if (leftMs <= 0 || signal.aborted) return;
    const waitMs = Math.min(leftMs, ALIVE_MS);
    const heard = stream === null ? null : await stream.next(waitMs, signal);
    if (stream === null) await clock.sleep(waitMs, signal);
    if (heard?.kind === 'look') return;
    for (const told of heard?.kind === 'events' ? toldBy(heard, position, pageRecordsMax) : []) {
      ({ position } = told);
      yield told;
    }
    if (heard?.kind !== 'events' && !signal.aborted) yield { page: quiet(position, false), position };
  }
}

function* toldBy(
  { hints, replay }: Extract<Heard, { kind: 'events' }>,
  before: Position,
  sizeMax: number,
): Generator<Told<Position>> {
  const notices = hints.map((hint): Notice => ({ kind: 'hint', hint }));
  yield* pagesOf({ notices, before, after: { ...before, replay }, caughtUp: false }, toCursor, sizeMax);
}

function quiet(position: Position, caughtUp: boolean): ChangePage {
  return pageOf([], toCursor(position), caughtUp);
}
