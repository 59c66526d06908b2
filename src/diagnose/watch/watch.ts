/** One cycle of the watch: look at everything, note what has changed, tell it once. */
import type { NetworkPolicy } from '../../connector/http/network.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Random } from '../../lib/random.ts';
import type { Secret } from '../../lib/secret.ts';
import {
  allChannels,
  channelSecret,
  channelStates,
  claimNotice,
  endNotice,
  lockWatch,
  moveAlerts,
  queueNotice,
  raisedAlerts,
  type AlertMoves,
  type ChannelState,
} from '../../store/alerts.ts';
import { announcementVitals } from '../../store/announcements.ts';
import { allCollectors, type CollectorRow } from '../../store/collectors.ts';
import { allSyncs } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { failingLogs, type FailingLog } from '../../store/logged-letters.ts';
import { sweepEvery } from '../../store/streams.ts';
import { budgetVitals, vitalsOf } from '../../store/vitals.ts';
import { webhookVitals } from '../../store/webhooks.ts';
import { stored } from '../../worker/failures.ts';
import type { Log } from '../../worker/runtime.ts';
import { noticeFor, type Notice } from '../alerts/notice.ts';
import { sendNotice } from '../alerts/send.ts';
import { currentProblems } from '../problems.ts';
import type { Condition } from './condition.ts';
import { OUTAGE_GRACE_MS, problemConditions } from './problem-conditions.ts';
import { watchAnnouncements, watchBudgets, watchSync } from './watchdogs.ts';
import { watchWebhooks } from './webhooks.ts';

const PROBLEMS_MAX = 1_000;
const NOTICES_PER_CYCLE_MAX = 1_000;
const SEND_LEASE_MS = 60_000;
const SEND_TRIES_MAX = 8;
const SEND_RETRY_BASE_MS = 60_000;
const SEND_RETRY_CAP_MS = 60 * 60_000;
const EXPIRES_SOON_MS = 24 * 60 * 60_000;

/** While a feed does not tell, only sweeps see changes, and only a sweep shows that it tells again. */
const UNHEARD: ReadonlySet<string> = new Set(['watch.deaf_feed', 'watch.wrong_clock']);
const UNHEARD_SWEEP_EVERY_MS = 60 * 60_000;

/** When the authorisation of a connection ends, where only a person can give another. */
export interface Expiry {
  readonly connection: string;
  readonly expiresAtMs: number;
}

/** The installation, as far as the watch needs it. */
export interface WatchPlace {
  readonly workspaceNo: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly network: NetworkPolicy;
  readonly log: Log;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
  secret(name: string): Promise<Secret | null>;
  expiries(): Promise<readonly Expiry[]>;
  /** Names of the connections, by the key under which their budgets are kept. */
  connectionsByKey(): Promise<ReadonlyMap<string, string>>;
}

/** Looks, notes and sends. Returns what has changed. `graceMs`: how long a hiccup may last before it is told. */
export async function watchOnce(
  place: WatchPlace,
  signal: AbortSignal,
  graceMs: number = OUTAGE_GRACE_MS,
): Promise<AlertMoves> {
  const [expiries, named] = [await place.expiries(), await place.connectionsByKey()];
  const moves = await place.transaction((tx) => lookAndNote(place, tx, expiries, named, graceMs));
  await sendNotices(place, signal);
  return moves;
}

async function lookAndNote(
  place: WatchPlace,
  tx: Tx,
  expiries: readonly Expiry[],
  named: ReadonlyMap<string, string>,
  graceMs: number,
): Promise<AlertMoves> {
  await lockWatch(tx, place.workspaceNo);
  const problems = await currentProblems(tx, { state: 'open' }, PROBLEMS_MAX);
  const conditions: Condition[] = [...problemConditions(problems, graceMs)];
  for (const sync of await allSyncs(tx)) {
    const told = watchSync(sync, await vitalsOf(tx, sync.syncKey));
    for (const { code, side } of told)
      if (side !== null && UNHEARD.has(code))
        await sweepEvery(tx, sync.syncKey, side, UNHEARD_SWEEP_EVERY_MS);
    conditions.push(
      ...told,
      ...watchAnnouncements(sync, await announcementVitals(tx, sync.syncKey), tx.nowMs),
      ...watchWebhooks(sync, await webhookVitals(tx, sync.syncKey, sync.definition.sides), tx.nowMs, graceMs),
    );
  }
  conditions.push(...watchBudgets(await budgetVitals(tx, place.workspaceNo), named, tx.nowMs));
  conditions.push(...watchExpiries(expiries, tx.nowMs));
  conditions.push(...watchChannels(await channelStates(tx), tx.nowMs));
  conditions.push(...watchErrorLogs(await failingLogs(tx)));
  conditions.push(...watchCollectors(await allCollectors(tx)));
  const moves = await moveAlerts(tx, place.workspaceNo, conditions);
  await queueNotices(place, tx, 'change', moves);
  return moves;
}

