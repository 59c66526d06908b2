/** Delivered changes, announced as platform events of a simulated org, while things go wrong. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../test/support/salesforce-workbench.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import type { AnnounceDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { number, text } from '../simulators/salesforce/fields.ts';
import {
  announcementVitals,
  claimAnnouncements,
  pruneAnnouncements,
  reviveAnnouncements,
} from '../store/announcements.ts';
import type { Tx } from '../store/database.ts';
import { forgetWhatIsSpent } from './retention.ts';
import { deliverAll, observeAll } from './rounds.ts';
import type { Outlet, SyncRuntime } from './runtime.ts';

const EVENT = 'Changed__e';
const CHANGED: AnnounceDefinition = {
  name: 'changed',
  connection: 'org',
  collection: EVENT,
  fields: [
    { native: 'Key__c', field: 'email' },
    { native: 'City__c', field: 'city' },
  ],
  about: [
    { native: 'Message__c', tells: 'id' },
    { native: 'What__c', tells: 'change' },
    { native: 'Where__c', tells: 'side' },
    { native: 'Record__c', tells: 'record' },
    { native: 'Fields__c', tells: 'fields' },
    { native: 'Kind__c', tells: 'entity' },
    { native: 'At__c', tells: 'at' },
  ],
};
const NAMES = ['Key__c', 'City__c', ...CHANGED.about.map(({ native }) => native)];
const signal = new AbortController().signal;

const store = sharedTestStore();
let bench: SalesforceWorkbench;
let crm: MemorySystem;
let erp: MemorySystem;

beforeAll(async () => {
  bench = await salesforceWorkbench(13);
});
afterAll(() => bench.close());
beforeEach(() => {
  [crm, erp] = [new MemorySystem({ idPrefix: 'c' }), new MemorySystem({ idPrefix: 'e' })];
  bench.simulator.org.schema.defineEvent({
    name: EVENT,
    keyPrefix: 'e01',
    fields: NAMES.map((name) => text(name)),
  });
  bench.simulator.events.bus.reset();
});

const transact = <T>(action: (tx: Tx) => Promise<T>): Promise<T> =>
  store.database.transaction(store.workspaceNo, action);

let syncs = 0;
async function announcing(session: Outlet['session']): Promise<SyncRuntime> {
  syncs += 1;
  const definition = {
    ...simpleDefinition(['crm', 'erp']),
    name: `things${String(syncs)}`,
    announce: [CHANGED],
  };
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  await observeAll(runtime, signal);
  return { ...runtime, outlets: [{ definition: CHANGED, session, transaction: transact }] };
}

/** What stands on the bus, by the names of the event's fields. */
function told(): readonly Readonly<Record<string, unknown>>[] {
  const { events } = bench.simulator;
  return events.bus.after(`/event/${EVENT}`, 0n, 1_000).map(({ schemaId, payload }) => {
    const { type } = must(events.schema(schemaId), 'a published event has a schema');
    return { ...(type.fromBuffer(payload) as Readonly<Record<string, unknown>>) };
  });
}

function vitals({ syncKey }: SyncRuntime): ReturnType<typeof announcementVitals> {
  return transact((tx) => announcementVitals(tx, syncKey));
}

async function leapOverWaits(): Promise<void> {
  await store.raw.pool.query(`update announcements set due_at = clock_timestamp() where due_at < 'infinity'`);
}

test('each delivered change is announced once, with the thing as it stands and what was changed where', async () => {
  const session = await bench.open();
  const runtime = await announcing(() => Promise.resolve(session));
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', city: 'Ulm' });
  await settleRounds(store, runtime, 2);
  crm.edit(id, { city: 'Bonn' });
  await settleRounds(store, runtime, 2);
  crm.remove(id);
  await settleRounds(store, runtime, 2);
  const about = { Key__c: 'ann@x.test', Where__c: 'erp', Kind__c: 'Thing', Record__c: 'e1' };
  expect(told()).toMatchObject([
    { ...about, What__c: 'create', City__c: 'Ulm' },
    { ...about, What__c: 'update', City__c: 'Bonn', Fields__c: 'city' },
    { ...about, What__c: 'delete' },
  ]);
  expect(new Set(told().map((event) => event['Message__c'])).size).toBe(3);
  expect(await vitals(runtime)).toEqual([]);
});

test('a system that cannot be reached holds up no side, and is told everything later', async () => {
  let isDown = true;
  const failure = { kind: 'transient' as const, code: 'salesforce.events_unavailable', message: 'away' };
  const session = await bench.open();
  const runtime = await announcing(() =>
    isDown ? Promise.reject(new ConnectorFailure(failure)) : Promise.resolve(session),
  );
  crm.create({ email: 'ann@x.test', name: 'Ann' });
  crm.create({ email: 'bob@x.test', name: 'Bob' });
  await settleRounds(store, runtime, 2);
  expect(erp.log.filter(({ kind }) => kind === 'create')).toHaveLength(2);
  expect(told()).toEqual([]);
  const [before] = await vitals(runtime);
  expect(before).toMatchObject({ name: 'changed', waiting: 2, refused: 0, failure: { message: 'away' } });
  isDown = false;
  await leapOverWaits();
  await deliverAll(runtime, signal);
  expect(told().map((event) => event['Key__c'])).toEqual(['ann@x.test', 'bob@x.test']);
});

