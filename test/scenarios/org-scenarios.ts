/** Causes that only a vendor's system has, planted in a simulated org. */
import { must } from '../../src/lib/assert.ts';
import type { ConnectedApp } from '../../src/simulators/salesforce/sessions.ts';
import { accountId, reconnect } from './org.ts';
import type { Scenario } from './scenario.ts';
import type { Stand } from './stand.ts';

const EDIT = `update TABLE set phone = '2', updated_at = clock_timestamp() where name = 'ann'`;
/** Until then every request of the day before has stopped to count. */
const DAY_MS = 25 * 60 * 60_000;

/** Longer than anybody waits before a system is asked again. */
const WAITED_MS = 2 * 60 * 60_000;

/** An administrator changes what our app may do, which ends its tokens. */
function changeApp(stand: Stand, change: Partial<ConnectedApp>): void {
  const { simulator, clock } = stand.org();
  const { sessions, credentials } = simulator;
  const app = must(sessions.app(credentials.clientId), 'the org knows our app');
  clock.shift(WAITED_MS);
  sessions.register({ ...app, ...change });
  sessions.expireAll();
}

export const ORG_SCENARIOS: readonly Scenario[] = [
  {
    title: 'the limit of requests a day is used up',
    isOrg: true,
    inject: async (stand) => {
      const { limits } = stand.org().simulator;
      limits.spend(limits.dailyRequestsMax);
      await stand.crm(EDIT);
    },
    code: 'salesforce.request_limit_exceeded',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'wait (or have it raised); everything goes on by itself',
    heal: (stand) => {
      stand.org().clock.shift(DAY_MS);
      return Promise.resolve();
    },
  },
  {
    title: 'a long job holds the lock of a record',
    isOrg: true,
    inject: async (stand) => {
      const org = stand.org();
      org.simulator.org.locks.lock(accountId(org, 'ann'));
      await stand.crm(EDIT);
    },
    code: 'salesforce.unable_to_lock_row',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'end the job; everything goes on by itself',
    heal: (stand) => {
      const org = stand.org();
      org.simulator.org.locks.unlock(accountId(org, 'ann'));
      return Promise.resolve();
    },
  },
  {
    title: 'the system is down',
    isOrg: true,
    inject: async (stand) => {
      stand.org().simulator.limits.maintenance = true;
      await stand.crm(EDIT);
    },
    code: 'salesforce.unavailable',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'wait until it is back; everything goes on by itself',
    heal: (stand) => {
      const { simulator, clock } = stand.org();
      simulator.limits.maintenance = false;
      clock.shift(WAITED_MS);
      return Promise.resolve();
    },
  },
  {
    title: 'the token has expired, and no new one is given',
    isOrg: true,
    inject: async (stand) => {
      changeApp(stand, { runAs: null });
      await stand.crm(EDIT);
    },
    code: 'salesforce.reauthorise',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'have the org admit the account again, then connect again',
    heal: async (stand) => {
      changeApp(stand, { runAs: stand.org().simulator.credentials.username });
      await reconnect(stand.org());
    },
  },
  {
    title: 'a scope was taken from the app',
    isOrg: true,
    inject: async (stand) => {
      changeApp(stand, { scopes: ['id'] });
      await stand.crm(EDIT);
    },
    code: 'salesforce.invalid_session_id',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'give it back; everything goes on by itself',
    heal: (stand) => {
      changeApp(stand, { scopes: ['api'] });
      return Promise.resolve();
    },
  },
];