function watchExpiries(expiries: readonly Expiry[], nowMs: number): readonly Condition[] {
  return expiries
    .filter(({ expiresAtMs }) => expiresAtMs - nowMs < EXPIRES_SOON_MS)
    .map(({ connection, expiresAtMs }) => ({
      key: `watch.token_expiry ${connection}`,
      code: 'watch.token_expiry',
      severity: expiresAtMs <= nowMs ? 'critical' : 'warning',
      sync: null,
      side: null,
      connection,
      title: `The authorisation of ${connection} ends soon`,
      detail: `it ends at ${new Date(expiresAtMs).toISOString()} and is not renewed by itself`,
      advice: `Run: trueup connect ${connection}`,
      sinceMs: nowMs,
    }));
}

/** A channel that does not take its notices is told on the others. */
function watchChannels(states: readonly ChannelState[], nowMs: number): readonly Condition[] {
  return states.flatMap(({ channel, failure, waiting }) =>
    failure === null
      ? []
      : [
          {
            key: `watch.channel ${channel}`,
            code: 'watch.channel',
            severity: 'warning' as const,
            sync: null,
            side: null,
            title: `Notices do not arrive at the channel ${channel}`,
            detail: `${failure.message}; ${String(waiting)} wait`,
            advice: `Correct it with trueup alerts add, and try it: trueup alerts test ${channel}`,
            sinceMs: nowMs,
          },
        ],
  );
}

/** One minute that did not arrive is no news: the next one brings the figures of that time. */
const COLLECTOR_FAILURES_TOLD = 3;

function watchCollectors(collectors: readonly CollectorRow[]): readonly Condition[] {
  return collectors.flatMap(({ name, failures, failingSinceMs, failure }) =>
    failure === null || failingSinceMs === null || failures < COLLECTOR_FAILURES_TOLD
      ? []
      : [
          {
            key: `watch.collector ${name}`,
            code: 'watch.collector',
            severity: 'warning' as const,
            sync: null,
            side: null,
            title: `The metrics do not arrive at the collector ${name}`,
            detail: failure.message,
            advice: failure.advice ?? `Try it: trueup collectors test ${name}`,
            sinceMs: failingSinceMs,
          },
        ],
  );
}

/** A log that people rely on and that says nothing looks like one without errors. */
function watchErrorLogs(logs: readonly FailingLog[]): readonly Condition[] {
  return logs.map(({ connection, sinceMs, failure }) => ({
    key: `watch.error_log ${connection}`,
    code: 'watch.error_log',
    severity: 'warning',
    sync: null,
    side: null,
    connection,
    title: `The error log of ${connection} does not show every dead letter`,
    detail: `${failure.code}: ${failure.message}`,
    advice: failure.advice ?? 'See what it lacks: trueup check',
    sinceMs,
  }));
}

async function queueNotices(
  { workspaceNo, ids }: WatchPlace,
  tx: Tx,
  kind: Notice['kind'],
  { raised, recovered }: AlertMoves,
  only: string | null = null,
): Promise<number> {
  let queued = 0;
  for (const channel of await allChannels(tx)) {
    if (only !== null && channel.name !== only) continue;
    const notice = noticeFor(channel, { kind, id: ids.next(), atMs: tx.nowMs, raised, recovered });
    if (notice === null) continue;
    await queueNotice(tx, workspaceNo, notice.id, channel.name, notice);
    queued += 1;
  }
  return queued;
}

/** The daily word about what is still unresolved, the oldest first. */
export async function tellDigest(place: WatchPlace, signal: AbortSignal): Promise<number> {
  const queued = await place.transaction(async (tx) =>
    queueNotices(place, tx, 'digest', { raised: await raisedAlerts(tx), recovered: [] }),
  );
  await sendNotices(place, signal);
  return queued;
}

/** Sends a test to one channel; false when there is no such channel. */
export async function tellTest(place: WatchPlace, channel: string, signal: AbortSignal): Promise<boolean> {
  const queued = await place.transaction((tx) =>
    queueNotices(place, tx, 'test', { raised: [], recovered: [] }, channel),
  );
  await sendNotices(place, signal);
  return queued > 0;
}

/** Sends what is due. What a channel does not take is tried again later, and given up after hours. */
async function sendNotices(place: WatchPlace, signal: AbortSignal): Promise<void> {
  const { clock, random, network, log } = place;
  const channels = new Map(
    (await place.transaction((tx) => allChannels(tx))).map((channel) => [channel.name, channel]),
  );
  for (let sent = 0; sent < NOTICES_PER_CYCLE_MAX && !signal.aborted; sent += 1) {
    const row = await place.transaction((tx) => claimNotice(tx, SEND_LEASE_MS));
    if (row === null) return;
    const channel = channels.get(row.channel);
    if (channel === undefined) continue;
    const secret = await place.secret(channelSecret(channel.name));
    const notice = row.body as unknown as Notice;
    const failure = await sendNotice(channel, secret, notice, { clock, random, network, signal });
    const retryInMs =
      failure === null || row.tries >= SEND_TRIES_MAX
        ? null
        : backoffMs(row.tries, SEND_RETRY_BASE_MS, SEND_RETRY_CAP_MS, random);
    if (failure !== null)
      log.warn({ channel: channel.name, code: failure.code }, 'a notice could not be sent');
    await place.transaction((tx) =>
      endNotice(tx, row.noticeId, failure === null ? null : stored(failure), retryInMs),
    );
  }
}
