/** Reconciliation of two databases with 37 planted differences, beside reading key and hash of every record of both. */
import type pg from 'pg';

import type { Reconciled } from '../src/diagnose/reconcile/look.ts';
import { reconcileSides } from '../src/diagnose/reconcile/sides.ts';
import type { SideTally } from '../src/diagnose/reconcile/tally.ts';
import { must } from '../src/lib/assert.ts';
import { findSync } from '../src/store/control.ts';
import { syncTransaction } from '../src/store/sync-transaction.ts';
import type { OpenSync } from '../src/syncs.ts';
import type { SideRuntime } from '../src/worker/runtime.ts';
import { PLANTED, plantDifferences, type PlantedClass } from '../test/support/planted-differences.ts';
import { timeBeside, type Measurement } from './measure.ts';
import { plantLinked } from './plant.ts';
import { COLUMNS, createWorkbench, type Workbench } from './workbench.ts';

const SCRIPT_PAGE_ROWS = 10_000;

/** Fails unless exactly the planted differences are found. The way by reading is measured up to a hundred thousand records. */
export async function benchReconcile(records: number): Promise<readonly Measurement[]> {
  const bench = await createWorkbench('poll');
  try {
    await plant(bench, records);
    const open = await bench.open('observe');
    const name = `reconciliation of 2 × ${records.toLocaleString('en-US')} records, 37 differences`;
    try {
      const script = await secondsOf(() => readKeysAndHashes(bench));
      const digests = await secondsOf(() => reconcileBoth(bench, open, true));
      const baseline = 'reading key and hash of both';
      const results = [timeBeside(`${name}, by digests`, digests, script, baseline)];
      if (records > READ_RECORDS_MAX) return results;
      const reading = await secondsOf(() => reconcileBoth(bench, open, false));
      return [...results, timeBeside(`${name}, by reading`, reading, script, baseline)];
    } finally {
      await open.close();
    }
  } finally {
    await bench.close();
  }
}

const READ_RECORDS_MAX = 100_000;

async function plant(bench: Workbench, records: number): Promise<void> {
  const { installation, crm, erp } = bench;
  await bench.fill(records);
  await bench.fill(records, erp);
  const syncKey = await plantLinked(installation, records, () => 'n::text');
  await installation.transaction((tx) =>
    tx.execute(`update streams set current_as_of = now() where sync_key = $1`, [syncKey]),
  );
  await plantDifferences({
    crm: (statement) => crm.query(statement),
    erp: (statement) => erp.query(statement),
    store: (statement, values) => installation.transaction((tx) => tx.execute(statement, values)),
    syncKey,
  });
}

/** One after the other, page by page: what somebody would write who only compares hashes. */
async function readKeysAndHashes({ crm, erp }: Workbench): Promise<void> {
  await readSide(crm);
  await readSide(erp);
}

async function readSide(pool: pg.Pool): Promise<number> {
  let [last, read] = ['0', 0];
  for (;;) {
    const { rows } = await pool.query<[string, string]>({
      text: `select id, md5(concat_ws('|', ${COLUMNS.join(', ')})) from customer where id > $1 order by id limit ${String(SCRIPT_PAGE_ROWS)}`,
      values: [last],
      rowMode: 'array',
    });
    const end = rows.at(-1);
    if (end === undefined) return read;
    [last] = end;
    read += rows.length;
  }
}

async function reconcileBoth(bench: Workbench, { runtime }: OpenSync, isDigested: boolean): Promise<void> {
  const { installation } = bench;
  const sync = must(
    await installation.transaction((tx) => findSync(tx, 'customers')),
    'the bench has a sync',
  );
  const reconciled: Reconciled = {
    syncKey: sync.syncKey,
    model: runtime.model,
    transaction: (action) =>
      installation.transaction((tx) => action(tx, syncTransaction(tx, sync, installation.ids))),
  };
  const { signal } = new AbortController();
  const { clock, ids, random } = installation;
  const sides = [...runtime.sides.values()].map((side) => (isDigested ? side : unableToDigest(side)));
  const results = await reconcileSides(reconciled, sides, { clock, ids, random, signal, onProgress: ignore });
  const tallies = results.map(({ tally }) => tally);
  demandPlanted(tallies);
}

function unableToDigest(side: SideRuntime): SideRuntime {
  const { digests: _, ...session } = side.session;
  return { ...side, session };
}

const ignore = (): void => undefined;

function lineOf({ side, kind, explanation, count }: PlantedClass): string {
  return `${side} ${kind} ${explanation ?? 'DRIFT'} ${String(count)}`;
}

function demandPlanted(tallies: readonly SideTally[]): void {
  const found = tallies
    .flatMap(({ side, classes }) => classes.map((one) => lineOf({ side, ...one })))
    .toSorted();
  const planted = PLANTED.map(lineOf).toSorted();
  if (found.join() !== planted.join())
    throw new Error(`found ${found.join('; ')}; planted were ${planted.join('; ')}`);
}

async function secondsOf(action: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await action();
  return (performance.now() - startedMs) / 1_000;
}
