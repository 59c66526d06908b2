/** Dead letters as records of a simulated org: through the store and the connector, while things go wrong. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { MemorySystem, type Fields } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../test/support/salesforce-workbench.ts';
import {
  createTestRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../test/support/sync.ts';
import type { Failure } from '../connector/failure.ts';
import { must } from '../lib/assert.ts';
import {
  externalKey,
  field,
  longText,
  number,
  picklist,
  sobject,
  text,
} from '../simulators/salesforce/fields.ts';
import { findSync, saveConnection } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { failingLogs } from '../store/logged-letters.ts';
import { discardAll } from '../worker/redrive.ts';
import { observeAll } from '../worker/rounds.ts';
import { silentLog, type SyncRuntime } from '../worker/runtime.ts';
import { keepErrorLogs } from './error-logs.ts';

const OBJECT = 'Integration_Error_Log__c';
const STATUSES = ['Pending', 'Retrying', 'Abandoned', 'Resolved'];
const signal = new AbortController().signal;

let store: TestStore;
let bench: SalesforceWorkbench;
let crm: MemorySystem;
let erp: MemorySystem;
let refused: Set<unknown>;
let opened: number;

beforeEach(async () => {
  store = await createTestStore();
  bench = await salesforceWorkbench(17);
  bench.simulator.org.setup.define(logObject());
  refused = new Set();
  opened = 0;
  crm = new MemorySystem({ idPrefix: 'c' });
  erp = new MemorySystem({
    idPrefix: 'e',
    refuse: ({ name }: Fields) => (refused.has(name) ? REFUSAL : null),
  });
});
afterEach(async () => {
  await bench.close();
  await store.close();
});

const REFUSAL: Failure = {
  kind: 'invalid',
  code: 'memory.validation',
  message: 'the name is not allowed',
  field: 'name',
  advice: 'Use another name.',
};

function logObject(): ReturnType<typeof sobject> {
  return sobject(OBJECT, 'a0E', [
    externalKey('Letter_Id__c'),
    picklist('Status__c', STATUSES, { restricted: true }),
    longText('Error_Message__c'),
    text('Source_System__c', 10),
    text('Object_Type__c'),
    text('Record_Id__c'),
    text('Error_Code__c'),
    number('Retry_Count__c', 4, 0),
    field('Last_Failed_At__c', 'datetime'),
  ]);
}

const transact = <T>(action: (tx: Tx) => Promise<T>): Promise<T> =>
  store.database.transaction(store.workspaceNo, action);

async function started(): Promise<SyncRuntime> {
  await transact((tx) =>
    saveConnection(tx, store.workspaceNo, {
      name: 'crm',
      system: 'salesforce',
      settings: { error_log: OBJECT },
    }),
  );
  await transact((tx) =>
    saveConnection(tx, store.workspaceNo, { name: 'erp', system: 'files', settings: {} }),
  );
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), { crm, erp });
  await observeAll(runtime, signal);
  return runtime;
}

function keep(): Promise<void> {
  return keepErrorLogs({
    workspaceNo: store.workspaceNo,
    log: silentLog,
    transaction: transact,
    open: async () => {
      opened += 1;
      return bench.open({ error_log: OBJECT });
    },
  });
}

function entries(): readonly Readonly<Record<string, unknown>>[] {
  return bench.simulator.org.records(OBJECT);
}

test('a dead letter is one record of the org, which follows it to its end', async () => {
  const runtime = await started();
  refused.add('Ann');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann' });
  await settleRounds(store, runtime, 2);
  await keep();
  await keep();
  expect(entries()).toMatchObject([
    {
      Status__c: 'Pending',
      Error_Message__c: 'the name is not allowed',
      Source_System__c: 'erp',
      Object_Type__c: 'things',
      Error_Code__c: 'memory.validation',
      Retry_Count__c: 1,
    },
  ]);
  expect(JSON.stringify(entries())).not.toContain('ann@x.test');
  expect(opened).toBe(1);
  crm.edit(id, { name: 'Anne' });
  await settleRounds(store, runtime, 2);
  await keep();
  expect(entries().map((entry) => entry['Status__c'])).toEqual(['Resolved']);
  const before = opened;
  await keep();
  expect(opened).toBe(before);
});

test('a letter that a person gives up is shown as abandoned', async () => {
  const runtime = await started();
  refused.add('Ann');
  crm.create({ email: 'ann@x.test', name: 'Ann' });
  await settleRounds(store, runtime, 2);
  await keep();
  const { rows } = await store.raw.pool.query('select letter_id from logged_letters');
  expect(rows).toHaveLength(1);
  const sync = must(await transact((tx) => findSync(tx, runtime.name)), 'the sync is there');
  await discardAll({ transaction: transact }, sync, {}, { by: 'ann', reason: 'never mind' });
  await keep();
  expect(entries().map((entry) => entry['Status__c'])).toEqual(['Abandoned']);
});

test('a lost answer, an outage and an entry that somebody deleted leave one record or none, and hold up nothing', async () => {
  const runtime = await started();
  refused.add('Ann');
  const id = crm.create({ email: 'ann@x.test', name: 'Ann' });
  crm.create({ email: 'bob@x.test', name: 'Bob' });
  await settleRounds(store, runtime, 2);
  bench.simulator.fault({ match: { path: `/composite/sobjects/${OBJECT}` }, kind: 'cutAfterExecute' });
  await keep();
  expect(await transact(failingLogs)).toMatchObject([
    { connection: 'crm', failure: { kind: 'unknownOutcome' } },
  ]);
  bench.simulator.limits.maintenance = true;
  await expect(keep()).resolves.toBeUndefined();
  bench.simulator.limits.maintenance = false;
  await keep();
  expect(entries()).toHaveLength(1);
  expect(await transact(failingLogs)).toEqual([]);
  expect(Object.values(erp.all()).map(({ name }) => name)).toEqual(['Bob']);
  bench.simulator.org.person('Ann Admin').delete(String(entries()[0]?.['Id']));
  crm.edit(id, { name: 'Anne' });
  await settleRounds(store, runtime, 2);
  await keep();
  expect(entries()).toHaveLength(0);
  expect(await transact(failingLogs)).toEqual([]);
});

test('what the object lacks is named, and stops the log alone', async () => {
  const { setup } = bench.simulator.org;
  setup.removeField(OBJECT, 'Error_Message__c');
  setup.changeField(OBJECT, 'Letter_Id__c', { unique: false });
  setup.changeField(OBJECT, 'Status__c', { picklist: ['Pending'] });
  const session = await bench.open({ error_log: OBJECT });
  expect(await session.errorLog?.lacks()).toEqual([
    `${OBJECT} has no text field Letter_Id__c that is an external id and unique.`,
    `${OBJECT} has no field Error_Message__c that the user may edit.`,
    `${OBJECT}.Status__c lacks the values Retrying, Abandoned, Resolved.`,
  ]);
  const [nowhere] = (await (await bench.open({ error_log: 'Nope__c' })).errorLog?.lacks()) ?? [];
  expect(nowhere).toContain('Salesforce has no object Nope__c');
  expect((await bench.open()).errorLog).toBeUndefined();
  const runtime = await started();
  refused.add('Ann');
  crm.create({ email: 'ann@x.test', name: 'Ann' });
  await settleRounds(store, runtime, 2);
  await keep();
  expect(await transact(failingLogs)).toMatchObject([{ failure: { code: 'salesforce.log_unfit' } }]);
});
