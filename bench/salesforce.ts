/** The day's requests that Salesforce counts for our work, and how fast it goes, beside jsforce against the same simulated org. */
import { Connection } from '@jsforce/jsforce-node';

import type { ChangePage, Session, WriteRequest } from '../src/connector/contract.ts';
import { must } from '../src/lib/assert.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../test/support/salesforce-workbench.ts';
import { measured, rateBeside, type Measurement } from './measure.ts';

const CHANGED_RECORDS = 1_000;
const BULK_RECORDS = 20_000;
const COLLECTION_RECORDS = 4_000;
const WORKER_BATCH = 1_000;
const ROUNDS = 9;
/** As often as our connector asks at first; by itself it asks every second. */
const JSFORCE_POLL_MS = 150;
const FIELDS = ['Name', 'Phone', 'ERP_Key__c'];
const POLLS = /\/jobs\/ingest\/750\w+$/;

export async function benchSalesforce(): Promise<readonly Measurement[]> {
  const bench = await salesforceWorkbench();
  try {
    const session = await bench.open({ poll_seconds: '3600', bulk_from: '5000' });
    const jsforce = await connected(bench);
    const ids = await fill(bench, session, BULK_RECORDS);
    const [calls, bulkCalls] = [
      await callsPerThousand(bench, session, ids),
      await callsPerBulk(bench, session, ids),
    ];
    const some = ids.slice(0, COLLECTION_RECORDS);
    const perRequest = await recordsPerRequest(bench, session, jsforce, some);
    const theirs = async (round: number): Promise<void> => {
      const records = some.map((Id) => ({ Id, Phone: `jsforce ${String(round)}` }));
      await jsforce.sobject('Account').update(records, { allowRecursive: true });
    };
    // Nobody has read in this session, so nothing is read back either.
    const plain = await bench.open();
    const collections = await compared(some.length, (round) => inBatches(plain, some, round), theirs);
    const readBack = await compared(some.length, (round) => inBatches(session, some, round), theirs);
    return [
      measured(
        'Salesforce: API requests per 1,000 changed records, read there and written there',
        calls,
        'requests',
      ),
      measured('Salesforce: API requests per 20,000 records by bulk, besides polls', bulkCalls, 'requests'),
      rateBeside(
        'Salesforce: records updated per API request, looked at before and read back, which is what a day’s limit bounds',
        perRequest.ours,
        'records/request',
        perRequest.theirs,
        'jsforce, which does neither',
      ),
      rateBeside(
        'Salesforce: updates through collections',
        collections.ours,
        'records/s',
        collections.theirs,
        'jsforce',
      ),
      rateBeside(
        'Salesforce: the same and read back',
        readBack.ours,
        'records/s',
        readBack.theirs,
        'jsforce, not read back',
      ),
      ...(await bulkUpdates(session, jsforce, ids)),
    ];
  } finally {
    await bench.close();
  }
}

async function bulkUpdates(
  session: Session,
  jsforce: Connection,
  ids: readonly string[],
): Promise<readonly Measurement[]> {
  const { ours, theirs, processor } = await compared(
    ids.length,
    async (round) => allWritten(await session.write('Account', updates(ids, `bulk ${String(round)}`))),
    (round) => updateByJsforce(jsforce, ids, `jsforce ${String(round)}`),
  );
  const name = 'Salesforce: updates by bulk, every row accounted for';
  return [
    rateBeside(name, ours, 'records/s', theirs, 'jsforce'),
    rateBeside(
      `${name}: processor time a record, the simulator’s included`,
      processor.ours,
      'µs',
      processor.theirs,
      'jsforce',
    ),
  ];
}

/** What a user of jsforce does who must know of every record: its three lists, by id. */
async function updateByJsforce(jsforce: Connection, ids: readonly string[], phone: string): Promise<void> {
  const input = ['Id,Phone', ...ids.map((id) => `${id},${phone}`)].join('\n');
  const { successfulResults, failedResults, unprocessedRecords } = await jsforce.bulk2.loadAndWaitForResults({
    object: 'Account',
    operation: 'update',
    input: `${input}\n`,
  });
  const outcomes = new Map<string, string>();
  for (const { sf__Id: id } of successfulResults) outcomes.set(id, 'written');
  for (const { sf__Id: id, sf__Error: error } of failedResults) outcomes.set(id, error);
  if (typeof unprocessedRecords !== 'string')
    for (const record of unprocessedRecords)
      outcomes.set(String((record as Readonly<Record<string, unknown>>)['Id']), 'not tried');
  const failed = ids.find((id) => outcomes.get(id) !== 'written');
  if (failed !== undefined) throw new Error(`the bench met a failure of jsforce: ${failed}`);
}

async function connected({ simulator, settings }: SalesforceWorkbench): Promise<Connection> {
  const { clientId, clientSecret, username, password } = simulator.credentials;
  const loginUrl = must(settings['login_url'], 'the workbench has an address');
  const connection = new Connection({
    loginUrl,
    oauth2: { loginUrl, clientId, clientSecret },
    version: '60.0',
  });
  await connection.login(username, password);
  connection.bulk2.pollInterval = JSFORCE_POLL_MS;
  return connection;
}

async function fill(
  bench: SalesforceWorkbench,
  session: Session,
  records: number,
): Promise<readonly string[]> {
  const ann = bench.simulator.org.person('Ann Admin');
  const ids = Array.from({ length: records }, (_, index) =>
    ann.create('Account', { Name: `Company ${String(index)}`, ERP_Key__c: `K${String(index)}` }),
  );
  // What a worker has read before it writes.
  await session.get('Account', ids.slice(0, 1), FIELDS);
  return ids;
}

