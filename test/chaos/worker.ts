/** A worker process as in production: `runSync` over PostgreSQL, following changes of mode, revision and approval, until SIGTERM. */
import { compileSync } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIds } from '../../src/lib/ids.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { findSync, runsAlike, type SyncRow } from '../../src/store/control.ts';
import type { Database } from '../../src/store/database.ts';
import { onlyInHistoryOf } from '../../src/store/lineage.ts';
import { openDatabase } from '../../src/store/open.ts';
import { syncTransaction } from '../../src/store/sync-transaction.ts';
import { failureOfError } from '../../src/worker/failures.ts';
import type { Log, SideRuntime, SyncRuntime } from '../../src/worker/runtime.ts';
import { runSync } from '../../src/worker/sync-worker.ts';
import { createWakes } from '../../src/worker/wakes.ts';
import { instructions, ready, RUN_SHORT, untilStopped } from './child.ts';
import { gradesOf } from './grades.ts';
import { fillHeap } from './hog.ts';
import { cardOf, HttpSession } from './session.ts';

/** What the supervisor tells a worker. */
export interface WorkerInstructions {
  readonly url: string;
  readonly workspaceNo: number;
  readonly sync: string;
  readonly automations: boolean;
  /** Side → port of the proxy before it. */
  readonly ports: Readonly<Record<string, number>>;
}

const FOLLOW_EVERY_MS = 500;
const OPEN_AGAIN_MS = 500;

const given = instructions() as WorkerInstructions;
const stopped = untilStopped();
const ids = createIds(systemClock, systemRandom);

function tell(level: string): Log['info'] {
  return (fields, message) =>
    void process.stderr.write(
      `${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`,
    );
}
const log: Log = { info: tell('info'), warn: tell('warn'), error: tell('error') };

function runtimeOf(database: Database, row: SyncRow): SyncRuntime {
  const model = compileSync(row.definition);
  const grades = new Map(gradesOf(given).map((shape) => [shape.name, shape]));
  const sides = model.sides.map((side): [string, SideRuntime] => {
    const card = cardOf(must(grades.get(side.name), 'every side has a grade'));
    const session = new HttpSession(card, must(given.ports[side.name], 'every side has a proxy'));
    return [side.name, { model: side, session, card }];
  });
  const transaction = onlyInHistoryOf(row, (action) => database.transaction(given.workspaceNo, action));
  return {
    syncKey: row.syncKey,
    name: row.name,
    mode: row.mode,
    model,
    sides: new Map(sides),
    clock: systemClock,
    random: systemRandom,
    ids,
    log,
    wakes: createWakes(systemClock),
    nowMs: () => database.nowMs(),
    transaction: (action) => transaction((tx) => action(syncTransaction(tx, row, ids))),
  };
}

/** The store may be down when a worker starts: that is an outage, and no reason to end. */
async function open(): Promise<Database | null> {
  while (!stopped.aborted) {
    try {
      return await openDatabase({ url: given.url, clock: systemClock, random: systemRandom });
    } catch (error) {
      log.warn({ code: failureOfError(error).code }, 'the store could not be opened; trying again');
      await systemClock.sleep(OPEN_AGAIN_MS, stopped);
    }
  }
  return null;
}

async function rowOf(database: Database): Promise<SyncRow | null> {
  try {
    return await database.transaction(given.workspaceNo, (tx) => findSync(tx, given.sync));
  } catch (error) {
    log.warn({ code: failureOfError(error).code }, 'the store could not be read; trying again');
    return null;
  }
}

interface Running {
  readonly row: SyncRow;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

async function follow(database: Database): Promise<void> {
  let running: Running | null = null;
  while (!stopped.aborted) {
    const row = await rowOf(database);
    if (row !== null && (running === null || !runsAlike(running.row, row))) {
      running?.abort.abort();
      await running?.ended;
      const abort = new AbortController();
      running = { row, abort, ended: runSync(runtimeOf(database, row), abort.signal) };
    }
    await systemClock.sleep(FOLLOW_EVERY_MS, stopped);
  }
  running?.abort.abort();
  await running?.ended;
}

process.once(RUN_SHORT, () => {
  log.warn({}, 'memory is being filled');
  fillHeap();
});
ready(0);
const database = await open();
if (database !== null) {
  await follow(database);
  await database.close();
}
process.exit(0);
