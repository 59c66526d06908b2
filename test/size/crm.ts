/** The simulated org: its share of the records, its people's edits, what goes wrong there, and what it holds. */
import type { PlannedFault } from '../../src/simulators/faults.ts';
import type { SfRecord } from '../../src/simulators/salesforce/record.ts';
import type { SalesforceWorkbench } from '../support/salesforce-workbench.ts';
import { holdings, type Holdings } from './holdings.ts';
import { accountsAt, contactsAt } from './people.ts';

const EDITS_TOGETHER = 200;
const LOCKED = 40;
const TOKEN_GRACE_MS = 20_000;

export function fillCrm({ simulator }: SalesforceWorkbench, records: number): void {
  const ann = simulator.org.person('Ann Admin');
  const ids = new Map<string, string>();
  for (const { key, name, city, credit } of accountsAt('crm', records))
    ids.set(
      key,
      ann.create('Account', { ERP_Key__c: key, Name: name, BillingCity: city, Credit_Limit__c: credit }),
    );
  for (const { key, name, title, account } of contactsAt('crm', records))
    ann.create('Contact', {
      ERP_Key__c: key,
      LastName: name,
      Title: title,
      AccountId: ids.get(account) ?? null,
    });
}

/**
 * A fifth of the accounts moves, some contacts change their names, and a few are deleted. What the shop deletes is not edited
 * here, and the other way round: who wins then is for a person to say.
 */
export function editCrm({ simulator }: SalesforceWorkbench): void {
  const ann = simulator.org.person('Ann Admin');
  const moving = idsWhere(simulator.org.records('Account'), (number) => number % 5 === 1);
  for (let start = 0; start < moving.length; start += EDITS_TOGETHER)
    ann.editAll(moving.slice(start, start + EDITS_TOGETHER), { BillingCity: 'Bergen' });
  const contacts = simulator.org.records('Contact');
  for (const id of idsWhere(contacts, (number) => number % 50 === 2)) ann.edit(id, { LastName: `Mx ${id}` });
  for (const id of idsWhere(contacts, (number) => number % 604 === 3)) ann.delete(id);
}

/** By the number in their keys. */
function idsWhere(records: readonly SfRecord[], isWanted: (number: number) => boolean): readonly string[] {
  return records
    .filter((record) => isWanted(Number(String(record['ERP_Key__c']).slice(1))))
    .map((record) => String(record['Id']));
}

/** Lost answers, broken servers, half-done jobs and taken locks, each of which must have happened by the end. */
export function faultsOfWriting({ simulator }: SalesforceWorkbench): readonly PlannedFault[] {
  const collections = '/composite';
  const jobs = '/jobs/ingest';
  simulator.bulk.failNext = { message: 'Internal error of the org', afterRows: 40 };
  return [
    simulator.fault({ match: { path: collections }, kind: 'cutAfterExecute', skip: 1, times: 2 }),
    simulator.fault({ match: { path: collections }, kind: 'cutBeforeExecute', skip: 2 }),
    simulator.fault({ match: { path: collections }, kind: 'corrupt', skip: 2 }),
    simulator.fault({ match: { path: collections }, kind: 'status', status: 503, skip: 3, times: 3 }),
    simulator.fault({ match: { method: 'PUT', path: jobs }, kind: 'cutAfterExecute' }),
    simulator.fault({ match: { method: 'PATCH', path: jobs }, kind: 'cutAfterExecute' }),
    simulator.fault({ match: { method: 'GET', path: jobs }, kind: 'status', status: 503, times: 2 }),
    simulator.fault({ match: { path: 'successfulResults' }, kind: 'cutAfterExecute', times: 4 }),
  ];
}

export function faultsOfReading({ simulator }: SalesforceWorkbench): readonly PlannedFault[] {
  return [
    simulator.fault({ match: { path: '/query' }, kind: 'status', status: 503, skip: 2, times: 3 }),
    simulator.fault({ match: { path: '/query' }, kind: 'corrupt', skip: 1 }),
  ];
}

/** Some accounts are locked for two writes each, which also holds up the contacts of theirs. */
export function lockSome({ simulator }: SalesforceWorkbench): void {
  const ids = idsWhere(simulator.org.records('Account'), (number) => number % 7 === 0);
  for (const id of ids.slice(0, LOCKED)) simulator.org.locks.lock(id, 2);
}

/** What change events can do wrong: gaps, broken streams, a position that is no longer kept. */
export function troubleEvents({ simulator }: SalesforceWorkbench): void {
  simulator.events.changes.gapNext('Account');
  simulator.events.changes.gapNext('Contact');
  simulator.pubSub.breakStreams();
}

export function forgetEvents({ simulator, clock }: SalesforceWorkbench): void {
  simulator.events.bus.forgetBefore(clock.nowMs());
  simulator.pubSub.breakStreams();
}

/** All sessions end, and are old enough that nobody takes it for a slip. */
export function expireTokens({ simulator, clock }: SalesforceWorkbench): void {
  clock.shift(TOKEN_GRACE_MS);
  simulator.sessions.expireAll();
}

export function accountsIn({ simulator }: SalesforceWorkbench): Holdings {
  return holdings(
    simulator.org
      .records('Account')
      .map((record) => [
        String(record['ERP_Key__c']),
        record['Name'],
        record['BillingCity'],
        record['Credit_Limit__c'],
      ]),
  );
}

export function contactsIn({ simulator }: SalesforceWorkbench): Holdings {
  const keys = new Map(
    simulator.org.records('Account').map((record) => [String(record['Id']), record['ERP_Key__c']]),
  );
  return holdings(
    simulator.org
      .records('Contact')
      .map((record) => [
        String(record['ERP_Key__c']),
        record['LastName'],
        record['Title'],
        keys.get(String(record['AccountId'])) ?? null,
      ]),
  );
}
