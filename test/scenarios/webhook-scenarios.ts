/** Causes by which a system that tells of changes by webhooks stops telling, or is not understood any more. */
import { expect } from 'vitest';

import { simpleDefinition } from '../support/sync.ts';
import type { Scenario } from './scenario.ts';
import type { Stand } from './stand.ts';

/** Three changed records of three are no flood here. */
const LOOSE = {
  guard: { ...simpleDefinition(['crm', 'erp']).guard, changesShareMax: 1 },
} as const;
const OTHER_SECRET = Buffer.from('the second secret').toString('base64');

/** While it tells, no comparison is needed: what was changed at the CRM is at the ERP. */
async function toldOf(stand: Stand, phone: string): Promise<void> {
  await stand.crm(`update TABLE set phone = '${phone}'`);
  await stand.settle();
  const { crm, erp } = await stand.contents();
  expect(erp).toEqual(crm);
}

/** It does not, and what was changed stays unseen until the next comparison. */
async function untold(stand: Stand): Promise<void> {
  await stand.crm(`update TABLE set phone = '3'`);
  await stand.settle();
  const { crm, erp } = await stand.contents();
  expect(erp).not.toEqual(crm);
  await stand.sweep();
}

export const WEBHOOK_SCENARIOS: readonly Scenario[] = [
  {
    title: 'the subscription of a webhook was dropped',
    definition: LOOSE,
    isDesk: true,
    inject: async (stand) => {
      await toldOf(stand, '2');
      stand.desk().isSubscribed = false;
      await untold(stand);
    },
    code: 'watch.silent_webhook',
    side: 'crm',
    direction: 'in',
    records: 3,
    says: 'it last told of one at',
    advice: 'subscribe again; what was missed is there already',
    heal: async (stand) => {
      stand.desk().isSubscribed = true;
      await toldOf(stand, '4');
    },
  },
  {
    title: 'the secret of a webhook was changed in the system',
    definition: LOOSE,
    isDesk: true,
    inject: async (stand) => {
      await toldOf(stand, '2');
      stand.desk().signsWith = OTHER_SECRET;
      await untold(stand);
    },
    code: 'watch.refused_webhook',
    side: 'crm',
    direction: 'in',
    records: 3,
    says: 'refused, the last one as wrong signature',
    advice: 'give the connection the new secret; what was missed is there already',
    heal: async (stand) => {
      stand.desk().giveSecret(OTHER_SECRET);
      await toldOf(stand, '4');
    },
  },
];
