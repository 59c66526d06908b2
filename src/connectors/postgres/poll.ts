/** The change feed of a table that keeps the moment of each record's last change in a column. See horizon.ts. */
import { z } from 'zod';

import type { ChangePage, ChangesRequest, Cursor, SystemRecord } from '../../connector/contract.ts';
import type { Clock } from '../../lib/clock.ts';
import { quoted, type Column, type Table } from './catalog.ts';
import { textIn, type Database, type Row } from './database.ts';
import { cursorExpired } from './expired.ts';
import { advance, HorizonSchema, presentHorizon, type Advance, type Horizon } from './horizon.ts';
import { projectionOf, type Projection } from './projection.ts';
import { keyParameters } from './snapshot.ts';

const POLL_MS = 1_000;
/** A poll that is dear is made more seldom, so that polling takes at most a fifth of one connection's time. */
const REST_FACTOR = 4;
const REST_MS_MAX = 2_500;
const ALIVE_MS_MAX = 2_000;
/** Stamps come from clocks of applications and may be cut to whole seconds: so much older than they say they may be. */
const STAMP_SLACK_MICROS = 2_000_000;
/** A position from the future belongs to another server, or to this one before its clock was set back. */
const FUTURE_MICROS_MAX = 60_000_000;
/** How many records of the overlap are remembered, to leave out what was given already. */
const REMEMBERED_MAX = 100_000;

const PartialSchema = z.object({
  from: z.number().int(),
  next: HorizonSchema,
  after: z.array(z.string()).readonly(),
});
const CursorSchema = HorizonSchema.extend({ partial: PartialSchema.nullable() });

type Position = Horizon & {
  /** A poll that was cut off goes on after the last row of its last page, towards the position fixed when it began. */
  readonly partial: (Advance & { readonly after: readonly string[] }) | null;
};

interface Feed {
  readonly database: Database;
  readonly table: Table;
  readonly column: Column;
  readonly projection: Projection;
  readonly timeZone: string | null;
  readonly request: ChangesRequest;
}

export async function* pollChanges(
  parts: Omit<Feed, 'projection'> & { readonly clock: Clock },
): AsyncGenerator<ChangePage> {
  const { database, table, request, clock } = parts;
  const { signal } = request;
  const feed: Feed = { ...parts, projection: projectionOf(table, request.fields, 't') };
  let position: Position;
  if (request.since !== null) {
    position = positionOf(table, request.since);
  } else {
    position = { ...(await presentHorizon(database, signal)), partial: null };
    yield pageOf([], position);
    if (!request.follow) return;
  }
  let given: ReadonlyMap<string, string | null> = new Map();
  let aliveMs = clock.monotonicMs();
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs();
    const seen = new Map<string, string | null>();
    for await (const page of pollOnce(feed, position)) {
      position = page.position;
      const records = page.records.filter(({ id, version }) => given.get(id) !== version);
      for (const { id, version } of page.records) if (seen.size < REMEMBERED_MAX) seen.set(id, version);
      if (records.length === 0 && request.follow && clock.monotonicMs() - aliveMs < ALIVE_MS_MAX) continue;
      yield pageOf(records, position);
      aliveMs = clock.monotonicMs();
    }
    if (!request.follow) return;
    given = seen;
    const restMs = (clock.monotonicMs() - beganMs) * REST_FACTOR;
    await clock.sleep(Math.min(Math.max(POLL_MS, restMs), REST_MS_MAX), signal);
  }
}

interface PolledPage {
  readonly records: readonly SystemRecord[];
  readonly position: Position;
}

/** One reading of everything stamped since the last one; its last page carries the new position. */
async function* pollOnce(feed: Feed, position: Position): AsyncGenerator<PolledPage> {
  const { database, request, table } = feed;
  const { signal, pageRecordsMax } = request;
  const { from, next } = position.partial ?? (await fresh(feed, position));
  const { at, live } = position;
  let after = position.partial?.after ?? null;
  for (;;) {
    const rows = await database.query(pageStatement(feed, from, next.at, after), signal);
    const taken = rows.slice(0, pageRecordsMax);
    const width = feed.projection.width;
    const records = taken.map(feed.projection.recordOf);
    if (rows.length <= pageRecordsMax) {
      yield { records, position: { ...next, partial: null } };
      return;
    }
    const last: Row = taken.at(-1) ?? [];
    after = [textIn(last[width]), ...last.slice(0, table.key.length).map(textIn)];
    yield { records, position: { at, live, partial: { from, next, after } } };
  }
}

async function fresh({ database, table, request }: Feed, position: Position): Promise<Advance> {
  const { from, next } = await advance(database, position, request.signal);
  if (position.at > next.at + FUTURE_MICROS_MAX) throw cursorExpired(table, 'it lies in the server’s future');
  return { from, next };
}

function pageStatement(
  feed: Feed,
  from: number,
  now: number,
  after: readonly string[] | null,
): Parameters<Database['query']>[0] {
  const { table, column, projection, request, timeZone } = feed;
  const stamp = `t.${quoted(column.name)}`;
  const order = [stamp, ...table.key.map(({ name }) => `t.${quoted(name)}`)].join(', ');
  const bounds = [from - STAMP_SLACK_MICROS, now];
  const zone = column.type.base === 'timestamp' ? timeZone : null;
  const first = zone === null ? 3 : 4;
  const beyond =
    after === null
      ? ''
      : ` and (${order}) > ($${String(first)}::${column.type.sqlName}, ${keyParameters(table, first + 1)})`;
  return {
    text:
      `select ${projection.sql}, ${stamp}::text from ${table.sqlName} t where ${stamp} >= ${fromSql(column, zone)}${beyond} ` +
      `order by ${order} limit ${String(request.pageRecordsMax + 1)}`,
    values: [...bounds, ...(zone === null ? [] : [zone]), ...(after ?? [])],
    parserOf: projection.parserOf,
  };
}

/**
 * $1 as the column's type. A column without zone is compared by what clocks show on a wall: of the zone that was set, or
 * of the session's zone and of UTC, whichever is earlier. When clocks are set back the wall shows an hour again, so the
 * time passed since is also reckoned back from what the wall shows now ($2).
 */
function fromSql(column: Column, zone: string | null): string {
  const [from, now] = [instantOf('$1'), instantOf('$2')];
  // Mentioned also where it is not needed: every parameter must have a type.
  if (column.type.base !== 'timestamp') return `least(${from}, ${now})`;
  const wallOf = (name: string): string =>
    `(${from} at time zone ${name}), (${now} at time zone ${name}) - (${now} - ${from})`;
  if (zone !== null) return `least(${wallOf('$3::text')})`;
  return `least(${wallOf(`current_setting('TimeZone')`)}, ${from} at time zone 'UTC')`;
}

function instantOf(parameter: string): string {
  return `(timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond')`;
}

function positionOf(table: Table, since: Cursor): Position {
  const parsed = CursorSchema.safeParse(since);
  if (!parsed.success) throw cursorExpired(table, 'it was made by another way of reading');
  const { partial } = parsed.data;
  if (partial !== null && partial.after.length !== table.key.length + 1)
    throw cursorExpired(table, 'the primary key has changed');
  return parsed.data;
}

function pageOf(records: readonly SystemRecord[], cursor: Position): ChangePage {
  return { records, hints: [], unreadable: [], cursor, caughtUp: cursor.partial === null };
}
