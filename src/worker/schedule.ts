/**
 * Work by the clock, once however many workers run, through pg-boss: the nightly sweep, silent workers' writes, journal
 * months. The flow of changes itself does not wait for any of it.
 */
import { PgBoss } from 'pg-boss';

import type { Log } from './runtime.ts';

const SCHEMA = 'trueup_jobs';
const MINUTES_PER_DAY = 24 * 60;
const JOB_EXPIRES_IN_S = 15 * 60;
const STOP_TIMEOUT_MS = 5_000;

export interface ScheduledWork {
  /** Lower case with dashes; the same in every worker. */
  readonly name: string;
  readonly cron: string;
  run(): Promise<void>;
}

export interface Schedule {
  stop(): Promise<void>;
}

/** A minute of the day that is spread by name, so that not everything starts at midnight. */
export function spreadDaily(name: string): string {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  const minute = hash % MINUTES_PER_DAY;
  return `${String(minute % 60)} ${String(Math.floor(minute / 60))} * * *`;
}

/** Starts the schedule. A job that fails is logged and runs again at its next time. */
export async function startSchedule(
  url: string,
  works: readonly ScheduledWork[],
  log: Log,
): Promise<Schedule> {
  const boss = new PgBoss({
    connectionString: url,
    schema: SCHEMA,
    application_name: 'trueup-schedule',
    max: 2,
  });
  boss.on('error', (error) =>
    log.error({ code: 'trueup.schedule', message: error.message }, 'the schedule failed'),
  );
  await boss.start();
  for (const work of works) {
    // `exclusive`: while one is waiting or running nobody queues another.
    await boss.createQueue(work.name, {
      policy: 'exclusive',
      expireInSeconds: JOB_EXPIRES_IN_S,
      retryLimit: 0,
    });
    await boss.schedule(work.name, work.cron, null, { tz: 'UTC' });
    await boss.work(work.name, async () => {
      await work.run();
    });
  }
  return { stop: () => boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS }) };
}
