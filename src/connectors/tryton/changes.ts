/**
 * The change feed: polls the times at which Tryton wrote rows. `write_date` is null until the first write, so every
 * model has two streams, one by `write_date` and one by `create_date`; a party is fed by four models, because Tryton
 * does not touch the party when one of its rows changes. A row that is deleted leaves no trace: the sweep finds it.
 *
 * Tryton stamps a row when its transaction begins, not when it commits, so a slow transaction shows up behind the
 * position. Each round therefore starts some time before it, and the cursor remembers what was reported there.
 */
import type { ChangePage, ChangesRequest, Cursor, Hint } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Json } from '../../lib/json.ts';
import type { TrytonClient } from './client.ts';
import type { Collection, Feed } from './collection.ts';
import { Covered } from './covered.ts';
import {
  beginScan,
  continueScan,
  endRound,
  readCursor,
  RECENT_ROWS_MAX,
  startOfRound,
  stateAt,
  unreported,
  writeCursor,
  type Mark,
  type StampedRow,
  type StreamState,
} from './cursor.ts';
import { PAGE_RECORDS_MAX, readByIds } from './read.ts';
import { microsOf, numberOf, rowsOf, timestampOf } from './wire.ts';

/** How often a followed feed asks, and at least shows that it is alive; a round is two small queries per model. */
const POLL_MS = 2_000;

interface Stream {
  readonly name: string;
  readonly feed: Feed;
  readonly column: 'write_date' | 'create_date';
}

interface Step {
  readonly rows: readonly StampedRow[];
  readonly after: StreamState;
}

export class ChangeFeed {
  readonly #client: TrytonClient;
  readonly #collection: Collection;
  readonly #request: ChangesRequest;
  readonly #clock: Clock;
  readonly #overlapMs: number;
  readonly #streams: readonly Stream[];
  readonly #covered = new Covered();
  #states = new Map<string, StreamState>();

  constructor(
    client: TrytonClient,
    collection: Collection,
    request: ChangesRequest,
    options: { readonly clock: Clock; readonly overlapMs: number },
  ) {
    this.#client = client;
    this.#collection = collection;
    this.#request = request;
    this.#clock = options.clock;
    this.#overlapMs = options.overlapMs;
    this.#streams = collection.feeds.flatMap((feed) =>
      (['write_date', 'create_date'] as const).map((column) => ({
        name: `${feed.model}.${column}`,
        feed,
        column,
      })),
    );
  }

  async *pages(): AsyncGenerator<ChangePage> {
    const { since, signal, follow } = this.#request;
    if (since === null) {
      await this.#takePresentPosition();
      yield this.#page([], [], true);
      if (!follow) return;
    } else {
      this.#states = readCursor(
        since,
        this.#collection.name,
        this.#streams.map(({ name }) => name),
      );
    }
    while (!signal.aborted) {
      let reported = false;
      for (const stream of this.#streams) {
        for await (const page of this.#round(stream)) {
          reported = true;
          yield page;
        }
      }
      if (!follow) return;
      if (reported || signal.aborted) continue;
      // Shows that the feed is alive, and that the round over all streams found nothing.
      yield this.#page([], [], true);
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** Everything that is there now counts as known; what was stamped within the overlap is remembered. */
  async #takePresentPosition(): Promise<void> {
    for (const stream of this.#streams) {
      const newest = await this.#rows(stream, behind(stream.column, null), 'DESC', RECENT_ROWS_MAX);
      this.#states.set(stream.name, stateAt(newest, this.#clock.nowMs(), this.#overlapMs));
    }
  }

  /** One pass over a stream, to its end or to the end of the signal. */
  async *#round(stream: Stream): AsyncGenerator<ChangePage> {
    for (let ended = false; !ended && !this.#request.signal.aborted;) {
      const before = this.#state(stream);
      const { rows, after } = await this.#step(stream, before);
      ended = after.scan === null;
      const fresh = unreported(before, rows).filter((row) => !this.#covered.includes(stream.feed.model, row));
      const ownerIds = [...new Set(fresh.map(({ ownerId }) => ownerId))];
      const { signal, fields } = this.#request;
      const found = await readByIds(this.#client, this.#collection, ownerIds, fields, signal);
      this.#states.set(stream.name, after);
      this.#covered.add(found);
      const gone = ownerIds.filter((id) => !found.some((record) => record.id === id));
      // A page without records still carries that the position has settled, or every round would start over.
      if (ownerIds.length > 0 || after.settled !== before.settled) {
        const hints = gone.map((id): Hint => ({ id: String(id), kind: 'changed' }));
        yield this.#page(
          found.map(({ record }) => record),
          hints,
          false,
        );
      }
    }
  }

  /** The next rows of the stream, in its order, and the state after them. */
  async #step(stream: Stream, state: StreamState): Promise<Step> {
    const limit = Math.max(1, Math.min(this.#request.pageRecordsMax, PAGE_RECORDS_MAX));
    const { scan } = state;
    if (scan === null) {
      const beganAtMs = this.#clock.nowMs();
      const domain = behind(stream.column, startOfRound(state, this.#overlapMs));
      // The newest first: that is the whole round or, where it is larger than a page, shows how far to read.
      const newest = await this.#rows(stream, domain, 'DESC', limit);
      const [last] = newest;
      if (newest.length < limit || last === undefined) {
        const rows = newest.toReversed();
        return { rows, after: endRound(state, rows, beganAtMs, this.#overlapMs) };
      }
      return { rows: [], after: beginScan(state, last, beganAtMs, this.#overlapMs) };
    }
    const domain = [behind(stream.column, scan.after), [stream.column, '<=', timestampOf(scan.upTo)]];
    const rows = await this.#rows(stream, domain, 'ASC', limit);
    const next =
      rows.length < limit
        ? endRound(state, rows, scan.beganAtMs, this.#overlapMs)
        : continueScan(state, scan, rows, this.#overlapMs);
    return { rows, after: next };
  }

  #state(stream: Stream): StreamState {
    return must(this.#states.get(stream.name), 'every stream has a state');
  }

  #page(records: ChangePage['records'], hints: ChangePage['hints'], caughtUp: boolean): ChangePage {
    return { records, hints, unreadable: [], cursor: this.#cursor(), caughtUp };
  }

  #cursor(): Cursor {
    return writeCursor(this.#collection.name, this.#states);
  }

  async #rows(
    stream: Stream,
    domain: Json,
    direction: 'ASC' | 'DESC',
    limit: number,
  ): Promise<readonly StampedRow[]> {
    const { model, owner } = stream.feed;
    const order = [
      [stream.column, direction],
      ['id', direction],
    ];
    const columns = owner === null ? [stream.column] : [stream.column, owner];
    const answer = await this.#client.model(model, 'search_read', [domain, 0, limit, order, columns], {
      effect: 'read',
      signal: this.#request.signal,
      context: { active_test: false },
    });
    const method = `${model}.search_read`;
    return rowsOf(answer, method).map((row) => {
      const id = numberOf(row['id'], method);
      const at = must(microsOf(row[stream.column]), 'the search leaves out rows without a time');
      return { at, id, ownerId: owner === null ? id : numberOf(row[owner], method) };
    });
  }
}

/** Rows behind the mark in the order of time, then id. Without a mark, all that have a time. */
function behind(column: string, mark: Mark | null): Json {
  if (mark === null) return [[column, '!=', null]];
  const at = timestampOf(mark.at);
  return [
    'OR',
    [column, '>', at],
    [
      [column, '=', at],
      ['id', '>', mark.id],
    ],
  ];
}
