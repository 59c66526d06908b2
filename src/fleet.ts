/** A worker program: keeps every sync of the installation running, follows changes of it, stops cleanly. */
import { errorLogPlace, watchPlace } from './connections.ts';
import { keepErrorLogs } from './diagnose/error-logs.ts';
import { pushMetrics } from './diagnose/metrics/push.ts';
import { tellDigest, watchOnce } from './diagnose/watch/watch.ts';
import { referrersOf } from './engine/references.ts';
import { backoffMs } from './lib/backoff.ts';
import { endedOrLeft } from './lib/leave.ts';
import { keepReconciling } from './reconciling.ts';
import type { Installation } from './server.ts';
import { allSyncs, runsAlike, type SyncRow } from './store/control.ts';
import { migrate } from './store/migrate.ts';
import { syncTransaction } from './store/sync-transaction.ts';
import { openSync, type OpenSync } from './syncs.ts';
import { failureOfError } from './worker/failures.ts';
import { CLOSE_WAIT_MS, OUTAGE_RETRY_BASE_MS, OUTAGE_RETRY_CAP_MS, STOP_GRACE_MS } from './worker/limits.ts';
import { forgetWhatIsOver, forgetWhatIsSpent } from './worker/retention.ts';
import type { SyncRuntime } from './worker/runtime.ts';
import { spreadDaily, startSchedule, type ScheduledWork } from './worker/schedule.ts';
import { runSync } from './worker/sync-worker.ts';

/** How soon a change made elsewhere (a new revision, a pause) is followed here. */
const FOLLOW_EVERY_MS = 1_000;
/** How often a refusal by a system is taken as a sign that its fields have changed. */
const SCHEMA_LOOK_EVERY_MS = 10_000;
/** Without a sign every so many looks, which is every ten minutes. */
const LOOKS_BETWEEN_SCHEMAS = 60;

/** A sync ends within this, whatever its systems keep waiting: a reconciliation or a look at a schema as well. */
const END_WITHIN_MS = STOP_GRACE_MS + CLOSE_WAIT_MS + 500;

interface Running {
  readonly row: SyncRow;
  /** Who refers to it: it wakes what waits for its things. */
  readonly referrers: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Runs until the signal aborts; then ends within the workers' grace. */
export async function runFleet(installation: Installation, signal: AbortSignal): Promise<void> {
  const schedule = await startSchedule(
    installation.database.url,
    scheduledWork(installation, signal),
    installation.log,
  );
  const running = new Map<string, Running>();
  while (!signal.aborted) {
    try {
      await followSyncs(installation, running);
    } catch (error) {
      installation.log.error(
        { code: failureOfError(error).code },
        'the store could not be read; trying again',
      );
    }
    await installation.clock.sleep(FOLLOW_EVERY_MS, signal);
  }
  for (const { abort } of running.values()) abort.abort();
  await Promise.all([...[...running.values()].map(({ ended }) => ended), schedule.stop()]);
}

async function followSyncs(installation: Installation, running: Map<string, Running>): Promise<void> {
  const rows = await installation.transaction((tx) => allSyncs(tx));
  const definitions = rows.map(({ definition }) => definition);
  for (const row of rows) {
    const current = running.get(row.syncKey);
    const referrers = JSON.stringify(referrersOf(row.name, definitions));
    if (current?.referrers === referrers && runsAlike(current.row, row)) continue;
    current?.abort.abort();
    await current?.ended;
    running.delete(row.syncKey);
    if (row.mode !== 'paused') running.set(row.syncKey, start(installation, row, referrers));
  }
}

function start(installation: Installation, row: SyncRow, referrers: string): Running {
  const abort = new AbortController();
  installation.log.info({ sync: row.name, mode: row.mode, revision: row.revision }, 'a sync runs here');
  const { signal } = abort;
  const loops = [keepRunning(installation, row, signal), keepReconciling(installation, row, signal)];
  const { clock } = installation;
  return { row, referrers, abort, ended: endedOrLeft(clock, Promise.all(loops), END_WITHIN_MS, signal) };
}

/** A side that cannot be opened is an outage: the sync tries again until it is stopped. */
async function keepRunning(installation: Installation, row: SyncRow, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const opened = await openSync(installation, row);
      attempt = 0;
      try {
        tellEffects(installation, row, opened);
        await runWithSchema(installation, opened, signal);
      } finally {
        await opened.close();
      }
    } catch (error) {
      const { code, message } = failureOfError(error);
      installation.log.warn({ sync: row.name, code, message }, 'a sync could not run; trying again');
      await installation.clock.sleep(
        backoffMs(attempt, OUTAGE_RETRY_BASE_MS, OUTAGE_RETRY_CAP_MS, installation.random),
        signal,
      );
    }
  }
}

