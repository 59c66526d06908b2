/** What other keys and policies would have made of single entries of the journal. */
import { expect, test } from 'vitest';

import { ownedBy } from '../../../test/support/engine.ts';
import { simpleDefinition } from '../../../test/support/sync.ts';
import type { Json } from '../../lib/json.ts';
import type { PagedEntry } from '../../store/journal-pages.ts';
import { PastLinks, type KeyTally } from './keys.ts';
import { Rulings } from './rulings.ts';

const BEFORE = simpleDefinition(['crm', 'erp']);
const ANN = { email: 'ann', phone: '1' };

function entry(side: string, kind: string, body: Json, identityId = 'one'): PagedEntry {
  return { identityId, atMs: 0, side, recordId: `${side}1`, kind, body };
}

function became(fields: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [null, value, 'first']]));
}

test('a link of the past that the edited keys would not have made is counted once', () => {
  const tally: KeyTally = {
    things: 0,
    isWhole: true,
    linked: 0,
    asked: 0,
    apart: 0,
    pairs: [],
    apartExamples: [],
  };
  const links = new PastLinks(BEFORE, { ...BEFORE, match: [['phone']] }, tally);
  const now = new Map([
    ['crm', ANN],
    ['erp', { ...ANN }],
  ]);
  links.add(entry('crm', 'linked', { values: ANN, fields: became(ANN) }), now);
  expect(tally.apart).toBe(0);
  // By now the two hold the same; what they held when they were linked is what counts.
  links.add(entry('erp', 'linked', { values: { email: 'ann', phone: '2' } }), now);
  expect([tally.apart, tally.apartExamples]).toEqual([1, ['1970-01-01 00:00:00 erp erp1']]);
  links.add(entry('crm', 'linked', { values: ANN, fields: became(ANN) }, 'two'), now);
  links.add(entry('crm', 'changed', { fields: { phone: ['1', '2', 'edit'] } }, 'two'), now);
  links.add(entry('erp', 'linked', { values: { email: 'ann', phone: '2' } }, 'two'), now);
  expect(tally.apart).toBe(1);
});

test('an edit that nobody contradicted is told where another side with a record would own the field', () => {
  const fields = BEFORE.fields.map((field) => ({ ...field, policy: ownedBy('erp') }));
  const rulings = new Rulings(BEFORE, { ...BEFORE, fields });
  const edit = entry('crm', 'changed', {
    fields: { phone: ['1', '2', 'edit'], city: [null, 'Ulm', 'first'] },
  });
  rulings.addEntry(edit, new Map([['crm', ANN]]));
  expect(rulings.counts.size).toBe(0);
  rulings.addEntry(edit, new Map([['erp', ANN]]));
  rulings.addEntry({ ...edit, side: 'erp' }, new Map([['erp', ANN]]));
  expect([...rulings.counts.values()]).toMatchObject([{ field: 'phone', refused: 1 }]);
  expect(rulings.examples).toMatchObject([{ record: 'crm crm1', was: '2', would: '1', how: 'refused' }]);
});

test('an owner with a condition is told where the journal has said what the condition looks at', () => {
  const owners = [{ side: 'erp', when: { field: 'city', equals: 'Ulm' } }];
  const fields = BEFORE.fields.map((field) => ({ ...field, policy: { ...field.policy, owners } }));
  const now = new Map([['erp', ANN]]);
  const edit = entry('crm', 'changed', { fields: { phone: ['1', '2', 'edit'] } });
  const counted = (...before: readonly PagedEntry[]): unknown => {
    const rulings = new Rulings(BEFORE, { ...BEFORE, fields });
    for (const one of [...before, edit]) rulings.addEntry(one, now);
    return [...rulings.counts.values()].map(({ field, refused, untold }) => [field, refused, untold]);
  };
  expect(counted()).toEqual([['phone', 0, 1]]);
  expect(counted(entry('crm', 'linked', { fields: became({ city: 'Ulm' }) }))).toEqual([['phone', 1, 0]]);
  expect(counted(entry('crm', 'linked', { fields: became({ city: 'Rome' }) }))).toEqual([]);
  // Of another thing it says nothing.
  expect(counted(entry('crm', 'linked', { fields: became({ city: 'Ulm' }) }, 'two'))).toEqual([
    ['phone', 0, 1],
  ]);
});
