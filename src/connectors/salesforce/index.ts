/** Connector for Salesforce over REST, the Bulk API 2.0 and the Pub/Sub API. See README.md for what it can and cannot do. */
import type { Connector } from '../../connector/contract.ts';
import { openAccount, type Deployment } from './account.ts';
import { SalesforceApi } from './api.ts';
import { salesforceSession } from './session.ts';
import { SETTINGS, settingsOf } from './settings.ts';

/** The connector with what this deployment allows and keeps: for tests, and for hosts that share tokens and budgets. */
export function createSalesforce(deployment: Deployment = {}): Connector {
  return {
    system: 'salesforce',
    title: 'Salesforce',
    settings: SETTINGS,
    open: async (given, context) => {
      const settings = settingsOf(given);
      const account = await openAccount(settings, context, deployment);
      const api = new SalesforceApi(account, settings, context, deployment);
      try {
        // Proves that the account may use the API at all, and learns the day's allowance.
        await api.get('/limits', 'limits', { purpose: 'person' });
      } catch (error) {
        await api.close();
        throw error;
      }
      return salesforceSession(api, settings, context, deployment);
    },
  };
}

/** Public addresses only, tokens and budgets of this process. */
export const salesforce: Connector = createSalesforce();
