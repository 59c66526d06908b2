import { expect, test } from 'vitest';

import { packHolds } from './codec.ts';

test('holds of one identity, field and reason are one hold with all that they saw', () => {
  const hold = { identityId: 'a', field: null, reason: 'editAgainstDelete' } as const;
  const holds = [
    { ...hold, side: 'crm', seen: { name: 'Ann' } },
    { ...hold, side: 'erp', seen: { city: 'Rome' } },
    { ...hold, side: 'crm', seen: { city: 'Oslo' } },
    { ...hold, side: 'crm', field: 'name', seen: { name: 'Amy' } },
    { ...hold, side: 'crm', identityId: 'b', seen: {} },
  ];
  expect(packHolds(holds)).toEqual([
    { ...hold, side: 'crm', seen: { crm: { name: 'Ann', city: 'Oslo' }, erp: { city: 'Rome' } } },
    { ...hold, side: 'crm', field: 'name', seen: { crm: { name: 'Amy' } } },
    { ...hold, identityId: 'b', side: 'crm', seen: { crm: {} } },
  ]);
});
