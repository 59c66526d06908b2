/** The first two-way sync of a filled and an empty database, the same again with nothing changed, and memory. */
import type pg from 'pg';

import { must } from '../src/lib/assert.ts';
import { findSync, setMode } from '../src/store/control.ts';
import { approvePlan, sealPlan } from '../src/store/plans.ts';
import { deliverAll, observeAll } from '../src/worker/rounds.ts';
import { measured, rateBeside, startMemoryWatch, type Measurement } from './measure.ts';
import { COLUMNS, createWorkbench, type Workbench } from './workbench.ts';

const SCRIPT_PAGE_ROWS = 1_000;

/** `records` customers from one database to the other, beside a plain script that reads pages and upserts them. */
export async function benchBulk(records: number): Promise<readonly Measurement[]> {
  const bench = await createWorkbench('poll');
  try {
    await bench.fill(records);
    const script = await rateOf(records, () => plainScript(bench.crm, bench.scratch));
    const peak = startMemoryWatch();
    const initial = await rateOf(records, () => initialSync(bench));
    const again = await rateOf(records * 2, () => observeAgain(bench));
    const name = 'plain script: read pages, upsert, keep no state';
    return [
      rateBeside(
        `initial sync of ${String(records)} records, PostgreSQL to PostgreSQL`,
        initial,
        'records/s',
        script,
        name,
      ),
      rateBeside(
        `re-sync of ${String(records)} unchanged records, both sides read`,
        again,
        'records/s',
        initial,
        'initial sync',
      ),
      measured(`peak memory of the worker at ${String(records)} records`, peak(), 'MB'),
    ];
  } finally {
    await bench.close();
  }
}

async function rateOf(records: number, action: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await action();
  return records / ((performance.now() - startedMs) / 1_000);
}

/** What someone would write in an hour: no state, no conflicts, no way back. */
async function plainScript(source: pg.Pool, target: pg.Pool): Promise<void> {
  const columns = COLUMNS.join(', ');
  const updates = COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ');
  let last = '0';
  for (;;) {
    const page = await source.query<{ readonly id: string }>(
      `select id, ${columns} from customer where id > $1 order by id limit ${String(SCRIPT_PAGE_ROWS)}`,
      [last],
    );
    const end = page.rows.at(-1);
    if (end === undefined) return;
    last = end.id;
    await target.query(
      `insert into customer (id, ${columns}) select id, ${columns} from json_populate_recordset(null::customer, $1)
       on conflict (id) do update set ${updates}`,
      [JSON.stringify(page.rows)],
    );
  }
}

const signal = new AbortController().signal;

/** What a person does: plan, approve, apply. */
async function initialSync(bench: Workbench): Promise<void> {
  await takeIn(bench);
  await deliverPlanned(bench);
}

/** As far as the plan: nothing is written to either side. */
export async function takeIn(bench: Workbench): Promise<void> {
  const observing = await bench.open('observe');
  await observeAll(observing.runtime, signal);
  await observing.close();
}

/** Approves what was planned, and delivers it. */
export async function deliverPlanned(bench: Workbench): Promise<void> {
  await bench.installation.transaction(async (tx) => {
    const { syncKey } = must(await findSync(tx, 'customers'), 'the bench has a sync');
    const plan = await sealPlan(tx, syncKey, 1);
    await approvePlan(tx, syncKey, plan, 'bench');
    await setMode(tx, syncKey, 'live');
  });
  const live = await bench.open('live');
  await deliverAll(live.runtime, signal);
  await live.close();
  const delivered = await bench.erp.query<{ readonly same: boolean }>(
    'select count(*) > 0 as same from customer',
  );
  if (delivered.rows[0]?.same !== true) throw new Error('the bench delivered nothing');
}

async function observeAgain(bench: Workbench): Promise<void> {
  const live = await bench.open('live');
  await observeAll(live.runtime, signal);
  await live.close();
}
