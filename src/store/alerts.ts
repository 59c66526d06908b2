/** Alerts as they stand, the channels that hear of them, and the notices still to be sent. */
import type { Json } from '../lib/json.ts';
import type { StoredFailure } from './contract.ts';
import type { Tx } from './database.ts';

/** The records that an alert is about: how many, and some of them by name. The identity is null where it is not known. */
export interface AboutRecords {
  readonly count: number;
  readonly samples: readonly { readonly recordId: string; readonly identityId: string | null }[];
}

export interface AlertRow {
  readonly key: string;
  readonly state: 'raised' | 'recovered';
  readonly severity: 'warning' | 'critical';
  readonly code: string;
  readonly sync: string | null;
  readonly side: string | null;
  /** Null where it is not about a connection as a whole, or of one that this installation does not know. */
  readonly connection: string | null;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  /** When what it is about began. */
  readonly sinceMs: number;
  readonly raisedMs: number;
  readonly recoveredMs: number | null;
  /** Null where it is about no single records. */
  readonly records: AboutRecords | null;
}

/** What holds now, as the watch found it. */
export type AlertNews = Omit<AlertRow, 'state' | 'raisedMs' | 'recoveredMs' | 'records' | 'connection'> & {
  readonly connection?: string;
  readonly records?: AboutRecords;
};

export interface AlertMoves {
  readonly raised: readonly AlertRow[];
  readonly recovered: readonly AlertRow[];
}

interface AlertColumns {
  readonly alert_key: string;
  readonly state: AlertRow['state'];
  readonly severity: AlertRow['severity'];
  readonly code: string;
  readonly sync: string | null;
  readonly side: string | null;
  readonly connection: string | null;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly since_ms: number;
  readonly raised_ms: number;
  readonly recovered_ms: number | null;
  readonly records: AboutRecords | null;
}

const COLUMNS = `alert_key, state, severity, code, sync, side, connection, title, detail, advice, records,
  extract(epoch from since)::float8 * 1000 as since_ms, extract(epoch from raised_at)::float8 * 1000 as raised_ms,
  extract(epoch from recovered_at)::float8 * 1000 as recovered_ms`;

/** One watch at a time: two would each tell the same news. */
export async function lockWatch(tx: Tx, workspaceNo: number): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended($2, $1))', [String(workspaceNo), 'watch']);
}

/**
 * Makes the stored alerts those that hold now. Raised: new, recovered before, or graver than before; recovered: those that
 * hold no more. What goes on as it was only has its words renewed.
 */
export async function moveAlerts(
  tx: Tx,
  workspaceNo: number,
  news: readonly AlertNews[],
): Promise<AlertMoves> {
  const before = await tx.query<{ alert_key: string; severity: string }>(
    `select alert_key, severity from alerts where workspace_no = $1 and state = 'raised' for update`,
    [workspaceNo],
  );
  const known = new Map(before.map((row) => [row.alert_key, row.severity]));
  const stored = await tx.query<AlertColumns>(
    `insert into alerts (workspace_no, alert_key, state, severity, code, sync, side, connection, title, detail, advice, records, since, raised_at)
     select $1::int, key, 'raised', severity, code, sync, side, connection, title, detail, advice, records, to_timestamp("sinceMs" / 1000), clock_timestamp()
       from json_to_recordset($2) as news (key text, severity text, code text, sync text, side text, connection text, title text, detail text,
                                           advice text, records jsonb, "sinceMs" float8)
      order by key
     on conflict (workspace_no, alert_key) do update
        set state = 'raised', severity = excluded.severity, title = excluded.title, detail = excluded.detail,
            advice = excluded.advice, records = excluded.records, connection = excluded.connection, recovered_at = null,
            since = case when alerts.state = 'raised' then alerts.since else excluded.since end,
            raised_at = case when alerts.state = 'raised' then alerts.raised_at else excluded.raised_at end
     returning ${COLUMNS}`,
    [workspaceNo, JSON.stringify(news)],
  );
  const recovered = await tx.query<AlertColumns>(
    `update alerts set state = 'recovered', recovered_at = clock_timestamp()
      where workspace_no = $1 and state = 'raised' and alert_key <> all($2) returning ${COLUMNS}`,
    [workspaceNo, news.map(({ key }) => key)],
  );
  const isNews = ({ key, severity }: AlertRow): boolean =>
    !known.has(key) || (severity === 'critical' && known.get(key) === 'warning');
  return { raised: stored.map(alertOf).filter(isNews), recovered: recovered.map(alertOf) };
}

/** Every alert that is raised, the oldest first. */
export async function raisedAlerts(tx: Tx): Promise<readonly AlertRow[]> {
  const rows = await tx.query<AlertColumns>(
    `select ${COLUMNS} from alerts where state = 'raised' order by since, alert_key`,
  );
  return rows.map(alertOf);
}

/** The alerts that are over, the newest first. */
export async function recoveredAlerts(tx: Tx, alertsMax: number): Promise<readonly AlertRow[]> {
  const rows = await tx.query<AlertColumns>(
    `select ${COLUMNS} from alerts where state = 'recovered' order by recovered_at desc, alert_key limit $1`,
    [alertsMax],
  );
  return rows.map(alertOf);
}

