/** Connector for Salesforce over REST, the Bulk API 2.0 and the Pub/Sub API. See README.md for what it can and cannot do. */
import type { Connector } from '../../connector/contract.ts';
import { consentOf, openAccount, type Deployment } from './account.ts';
import { SalesforceApi } from './api.ts';
import { CODES } from './codes.ts';
import { SCORE } from './score.ts';
import { salesforceSession } from './session.ts';
import { SETTINGS, settingsOf } from './settings.ts';

/** The connector, with something else than its context has where `own` says so. */
export function createSalesforce(own: Deployment = {}): Connector {
  return {
    system: 'salesforce',
    title: 'Salesforce',
    settings: SETTINGS,
    failures: CODES,
    score: SCORE,
    open: async (given, context) => {
      const settings = settingsOf(given);
      const { network, budgets } = context;
      const deployment = { network, budgets, ...own };
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
    consent: (given) => consentOf(settingsOf(given)),
  };
}

export const salesforce: Connector = createSalesforce();
