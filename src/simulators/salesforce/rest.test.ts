import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { createSalesforceSimulator } from './simulator.ts';

const simulator = createSalesforceSimulator({ clock: systemClock, random: seededRandom(4) });
const { org, credentials } = simulator;
const ann = org.person('Ann Admin');
let base = '';
let token = '';

beforeAll(async () => {
  base = (await simulator.start()).httpUrl;
});

afterAll(() => simulator.stop());

beforeEach(async () => {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  });
  const granted = (await (
    await fetch(`${base}/services/oauth2/token`, { method: 'POST', body: form })
  ).json()) as {
    access_token: string;
  };
  token = granted.access_token;
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${base}/services/data/v60.0${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? null : (JSON.parse(text) as unknown),
    headers: response.headers,
  };
}

function part(referenceId: string, path: string, body: unknown): unknown {
  return { method: 'POST', url: `/services/data/v60.0/sobjects/${path}`, referenceId, body };
}

function create(name: string): Promise<Answer> {
  return call('POST', '/sobjects/Account', { Name: name });
}

function at(offsetMs: number): string {
  return encodeURIComponent(new Date(systemClock.nowMs() + offsetMs).toISOString());
}

function isThere(name: string): boolean {
  return org.records('Account').some(({ Name }) => Name === name);
}

test('the error of one record is an array with its code, its text and its fields', async () => {
  expect(await call('POST', '/sobjects/Account', {})).toMatchObject({
    status: 400,
    body: [
      {
        message: 'Required fields are missing: [Name]',
        errorCode: 'REQUIRED_FIELD_MISSING',
        fields: ['Name'],
      },
    ],
  });
  expect(await call('PATCH', '/sobjects/Account/001000000000001', {})).toMatchObject({
    status: 404,
    body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }],
  });
  expect(await call('GET', '/nope')).toMatchObject({ status: 404, body: [{ errorCode: 'NOT_FOUND' }] });
  expect(await call('GET', `/query?q=${'x'.repeat(17_000)}`)).toMatchObject({ status: 414 });
  expect(await call('PUT', '/sobjects/Account', {})).toMatchObject({
    status: 405,
    body: [{ errorCode: 'METHOD_NOT_ALLOWED' }],
  });
});

test('an upsert says what it did, refuses keys in the body, and creates nothing when told not to', async () => {
  const path = '/sobjects/Account/ERP_Key__c/U%2F1';
  expect(await call('PATCH', `${path}?updateOnly=true`, { Name: 'Up' })).toMatchObject({ status: 404 });
  expect(await call('PATCH', path, { Name: 'Up' })).toMatchObject({
    status: 201,
    body: { created: true, success: true },
  });
  expect(await call('PATCH', path, { Name: 'Up 2' })).toMatchObject({
    status: 200,
    body: { created: false },
  });
  expect(await call('PATCH', path, { ERP_Key__c: 'U/1' })).toMatchObject({
    status: 400,
    body: [{ errorCode: 'INVALID_FIELD' }],
  });
  expect(await call('GET', path)).toMatchObject({ status: 200, body: { Name: 'Up 2', ERP_Key__c: 'U/1' } });
  const [one, two] = [
    ann.create('Account', { Name: 'T', Legacy_Number__c: '9' }),
    ann.create('Account', { Name: 'T', Legacy_Number__c: '9' }),
  ];
  expect(await call('PATCH', '/sobjects/Account/Legacy_Number__c/9', { Name: 'T' })).toMatchObject({
    status: 300,
    body: [`/services/data/v60.0/sobjects/Account/${one}`, `/services/data/v60.0/sobjects/Account/${two}`],
  });
});

test('an upsert that loses a race is told of the record that won, and changes nothing', async () => {
  org.raceNext(() => ann.create('Account', { Name: 'Quick', ERP_Key__c: 'R-1' }));
  expect(await call('PATCH', '/sobjects/Account/ERP_Key__c/R-1', { Name: 'Slow' })).toMatchObject({
    status: 400,
    body: [{ errorCode: 'DUPLICATE_VALUE' }],
  });
  expect(await call('GET', '/sobjects/Account/ERP_Key__c/R-1')).toMatchObject({ body: { Name: 'Quick' } });
});

