/** Connector for any system with an HTTP API that a YAML file describes. See README.md and docs/rest-connectors.md. */
import type { Connector } from '../../connector/contract.ts';
import { accountOf, consentIn } from './account.ts';
import { RestApi } from './api.ts';
import { CODES } from './codes.ts';
import type { Description } from './description/shape.ts';
import { loadDescription } from './load.ts';
import { sourceOf } from './read.ts';
import { SCORE } from './score.ts';
import { restSession } from './session.ts';
import { baseUrlOf, readerOf, SETTINGS } from './settings.ts';
import { walk } from './walk.ts';
import { toldCollections, webhookOf } from './webhook.ts';

export const rest: Connector = {
  system: 'rest',
  title: 'REST APIs by description',
  settings: SETTINGS,
  failures: CODES,
  score: SCORE,
  open: async (given, context) => {
    const reader = readerOf(given);
    const description = await loadDescription(reader, context.baseDirectory);
    const baseUrl = baseUrlOf(reader, description.base_url);
    const account = accountOf(description.auth, reader, context, { title: description.title, baseUrl });
    const api = new RestApi(description, account, { baseUrl, accountName: given['account'] }, context);
    try {
      await prove(api, description);
    } catch (error) {
      await api.close();
      throw error;
    }
    return restSession(api, description, toldCollections(description, given), context);
  },
  consent: async (given, baseDirectory) => {
    const reader = readerOf(given);
    const description = await loadDescription(reader, baseDirectory);
    return consentIn(description.auth, reader, baseUrlOf(reader, description.base_url));
  },
  webhook: async (given, baseDirectory) =>
    webhookOf(await loadDescription(readerOf(given), baseDirectory), given),
};

/** That the account works: one small read. */
async function prove(api: RestApi, { probe, collections }: Description): Promise<void> {
  const asking = { operation: 'probe', effect: 'read', purpose: 'person', signal: api.closed } as const;
  if (probe !== undefined) {
    await api.send(probe, { names: {} }, asking);
    return;
  }
  const [first] = Object.values(collections);
  if (first === undefined) return;
  const how = { asking, names: { fields: '' }, recordsMax: 1, start: null, idOf: () => null };
  for await (const sheet of walk(api, sourceOf(first.list), how)) if (sheet.rows.length >= 0) return;
}
