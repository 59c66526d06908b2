import {
  credentials,
  makeClientConstructor,
  Metadata,
  status,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import avsc from 'avsc';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import {
  pubSubApi,
  type FetchRequest,
  type FetchResponse,
  type SchemaAnswer,
} from '../../lib/proto/pubsub-api.ts';
import { seededRandom } from '../../lib/random.ts';
import { createSalesforceSimulator } from './simulator.ts';

type Stream = ClientDuplexStream<Partial<FetchRequest>, FetchResponse>;
type Unary = (
  request: unknown,
  metadata: Metadata,
  callback: (error: ServiceError | null, response: unknown) => void,
) => void;

const simulator = createSalesforceSimulator({ clock: systemClock, random: seededRandom(6) });
const ann = simulator.org.person('Ann Admin');
const topicName = '/data/AccountChangeEvent';
let client: InstanceType<ReturnType<typeof makeClientConstructor>>;
let metadata: Metadata;

beforeAll(async () => {
  const { grpcAddress, ca, httpUrl } = await simulator.start();
  const Client = makeClientConstructor(pubSubApi(), 'PubSub');
  client = new Client(grpcAddress, credentials.createSsl(Buffer.from(ca)));
  const app = simulator.sessions.app(simulator.credentials.clientId);
  const login = simulator.sessions.login(simulator.credentials.username);
  if (app === null || login === null) throw new Error('no app or login');
  metadata = new Metadata();
  metadata.set('accesstoken', simulator.sessions.open(app, login).token);
  metadata.set('instanceurl', httpUrl);
  metadata.set('tenantid', simulator.org.id);
  for (let index = 0; index < 5; index += 1) ann.create('Account', { Name: `Account ${String(index)}` });
});

afterAll(async () => {
  client.close();
  await simulator.stop();
});

function subscribe(with_ = metadata): Stream {
  const open = client['Subscribe'] as unknown as (metadata: Metadata) => Stream;
  return open.call(client, with_);
}

function heard(stream: Stream): Promise<FetchResponse> {
  return new Promise((resolve, reject) => {
    stream.once('data', resolve);
    stream.once('error', reject);
  });
}

async function failed(stream: Stream): Promise<{ readonly code: number; readonly errorCode: unknown }> {
  const error = await new Promise<ServiceError>((resolve) => {
    stream.once('error', resolve);
    stream.on('data', String);
  });
  return { code: error.code, errorCode: error.metadata.get('error-code')[0] };
}

function ask(method: string, request: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    (client[method] as unknown as Unary).call(client, request, metadata, (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

test('no more events come than were asked for, and the next request goes on where they stopped', async () => {
  const stream = subscribe();
  stream.write({ topicName, replayPreset: 'EARLIEST', numRequested: 2 });
  const first = await heard(stream);
  expect(first).toMatchObject({ pendingNumRequested: 0, events: { length: 2 } });
  expect(first.events[1]?.replayId).toEqual(first.latestReplayId);
  expect(first.latestReplayId).toHaveLength(10);
  stream.write({ numRequested: 500 });
  expect(await heard(stream)).toMatchObject({ pendingNumRequested: 97, events: { length: 3 } });
  stream.write({ topicName: '/data/ContactChangeEvent', numRequested: 1 });
  expect(await failed(stream)).toEqual({
    code: status.INVALID_ARGUMENT,
    errorCode: 'sfdc.platform.eventbus.grpc.subscription.fetch.topic.mismatch',
  });
});

test('a client that got everything and does not ask again loses its stream in good order', async () => {
  simulator.pubSub.settings.idleMs = 5;
  const stream = subscribe();
  const ended = new Promise<number>((resolve) => {
    stream.on('status', ({ code }) => resolve(code));
  });
  stream.write({ topicName, replayPreset: 'EARLIEST', numRequested: 1 });
  await heard(stream);
  expect(await ended).toBe(status.OK);
  simulator.pubSub.settings.idleMs = 60_000;
});

test('streams with a bad number, a bad id or a bad token are refused with the code that says so', async () => {
  const prefix = 'sfdc.platform.eventbus.grpc.';
  const bad = async (request: Partial<FetchRequest>, with_ = metadata): Promise<unknown> => {
    const stream = subscribe(with_);
    const failure = failed(stream);
    stream.write(request);
    return (await failure).errorCode;
  };
  expect(await bad({ topicName, numRequested: 0 })).toBe(
    `${prefix}subscription.fetch.requested.events.invalid`,
  );
  expect(await bad({ topicName, numRequested: 1, replayPreset: 'CUSTOM' })).toBe(
    `${prefix}subscription.fetch.replayid.validation.failed`,
  );
  expect(
    await bad({ topicName, numRequested: 1, replayPreset: 'CUSTOM', replayId: Buffer.from('garbage!!!') }),
  ).toBe(`${prefix}subscription.fetch.replayid.corrupted`);
  const expired = metadata.clone();
  expired.set('accesstoken', 'expired');
  expect(await bad({ topicName, numRequested: 1 }, expired)).toBe(`${prefix}service.auth.error`);
});

test('changes of one kind in one transaction share an event, and events are told while delivery is not paused', async () => {
  const ids = simulator.org.records('Account').map(({ Id }) => String(Id));
  const stream = subscribe();
  stream.write({ topicName, replayPreset: 'EARLIEST', numRequested: 10 });
  const { events } = await heard(stream);
  const next = heard(stream);
  simulator.events.bus.pause();
  ann.editAll(ids, { Rating: 'Hot' });
  simulator.events.bus.resume();
  const [event] = (await next).events;
  const { schemaJson } = (await ask('GetSchema', { schemaId: event?.event.schemaId })) as SchemaAnswer;
  const type = avsc.Type.forSchema(JSON.parse(schemaJson) as avsc.Schema);
  expect(type.fromBuffer(Buffer.from(event?.event.payload ?? []))).toMatchObject({
    Rating: 'Hot',
    Name: null,
    ChangeEventHeader: { changeType: 'UPDATE', recordIds: ids, sequenceNumber: 1 },
  });
  expect(events).toHaveLength(5);
  stream.end();
});

test('a change says by which client it was made', async () => {
  const stream = subscribe();
  stream.write({ topicName: '/data/LeadChangeEvent', numRequested: 1 });
  await expect.poll(() => simulator.pubSub.topics()).toContain('/data/LeadChangeEvent');
  const next = heard(stream);
  await fetch(`${String(metadata.get('instanceurl')[0])}/services/data/v60.0/sobjects/Lead`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${String(metadata.get('accesstoken')[0])}`,
      'content-type': 'application/json',
      'sforce-call-options': 'client=Trueup',
    },
    body: JSON.stringify({ LastName: 'Made', Company: 'By us' }),
  });
  const [event] = (await next).events;
  const { schemaJson } = (await ask('GetSchema', { schemaId: event?.event.schemaId })) as SchemaAnswer;
  const type = avsc.Type.forSchema(JSON.parse(schemaJson) as avsc.Schema);
  expect(type.fromBuffer(Buffer.from(event?.event.payload ?? []))).toMatchObject({
    ChangeEventHeader: { changeOrigin: 'com/salesforce/api/rest/60.0;client=Trueup', changeType: 'CREATE' },
  });
  stream.end();
});

test('a schema gets another id when a field is added, and the old one stays readable', async () => {
  const before = await ask('GetTopic', { topicName });
  const fields = simulator.org.schema.object('Account')?.fields ?? [];
  const phone = fields.find(({ name }) => name === 'Phone');
  if (phone === undefined) throw new Error('no phone');
  simulator.org.setup.addFields('Account', [{ ...phone, name: 'Second_Phone__c' }]);
  const after = await ask('GetTopic', { topicName });
  expect(after).not.toMatchObject({ schemaId: (before as { schemaId: string }).schemaId });
  expect(await ask('GetSchema', { schemaId: (before as { schemaId: string }).schemaId })).toMatchObject({
    schemaJson: expect.not.stringContaining('Second_Phone__c') as unknown,
  });
});

test('ordered faults reach the Pub/Sub API too', async () => {
  simulator.fault({ match: { path: 'GetTopic' }, kind: 'cutAfterExecute' });
  await expect(ask('GetTopic', { topicName })).rejects.toThrow('Connection dropped');
  expect(await ask('GetTopic', { topicName })).toMatchObject({ canSubscribe: true, canPublish: false });
});