test('a conditional write is refused once somebody else has written', async () => {
  const id = ann.create('Account', { Name: 'Old' }, { openMs: 10_000 });
  const read = await call('GET', `/sobjects/Account/${id}`);
  const seen = read.headers.get('last-modified') ?? '';
  expect(
    await call('GET', `/sobjects/Account/${id}`, undefined, { 'if-modified-since': seen }),
  ).toMatchObject({ status: 304 });
  expect(
    await call('PATCH', `/sobjects/Account/${id}`, { Rating: 'Hot' }, { 'if-unmodified-since': seen }),
  ).toMatchObject({ status: 204 });
  expect(
    await call('PATCH', `/sobjects/Account/${id}`, { Rating: 'Cold' }, { 'if-unmodified-since': seen }),
  ).toMatchObject({
    status: 412,
    body: [{ errorCode: 'PRECONDITION_FAILED' }],
  });
});

test('a duplicate rule names the duplicates, and an alert lets through who insists', async () => {
  const remove = org.rules.duplicate({
    object: 'Account',
    name: 'Same_Phone',
    fields: ['Phone'],
    action: 'alert',
  });
  const id = ann.create('Account', { Name: 'Dup', Phone: '555' });
  const refused = await call('POST', '/sobjects/Account', { Name: 'Dup 2', Phone: '555' });
  expect(refused).toMatchObject({
    status: 400,
    body: [
      {
        errorCode: 'DUPLICATES_DETECTED',
        duplicateResut: { allowSave: true, matchResults: [{ matchRecords: [{ record: { Id: id } }] }] },
      },
    ],
  });
  const inCollection = await call('POST', '/composite/sobjects', {
    records: [{ attributes: { type: 'Account' }, Name: 'Dup 3', Phone: '555' }],
  });
  expect(inCollection.body).toMatchObject([
    { success: false, errors: [{ statusCode: 'DUPLICATES_DETECTED', duplicateResult: { allowSave: true } }] },
  ]);
  const insisting = { 'sforce-duplicate-rule-header': 'allowSave=true' };
  expect(await call('POST', '/sobjects/Account', { Name: 'Dup 2', Phone: '555' }, insisting)).toMatchObject({
    status: 201,
  });
  remove();
});

test('a composite request hands values on, and is undone as one when it is told to be', async () => {
  const good = [
    part('a', 'Account', { Name: 'Comp' }),
    part('c', 'Contact', { LastName: 'Comp', AccountId: '@{a.id}' }),
  ];
  const done = await call('POST', '/composite', { compositeRequest: good });
  expect(done.body).toMatchObject({ compositeResponse: [{ httpStatusCode: 201 }, { httpStatusCode: 201 }] });
  expect(org.records('Contact').find(({ LastName }) => LastName === 'Comp')?.['AccountId']).toMatch(/^001/);
  const bad = [part('a', 'Account', { Name: 'Undone' }), part('c', 'Contact', {})];
  const undone = await call('POST', '/composite', { allOrNone: true, compositeRequest: bad });
  expect(undone.body).toMatchObject({
    compositeResponse: [
      { httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] },
      { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
    ],
  });
  expect(org.records('Account').some(({ Name }) => Name === 'Undone')).toBe(false);
  const batch = {
    batchRequests: [
      { method: 'GET', url: 'v60.0/limits' },
      { method: 'GET', url: 'v60.0/nope' },
    ],
  };
  expect((await call('POST', '/composite/batch', batch)).body).toMatchObject({
    hasErrors: true,
    results: [{ statusCode: 200 }, { statusCode: 404 }],
  });
});

test('what the user may not see is not there, and what they may not change stays', async () => {
  const id = ann.create('Account', { Name: 'Secret', Phone: '1' });
  org.access.setField('Account', 'Phone', 'none');
  expect(await call('GET', `/sobjects/Account/${id}`)).not.toHaveProperty('body.Phone');
  expect(await call('GET', '/query?q=SELECT+Phone+FROM+Account')).toMatchObject({
    body: [{ errorCode: 'INVALID_FIELD' }],
  });
  org.access.setField('Account', 'Phone', 'read');
  expect(await call('PATCH', `/sobjects/Account/${id}`, { Phone: '2' })).toMatchObject({
    body: [{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }],
  });
  org.access.setField('Account', 'Phone', 'edit');
  org.access.freezeRecord(id);
  expect(await call('PATCH', `/sobjects/Account/${id}`, { Phone: '2' })).toMatchObject({
    status: 403,
    body: [{ errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }],
  });
  org.access.hideRecord(id);
  expect(await call('GET', `/sobjects/Account/${id}`)).toMatchObject({ status: 404 });
  org.access.showRecord(id);
  org.access.setObject('Lead', 'none');
  expect(await call('GET', '/sobjects/Lead/describe')).toMatchObject({ status: 404 });
  org.access.setObject('Lead', 'edit');
});

