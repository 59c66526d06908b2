import { expect, test } from 'vitest';

import { referring } from '../../test/support/references.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import { compileSync } from './model.ts';
import { bodyOf, planIdentity } from './plan.ts';
import { pointed, type Calls } from './point.ts';
import { asCalledBefore } from './references.ts';
import { linkAt, type Bundle } from './state.ts';

const MODEL = compileSync(referring('contacts', { account: { to: 'accounts' } }));

/** A contact of account a1, which the CRM calls 17 and the ERP P7. */
function contact(): Bundle {
  let bundle: Bundle = { identity: newIdentity('c1'), links: [], writes: [], holds: [] };
  for (const [side, call] of [
    ['crm', '17'],
    ['erp', 'P7'],
  ] as const) {
    const linked = { ...bundle, links: [...bundle.links, newLink(side, `${side}1`)] };
    const seen = { side, recordId: `${side}1`, version: 'v', readBeganMs: 10, readEndedMs: 11 };
    const values = { email: 'ann', account: 'a1' };
    bundle = mergeObservation(MODEL, linked, { ...seen, values, called: { account: call } }).bundle;
  }
  return bundle;
}

function calls(
  things: Readonly<Record<string, string>>,
  become: Readonly<Record<string, string>> = {},
): Calls {
  return {
    identityOf: (_, call) => things[call],
    callNow: ({ refersTo: { side } }, id) =>
      Object.keys(things).find((call) => things[call] === id && call.startsWith('P') === (side === 'erp')),
    becomeOf: new Map(Object.entries(become)),
  };
}

test('where nothing has moved nothing changes', () => {
  const bundle = contact();
  expect(pointed(MODEL, bundle, calls({ '17': 'a1', P7: 'a1' }))).toBe(bundle);
  expect(planIdentity(MODEL, bundle)).toEqual([]);
});

test('what is called otherwise at a side is owed there under its new name, once, and is no edit when it is seen before', () => {
  const behind = pointed(MODEL, contact(), calls({ '17': 'a1', P8: 'a1' }));
  const [erp] = MODEL.sides.filter(({ name }) => name === 'erp');
  const link = linkAt(behind, 'erp');
  if (erp === undefined || link === undefined) throw new Error('there is a record at erp');
  expect(planIdentity(MODEL, behind)).toEqual([{ kind: 'open', side: 'erp', write: 'update' }]);
  expect(bodyOf(erp, behind, 'update')).toEqual({ account: 'a1' });
  const read = asCalledBefore(
    erp,
    { values: {}, unread: { account: 'P7' }, called: { account: 'P7' } },
    link,
  );
  expect(read).toEqual({ values: { account: 'a1' }, called: { account: 'P7' } });
  const seen = { side: 'erp', recordId: 'erp1', version: 'w', readBeganMs: 20, readEndedMs: 21 };
  const looked = mergeObservation(MODEL, behind, { ...seen, ...read }).bundle;
  expect(planIdentity(MODEL, looked)).toHaveLength(1);
  // Somebody, or the system, has done it already.
  const done = { ...seen, values: { account: 'a1' }, called: { account: 'P8' } };
  expect(planIdentity(MODEL, mergeObservation(MODEL, behind, done).bundle)).toEqual([]);
});

test('what has become another thing is that thing, for golden and every record, and nothing is owed', () => {
  const bundle = pointed(MODEL, contact(), calls({ '17': 'a2', P7: 'a2' }, { a1: 'a2' }));
  expect(bundle.identity.golden['account']).toBe('a2');
  expect(bundle.links.map(({ accounted }) => accounted['account'])).toEqual(['a2', 'a2']);
  expect(planIdentity(MODEL, bundle)).toEqual([]);
});

test('where one thing becomes two, golden follows the record that it came from, and the other is owed that', () => {
  const bundle = pointed(MODEL, contact(), calls({ '17': 'a2', P7: 'a1' }));
  expect(bundle.identity.golden['account']).toBe('a2');
  expect(bundle.identity.edits['account']?.side).toBe('crm');
  expect(planIdentity(MODEL, bundle)).toEqual([{ kind: 'open', side: 'erp', write: 'update' }]);
});