function tellEffects({ log }: Installation, { name }: SyncRow, { effects }: OpenSync): void {
  for (const { side, gravity, says } of effects)
    if (gravity !== 'harmless') log.warn({ sync: name, side, gravity }, says);
}

/** Until the signal aborts, or a system says something else about its fields: then the sync is to be opened anew. */
async function runWithSchema(
  installation: Installation,
  opened: OpenSync,
  signal: AbortSignal,
): Promise<void> {
  const abort = new AbortController();
  const either = AbortSignal.any([signal, abort.signal]);
  await Promise.all([
    runSync(opened.runtime, either),
    watchSchema(installation, opened, either).then((isOther) => {
      if (isOther) abort.abort();
    }),
  ]);
}

/** True as soon as a schema is another one; false when the signal aborts first. */
async function watchSchema(
  { clock, log }: Installation,
  opened: OpenSync,
  signal: AbortSignal,
): Promise<boolean> {
  const { runtime } = opened;
  for (let look = 1; ; look += 1) {
    await clock.sleep(SCHEMA_LOOK_EVERY_MS, signal);
    if (signal.aborted) return false;
    try {
      const isDue = look % LOOKS_BETWEEN_SCHEMAS === 0;
      if ((isDue || (await isMisconfigured(runtime))) && (await opened.hasNewSchema())) return true;
    } catch (error) {
      // A system that cannot be asked is told of by the streams that read it.
      log.info({ sync: runtime.name, code: failureOfError(error).code }, 'a schema could not be looked at');
    }
  }
}

/** A system that refuses what was good before has probably changed its fields. */
async function isMisconfigured(runtime: SyncRuntime): Promise<boolean> {
  return runtime.transaction(async (tx) => {
    for (const side of runtime.sides.keys()) {
      for (const kind of ['changes', 'sweep'] as const) {
        const failure = await tx.streamFailure(side, kind);
        if (failure?.kind === 'config') return true;
      }
    }
    return false;
  });
}

function scheduledWork(installation: Installation, signal: AbortSignal): readonly ScheduledWork[] {
  return [
    {
      name: 'sweep-all',
      cron: spreadDaily(installation.directory),
      run: async () => {
        for (const row of await installation.transaction((tx) => allSyncs(tx)))
          await wakeSweeps(installation, row);
      },
    },
    {
      name: 'watch',
      cron: '* * * * *',
      run: async () => {
        await watchOnce(watchPlace(installation), signal);
      },
    },
    {
      name: 'error-logs',
      cron: '* * * * *',
      run: async () => {
        await keepErrorLogs(errorLogPlace(installation));
      },
    },
    {
      name: 'push-metrics',
      cron: '* * * * *',
      run: async () => {
        await pushMetrics(watchPlace(installation));
      },
    },
    {
      name: 'digest',
      cron: '0 7 * * *',
      run: async () => {
        await tellDigest(watchPlace(installation), signal);
      },
    },
    {
      name: 'journal-months',
      cron: '17 3 * * *',
      run: async () => {
        await migrate(installation.database.url);
      },
    },
    {
      name: 'retention',
      cron: '27 4 * * *',
      run: async () => {
        const { database, workspaceNo } = installation;
        const transaction: Installation['transaction'] = (action) => installation.transaction(action);
        const forgotten = await forgetWhatIsOver({ url: database.url, workspaceNo, transaction }, signal);
        installation.log.info(forgotten, 'what is over was forgotten');
      },
    },
    {
      name: 'forgotten-records',
      cron: '47 3 * * *',
      run: async () => {
        for (const { syncKey } of await installation.transaction((tx) => allSyncs(tx)))
          await forgetWhatIsSpent(installation, syncKey, signal);
      },
    },
  ];
}

async function wakeSweeps(installation: Installation, row: SyncRow): Promise<void> {
  await installation.transaction(async (tx) => {
    const sync = syncTransaction(tx, row, installation.ids);
    for (const side of row.definition.sides) await sync.wakeStream(side.name, 'sweep');
  });
}
