import { afterAll, beforeAll, expect, test } from 'vitest';

import { PLANTED, plantDifferences } from '../../../test/support/planted-differences.ts';
import type { TestDatabase } from '../../../test/support/postgres.ts';
import { openTestFolder, type TestFolder } from '../../../test/support/test-folder.ts';
import { must } from '../../lib/assert.ts';
import { seededRandom } from '../../lib/random.ts';
import { openInstallation, type Installation } from '../../server.ts';
import { findSync } from '../../store/control.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import { openSync, type OpenSync } from '../../syncs.ts';
import { silentLog } from '../../worker/runtime.ts';
import { compareByDigests, type Comparison } from './digests.ts';
import type { Reconciled } from './look.ts';
import { reconcileSide } from './reconcile.ts';
import type { Finding, SideTally } from './tally.ts';

const FIELDS =
  'fields: {email: email, name: name, phone: phone, city: city, credit: credit, active: active, since: since, seen: seen}';
const SYNC_FILE = `version: 1
connections:
  crm: {system: postgres, url: "\${secret:CRM_URL}"}
  erp: {system: postgres, url: "\${secret:ERP_URL}"}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
      phone: {type: text}
      city: {type: text}
      credit: {type: decimal}
      active: {type: boolean}
      since: {type: date}
      seen: {type: instant}
    match: email
    sides:
      crm: {connection: crm, collection: public.customer, deletes: true, ${FIELDS}}
      erp: {connection: erp, collection: public.customer, deletes: true, ${FIELDS}}
`;
const TABLE = `create table customer (id bigint generated always as identity primary key, email text not null unique, name text, phone text, city text,
  credit numeric(12, 2), active boolean, since date, seen timestamptz, updated_at timestamptz not null default clock_timestamp())`;
const RECORDS = 4_000;

let folder: TestFolder;
let crm: TestDatabase;
let erp: TestDatabase;
let installation: Installation;
let open: OpenSync;

beforeAll(async () => {
  folder = await openTestFolder({ syncFile: SYNC_FILE, databases: ['crm', 'erp'] });
  [crm, erp] = [folder.database('crm'), folder.database('erp')];
  for (const side of [crm, erp]) await side.pool.query(TABLE);
  await crm.pool.query(
    `insert into customer (email, name, phone, city, credit, active, since, seen)
     select 'user' || n || '@example.com',
            case n % 5 when 0 then null when 1 then 'Say "it" \\ twice' when 2 then E'two\\nlines\\t\\u0001' when 3 then 'Zoë 🦊 Łódź' else 'Name ' || n end,
            case n % 3 when 0 then '' else '+49 30 ' || n end, 'Berlin', n % 1000 / 4.0, n % 2 = 0, date '2001-02-03' + n, now() - make_interval(secs => n / 7.0)
       from generate_series(1, $1) as n`,
    [RECORDS],
  );
  await folder.trueup('apply', '--yes');
  await folder.trueup('plan');
  const { directory, environment } = folder;
  installation = await openInstallation({ directory, environment, log: silentLog });
  open = await openSync(installation, await customers());
});
afterAll(async () => {
  await open.close();
  await installation.close();
  await folder.close();
});

async function customers() {
  return must(await installation.transaction((tx) => findSync(tx, 'customers')), 'the sync was applied');
}

interface Told {
  readonly compared: ReadonlyMap<string, Comparison>;
  readonly tallies: readonly SideTally[];
  readonly findings: readonly Finding[];
}

async function reconcile(way: 'digests' | 'reading'): Promise<Told> {
  const sync = await customers();
  const reconciled: Reconciled = {
    syncKey: sync.syncKey,
    model: open.runtime.model,
    transaction: (action) =>
      installation.transaction((tx) => action(tx, syncTransaction(tx, sync, installation.ids))),
  };
  const { signal } = new AbortController();
  const sides = [...open.runtime.sides.values()];
  const compared =
    way === 'reading'
      ? new Map<string, Comparison>()
      : await compareByDigests(reconciled, sides, seededRandom(7), signal);
  const results = [];
  for (const side of sides)
    results.push(
      must(
        await reconcileSide(reconciled, side, {
          runId: installation.ids.next(),
          random: seededRandom(7),
          compared: compared.get(side.model.name) ?? null,
          budget: null,
          from: null,
          keep: () => Promise.resolve(),
          signal,
          onProgress: () => undefined,
        }),
        'nothing rests without a budget',
      ),
    );
  return {
    compared,
    tallies: results.map(({ tally }) => tally),
    findings: results.flatMap(({ findings }) => findings),
  };
}

test('sides that are in step are compared without reading a record, whatever their values hold', async () => {
  const { compared, tallies } = await reconcile('digests');
  const nothing = { seen: RECORDS, differing: [], unmet: [] };
  expect([...compared]).toEqual([
    ['crm', nothing],
    ['erp', nothing],
  ]);
  expect(tallies).toMatchObject([
    { side: 'crm', seen: RECORDS, same: RECORDS, classes: [] },
    { side: 'erp', seen: RECORDS, same: RECORDS, classes: [] },
  ]);
});

test('what only reads differently is read and counted as the same', async () => {
  await erp.pool.query(`update customer set email = 'User40@Example.com' where email = 'user40@example.com'`);
  const { compared, tallies } = await reconcile('digests');
  expect(compared.get('erp')?.differing).toHaveLength(1);
  expect(tallies[1]).toMatchObject({ seen: RECORDS, same: RECORDS, classes: [] });
  await erp.pool.query(`update customer set email = lower(email)`);
});

test('digests find exactly the thirty-seven planted differences of all classes, and reading finds the same', async () => {
  const { syncKey } = await customers();
  await plantDifferences({
    crm: (statement) => crm.pool.query(statement),
    erp: (statement) => erp.pool.query(statement),
    store: (statement, values) => installation.transaction((tx) => tx.execute(statement, values)),
    syncKey,
  });
  const byDigests = await reconcile('digests');
  expect([...byDigests.compared.keys()]).toEqual(['crm', 'erp']);
  const classes = byDigests.tallies.flatMap(({ side, classes: own }) => own.map((one) => ({ side, ...one })));
  expect(sorted(classes)).toEqual(sorted(PLANTED));
  const byReading = await reconcile('reading');
  expect(byReading.tallies.map(({ side, seen, same, drift }) => ({ side, seen, same, drift }))).toEqual(
    byDigests.tallies.map(({ side, seen, same, drift }) => ({ side, seen, same, drift })),
  );
  expect(sorted(byReading.findings)).toEqual(sorted(byDigests.findings));
});

function sorted<T>(list: readonly T[]): readonly T[] {
  return list.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

test('a value that the store cannot unpack is found by reading', async () => {
  await installation.transaction((tx) =>
    tx.execute(
      `update identities set golden = replace(golden::text, '"Berlin"', '"Ber\\u0000lin"')::json where identity_id = (select min(identity_id::text)::uuid from identities)`,
    ),
  );
  const { compared, tallies } = await reconcile('digests');
  expect(compared.size).toBe(0);
  expect(tallies.map(({ drift }) => drift)).toEqual([11, 16]);
  expect(tallies[1]?.classes).toContainEqual({ kind: 'differs', explanation: 'rewritten', count: 1 });
});
