import { status, type ServiceError } from '@grpc/grpc-js';
import type { SubscribeCallback } from 'salesforce-pubsub-api-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { connectClient, type Client } from '../../../test/support/pubsub-client.ts';
import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { field, number, text } from './fields.ts';
import { createSalesforceSimulator, type SimulatorAddresses } from './simulator.ts';

interface Received {
  readonly replayId: number;
  readonly payload: Readonly<Record<string, unknown>> & {
    readonly ChangeEventHeader: Readonly<Record<string, unknown>>;
  };
}

/** Collects what a subscription hears, and lets a test wait until it has heard enough. */
class Inbox {
  readonly events: Received[] = [];
  readonly others: { readonly kind: string; readonly data: unknown }[] = [];
  #wake: (() => void) | null = null;

  readonly callback: SubscribeCallback = (_subscription, kind, data: unknown) => {
    if (kind === 'event') this.events.push(data as Received);
    else this.others.push({ kind, data });
    this.#wake?.();
  };

  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async hear(count: number): Promise<readonly Received[]> {
    await this.until(() => this.events.length >= count);
    return this.events;
  }

  async failure(): Promise<ServiceError> {
    await this.until(() => this.others.some(({ kind }) => kind === 'error'));
    return this.others.find(({ kind }) => kind === 'error')?.data as ServiceError;
  }
}

const simulator = createSalesforceSimulator({ clock: systemClock, random: seededRandom(3) });
const ann = simulator.org.person('Ann Admin');
const clients: Client[] = [];
let addresses: SimulatorAddresses;

beforeAll(async () => {
  simulator.org.schema.defineEvent({
    name: 'Shipped__e',
    keyPrefix: 'e01',
    fields: [text('Order__c'), number('Weight__c', 8, 2), field('Express__c', 'boolean')],
  });
  addresses = await simulator.start();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await simulator.stop();
});

async function connect(): Promise<Client> {
  const { clientId, clientSecret } = simulator.credentials;
  const client = await connectClient(addresses, { clientId, clientSecret });
  clients.push(client);
  return client;
}

test('the client hears of a created, changed, deleted and restored account, field by field', async () => {
  const client = await connect();
  const inbox = new Inbox();
  const id = ann.create('Account', {
    Name: 'Blue',
    Phone: '1',
    BillingCity: 'Ulm',
    AnnualRevenue: 5,
    Customer_Since__c: '2026-01-31',
  });
  client.subscribeFromEarliestEvent('/data/AccountChangeEvent', inbox.callback, 10);
  const [created] = await inbox.hear(1);
  expect(created?.payload).toMatchObject({
    Name: 'Blue',
    Phone: '1',
    AnnualRevenue: 5,
    BillingAddress: { City: 'Ulm', Street: null },
  });
  expect(created?.payload['Customer_Since__c']).toBe(Date.UTC(2026, 0, 31));
  expect(created?.payload.ChangeEventHeader).toMatchObject({
    changeType: 'CREATE',
    recordIds: [id],
    entityName: 'Account',
    changedFields: [],
  });
  ann.edit(id, { Phone: null, BillingCity: 'Bonn', Rating: 'Hot' });
  ann.delete(id);
  ann.undelete(id);
  const [, updated, deleted, restored] = await inbox.hear(4);
  const header = updated?.payload.ChangeEventHeader;
  expect(header).toMatchObject({
    changeType: 'UPDATE',
    commitUser: ann.actor.userId,
    nulledFields: ['Phone'],
  });
  expect(header?.['changedFields']).toEqual(
    expect.arrayContaining(['Phone', 'Rating', 'LastModifiedDate', 'BillingAddress.City']),
  );
  expect(header?.['changedFields']).not.toContain('Name');
  expect(updated?.payload).toMatchObject({
    Rating: 'Hot',
    Phone: null,
    Name: null,
    BillingAddress: { City: 'Bonn', Street: null },
  });
  expect(deleted?.payload.ChangeEventHeader).toMatchObject({ changeType: 'DELETE', recordIds: [id] });
  expect(restored?.payload).toMatchObject({ Name: 'Blue', ChangeEventHeader: { changeType: 'UNDELETE' } });
});

