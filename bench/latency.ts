/** From the commit of an edit at one PostgreSQL to its commit at the other, over logical replication, under a steady load. */
import { setMode } from '../src/store/control.ts';
import { approvePlan, sealPlan } from '../src/store/plans.ts';
import { deliverAll, observeAll } from '../src/worker/rounds.ts';
import { runSync } from '../src/worker/sync-worker.ts';
import { measured, type Measurement } from './measure.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

const TICK_MS = 20;
const ARRIVAL_WAIT_MS = 30_000;

/** Edits `perSecond` records a second for `seconds`, each once, and compares PostgreSQL's own commit times. */
export async function benchLatency(perSecond: number, seconds: number): Promise<readonly Measurement[]> {
  const bench = await createWorkbench('logical');
  try {
    await bench.fill(perSecond * seconds);
    await bringInStep(bench);
    const live = await bench.open('live');
    const stop = new AbortController();
    const running = runSync(live.runtime, stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await editSteadily(bench, perSecond, seconds);
    await arrival(bench, perSecond * seconds);
    stop.abort();
    await running;
    await live.close();
    return await report(bench, perSecond);
  } finally {
    await bench.close();
  }
}

async function bringInStep(bench: Workbench): Promise<void> {
  const signal = new AbortController().signal;
  const first = await bench.open('observe');
  await observeAll(first.runtime, signal);
  await bench.installation.transaction(async (tx) => {
    const plan = await sealPlan(tx, first.runtime.syncKey, 1);
    await approvePlan(tx, first.runtime.syncKey, plan, 'bench');
    await setMode(tx, first.runtime.syncKey, 'live');
  });
  await first.close();
  const live = await bench.open('live');
  await deliverAll(live.runtime, signal);
  await live.close();
}

/** One transaction per record, spread evenly; a tick that comes late makes up for it. */
async function editSteadily(bench: Workbench, perSecond: number, seconds: number): Promise<void> {
  const startedMs = performance.now();
  let done = 0;
  while (done < perSecond * seconds) {
    const due = Math.min(
      perSecond * seconds,
      Math.floor(((performance.now() - startedMs) / 1_000) * perSecond),
    );
    const edits: Promise<unknown>[] = [];
    for (; done < due; done += 1) {
      edits.push(
        bench.crm.query(`update customer set phone = 'edited ' || id where email = $1`, [
          `user${String(done + 1)}@example.com`,
        ]),
      );
    }
    await Promise.all(edits);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

async function arrival(bench: Workbench, records: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < ARRIVAL_WAIT_MS; waitedMs += 100) {
    const found = await bench.erp.query<{ count: number }>(
      `select count(*)::int as count from customer where phone like 'edited %'`,
    );
    if (found.rows[0]?.count === records) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the edits did not all arrive');
}

async function report(bench: Workbench, perSecond: number): Promise<readonly Measurement[]> {
  const commits = `select email, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at_ms from customer`;
  const [sent, seen] = await Promise.all([
    bench.crm.query<{ email: string; at_ms: number }>(commits),
    bench.erp.query<{ email: string; at_ms: number }>(commits),
  ]);
  const sentAt = new Map(sent.rows.map((row) => [row.email, row.at_ms]));
  const latencies = seen.rows
    .map((row) => row.at_ms - (sentAt.get(row.email) ?? 0))
    .toSorted((left, right) => left - right);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const name = `commit to commit over logical replication at ${String(perSecond)} edits/s`;
  return [measured(`${name}, p50`, at(0.5), 'ms'), measured(`${name}, p99`, at(0.99), 'ms')];
}