test('after a lost answer the same message is told again, and its id tells so', async () => {
  const session = await bench.open();
  const runtime = await announcing(() => Promise.resolve(session));
  bench.simulator.fault({ match: { path: '/eventbus.v1.PubSub/Publish' }, kind: 'cutAfterExecute' });
  crm.create({ email: 'ann@x.test' });
  await settleRounds(store, runtime, 2);
  await leapOverWaits();
  await deliverAll(runtime, signal);
  const ids = told().map((event) => event['Message__c']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

/** An event none of whose fields takes what is announced. */
const MISFIT = { name: EVENT, keyPrefix: 'e01', fields: NAMES.map((name) => number(name, 8, 2)) };

test('what the system refuses is told again ever more rarely, and arrives once the system is put right', async () => {
  const session = await bench.open();
  bench.simulator.org.schema.defineEvent(MISFIT);
  const runtime = await announcing(() => Promise.resolve(session));
  crm.create({ email: 'ann@x.test' });
  await settleRounds(store, runtime, 2);
  for (const waitMinutes of [1, 2, 4]) {
    const [now] = await vitals(runtime);
    expect(now).toMatchObject({ waiting: 0, refused: 1, failure: { code: 'salesforce.event_misfit' } });
    expect(await minutesUntilDue(runtime)).toBeCloseTo(waitMinutes, 0);
    await leapOverWaits();
    await deliverAll(runtime, signal);
  }
  bench.simulator.org.schema.defineEvent({ ...MISFIT, fields: NAMES.map((name) => text(name)) });
  // The session knows the event's old fields for a while.
  bench.clock.shift(16 * 60_000);
  await deliverAll(runtime, signal);
  expect(told()).toEqual([]);
  await leapOverWaits();
  await deliverAll(runtime, signal);
  expect(told()).toHaveLength(1);
  expect(await vitals(runtime)).toEqual([]);
});

async function minutesUntilDue({ syncKey }: SyncRuntime): Promise<number> {
  const { rows } = await store.raw.pool.query<{ minutes: number }>(
    `select extract(epoch from min(due_at) - clock_timestamp())::float8 / 60 as minutes from announcements where sync_key = $1`,
    [syncKey],
  );
  return rows[0]?.minutes ?? 0;
}

test('what was refused goes behind what is news, and is told at once when the sync starts anew', async () => {
  const session = await bench.open();
  bench.simulator.org.schema.defineEvent(MISFIT);
  const runtime = await announcing(() => Promise.resolve(session));
  crm.create({ email: 'ann@x.test' });
  await settleRounds(store, runtime, 2);
  crm.create({ email: 'bob@x.test' });
  await settleRounds(store, { ...runtime, outlets: [] }, 2);
  await leapOverWaits();
  const claim = (countMax: number): ReturnType<typeof claimAnnouncements> =>
    transact((tx) => claimAnnouncements(tx, runtime.syncKey, CHANGED.name, countMax, 600_000));
  expect((await claim(1)).map(({ golden }) => golden['email'])).toEqual(['bob@x.test']);
  expect((await claim(1)).map(({ golden }) => golden['email'])).toEqual(['ann@x.test']);
  expect(await claim(2)).toEqual([]);
  await transact((tx) => reviveAnnouncements(tx, runtime.syncKey));
  expect((await claim(2)).map(({ golden }) => golden['email'])).toEqual(['ann@x.test']);
});

test('what nobody has taken for a month is forgotten, in pieces', async () => {
  const runtime = await announcing(() =>
    Promise.reject(
      new ConnectorFailure({ kind: 'config', code: 'salesforce.bad_setting', message: 'wrong' }),
    ),
  );
  for (const email of ['ann@x.test', 'bob@x.test', 'cem@x.test']) crm.create({ email });
  await settleRounds(store, runtime, 2);
  const forget = (): Promise<number> =>
    forgetWhatIsSpent({ transaction: transact }, runtime.syncKey, signal, 2);
  await store.raw.pool.query(`update announcements set noted_at = noted_at - interval '29 days'`);
  expect(await forget()).toBe(0);
  await store.raw.pool.query(`update announcements set noted_at = noted_at - interval '2 days'`);
  expect(await transact((tx) => pruneAnnouncements(tx, runtime.syncKey, 1))).toBe(1);
  expect(await forget()).toBe(2);
  expect(await vitals(runtime)).toEqual([]);
});
