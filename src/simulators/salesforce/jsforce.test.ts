import { createSign, generateKeyPairSync } from 'node:crypto';

import { Connection, OAuth2 } from '@jsforce/jsforce-node';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { createSalesforceSimulator, type SimulatorAddresses } from './simulator.ts';

const simulator = createSalesforceSimulator({ clock: systemClock, random: seededRandom(1) });
const ann = simulator.org.person('Ann Admin');
let addresses: SimulatorAddresses;

beforeAll(async () => {
  addresses = await simulator.start();
});

afterAll(() => simulator.stop());

async function connect(): Promise<Connection> {
  const { clientId, clientSecret, username, password } = simulator.credentials;
  const loginUrl = addresses.httpUrl;
  const connection = new Connection({
    loginUrl,
    oauth2: { loginUrl, clientId, clientSecret },
    version: '60.0',
  });
  await connection.login(username, password);
  return connection;
}

test('jsforce creates, reads, changes and deletes a record', async () => {
  const connection = await connect();
  const created = await connection
    .sobject('Account')
    .create({ Name: '  Blue Ltd ', Phone: '', Credit_Limit__c: 1.005 });
  if (!created.success) throw new Error('not created');
  const read = await connection.sobject('Account').retrieve(created.id);
  expect(read).toMatchObject({
    Id: created.id,
    Name: 'Blue Ltd',
    Phone: null,
    IsDeleted: false,
    Active__c: true,
  });
  expect(read['CreatedDate']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
  await connection.sobject('Account').update({ Id: created.id, Rating: 'Hot' });
  expect(await connection.sobject('Account').retrieve(created.id)).toMatchObject({
    Rating: 'Hot',
    Display__c: 'Blue Ltd (Hot)',
  });
  await connection.sobject('Account').destroy(created.id);
  await expect(connection.sobject('Account').retrieve(created.id)).rejects.toMatchObject({
    errorCode: 'ENTITY_IS_DELETED',
  });
});

test('jsforce upserts by external id: created, changed, and refused where two records answer', async () => {
  const connection = await connect();
  const accounts = connection.sobject('Account');
  expect(await accounts.upsert({ ERP_Key__c: 'E-1', Name: 'One' }, 'ERP_Key__c')).toMatchObject({
    created: true,
  });
  expect(await accounts.upsert({ ERP_Key__c: 'E-1', Name: 'Uno' }, 'ERP_Key__c')).toMatchObject({
    created: false,
  });
  ann.create('Account', { Name: 'Twin', Legacy_Number__c: '7' });
  ann.create('Account', { Name: 'Twin', Legacy_Number__c: '7' });
  await expect(
    accounts.upsert({ Legacy_Number__c: '7', Name: 'X' }, 'Legacy_Number__c'),
  ).rejects.toMatchObject({
    errorCode: 'MULTIPLE_CHOICES',
  });
});

test('jsforce writes collections and learns the fate of each record', async () => {
  const connection = await connect();
  const results = await connection
    .sobject('Account')
    .create([{ Name: 'Col 1', ERP_Key__c: 'C-1' }, { Phone: '1' }, { Name: 'Col 3', ERP_Key__c: 'c-1' }]);
  expect(results.map(({ success }) => success)).toEqual([true, false, false]);
  expect(results[1]?.errors[0]).toMatchObject({ statusCode: 'REQUIRED_FIELD_MISSING', fields: ['Name'] });
  expect(results[2]?.errors[0]).toMatchObject({ statusCode: 'DUPLICATE_VALUE' });
  const rolled = await connection.sobject('Account').create([{ Name: 'Good' }, {}], { allOrNone: true });
  expect(rolled[0]?.errors[0]).toMatchObject({ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK' });
  expect(simulator.org.records('Account').some(({ Name }) => Name === 'Good')).toBe(false);
  const id = results[0]?.id ?? '';
  expect(await connection.sobject('Account').retrieve([id])).toMatchObject([{ Id: id, Name: 'Col 1' }]);
  const changed = await connection
    .sobject('Account')
    .upsert([{ ERP_Key__c: 'C-1', Name: 'New' }], 'ERP_Key__c');
  expect(changed).toMatchObject([{ success: true, id, created: false }]);
  expect(await connection.sobject('Account').destroy([id])).toMatchObject([{ success: true }]);
});

test('jsforce follows a query over its pages, parents included', async () => {
  const connection = await connect();
  const account = ann.create('Account', { Name: 'Big' });
  for (let index = 0; index < 450; index += 1) {
    ann.create('Contact', { LastName: `Page ${String(index).padStart(3, '0')}`, AccountId: account });
  }
  const soql =
    "SELECT Id, LastName, Account.Name, Account.Owner.Name FROM Contact WHERE LastName LIKE 'page %' ORDER BY LastName";
  const options = {
    headers: { 'Sforce-Query-Options': 'batchSize=200' },
    maxFetch: 10_000,
    autoFetch: false,
    scanAll: false,
  };
  const paging = { ...options, responseTarget: 'QueryResult' as const };
  const first = await connection.query<{
    LastName: string;
    Account: { Name: string; Owner: { Name: string } };
  }>(soql, options);
  expect(first).toMatchObject({ totalSize: 450, done: false });
  expect(first.records).toHaveLength(200);
  const second = await connection.queryMore(first.nextRecordsUrl ?? '', paging);
  const third = await connection.queryMore(second.nextRecordsUrl ?? '', paging);
  expect(third).toMatchObject({ done: true, totalSize: 450 });
  expect(third.records).toHaveLength(50);
  expect(first.records[0]?.Account).toMatchObject({ Name: 'Big', Owner: { Name: 'Ann Admin' } });
});

test('jsforce sees deleted records with queryAll, getDeleted and getUpdated', async () => {
  const connection = await connect();
  const [master, loser] = [
    ann.create('Account', { Name: 'Master' }),
    ann.create('Account', { Name: 'Loser' }),
  ];
  const child = ann.create('Contact', { LastName: 'Child', AccountId: loser });
  ann.merge(master, [loser]);
  const soql = `SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE Id = '${loser.slice(0, 15)}'`;
  expect((await connection.query(soql)).totalSize).toBe(0);
  const all = await connection.query(soql, { scanAll: true });
  expect(all.records).toMatchObject([{ Id: loser, IsDeleted: true, MasterRecordId: master }]);
  expect(simulator.org.record(child)?.['AccountId']).toBe(master);
  const [start, end] = [new Date(systemClock.nowMs() - 3_600_000), new Date(systemClock.nowMs() + 120_000)];
  const deleted = await connection.deleted('Account', start, end);
  expect(deleted.deletedRecords.map(({ id }) => id)).toContain(loser);
  const updated = await connection.updated('Account', start, end);
  expect(updated.ids).toContain(master);
});

test('jsforce describes objects, fields and choices', async () => {
  const connection = await connect();
  const global = await connection.describeGlobal();
  expect(global.sobjects.map(({ name }) => name)).toEqual(expect.arrayContaining(['Account', 'Contact']));
  const account = await connection.describe('Account');
  const field = (name: string): unknown => account.fields.find((candidate) => candidate.name === name);
  expect(field('ERP_Key__c')).toMatchObject({ externalId: true, unique: true, idLookup: true, custom: true });
  expect(field('Display__c')).toMatchObject({ calculated: true, updateable: false, createable: false });
  expect(field('Tier__c')).toMatchObject({ restrictedPicklist: true });
  expect(account.recordTypeInfos.map(({ name }) => name)).toEqual(['Business', 'Partner', 'Master']);
});

test('jsforce logs in again when its token has expired, and reads the limits', async () => {
  const connection = await connect();
  simulator.sessions.expireAll();
  expect((await connection.query('SELECT COUNT() FROM User')).totalSize).toBeGreaterThan(0);
  expect(connection.limitInfo.apiUsage?.limit).toBe(100_000);
  expect(await connection.limits()).toMatchObject({ DailyApiRequests: { Max: 100_000 } });
  expect(await connection.identity()).toMatchObject({ username: simulator.credentials.username });
});

test('jsforce surfaces an exhausted day, maintenance and a refused query as Salesforce words them', async () => {
  const connection = await connect();
  await expect(connection.query('SELECT Nope FROM Account')).rejects.toMatchObject({
    errorCode: 'INVALID_FIELD',
  });
  await expect(connection.query('SELECT Id FROM')).rejects.toMatchObject({ errorCode: 'MALFORMED_QUERY' });
  simulator.limits.dailyRequestsMax = simulator.limits.used();
  await expect(connection.query('SELECT Id FROM Account')).rejects.toMatchObject({
    errorCode: 'REQUEST_LIMIT_EXCEEDED',
  });
  simulator.limits.dailyRequestsMax = 100_000;
});

test('jsforce goes through the web server flow with PKCE and keeps up with rotating refresh tokens', async () => {
  const { clientId, clientSecret } = simulator.credentials;
  const app = simulator.sessions.app(clientId);
  if (app === null) throw new Error('no app');
  simulator.sessions.register({ ...app, rotatesRefreshTokens: true });
  const redirectUri = 'http://localhost:1717/OauthRedirect';
  const oauth2 = new OAuth2({
    loginUrl: addresses.httpUrl,
    clientId,
    clientSecret,
    redirectUri,
    useVerifier: true,
  });
  const page = await fetch(oauth2.getAuthorizationUrl({ scope: 'api refresh_token' }), {
    redirect: 'manual',
  });
  const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const granted = await oauth2.requestToken(code, { code_verifier: oauth2.codeVerifier ?? '' });
  const first = granted.refresh_token ?? '';
  expect((await oauth2.refreshToken(first)).access_token).toContain('!');
  await expect(oauth2.refreshToken(first)).rejects.toThrow('expired access/refresh token');
  simulator.sessions.register(app);
});

test('jsforce logs in with client credentials, and with a JWT that the registered key has signed', async () => {
  const { clientId, clientSecret, username } = simulator.credentials;
  const loginUrl = addresses.httpUrl;
  const connection = new Connection({
    loginUrl,
    oauth2: { loginUrl, clientId, clientSecret },
    version: '60.0',
  });
  await connection.authorize({ grant_type: 'client_credentials' });
  expect(connection.accessToken).toContain('!');
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const app = simulator.sessions.app(clientId);
  if (app === null) throw new Error('no app');
  simulator.sessions.register({
    ...app,
    certificate: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  });
  const exp = Math.floor(systemClock.nowMs() / 1_000) + 180;
  const signed = `${encoded({ alg: 'RS256' })}.${encoded({ iss: clientId, sub: username, aud: loginUrl, exp })}`;
  const signature = createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url');
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  await connection.authorize({ grant_type, assertion: `${signed}.${signature}` });
  expect((await connection.identity()).username).toBe(username);
  const forged = `${signed}.${Buffer.from('forged').toString('base64url')}`;
  await expect(connection.authorize({ grant_type, assertion: forged })).rejects.toThrow('invalid assertion');
  simulator.sessions.register(app);
});

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