function alertOf(row: AlertColumns): AlertRow {
  const { alert_key: key, since_ms: sinceMs, raised_ms: raisedMs, recovered_ms: recoveredMs, ...rest } = row;
  return { key, ...rest, sinceMs, raisedMs, recoveredMs };
}

export type ChannelKind = 'email' | 'slack' | 'teams' | 'pagerduty' | 'webhook';

export interface ChannelRow {
  readonly name: string;
  readonly kind: ChannelKind;
  /** Plain settings only; what is secret is sealed under `channelSecret`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Nothing less grave is told here. */
  readonly severity: 'warning' | 'critical';
  /** Whether the daily digest goes here. */
  readonly digest: boolean;
}

/** The name in `secrets` of what a channel must keep to itself: an address with a key in it, or a password. */
export function channelSecret(name: string): string {
  return `ALERT_${name.toUpperCase().replaceAll('-', '_')}`;
}

export async function saveChannel(tx: Tx, workspaceNo: number, channel: ChannelRow): Promise<void> {
  await tx.execute(
    `insert into channels (workspace_no, name, kind, settings, severity, digest) values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_no, name) do update
        set kind = excluded.kind, settings = excluded.settings, severity = excluded.severity, digest = excluded.digest`,
    [
      workspaceNo,
      channel.name,
      channel.kind,
      JSON.stringify(channel.settings),
      channel.severity,
      channel.digest,
    ],
  );
}

/** False when there is no such channel. */
export async function removeChannel(tx: Tx, workspaceNo: number, name: string): Promise<boolean> {
  await tx.execute('delete from secrets where workspace_no = $1 and name = $2', [
    workspaceNo,
    channelSecret(name),
  ]);
  return (
    (await tx.execute('delete from channels where workspace_no = $1 and name = $2', [workspaceNo, name])) > 0
  );
}

export async function allChannels(tx: Tx): Promise<readonly ChannelRow[]> {
  return tx.query<{
    name: string;
    kind: ChannelKind;
    settings: Readonly<Record<string, string>>;
    severity: ChannelRow['severity'];
    digest: boolean;
  }>('select name, kind, settings, severity, digest from channels order by name');
}

export interface NoticeRow {
  readonly noticeId: string;
  readonly channel: string;
  readonly body: Json;
  readonly tries: number;
}

export async function queueNotice(
  tx: Tx,
  workspaceNo: number,
  noticeId: string,
  channel: string,
  body: unknown,
): Promise<void> {
  await tx.execute('insert into notices (workspace_no, notice_id, channel, body) values ($1, $2, $3, $4)', [
    workspaceNo,
    noticeId,
    channel,
    JSON.stringify(body),
  ]);
}

/** Takes a due notice for `leaseMs`: whoever dies with it leaves it to be sent again. Null when none is due. */
export async function claimNotice(tx: Tx, leaseMs: number): Promise<NoticeRow | null> {
  const [row] = await tx.query<{ notice_id: string; channel: string; body: Json; tries: number }>(
    `update notices set due_at = clock_timestamp() + make_interval(secs => $1 / 1000.0), tries = tries + 1
      where (workspace_no, notice_id) in (
        select workspace_no, notice_id from notices where state = 'due' and due_at <= clock_timestamp()
         order by created_at, notice_id limit 1 for update skip locked)
      returning notice_id, channel, body, tries`,
    [leaseMs],
  );
  if (row === undefined) return null;
  return { noticeId: row.notice_id, channel: row.channel, body: row.body, tries: row.tries };
}

/** With a failure it is tried again in `retryInMs`, or given up where that is null. */
export async function endNotice(
  tx: Tx,
  noticeId: string,
  failure: StoredFailure | null,
  retryInMs: number | null,
): Promise<void> {
  await tx.execute(
    `update notices
        set failure = $2, state = case when $2::jsonb is null then 'sent' when $3::float8 is null then 'given_up' else 'due' end,
            ended_at = case when $2::jsonb is not null and $3::float8 is not null then null else clock_timestamp() end,
            due_at = case when $3::float8 is null then due_at else clock_timestamp() + make_interval(secs => $3 / 1000.0) end
      where notice_id = $1`,
    [noticeId, failure === null ? null : JSON.stringify(failure), retryInMs],
  );
}

export interface ChannelState {
  readonly channel: string;
  readonly lastSentMs: number | null;
  readonly waiting: number;
  readonly givenUp: number;
  readonly failure: StoredFailure | null;
}

/** How the notices of each channel fare; the failure is that of its newest one. */
export async function channelStates(tx: Tx): Promise<readonly ChannelState[]> {
  const rows = await tx.query<{
    channel: string;
    sent_ms: number | null;
    waiting: string;
    given_up: string;
    failure: StoredFailure | null;
  }>(
    `select channel, extract(epoch from max(ended_at) filter (where state = 'sent'))::float8 * 1000 as sent_ms,
            count(*) filter (where state = 'due') as waiting, count(*) filter (where state = 'given_up') as given_up,
            (array_agg(failure order by created_at desc, notice_id desc))[1] as failure
       from notices group by channel order by channel`,
  );
  return rows.map((row) => ({
    channel: row.channel,
    lastSentMs: row.sent_ms,
    waiting: Number(row.waiting),
    givenUp: Number(row.given_up),
    failure: row.failure,
  }));
}
