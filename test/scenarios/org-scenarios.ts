/** Causes that only a vendor's system has, planted in a simulated org. */
import { accountId } from './org.ts';
import type { Scenario } from './scenario.ts';

const EDIT = `update TABLE set phone = '2', updated_at = clock_timestamp() where name = 'ann'`;
/** Until then every request of the day before has stopped to count. */
const DAY_MS = 25 * 60 * 60_000;

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
];
