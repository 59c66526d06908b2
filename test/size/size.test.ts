import { expect, test } from 'vitest';

import { breachesOf, proveAtSize, sizeOf } from './story.ts';

const RECORDS = sizeOf(1_000);

test(
  'accounts and contacts of Salesforce and a database come into step and stay so, whatever goes wrong',
  async () => expect(breachesOf(await proveAtSize(RECORDS, null))).toEqual([]),
  120_000 + RECORDS * 60,
);