test('the client goes on behind a replay id, and is told when that id is no longer kept', async () => {
  const client = await connect();
  const first = new Inbox();
  client.subscribe('/data/ContactChangeEvent', first.callback, 2);
  const account = ann.create('Account', { Name: 'Replay' });
  await subscribed('/data/ContactChangeEvent');
  ann.create('Contact', { LastName: 'One', AccountId: account });
  ann.create('Contact', { LastName: 'Two', FirstName: 'Tom', AccountId: account });
  const [one] = await first.hear(2);
  const again = new Inbox();
  const other = await connect();
  other.subscribeFromReplayId('/data/ContactChangeEvent', again.callback, 1, one?.replayId ?? 0);
  const [two] = await again.hear(1);
  expect(two?.payload['Name']).toMatchObject({ FirstName: 'Tom', LastName: 'Two', Salutation: null });
  simulator.events.bus.forgetBefore(Number.POSITIVE_INFINITY);
  const late = new Inbox();
  const third = await connect();
  third.subscribeFromReplayId('/data/ContactChangeEvent', late.callback, 1, one?.replayId ?? 0);
  const failure = await late.failure();
  expect(failure.code).toBe(status.INVALID_ARGUMENT);
  expect(failure.metadata.get('error-code')).toEqual([
    'sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted',
  ]);
});

/** A subscription from the tip hears only what happens after it has reached the server. */
async function subscribed(topic: string): Promise<void> {
  await expect.poll(() => simulator.pubSub.topics()).toContain(topic);
}

function shipped(order: string): Readonly<Record<string, unknown>> {
  return {
    CreatedDate: systemClock.nowMs(),
    CreatedById: simulator.org.integrationUser.userId,
    Order__c: { string: order },
    Weight__c: { double: 1.5 },
    Express__c: null,
  };
}

test('the client publishes platform events one by one and in a stream, and hears them', async () => {
  const client = await connect();
  const inbox = new Inbox();
  client.subscribe('/event/Shipped__e', inbox.callback, 3);
  await subscribed('/event/Shipped__e');
  const result = await client.publish('/event/Shipped__e', shipped('A-1'), 'key-1');
  expect(result).toMatchObject({ correlationKey: 'key-1' });
  const batch = new Inbox();
  await client.publishBatch(
    '/event/Shipped__e',
    [{ id: 'key-2', payload: shipped('A-2') }],
    (_publish, kind, data: unknown) => {
      batch.callback({ ...inboxTopic() }, kind, data);
    },
  );
  await batch.until(() => batch.others.length > 0);
  expect(batch.others[0]).toMatchObject({
    kind: 'publishResponse',
    data: { results: [{ correlationKey: 'key-2' }] },
  });
  await inbox.until(() => inbox.events.some(({ payload }) => payload['Order__c'] === 'A-2'));
});

test('gap and overflow events tell that something happened, and not what', async () => {
  const client = await connect();
  const inbox = new Inbox();
  client.subscribeFromEarliestEvent('/data/LeadChangeEvent', inbox.callback, 10);
  simulator.events.changes.gapNext('Lead');
  const id = ann.create('Lead', { LastName: 'Gap', Company: 'C' });
  simulator.events.changes.overflowChanges = 0;
  ann.edit(id, { Company: 'D' });
  simulator.events.changes.overflowChanges = 100_000;
  const [gap, overflow] = await inbox.hear(2);
  expect(gap?.payload).toMatchObject({
    Company: null,
    ChangeEventHeader: { changeType: 'GAP_CREATE', recordIds: [id] },
  });
  expect(overflow?.payload.ChangeEventHeader).toMatchObject({
    changeType: 'GAP_OVERFLOW',
    entityName: 'Lead',
    recordIds: ['000000000000000AAA'],
  });
});

test('silence is kept alive, and a broken stream tells why', async () => {
  const client = await connect();
  const inbox = new Inbox();
  simulator.pubSub.settings.keepAliveMs = 5;
  client.subscribe('/data/OpportunityChangeEvent', inbox.callback, 1);
  await inbox.until(() => inbox.others.some(({ kind }) => kind === 'grpcKeepAlive'));
  simulator.pubSub.settings.keepAliveMs = 270_000;
  simulator.pubSub.breakStreams();
  expect(await inbox.failure()).toMatchObject({ code: status.INTERNAL });
  const refused = new Inbox();
  const other = await connect();
  other.subscribe('/data/NopeChangeEvent', refused.callback, 1);
  expect(await refused.failure()).toMatchObject({ code: status.NOT_FOUND });
});

test('the client logs in with a user name and a password by SOAP', async () => {
  const { username, password } = simulator.credentials;
  const client = await connectClient(addresses, { username, password });
  clients.push(client);
  expect(await client.publish('/event/Shipped__e', shipped('S-1'), 'soap')).toMatchObject({
    correlationKey: 'soap',
  });
});

function inboxTopic(): Parameters<SubscribeCallback>[0] {
  return {
    isManaged: false,
    topicName: '',
    subscriptionId: '',
    subscriptionName: '',
    requestedEventCount: 0,
    receivedEventCount: 0,
    lastReplayId: 0,
    isInfiniteEventRequest: false,
  };
}