/** A thousand edits read from the feed, and a thousand written with the worker's look before. */
async function callsPerThousand(
  bench: SalesforceWorkbench,
  session: Session,
  ids: readonly string[],
): Promise<number> {
  const { signal } = new AbortController();
  const request = { collection: 'Account', fields: FIELDS, follow: false, pageRecordsMax: 2_000, signal };
  const changed = ids.slice(0, CHANGED_RECORDS);
  bench.clock.shift(60_000);
  bench.simulator.org.person('Ann Admin').editAll(changed.slice(0, 1), { Phone: '0' });
  const [present] = await pagesOf(session, { ...request, since: null });
  bench.clock.shift(60_000);
  bench.simulator.org.person('Ann Admin').editAll(changed, { Phone: '1' });
  const before = bench.requests();
  const pages = await pagesOf(session, { ...request, since: must(present, 'the present has a page').cursor });
  const read = pages.flatMap(({ records }) => records).length;
  if (read < CHANGED_RECORDS) throw new Error(`only ${String(read)} changes were read`);
  await session.get('Account', changed, FIELDS);
  allWritten(await session.write('Account', updates(changed, '2')));
  return bench.requests() - before;
}

async function pagesOf(
  session: Session,
  request: Parameters<Session['readChanges']>[0],
): Promise<readonly ChangePage[]> {
  const pages: ChangePage[] = [];
  for await (const page of session.readChanges(request)) pages.push(page);
  return pages;
}

async function callsPerBulk(
  bench: SalesforceWorkbench,
  session: Session,
  ids: readonly string[],
): Promise<number> {
  const polls = bench.simulator.fault({
    match: { method: 'GET', path: POLLS },
    kind: 'delay',
    delayMs: 0,
    times: Number.MAX_SAFE_INTEGER,
  });
  const before = bench.requests();
  allWritten(await session.write('Account', updates(ids, '3')));
  const calls = bench.requests() - before - polls.hits();
  polls.cancel();
  return calls;
}

/** A simulated org answers at once, a real one counts: how far a request goes tells more than how fast it is. */
async function recordsPerRequest(
  bench: SalesforceWorkbench,
  session: Session,
  jsforce: Connection,
  ids: readonly string[],
): Promise<{ readonly ours: number; readonly theirs: number }> {
  const before = bench.requests();
  for (let start = 0; start < ids.length; start += WORKER_BATCH) {
    const some = ids.slice(start, start + WORKER_BATCH);
    await session.get('Account', some, FIELDS);
    allWritten(await session.write('Account', updates(some, 'counted')));
  }
  const ours = bench.requests() - before;
  const records = ids.map((Id) => ({ Id, Phone: 'counted by jsforce' }));
  await jsforce.sobject('Account').update(records, { allowRecursive: true });
  const theirs = bench.requests() - before - ours;
  return { ours: ids.length / ours, theirs: ids.length / theirs };
}

/** As the worker sends them: a thousand at a time. */
async function inBatches(session: Session, ids: readonly string[], round: number): Promise<void> {
  for (let start = 0; start < ids.length; start += WORKER_BATCH)
    allWritten(
      await session.write(
        'Account',
        updates(ids.slice(start, start + WORKER_BATCH), `ours ${String(round)}`),
      ),
    );
}

function updates(ids: readonly string[], phone: string): readonly WriteRequest[] {
  return ids.map((id) => ({
    key: id,
    kind: 'update',
    recordId: id,
    ifVersion: null,
    fields: new Map([['Phone', phone]]),
  }));
}

function allWritten(results: Awaited<ReturnType<Session['write']>>): void {
  const failed = results.find(({ kind }) => kind === 'failed');
  if (failed !== undefined) throw new Error(`the bench met a failure: ${JSON.stringify(failed)}`);
}

interface Compared {
  readonly ours: number;
  readonly theirs: number;
  /** In microseconds a record, of this whole program. */
  readonly processor: { readonly ours: number; readonly theirs: number };
}

/** The median of several rounds each, taking turns at being first: the org grows, the code warms up, others use the machine. */
async function compared(
  records: number,
  ours: (round: number) => Promise<void>,
  theirs: (round: number) => Promise<void>,
): Promise<Compared> {
  const rounds: { readonly ours: Round[]; readonly theirs: Round[] } = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const turns = [
      async () => rounds.ours.push(await roundOf(records, () => ours(round))),
      async () => rounds.theirs.push(await roundOf(records, () => theirs(round))),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  const [own, other] = [medianOf(rounds.ours), medianOf(rounds.theirs)];
  return {
    ours: own.rate,
    theirs: other.rate,
    processor: { ours: own.processorUs, theirs: other.processorUs },
  };
}

interface Round {
  /** Records a second. */
  readonly rate: number;
  readonly processorUs: number;
}

function medianOf(rounds: readonly Round[]): Round {
  const middle = (numberIn: (round: Round) => number): number =>
    rounds.map(numberIn).toSorted((left, right) => left - right)[Math.floor(rounds.length / 2)] ?? 0;
  return { rate: middle(({ rate }) => rate), processorUs: middle(({ processorUs }) => processorUs) };
}

async function roundOf(records: number, action: () => Promise<void>): Promise<Round> {
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  await action();
  const { user, system } = process.cpuUsage(before);
  const rate = records / ((performance.now() - startedMs) / 1_000);
  return { rate, processorUs: (user + system) / records };
}
