import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectClient } from '../../../test/support/pubsub-client.ts';
import {
  failureOf,
  salesforceWorkbench,
  type SalesforceWorkbench,
} from '../../../test/support/salesforce-workbench.ts';
import type { Session, WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { field, number, text } from '../../simulators/salesforce/fields.ts';

const EVENT = 'Shipped__e';
const TOPIC = `/event/${EVENT}`;
const PUBLISH = { path: '/eventbus.v1.PubSub/Publish' };

let bench: SalesforceWorkbench;
let session: Session;

beforeEach(async () => {
  bench = await salesforceWorkbench(11);
  bench.simulator.org.schema.defineEvent({
    name: EVENT,
    keyPrefix: 'e01',
    fields: [
      text('Order__c'),
      number('Weight__c', 8, 2),
      field('Express__c', 'boolean'),
      field('Due__c', 'datetime'),
    ],
  });
  session = await bench.open();
});

afterEach(() => bench.close());

function tell(key: string, fields: Readonly<Record<string, NativeValue>> = {}): WriteRequest {
  const values = { Order__c: key, ...fields };
  return { key, kind: 'create', recordId: null, ifVersion: null, fields: new Map(Object.entries(values)) };
}

function said(result: WriteResult | undefined): string {
  return result?.kind === 'failed' ? `${result.failure.kind} ${result.failure.code}` : String(result?.kind);
}

/** What stands on the bus, read by the schema that the org gives for it. */
function told(): readonly Readonly<Record<string, unknown>>[] {
  const { events } = bench.simulator;
  return events.bus.after(TOPIC, 0n, 1_000).map(({ schemaId, payload }) => {
    const { type } = must(events.schema(schemaId), 'a published event has a schema');
    return { ...(type.fromBuffer(payload) as Readonly<Record<string, unknown>>) };
  });
}

test('an event arrives with its values, as the integration user’s', async () => {
  const values = { Weight__c: '1.5', Express__c: true, Due__c: '2026-03-31T12:05:00Z' };
  const [result] = await session.write(EVENT, [tell('A-1', values)]);
  expect(result).toEqual({ kind: 'written', key: 'A-1', recordId: 'A-1', version: null });
  expect(told()).toEqual([
    {
      CreatedDate: expect.any(Number) as number,
      CreatedById: bench.simulator.org.integrationUser.userId,
      Order__c: 'A-1',
      Weight__c: 1.5,
      Express__c: true,
      Due__c: Date.parse('2026-03-31T12:05:00Z'),
    },
  ]);
});

test('Salesforce’s own client hears what is published', async () => {
  const { clientId, clientSecret } = bench.simulator.credentials;
  const client = await connectClient(bench.addresses, { clientId, clientSecret });
  try {
    await session.write(EVENT, [tell('A-1', { Weight__c: '2.25' })]);
    const heard = await new Promise<unknown>((resolve) => {
      client.subscribeFromEarliestEvent(
        TOPIC,
        (_subscription: unknown, kind: string, data: unknown) => {
          if (kind === 'event') resolve(data);
        },
        1,
      );
    });
    expect(heard).toMatchObject({ payload: { Order__c: 'A-1', Weight__c: 2.25, Express__c: null } });
  } finally {
    client.close();
  }
});

test('many events leave two hundred at a time, and each has its own result', async () => {
  const requests = Array.from({ length: 450 }, (_, index) => tell(`A-${String(index)}`));
  const misfit = tell('A-7', { Weight__c: 'heavy' });
  const results = await session.write(EVENT, requests.with(7, misfit));
  expect(results.map(said).filter((word) => word === 'written')).toHaveLength(449);
  expect(said(results[7])).toBe('invalid salesforce.event_misfit');
  expect(told().map((event) => event['Order__c'])).toEqual(
    requests.flatMap(({ key }, index) => (index === 7 ? [] : [key])),
  );
});

test('a session that has ended is renewed before anything is published', async () => {
  bench.clock.shift(60_000);
  bench.simulator.sessions.expireAll();
  const [result] = await session.write(EVENT, [tell('A-1')]);
  expect(said(result)).toBe('written');
  expect(told()).toHaveLength(1);
});

test('an answer that is lost leaves it open whether the event was told', async () => {
  bench.simulator.fault({ match: PUBLISH, kind: 'cutAfterExecute' });
  const results = await session.write(EVENT, [tell('A-1')]);
  expect(results.map(said)).toEqual(['unknownOutcome salesforce.outcome_unknown']);
  expect(told()).toHaveLength(1);
});

test('a service that is away before the event leaves has told nothing', async () => {
  bench.simulator.fault({ match: { path: '/eventbus.v1.PubSub/GetTopic' }, kind: 'status', status: 503 });
  const failure = await failureOf(session.write(EVENT, [tell('A-1')]));
  expect(failure).toMatchObject({ kind: 'transient', code: 'salesforce.events_unavailable' });
});

test('a user who may not publish, and an hour that is used up, are told apart from events that are wrong', async () => {
  bench.simulator.events.publishesLeft = 1;
  const results = await session.write(EVENT, [tell('A-1'), tell('A-2')]);
  expect(results.map(said)).toEqual(['written', 'rateLimited salesforce.limit_exceeded']);
  bench.simulator.events.publishesLeft = 10;
  bench.simulator.org.access.setObject(EVENT, 'read');
  expect((await session.write(EVENT, [tell('A-3')])).map(said)).toEqual([
    'config salesforce.event_not_permitted',
  ]);
});

test('the card of an event promises a create and nothing else, and nothing of it can be read', async () => {
  const [description] = await session.describe([EVENT]);
  expect(description?.card).toMatchObject({
    createIdentity: 'none',
    feed: 'none',
    version: 'none',
    can: { create: true, update: false, delete: false },
  });
  const writable = description?.fields.filter(({ readOnly }) => !readOnly).map(({ name }) => name);
  expect(writable).toEqual(['Order__c', 'Weight__c', 'Express__c', 'Due__c']);
  const change: WriteRequest = { ...tell('A-1'), kind: 'update', recordId: 'A-1' };
  expect((await session.write(EVENT, [change])).map(said)).toEqual(['config salesforce.told_only']);
  const reading = failureOf(session.get(EVENT, ['A-1'], ['Order__c']));
  expect(await reading).toMatchObject({ kind: 'config', code: 'salesforce.told_only' });
});
