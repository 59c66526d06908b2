/** What Prometheus is told: of the whole installation, from the store, whichever worker is asked. */
import { Gauge, Registry } from 'prom-client';

import type { Clock } from '../../lib/clock.ts';
import { raisedAlerts } from '../../store/alerts.ts';
import { allSyncs, connectionStates, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { countLetters } from '../../store/letters.ts';
import { listProblems } from '../../store/problems.ts';
import { countStates, streamStates } from '../../store/status.ts';
import { budgetVitals, vitalsOf } from '../../store/vitals.ts';
import { isOurBug } from '../catalogue.ts';
import { measuresOf } from '../measures.ts';

/** Counting every record takes about a second per million: no scraper may make us do it more often than this. */
const KEPT_MS = 15_000;
const PROBLEMS_MAX = 1_000;

export interface MetricsPlace {
  readonly workspaceNo: number;
  readonly clock: Clock;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

/** The figures of one metric. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
  }[];
}

/** The figures as they are now, for whoever wants them otherwise than as Prometheus does. */
export async function takeMetrics(tx: Tx, workspaceNo: number): Promise<readonly MetricFamily[]> {
  const gauges = createGauges();
  await fill(gauges, tx, workspaceNo);
  const families = await gauges.registry.getMetricsAsJSON();
  return families.map(({ name, help, values }) => ({
    name,
    help,
    values: values.map(({ labels, value }) => ({ labels: defined(labels), value })),
  }));
}

function defined(
  labels: Readonly<Partial<Record<string, string | number>>>,
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** The text that a scraper gets; computed anew at most every 15 seconds. */
export function createMetrics(place: MetricsPlace): () => Promise<string> {
  const gauges = createGauges();
  let kept: { readonly text: string; readonly atMs: number } | null = null;
  let running: Promise<string> | null = null;
  const collect = async (): Promise<string> => {
    gauges.registry.resetMetrics();
    await place.transaction((tx) => fill(gauges, tx, place.workspaceNo));
    const text = await gauges.registry.metrics();
    kept = { text, atMs: place.clock.monotonicMs() };
    return text;
  };
  return async () => {
    if (kept !== null && place.clock.monotonicMs() - kept.atMs < KEPT_MS) return kept.text;
    running ??= collect().finally(() => {
      running = null;
    });
    return running;
  };
}

type Gauges = ReturnType<typeof createGauges>;

function createGauges() {
  const registry = new Registry();
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Gauge<Label> =>
    new Gauge({ name: `trueup_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const side = ['sync', 'side'] as const;
  return {
    registry,
    mode: gauge('sync_mode', '1 for the mode that the sync is in', ['sync', 'mode']),
    records: gauge('records', 'Records of a side, each in exactly one state', [...side, 'state']),
    seen: gauge('side_seen_timestamp_seconds', 'The side is known as it was at this time', side),
    success: gauge('side_last_success_timestamp_seconds', 'When the side was last read', side),
    failing: gauge('side_failing', '1 while the side cannot be read', side),
    queued: gauge('queue_writes', 'Writes that may go and have not', side),
    oldest: gauge('queue_oldest_timestamp_seconds', 'Since when the oldest of them waits', side),
    letters: gauge('dead_letters', 'Writes and records that failed', [...side, 'code', 'state']),
    problems: gauge('problem_records', 'Records of an open problem; 0 when it stops the whole side', [
      ...side,
      'code',
      'kind',
    ]),
    unexplained: gauge(
      'unexplained_problems',
      'Open problems that are bugs of Trueup, or that it cannot explain',
      ['sync'],
    ),
    tries: gauge('tries_last_hour', 'Tries to write in the last hour', [...side, 'outcome']),
    alerts: gauge('alerts', 'Alerts that are raised', ['severity', 'code']),
    connection: gauge('connection_up', '1 when the connection could last be opened', [
      'connection',
      'system',
    ]),
    units: gauge('budget_units', 'What is left of a limit of a system', ['connection', 'limit']),
    unitsMax: gauge('budget_units_max', 'The whole of that limit', ['connection', 'limit']),
    failureRate: gauge('failure_rate_week', 'Failed tries of all tries to write in the last week, 0 to 1', [
      'sync',
    ]),
    ended: gauge('problems_ended_week', 'Problems that ended in the last week', ['sync']),
    resolution: gauge('resolution_seconds_week', 'Median time to resolution of those that ended', ['sync']),
    manual: gauge('manual_seconds_per_problem_week', 'Time of people for each of those that ended', ['sync']),
    looked: gauge('looked_timestamp_seconds', 'When these figures were taken', []),
  };
}

async function fill(gauges: Gauges, tx: Tx, workspaceNo: number): Promise<void> {
  for (const sync of await allSyncs(tx)) await fillSync(gauges, tx, sync);
  for (const { severity, code } of await raisedAlerts(tx)) gauges.alerts.inc({ severity, code });
  for (const { name: connection, system, state } of await connectionStates(tx))
    gauges.connection.set({ connection, system }, state === 'connected' ? 1 : 0);
  for (const { connectionKey: connection, limitName: limit, units, unitsMax } of await budgetVitals(
    tx,
    workspaceNo,
  )) {
    gauges.units.set({ connection, limit }, units);
    gauges.unitsMax.set({ connection, limit }, unitsMax);
  }
  gauges.looked.set(tx.nowMs / 1_000);
}

async function fillSync(gauges: Gauges, tx: Tx, row: SyncRow): Promise<void> {
  const { syncKey, name: sync, mode, definition } = row;
  const sides = definition.sides.map(({ name }) => name);
  gauges.mode.set({ sync, mode }, 1);
  for (const { side, records: _, ...counts } of await countStates(tx, syncKey, sides))
    for (const [state, count] of Object.entries(counts)) gauges.records.set({ sync, side, state }, count);
  const streams = await streamStates(tx, syncKey);
  for (const side of sides) {
    const here = streams.filter((stream) => stream.side === side);
    const seenMs = Math.max(0, ...here.map(({ currentAsOfMs }) => currentAsOfMs ?? 0));
    const successMs = Math.max(0, ...here.map(({ lastSuccessMs }) => lastSuccessMs ?? 0));
    if (seenMs > 0) gauges.seen.set({ sync, side }, seenMs / 1_000);
    if (successMs > 0) gauges.success.set({ sync, side }, successMs / 1_000);
    gauges.failing.set({ sync, side }, here.some(({ failure }) => failure !== null) ? 1 : 0);
  }
  for (const { side, state, code, count } of await countLetters(tx, syncKey, {}))
    gauges.letters.set({ sync, side, code, state }, count);
  await fillFailures(gauges, tx, row);
  await fillMeasures(gauges, tx, row);
}

/** What is not known — nothing was tried, no problem ended — is left out: it is not nought. */
async function fillMeasures(gauges: Gauges, tx: Tx, { name: sync }: SyncRow): Promise<void> {
  const { periods } = await measuresOf(tx, 'week', [sync], 1);
  for (const { failureRate, resolved, medianResolutionMs, manualMsPerProblem } of periods) {
    gauges.ended.set({ sync }, resolved);
    if (failureRate !== null) gauges.failureRate.set({ sync }, failureRate);
    if (medianResolutionMs !== null) gauges.resolution.set({ sync }, medianResolutionMs / 1_000);
    if (manualMsPerProblem !== null) gauges.manual.set({ sync }, manualMsPerProblem / 1_000);
  }
}

async function fillFailures(gauges: Gauges, tx: Tx, { syncKey, name: sync }: SyncRow): Promise<void> {
  const open = await listProblems(tx, { syncKey, state: 'open' }, PROBLEMS_MAX);
  for (const { side, code, kind, records } of open) gauges.problems.inc({ sync, side, code, kind }, records);
  gauges.unexplained.set({ sync }, open.filter(({ code }) => isOurBug(code)).length);
  const { queues, tries } = await vitalsOf(tx, syncKey);
  for (const { side, writes, oldestMs } of queues) {
    gauges.queued.set({ sync, side }, writes);
    gauges.oldest.set({ sync, side }, oldestMs / 1_000);
  }
  for (const { side, failed, written } of tries) {
    gauges.tries.set({ sync, side, outcome: 'failed' }, failed);
    gauges.tries.set({ sync, side, outcome: 'written' }, written);
  }
}