test('a window of deletes that reaches back too far, or is too short, is refused', async () => {
  const day = 86_400_000;
  expect(await call('GET', `/sobjects/Account/deleted?start=${at(-20 * day)}&end=${at(0)}`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'INVALID_REPLICATION_DATE' }],
  });
  expect(await call('GET', `/sobjects/Account/deleted?start=${at(0)}&end=${at(1_000)}`)).toMatchObject({
    status: 400,
  });
  org.deleteLogStartMs = systemClock.nowMs();
  expect(await call('GET', `/sobjects/Account/deleted?start=${at(-day)}&end=${at(0)}`)).toMatchObject({
    status: 400,
  });
  org.deleteLogStartMs = 0;
});

test('tokens end, scopes are missed, and the org is busy, used up or away', async () => {
  const limits = simulator.limits;
  expect((await call('GET', '/limits')).headers.get('sforce-limit-info')).toMatch(/^api-usage=\d+\/100000$/);
  limits.longRunningOfOthers = 25;
  expect(await call('GET', '/limits')).toMatchObject({
    status: 403,
    body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
  });
  limits.longRunningOfOthers = 0;
  limits.maintenance = true;
  expect(await call('GET', '/limits')).toMatchObject({
    status: 503,
    body: [{ errorCode: 'SERVER_UNAVAILABLE' }],
  });
  limits.maintenance = false;
  simulator.sessions.expireAll();
  expect(await call('GET', '/limits')).toMatchObject({
    status: 401,
    body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
  });
});

test('a session without the api scope is turned away', async () => {
  const app = simulator.sessions.app(credentials.clientId);
  const login = simulator.sessions.login(credentials.username);
  if (app === null || login === null) throw new Error('no app or login');
  token = simulator.sessions.open(app, login, ['id']).token;
  expect(await call('GET', '/limits')).toMatchObject({
    status: 401,
    body: [{ message: 'This session is not valid for use with the REST API' }],
  });
});

test('each kind of fault does what it says, to as many requests as it says', async () => {
  const match = { method: 'POST', path: /\/sobjects\/Account$/ };
  for (const kind of ['refuse', 'cutBeforeExecute', 'cutAfterExecute', 'corrupt'] as const) {
    const planned = simulator.fault({ match, kind });
    await expect(create(kind)).rejects.toThrow(/fetch failed|JSON/);
    expect(planned.hits()).toBe(1);
    expect(isThere(kind)).toBe(kind === 'cutAfterExecute' || kind === 'corrupt');
  }
  simulator.fault({ match, kind: 'status', status: 502, body: '{"oops":1}', skip: 1 });
  expect(await create('passes')).toMatchObject({ status: 201 });
  expect(await create('stopped')).toMatchObject({ status: 502 });
  expect(isThere('stopped')).toBe(false);
  simulator.fault({ match, kind: 'delay', delayMs: 5 });
  expect(await create('late')).toMatchObject({ status: 201 });
  const cancelled = simulator.fault({ match, kind: 'refuse', times: 9 });
  cancelled.cancel();
  expect(await create('after')).toMatchObject({ status: 201 });
});

test('choices by record type are told by the user interface API and by layouts', async () => {
  const partner = org.records('RecordType').find(({ DeveloperName }) => DeveloperName === 'Partner')?.['Id'];
  const choices = await call('GET', `/ui-api/object-info/Account/picklist-values/${String(partner)}`);
  expect(choices.body).toMatchObject({
    picklistFieldValues: { Tier__c: { values: [{ value: 'Gold' }, { value: 'Silver' }] } },
  });
  const layout = await call('GET', `/sobjects/Account/describe/layouts/${String(partner)}`);
  expect(layout.body).toMatchObject({
    picklistsForRecordType: expect.arrayContaining([
      expect.objectContaining({ picklistName: 'Tier__c' }),
    ]) as unknown,
  });
});
