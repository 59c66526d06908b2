/** The position in a change feed, as data: one state per stream of stamped rows. Pure, so that its rules can be tested. */
import type { Cursor } from '../../connector/contract.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { failWith } from './failures.ts';
import { isObject } from './wire.ts';

/** Beyond so many remembered rows per stream, the oldest are reported once more: harmless, and the cursor stays small. */
export const RECENT_ROWS_MAX = 100;
const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;

/** A place in a stream's order: when Tryton stamped the row, in microseconds, then its id. */
export interface Mark {
  readonly at: number;
  readonly id: number;
}

/** A row of a stream, and the record that it belongs to. */
export interface StampedRow extends Mark {
  readonly ownerId: number;
}

export interface StreamState {
  /** The latest row read. All rows stamped more than the overlap before it were reported; none can appear there. */
  readonly position: Mark | null;
  /** When a row as late as that was first seen, by our clock: after the overlap nothing can appear behind it. */
  readonly seenAtMs: number;
  /** True once a whole round has been read after that: the next round starts right behind the position. */
  readonly settled: boolean;
  /** The round under way, when it is larger than a page. */
  readonly scan: Scan | null;
  /** Row id → stamp of the rows reported within the overlap. */
  readonly recent: ReadonlyMap<number, number>;
}

/**
 * A round that takes several pages reads upwards to the row that was the newest when it began, and no further: what is
 * stamped later than the overlap before that row may still be in a slow transaction, and the next round reads it again.
 */
export interface Scan {
  readonly after: Mark | null;
  readonly upTo: number;
  readonly beganAtMs: number;
}

/** Where a round starts, exclusive; null for the very beginning. */
export function startOfRound(state: StreamState, overlapMs: number): Mark | null {
  if (state.settled || state.position === null) return state.position;
  return { at: state.position.at - overlapMs * MICROS_PER_MS, id: 0 };
}

/** The rows that were not reported with this very stamp before. */
export function unreported<T extends Mark>(state: StreamState, rows: readonly T[]): readonly T[] {
  return rows.filter((row) => state.recent.get(row.id) !== row.at);
}

/** The state when a round has more rows than a page; `newest` is the last of them. */
export function beginScan(
  state: StreamState,
  newest: Mark,
  beganAtMs: number,
  overlapMs: number,
): StreamState {
  return { ...state, scan: { after: startOfRound(state, overlapMs), upTo: newest.at, beganAtMs } };
}

/** The state after a page of a scan that is not its last. */
export function continueScan(
  state: StreamState,
  scan: Scan,
  rows: readonly Mark[],
  overlapMs: number,
): StreamState {
  const read = afterRows(state, rows, scan.beganAtMs, overlapMs);
  return { ...read, scan: { ...scan, after: rows.at(-1) ?? scan.after } };
}

/** The state after the last or only page of a round that began at that time, its rows in the stream's order. */
export function endRound(
  state: StreamState,
  rows: readonly Mark[],
  beganAtMs: number,
  overlapMs: number,
): StreamState {
  const read = afterRows(state, rows, beganAtMs, overlapMs);
  const settled = read.settled || beganAtMs - read.seenAtMs >= overlapMs;
  return { ...read, scan: null, settled, recent: settled ? new Map() : read.recent };
}

function afterRows(
  state: StreamState,
  rows: readonly Mark[],
  beganAtMs: number,
  overlapMs: number,
): StreamState {
  const position = later(state.position, rows.at(-1) ?? null);
  if (position === null) return state;
  const recent = remember(state.recent, rows, position, overlapMs);
  if (position === state.position) return { ...state, recent };
  return { ...state, position, seenAtMs: beganAtMs, settled: false, recent };
}

/** A stream's state when everything up to these rows, the newest first, counts as known. */
export function stateAt(newestFirst: readonly Mark[], nowMs: number, overlapMs: number): StreamState {
  const start = { position: null, seenAtMs: nowMs, settled: false, scan: null, recent: new Map() };
  return afterRows(start, newestFirst.toReversed(), nowMs, overlapMs);
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
    const stored = {
      position: markJson(position),
      seenAtMs,
      settled,
      scan: scanJson(scan),
      recent: [...recent],
    };
    return [name, stored];
  });
  return { collection, streams: Object.fromEntries(streams) };
}

function scanJson(scan: Scan | null): Json {
  return scan === null ? null : [markJson(scan.after), scan.upTo, scan.beganAtMs];
}

function markJson(mark: Mark | null): Json {
  return mark === null ? null : [mark.at, mark.id];
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
  const settled = json['settled'];
  if (typeof settled !== 'boolean') throw expired();
  return {
    position: readMark(json['position']),
    seenAtMs: readInteger(json['seenAtMs']),
    settled,
    scan: readScan(json['scan']),
    recent: new Map(readList(json['recent']).map((pair) => readPair(pair))),
  };
}

function readScan(json: Json | undefined): Scan | null {
  if (json === null) return null;
  const [after, upTo, beganAtMs] = readList(json);
  return { after: readMark(after), upTo: readInteger(upTo), beganAtMs: readInteger(beganAtMs) };
}

function readMark(json: Json | undefined): Mark | null {
  if (json === null) return null;
  const [at, id] = readPair(json);
  return { at, id };
}

function readPair(json: Json | undefined): [number, number] {
  const [first, second] = readList(json);
  return [readInteger(first), readInteger(second)];
}

function readList(json: Json | undefined): readonly Json[] {
  if (json === undefined || !isJsonArray(json)) throw expired();
  return json;
}

function readInteger(json: Json | undefined): number {
  if (typeof json !== 'number' || !Number.isSafeInteger(json)) throw expired();
  return json;
}

function expired(): Error {
  return failWith('tryton.cursor_expired', 'The position in the change feed is not one of this connector.');
}
