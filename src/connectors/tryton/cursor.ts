/** The position in a change feed, as data: one state per stream of stamped rows. Pure, so that its rules can be tested. */
import type { Cursor } from '../../connector/contract.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { failWith } from './failures.ts';
import { isObject } from './wire.ts';

/** Beyond so many remembered rows per stream, the oldest are reported once more: harmless, and the cursor stays small. */
export const RECENT_ROWS_MAX = 250;
const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;

/** A place in a stream's order: when Tryton stamped the row, in microseconds, then its id. */
export interface Mark {
  readonly at: number;
  readonly id: number;
}

export interface StreamState {
  /** The latest row seen; null while there is none. */
  readonly position: Mark | null;
  /** When it was first seen, by our clock: after the overlap nothing can appear behind it any more. */
  readonly seenAtMs: number;
  /** True once a whole round has been read after that: the next round starts right behind the position. */
  readonly settled: boolean;
  /** Where the round under way goes on; null between rounds. */
  readonly scan: Mark | null;
  /** Row id → stamp of the rows reported within the overlap. */
  readonly recent: ReadonlyMap<number, number>;
}

export interface Round {
  readonly overlapMs: number;
  /** When the round began, by our clock. */
  readonly beganAtMs: number;
  /** Whether the page was the round's last. */
  readonly last: boolean;
}

/** Where the next page starts, exclusive; null for the very beginning. */
export function startOfPage(state: StreamState, overlapMs: number): Mark | null {
  if (state.scan !== null || state.position === null) return state.scan;
  if (state.settled) return state.position;
  return { at: state.position.at - overlapMs * MICROS_PER_MS, id: 0 };
}

/** The rows that were not reported with this very stamp before. */
export function unreported<T extends Mark>(state: StreamState, rows: readonly T[]): readonly T[] {
  return rows.filter((row) => state.recent.get(row.id) !== row.at);
}

/** The state after a page of the round, its rows in the stream's order. */
export function advance(state: StreamState, rows: readonly Mark[], round: Round): StreamState {
  const lastRow = rows.at(-1) ?? null;
  const position = later(state.position, lastRow);
  const moved = position !== state.position;
  const seenAtMs = moved ? round.beganAtMs : state.seenAtMs;
  const settled = !moved && (state.settled || (round.last && round.beganAtMs - seenAtMs >= round.overlapMs));
  const recent =
    settled || position === null ? new Map() : remember(state.recent, rows, position, round.overlapMs);
  return { position, seenAtMs, settled, scan: round.last ? null : lastRow, recent };
}

/** A stream's state when everything up to these rows, the newest first, counts as known. */
export function stateAt(newestFirst: readonly Mark[], nowMs: number, overlapMs: number): StreamState {
  const start = { position: null, seenAtMs: nowMs, settled: false, scan: null, recent: new Map() };
  return advance(start, newestFirst.toReversed(), { overlapMs, beganAtMs: nowMs, last: true });
}

function later(left: Mark | null, right: Mark | null): Mark | null {
  if (left === null || right === null) return left ?? right;
  return right.at > left.at || (right.at === left.at && right.id > left.id) ? right : left;
}

/** A stamp of whole seconds tells nothing: on SQLite a second change within the second has the same one. */
function remember(
  recent: ReadonlyMap<number, number>,
  rows: readonly Mark[],
  position: Mark,
  overlapMs: number,
): ReadonlyMap<number, number> {
  const all = new Map(recent);
  for (const { id, at } of rows) all.set(id, at);
  const oldest = position.at - overlapMs * MICROS_PER_MS;
  const kept = [...all].filter(([, at]) => at >= oldest && at % MICROS_PER_SECOND !== 0);
  return new Map(kept.toSorted((left, right) => left[1] - right[1]).slice(-RECENT_ROWS_MAX));
}

export function writeCursor(collection: string, states: ReadonlyMap<string, StreamState>): Cursor {
  const streams = [...states].map(([name, state]): [string, Json] => {
    const { position, seenAtMs, settled, scan, recent } = state;
    return [
      name,
      { position: markJson(position), seenAtMs, settled, scan: markJson(scan), recent: [...recent] },
    ];
  });
  return { collection, streams: Object.fromEntries(streams) };
}

/** Reads a cursor of `writeCursor`; another one ⇒ failure `tryton.cursor_expired`. */
export function readCursor(
  cursor: Cursor,
  collection: string,
  streams: readonly string[],
): Map<string, StreamState> {
  const stored = isObject(cursor) && cursor['collection'] === collection ? cursor['streams'] : undefined;
  return new Map(streams.map((name) => [name, readState(isObject(stored) ? stored[name] : undefined)]));
}

function readState(json: Json | undefined): StreamState {
  if (!isObject(json)) throw expired();
  const { seenAtMs, settled } = json as JsonObject & { readonly seenAtMs?: Json; readonly settled?: Json };
  const recent = json['recent'] ?? null;
  if (typeof seenAtMs !== 'number' || typeof settled !== 'boolean' || !isJsonArray(recent)) throw expired();
  const marks = recent.map((pair): [number, number] => {
    const mark = readMark(pair);
    if (mark === null) throw expired();
    return [mark.at, mark.id];
  });
  return {
    position: readMark(json['position'] ?? null),
    seenAtMs,
    settled,
    scan: readMark(json['scan'] ?? null),
    recent: new Map(marks),
  };
}

function markJson(mark: Mark | null): Json {
  return mark === null ? null : [mark.at, mark.id];
}

function readMark(json: Json): Mark | null {
  if (json === null) return null;
  const [at, id] = isJsonArray(json) ? json : [];
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(id)) throw expired();
  return { at: Number(at), id: Number(id) };
}

function expired(): Error {
  return failWith('tryton.cursor_expired', 'The position in the change feed is not one of this connector.');
}
