import { escape } from 'mysql2';

import type { ChangePage, ChangesRequest, SystemRecord } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';
import type { Clock } from '../../lib/clock.ts';
import { readUntilAborted, type Cell, type Cells } from './client.ts';
import { identifier } from './codec.ts';
import type { Column } from './column.ts';
import { refuse } from './failures.ts';
import { isAfter, keyLiterals, keyOrder } from './key.ts';
import {
  nextPosition,
  parsePosition,
  partWay,
  presentPosition,
  toCursor,
  type Head,
  type Position,
} from './position.ts';
import type { Source } from './read.ts';
import { recordReader, selectList } from './row.ts';
import { stampOf } from './stamp.ts';
import type { Table } from './table.ts';

const POLL_MS = 1_000;
/** After so many polls without a change, an empty page says that we are alive, and where the feed stands. */
const QUIET_POLLS = 4;
/** What was told within the lookback is remembered, so as not to be told at every poll; beyond this it is told again. */
const TOLD_MAX = 100_000;

interface Feed {
  readonly source: Source;
  readonly table: Table;
  readonly stamp: Column;
  readonly lookbackSeconds: number;
  readonly request: ChangesRequest;
  /** Record id → the version that was told in this reading. */
  readonly told: Map<string, string | null>;
}

export async function* readChanges(
  source: Source,
  clock: Clock,
  lookbackSeconds: number,
  request: ChangesRequest,
): AsyncGenerator<ChangePage> {
  const { collection, follow, signal } = request;
  const table = await source.catalog.keyed(collection);
  const stamp = stampOf(table, source.cursorColumn);
  if (stamp === null) throw noStamp(table, source.cursorColumn);
  const feed: Feed = { source, table, stamp, lookbackSeconds, request, told: new Map() };
  let position: Position;
  if (request.since === null) {
    const head = await readHead(feed);
    if (head === null) return;
    position = presentPosition(table.name, stamp.name, head, lookbackSeconds);
    yield pageOf([], position, true);
    if (!follow) return;
  } else {
    position = parsePosition(table.name, stamp.name, request.since);
  }
  for (let quietPolls = 0; !signal.aborted;) {
    quietPolls += 1;
    const head = await readHead(feed);
    if (head === null) return;
    const next = nextPosition(position, head, lookbackSeconds);
    for await (const page of poll(feed, position, next)) {
      if (page.records.length === 0 && follow && quietPolls < QUIET_POLLS) continue;
      quietPolls = 0;
      yield page;
    }
    if (signal.aborted || !follow) return;
    position = next;
    await clock.sleep(POLL_MS, signal);
  }
}

/** Everything stamped from `position` on, in the order of stamp and key: equal stamps do not confuse the paging. */
async function* poll(feed: Feed, position: Position, next: Position): AsyncGenerator<ChangePage> {
  const { source, table, stamp, request } = feed;
  const { pageRecordsMax, signal } = request;
  const toRecord = recordReader(table, request.fields, stamp);
  const stampIndex = table.columns.indexOf(stamp);
  const order = [identifier(stamp.name), ...keyOrder(table)];
  let where =
    position.from === null
      ? `${identifier(stamp.name)} is not null`
      : `${identifier(stamp.name)} >= ${escape(position.from)}`;
  for (let isLast = false; !isLast && !signal.aborted;) {
    const rows: readonly Cells[] | null = await readUntilAborted(
      source.client,
      `select ${selectList(table)} from ${identifier(table.name)} where ${where}
       order by ${order.join(', ')} limit ${String(pageRecordsMax)}`,
      signal,
    );
    if (rows === null) return;
    const records = rows.map(toRecord);
    const news = records.filter((record) => isNews(feed, record));
    const [last, lastRecord] = [rows.at(-1), records.at(-1)];
    isLast = rows.length < pageRecordsMax || last === undefined || lastRecord === undefined;
    const reached = stampText(last?.[stampIndex]);
    const cursor = isLast ? next : reached === null ? position : partWay(position, next, reached);
    yield pageOf(news, cursor, isLast);
    for (const record of news) feed.told.set(record.id, record.version);
    if (last === undefined || lastRecord === undefined) return;
    const lastKey = must(keyLiterals(table, lastRecord.id), 'an id that was read can be spelled');
    where = isAfter(order, [escape(String(last[stampIndex])), ...lastKey]);
  }
  if (feed.told.size > TOLD_MAX) feed.told.clear();
}

/** While following, what lies in the lookback is read at every poll and told once. */
function isNews(feed: Feed, record: SystemRecord): boolean {
  return !feed.request.follow || feed.told.get(record.id) !== record.version;
}

/**
 * A TIMESTAMP is read in UTC. A DATETIME may be written in UTC or in the server's zone: the later of both clocks is the
 * bound. A stamp beyond it is somebody's mistake, and must not drag the feed into the future. Null: aborted.
 */
async function readHead({ source, table, stamp, request }: Feed): Promise<Head | null> {
  const column = identifier(stamp.name);
  const serverNow = `convert_tz(utc_timestamp(6), '+00:00', @@global.time_zone)`;
  const bound =
    stamp.codec.kind === 'timestamp'
      ? 'utc_timestamp(6)'
      : `greatest(utc_timestamp(6), coalesce(${serverNow}, utc_timestamp(6)))`;
  const rows = await readUntilAborted(
    source.client,
    `select (select max(${column}) from ${identifier(table.name)} where ${column} <= ${bound}), utc_timestamp(6)`,
    request.signal,
  );
  if (rows === null) return null;
  const [[highest = null, now = null] = []] = rows;
  return { highest: stampText(highest), now: must(stampText(now), 'the server knows the time') };
}

/** Null also for `0000-00-00`, which old tables have for "never". */
function stampText(cell: Cell | undefined): string | null {
  return typeof cell === 'string' && !cell.startsWith('0000') ? cell : null;
}

function pageOf(records: readonly SystemRecord[], position: Position, caughtUp: boolean): ChangePage {
  return { records, hints: [], unreadable: [], cursor: toCursor(position), caughtUp };
}

function noStamp(table: Table, wanted: string | null): Error {
  const missing =
    wanted === null ? 'no column that says when a record was last changed' : `no column ${wanted}`;
  return refuse('config', 'no_cursor_column', `${table.name} has ${missing}`, {
    advice:
      'Add one to the table, such as `updated_at timestamp not null default current_timestamp on update current_timestamp` with an index, or name it in the setting cursor_column.',
  });
}
